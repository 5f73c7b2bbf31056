//! [`Graphs`]: sequences of work that are recorded once and then replayed with one launch.

use std::collections::HashMap;

use cudarc::driver::{DriverError, result, sys};

use super::Cuda;
use crate::Fault;

/// The graphs of one owner, each known by a key. What they were recorded with (memory, sizes) must stay as it was.
#[derive(Debug, Default)]
pub struct Graphs {
    known: HashMap<u64, Recording>,
}

#[derive(Debug)]
enum Recording {
    /// It has run once, so that its kernels are compiled and its scratch memory is there.
    Warm,
    /// It is replayed.
    Graph { executable: Executable, may_fault: bool },
}

#[derive(Debug)]
struct Executable(sys::CUgraphExec);
// SAFETY: a handle, used by one thread at a time: it is borrowed uniquely.
unsafe impl Send for Executable {}

impl Drop for Executable {
    fn drop(&mut self) {
        // SAFETY: instantiated once, and not launched any more. The driver frees it when its work is done.
        let _ = unsafe { result::graph::exec_destroy(self.0) };
    }
}

impl Cuda {
    /// Runs `f`, which launches the same work at the same addresses each time it is called for `key`, and reads
    /// what changes from call to call from the memory of the GPU. From the third call on, `f` is not called: what it
    /// launched is replayed, in one launch. Where several GPUs do this together, `all` says, of what is true of one,
    /// whether it is of all: nothing is replayed that has not been recorded on every one of them. False where the others
    /// replay what this one cannot launch.
    ///
    /// # Safety
    /// `f` neither reads from the GPU nor writes to it from the host; and as long as `graphs` is used with this key, the
    /// memory that it launched work on stays what [`Cuda::run`] asks for.
    pub unsafe fn repeat(
        &self,
        graphs: &mut Graphs,
        key: u64,
        all: impl FnOnce(bool) -> bool,
        f: impl FnOnce(&Cuda),
    ) -> bool {
        // Looking at results reads them; a graph has no ranges.
        if self.stream.looks() || self.stream.names_layers() {
            f(self);
            return true;
        }
        let Some(recording) = graphs.known.get_mut(&key) else {
            f(self);
            match all(!self.stream.has_fault()) {
                true => drop(graphs.known.insert(key, Recording::Warm)),
                false => self.stream.keep(Fault::Elsewhere),
            }
            return true;
        };
        if let Recording::Warm = recording {
            let faults = self.stream.forget_faults();
            let recorded = self.record(f);
            let may_fault = self.stream.remember_faults(faults);
            let executable = self.stream.check("graph", recorded);
            // With a fault, an operation is missing in what was recorded.
            let well = all(executable.is_some() && !self.stream.has_fault());
            let Some(executable) = executable.filter(|_| well) else {
                // One that has a fault of its own keeps that.
                self.stream.keep(Fault::Elsewhere);
                graphs.known.remove(&key);
                return true;
            };
            *recording = Recording::Graph { executable, may_fault };
        }
        if let Recording::Graph { executable, may_fault } = recording
            && !self.stream.has_fault()
        {
            if *may_fault {
                self.stream.expect_faults();
            }
            // SAFETY: an instantiated graph and a live stream. Its memory is the owner's.
            let launched = self
                .stream
                .handle()
                .and_then(|stream| unsafe { result::graph::launch(executable.0, stream) });
            return self.stream.check("graph", launched).is_some();
        }
        true
    }

    fn record(&self, f: impl FnOnce(&Cuda)) -> Result<Executable, DriverError> {
        let stream = self.stream.handle()?;
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: a live stream.
        unsafe { result::stream::begin_capture(stream, mode) }?;
        self.stream.records(true);
        f(self);
        self.stream.records(false);
        // SAFETY: the stream on which it began.
        let graph = unsafe { result::stream::end_capture(stream) }?;
        // SAFETY: a graph that was just recorded.
        let executable =
            unsafe { result::graph::instantiate(graph, sys::CUgraphInstantiate_flags(0)) }.map(Executable);
        // SAFETY: the executable is a copy of its own.
        let _ = unsafe { result::graph::destroy(graph) };
        executable
    }
}
