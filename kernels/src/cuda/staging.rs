//! Copies to the GPU that neither side waits for: by way of memory of the host that does not move, on a stream of their
//! own, while the GPU still computes with what was copied before.
//!
//! A large copy goes to memory of its own on the GPU first. From there the stream of the work copies it to its place, in
//! the order of that work, which takes a hundredth of the time. So the host can be several batches ahead.

use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::sync::Arc;

use cudarc::driver::{CudaStream, DriverError, result, sys};

use super::memory::Raw;
use crate::launch::Pointer;

/// What is copied at once.
const PART: usize = 4 << 20;
/// Up to so many bytes a copy from the host takes as long as one within the GPU: it goes straight to its place.
const SMALL: usize = 16 << 10;
/// How many copies of about the same size can be under way. Then the host waits for the first of them.
const MOST: usize = 32;

/// The parts that copies go through.
pub(super) struct Staging {
    work: Arc<CudaStream>,
    /// The stream of copies, once there was one.
    copies: Option<Arc<CudaStream>>,
    /// By their size, in the order in which they were used.
    parts: HashMap<usize, VecDeque<Part>>,
}

impl Staging {
    pub(super) fn new(work: Arc<CudaStream>) -> Self {
        Staging { work, copies: None, parts: HashMap::new() }
    }

    /// Copies `from` to `to`, in the order of the work: it may be changed as soon as this returns.
    ///
    /// # Safety
    /// The stream's context is current; `to` is that much memory of its GPU, which nothing else uses until the copy's
    /// turn is over.
    pub(super) unsafe fn write(
        &mut self,
        from: &[u8],
        to: Pointer,
        overlap: bool,
    ) -> Result<(), DriverError> {
        let copies = if overlap && from.len() > SMALL { Some(self.copies()?) } else { None };
        for (i, from) in from.chunks(PART).enumerate() {
            let mut part = self.part(from.len())?;
            let filled = part.fill(from, copies.as_ref());
            // SAFETY: the caller promises the destination.
            let placed = filled.and_then(|()| unsafe { part.place(to.skip(i * PART), &self.work) });
            self.parts.entry(part.size).or_default().push_back(part);
            placed?;
        }
        Ok(())
    }

    /// Gives back what no copy uses any more.
    pub(super) fn give_up(&mut self) {
        self.parts.clear();
        if let Some(copies) = &self.copies {
            let _ = copies.synchronize();
        }
    }

    fn copies(&mut self) -> Result<Arc<CudaStream>, DriverError> {
        match &self.copies {
            Some(copies) => Ok(Arc::clone(copies)),
            None => Ok(Arc::clone(self.copies.insert(self.work.context().new_stream()?))),
        }
    }

    /// A part that no copy uses: the one whose last copy is the longest ago, or else a new one, of which there are so many.
    fn part(&mut self, bytes: usize) -> Result<Part, DriverError> {
        let size = bytes.next_power_of_two().max(SMALL);
        let parts = self.parts.entry(size).or_default();
        let full = parts.len() >= MOST;
        match parts.pop_front() {
            Some(part) if part.is_free() => Ok(part),
            Some(part) if full => part.wait().map(|()| part),
            Some(part) => {
                parts.push_front(part);
                Part::new(size)
            }
            None => Part::new(size),
        }
    }
}

struct Part {
    /// Of the host, pinned.
    here: *mut c_void,
    /// Of the GPU, once it was needed; nothing for small ones.
    there: Option<Raw>,
    size: usize,
    /// How many bytes it holds, and whether they are on their way to the GPU.
    len: usize,
    sent: bool,
    /// The copy to the GPU is done.
    arrived: sys::CUevent,
    /// The copy to its place is.
    done: sys::CUevent,
}
// SAFETY: memory and handles, which belong to no thread.
unsafe impl Send for Part {}

impl Part {
    fn new(size: usize) -> Result<Self, DriverError> {
        let event = || result::event::create(sys::CUevent_flags::CU_EVENT_DISABLE_TIMING);
        // SAFETY: plain memory, freed in `drop`.
        let here = unsafe { result::malloc_host(size, 0) }?;
        let none = std::ptr::null_mut();
        let mut part = Part { here, there: None, size, len: 0, sent: false, arrived: none, done: none };
        part.arrived = event()?;
        part.done = event()?;
        Ok(part)
    }

    /// Whether no copy uses it.
    fn is_free(&self) -> bool {
        // SAFETY: events that were recorded, or never, in which case they count as done.
        [self.arrived, self.done].into_iter().all(|event| unsafe { result::event::query(event) }.is_ok())
    }

    fn wait(&self) -> Result<(), DriverError> {
        // SAFETY: as above.
        [self.arrived, self.done]
            .into_iter()
            .try_for_each(|event| unsafe { result::event::synchronize(event) })
    }

    /// Takes bytes, of which there is room for as many, and sends them to the GPU if there is a stream for it. The part
    /// is free.
    fn fill(&mut self, from: &[u8], copies: Option<&Arc<CudaStream>>) -> Result<(), DriverError> {
        (self.len, self.sent) = (from.len(), false);
        // SAFETY: large enough, and no copy reads it.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), self.here.cast(), from.len()) };
        let Some(copies) = copies else { return Ok(()) };
        if self.there.is_none() {
            // Without memory to spare there is no overlap.
            self.there = Raw::of(copies, self.size).ok();
        }
        let Some(there) = &self.there else { return Ok(()) };
        // SAFETY: a live stream, on which `there` was taken; no copy uses it.
        unsafe { result::memcpy_htod_async(there.pointer().0, self.staged(), copies.cu_stream()) }?;
        // SAFETY: a live event and a live stream.
        unsafe { result::event::record(self.arrived, copies.cu_stream()) }?;
        self.sent = true;
        Ok(())
    }

    /// Puts them where they belong, in the order of the work.
    ///
    /// # Safety
    /// As for [`Staging::write`].
    unsafe fn place(&mut self, to: Pointer, work: &CudaStream) -> Result<(), DriverError> {
        let work = work.cu_stream();
        match &self.there {
            Some(there) if self.sent => {
                let flags = sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
                // SAFETY: a live stream, and an event that was recorded when the bytes were sent.
                unsafe { result::stream::wait_event(work, self.arrived, flags) }?;
                // SAFETY: they have arrived then; `to` is the caller's.
                unsafe { result::memcpy_dtod_async(to.0, there.pointer().0, self.len, work) }?;
            }
            // SAFETY: `to` is the caller's.
            _ => unsafe { result::memcpy_htod_async(to.0, self.staged(), work) }?,
        }
        // SAFETY: a live event and a live stream.
        unsafe { result::event::record(self.done, work) }
    }

    fn staged(&self) -> &[u8] {
        // SAFETY: as many bytes were written in `fill`.
        unsafe { std::slice::from_raw_parts(self.here.cast::<u8>(), self.len) }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // SAFETY: all were made for this part, or not at all; copies that use it are waited for.
        unsafe {
            for event in [self.arrived, self.done].into_iter().filter(|event| !event.is_null()) {
                let _ = result::event::synchronize(event);
                let _ = result::event::destroy(event);
            }
            let _ = result::free_host(self.here);
        }
    }
}
