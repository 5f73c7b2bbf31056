//! Copies to the GPU through memory of the host that does not move, so that neither waits for the other.

use std::ffi::c_void;

use cudarc::driver::{DriverError, result, sys};

use crate::launch::Pointer;

/// What is copied at once.
const PART: usize = 4 << 20;
/// How many parts can be under way.
const PARTS: usize = 4;

/// Pinned memory in parts, each with the event that its last copy is done.
#[derive(Default)]
pub(super) struct Staging {
    parts: Vec<Part>,
    next: usize,
}

struct Part {
    memory: *mut c_void,
    done: sys::CUevent,
}
// SAFETY: host memory and a handle, which belong to no thread.
unsafe impl Send for Part {}

impl Staging {
    /// Copies `from` to `to`: it may be changed as soon as this returns.
    ///
    /// # Safety
    /// The stream is live and its context current; `to` is that much memory of its GPU, which nothing else uses until
    /// the copy's turn is over.
    pub(super) unsafe fn write(
        &mut self,
        stream: sys::CUstream,
        from: &[u8],
        to: Pointer,
    ) -> Result<(), DriverError> {
        for (i, from) in from.chunks(PART).enumerate() {
            let part = self.part()?;
            // SAFETY: an event that was recorded, or never, in which case this does not wait.
            unsafe { result::event::synchronize(part.done) }?;
            // SAFETY: a part is at least as large as the piece, and its last copy is done.
            unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), part.memory.cast(), from.len()) };
            // SAFETY: initialised just now, and not touched before the event below.
            let staged = unsafe { std::slice::from_raw_parts(part.memory.cast::<u8>(), from.len()) };
            // SAFETY: the caller promises the destination.
            unsafe { result::memcpy_htod_async(to.skip(i * PART).0, staged, stream) }?;
            // SAFETY: a live event and a live stream.
            unsafe { result::event::record(part.done, stream) }?;
        }
        Ok(())
    }

    fn part(&mut self) -> Result<&Part, DriverError> {
        if self.parts.len() < PARTS {
            let done = result::event::create(sys::CUevent_flags::CU_EVENT_DISABLE_TIMING)?;
            // SAFETY: plain memory, freed in `drop`.
            let memory = unsafe { result::malloc_host(PART, 0) }?;
            self.parts.push(Part { memory, done });
            return Ok(&self.parts[self.parts.len() - 1]);
        }
        self.next = (self.next + 1) % PARTS;
        Ok(&self.parts[self.next])
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // SAFETY: both were made for this part; the copy from it, if there is one, is waited for.
        unsafe {
            let _ = result::event::synchronize(self.done);
            let _ = result::event::destroy(self.done);
            let _ = result::free_host(self.memory);
        }
    }
}
