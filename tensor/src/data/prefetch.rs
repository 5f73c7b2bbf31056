//! [`Prefetch`]: batches made ahead of time on a thread of their own.

use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::batch::Batch;
use super::dataset::Dataset;
use super::loader::Plan;

/// A thread that sends what it makes. It ends when all is sent, or when this is dropped.
pub(super) struct Prefetch<D: Dataset> {
    made: Option<Receiver<Batch<D::X, D::T>>>,
    thread: Option<JoinHandle<()>>,
}

impl<D: Dataset> Prefetch<D> {
    /// A thread that makes the batches of `numbers`, at most `depth` ahead. There is none if `depth` is
    /// zero, if there is nothing to make, or if the system has no thread to give: then the caller makes
    /// the same batches itself.
    pub(super) fn new(plan: &Arc<Plan<D>>, numbers: Range<usize>, depth: usize) -> Option<Self> {
        let depth = depth.min(numbers.len());
        if depth == 0 {
            return None;
        }
        // The channel holds the finished ones; one more waits in the thread's hands.
        let (send, made) = sync_channel(depth - 1);
        let plan = Arc::clone(plan);
        let work = move || {
            for number in numbers {
                // It cannot be sent when the receiver is gone: nobody wants the rest.
                if send.send(plan.batch(number)).is_err() {
                    break;
                }
            }
        };
        let thread = Builder::new().name("castiron-prefetch".into()).spawn(work).ok()?;
        Some(Prefetch { made: Some(made), thread: Some(thread) })
    }

    /// The next batch, waiting for it if need be.
    ///
    /// # Panics
    /// As the dataset did on the thread.
    pub(super) fn next(&mut self) -> Option<Batch<D::X, D::T>> {
        if let Ok(batch) = self.made.as_ref()?.recv() {
            return Some(batch);
        }
        self.made = None;
        match self.thread.take()?.join() {
            Ok(()) => None,
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<D: Dataset> Drop for Prefetch<D> {
    fn drop(&mut self) {
        // First the receiver, so that a thread that waits to send goes on and ends.
        self.made = None;
        if let Some(thread) = self.thread.take() {
            // A panic of a dataset whose samples nobody asks for any more concerns nobody.
            let _ = thread.join();
        }
    }
}
