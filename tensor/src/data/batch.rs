//! [`Batch`], and the pool that its memory goes back to.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use castiron_kernels::Plain;

/// Some samples, as [`Loader`](super::Loader) serves them. Its memory is used again once it is dropped.
///
/// ```
/// use castiron::data::{Loader, Samples};
/// let loader = Loader::new(Samples::new(vec![1.0f32, 2.0, 3.0], vec![0i32, 1, 0])?).batch_size(2);
/// let last = loader.epoch(0).last().ok_or("no batch")?;
/// assert_eq!(last.len(), 1);
/// assert_eq!((last.x(), last.t()), (&[3.0][..], &[0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Batch<X: Plain, T: Plain> {
    buffers: Buffers<X, T>,
    len: usize,
    pool: Arc<Pool<X, T>>,
}

impl<X: Plain, T: Plain> Batch<X, T> {
    /// The inputs.
    pub fn x(&self) -> &[X] {
        &self.buffers.x[..self.len]
    }

    /// The targets, in the same order.
    pub fn t(&self) -> &[T] {
        &self.buffers.t[..self.len]
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no samples; a loader serves no such batch.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The samples, to be written.
    pub(super) fn rows(&mut self) -> impl Iterator<Item = (&mut X, &mut T)> {
        self.buffers.x[..self.len].iter_mut().zip(&mut self.buffers.t[..self.len])
    }
}

impl<X: Plain, T: Plain> Drop for Batch<X, T> {
    fn drop(&mut self) {
        let empty = Buffers { x: Box::default(), t: Box::default() };
        self.pool.give_back(std::mem::replace(&mut self.buffers, empty));
    }
}

impl<X: Plain, T: Plain> fmt::Debug for Batch<X, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("len", &self.len).finish_non_exhaustive()
    }
}

struct Buffers<X, T> {
    x: Box<[X]>,
    t: Box<[T]>,
}

/// Memory of batches that were dropped.
pub(super) struct Pool<X, T> {
    /// The samples that a batch can hold.
    rows: usize,
    /// How many buffers are kept.
    limit: usize,
    free: Mutex<Vec<Buffers<X, T>>>,
}

impl<X: Plain, T: Plain> Pool<X, T> {
    pub(super) fn new(rows: usize, limit: usize) -> Self {
        Pool { rows, limit, free: Mutex::new(Vec::with_capacity(limit)) }
    }

    /// A batch of `len` samples, at most the pool's rows, with whatever is in them.
    pub(super) fn batch(self: &Arc<Self>, len: usize) -> Batch<X, T> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let buffers = free.unwrap_or_else(|| Buffers { x: zeroed(self.rows), t: zeroed(self.rows) });
        Batch { buffers, len, pool: Arc::clone(self) }
    }

    fn give_back(&self, buffers: Buffers<X, T>) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < self.limit {
            free.push(buffers);
        }
    }
}

/// Zeroed values on the heap, none of which was ever on the stack.
fn zeroed<T: Plain>(len: usize) -> Box<[T]> {
    // SAFETY: every bit pattern is a value of a `Plain` type, so all zeros are.
    unsafe { Box::new_zeroed_slice(len).assume_init() }
}
