//! [`Reading`]: a copy from the GPU that the host waits for later.

use std::ffi::c_void;
use std::sync::Arc;

use cudarc::driver::{DriverError, result, sys};

use super::Cuda;
use super::queue::{Stream, lock};
use crate::launch::Pointer;

/// Bytes on their way from a GPU, as they were when all work before was done.
#[derive(Debug)]
pub struct Reading {
    stream: Arc<Stream>,
    /// Nothing where the copy has failed.
    landing: Option<Landing>,
}

impl Cuda {
    /// Begins to copy bytes from the GPU. What goes wrong is kept for [`Cuda::take_fault`].
    ///
    /// # Safety
    /// `from` is that much initialised memory of this GPU.
    pub unsafe fn read_later(&self, from: Pointer, bytes: usize) -> Reading {
        // SAFETY: the caller promises it.
        let landing =
            self.stream.handle().and_then(|stream| unsafe { self.stream.land(from, bytes, stream) });
        Reading { landing: self.stream.check("read", landing), stream: Arc::clone(&self.stream) }
    }

    /// The same of a `u32` that is not zero if the GPU knows of a fault, here or on another that trains the same model.
    pub fn read_whether_faulty(&self) -> Reading {
        // SAFETY: a word of the record, which was zeroed at first.
        unsafe { self.read_later(self.stream.faults.flag(), size_of::<u32>()) }
    }
}

impl Reading {
    /// Waits for them, and copies as many as there is room for. Where it fails, all bits are set: NaN.
    pub fn finish(mut self, to: &mut [u8]) {
        let Some(landing) = self.landing.take() else { return to.fill(0xFF) };
        // SAFETY: an event that was recorded when the copy began.
        let arrived = self.stream.handle().and_then(|_| unsafe { result::event::synchronize(landing.done) });
        match self.stream.check("read", arrived) {
            Some(()) => {
                let bytes = landing.bytes.min(to.len());
                // SAFETY: that many bytes have arrived.
                to[..bytes]
                    .copy_from_slice(unsafe { std::slice::from_raw_parts(landing.here.cast(), bytes) });
            }
            None => to.fill(0xFF),
        }
        lock(&self.stream.landings).push(landing);
    }
}

impl Stream {
    unsafe fn land(
        &self,
        from: Pointer,
        bytes: usize,
        stream: sys::CUstream,
    ) -> Result<Landing, DriverError> {
        let free = {
            let mut free = lock(&self.landings);
            let fits = free.iter().position(|landing| landing.size >= bytes);
            fits.map(|place| free.swap_remove(place))
        };
        let mut landing = free.map_or_else(|| Landing::new(bytes), Ok)?;
        landing.bytes = bytes;
        // SAFETY: as many bytes, which nobody else uses before the copy is done.
        let to = unsafe { std::slice::from_raw_parts_mut(landing.here.cast::<u8>(), bytes) };
        // SAFETY: the caller promises the source, and a live stream.
        unsafe { result::memcpy_dtoh_async(to, from.0, stream) }?;
        // SAFETY: a live event and a live stream.
        unsafe { result::event::record(landing.done, stream) }?;
        Ok(landing)
    }
}

/// Pinned memory, and the event that the last copy to it is done.
#[derive(Debug)]
pub(super) struct Landing {
    here: *mut c_void,
    size: usize,
    bytes: usize,
    done: sys::CUevent,
}
// SAFETY: memory and a handle, which belong to no thread.
unsafe impl Send for Landing {}

impl Landing {
    fn new(bytes: usize) -> Result<Self, DriverError> {
        let size = bytes.next_power_of_two().max(64);
        let done = result::event::create(sys::CUevent_flags::CU_EVENT_DISABLE_TIMING)?;
        // SAFETY: plain memory, freed in `drop`.
        match unsafe { result::malloc_host(size, 0) } {
            Ok(here) => Ok(Landing { here, size, bytes, done }),
            Err(error) => {
                // SAFETY: made above.
                let _ = unsafe { result::event::destroy(done) };
                Err(error)
            }
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // SAFETY: both were made for this; the copy to it, if there is one, is waited for.
        unsafe {
            let _ = result::event::synchronize(self.done);
            let _ = result::event::destroy(self.done);
            let _ = result::free_host(self.here);
        }
    }
}
