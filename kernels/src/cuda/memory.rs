//! Memory of a GPU, taken and given back in the order of its stream.

use std::sync::Arc;

use cudarc::driver::{CudaStream, DriverError, result};

use super::CudaError;
use super::queue::Stream;
use crate::launch::Pointer;

/// Memory that belongs to a stream, uninitialised.
pub(super) struct Raw {
    pointer: u64,
    bytes: usize,
    stream: Arc<CudaStream>,
}

impl Raw {
    pub(super) fn new(stream: &Stream, bytes: usize) -> Result<Self, DriverError> {
        stream.handle()?;
        Self::of(stream.owner(), bytes)
    }

    /// The same, with the stream's context current already.
    pub(super) fn of(stream: &Arc<CudaStream>, bytes: usize) -> Result<Self, DriverError> {
        if bytes == 0 {
            return Ok(Self::none(stream));
        }
        // SAFETY: a live stream; all uses of the memory are on it.
        let pointer = unsafe { result::malloc_async(stream.cu_stream(), bytes) }?;
        Ok(Raw { pointer, bytes, stream: Arc::clone(stream) })
    }

    /// No memory.
    fn none(stream: &Arc<CudaStream>) -> Self {
        Raw { pointer: Pointer::NULL.0, bytes: 0, stream: Arc::clone(stream) }
    }

    pub(super) fn pointer(&self) -> Pointer {
        Pointer(self.pointer)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if self.bytes > 0 && self.stream.context().bind_to_thread().is_ok() {
            // SAFETY: allocated on this stream, and given up here. The driver takes it back when the
            // work before is done.
            let _ = unsafe { result::free_async(self.pointer, self.stream.cu_stream()) };
        }
    }
}

/// Allocated memory of a GPU; freed when dropped, after the work that uses it.
pub struct Buffer {
    memory: Raw,
    stream: Arc<Stream>,
}

impl Buffer {
    pub(super) fn zeroed(stream: &Arc<Stream>, bytes: usize) -> Result<Self, CudaError> {
        let memory = stream.take(bytes).map_err(CudaError::driver("cuMemAllocAsync"))?;
        // SAFETY: memory that nobody else has yet.
        unsafe { stream.fill(memory.pointer(), 0, memory.bytes()) };
        Ok(Buffer { memory, stream: Arc::clone(stream) })
    }

    /// What takes the place of memory that the GPU does not give: a null pointer. Operations on it are faults; what is
    /// read from it is NaN.
    pub fn none(gpu: &super::Cuda) -> Self {
        Buffer { memory: Raw::none(gpu.stream.owner()), stream: Arc::clone(&gpu.stream) }
    }

    /// Where it starts.
    pub fn pointer(&self) -> Pointer {
        self.memory.pointer()
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// The GPU that has it.
    pub fn device(&self) -> super::Cuda {
        super::Cuda { stream: Arc::clone(&self.stream) }
    }

    /// A copy of `bytes` bytes of it from `start` on; what lies beyond the end is zero.
    ///
    /// # Errors
    /// When there is not that much memory.
    pub fn duplicate(&self, start: usize, bytes: usize) -> Result<Self, CudaError> {
        if self.pointer().is_null() {
            return Ok(Buffer::none(&self.device()));
        }
        let copy = Buffer::zeroed(&self.stream, bytes)?;
        let start = start.min(self.bytes());
        let count = bytes.min(self.bytes() - start);
        // SAFETY: within this buffer and within the new one, which is nobody else's.
        unsafe { self.stream.copy(self.pointer().skip(start), copy.pointer(), count) };
        Ok(copy)
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer of {} bytes on {:?}", self.bytes(), self.stream)
    }
}
