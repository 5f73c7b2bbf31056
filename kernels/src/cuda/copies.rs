//! Memory of a [`Stream`]: taking, copying, filling.

use std::sync::atomic::Ordering;

use cudarc::driver::{DriverError, result};

use super::memory::Raw;
use super::queue::{Stream, lock};
use crate::launch::Pointer;

impl Stream {
    /// Memory. Where there is not enough, what copies have to themselves is given up for it.
    pub(super) fn take(&self, bytes: usize) -> Result<Raw, DriverError> {
        Raw::new(self, bytes).or_else(|_| {
            lock(&self.staging).give_up();
            Raw::new(self, bytes)
        })
    }

    /// # Safety
    /// `to` is memory of this GPU, which nothing else uses until the copy's turn is over.
    pub(super) unsafe fn write(&self, from: &[u8], to: Pointer) {
        if from.is_empty() {
            return;
        }
        let overlap = self.overlaps.load(Ordering::Relaxed);
        // SAFETY: the caller promises it.
        let copied = self.handle().and_then(|_| unsafe { lock(&self.staging).write(from, to, overlap) });
        self.check("write", copied);
    }

    /// # Safety
    /// `from` is initialised memory of this GPU.
    pub(super) unsafe fn read(&self, from: Pointer, to: &mut [u8]) {
        if to.is_empty() {
            return;
        }
        let copied = self.handle().and_then(|stream| {
            // SAFETY: the caller promises the source; the destination is borrowed until the copy is done.
            unsafe { result::memcpy_dtoh_async(to, from.0, stream) }?;
            // SAFETY: a live stream.
            unsafe { result::stream::synchronize(stream) }
        });
        if self.check("read", copied).is_none() {
            to.fill(0xFF);
        }
    }

    /// # Safety
    /// `to` is memory of this GPU, which nothing else uses until its turn is over.
    pub(super) unsafe fn fill(&self, to: Pointer, byte: u8, bytes: usize) {
        if bytes > 0 {
            // SAFETY: the caller promises it.
            let filled = self
                .handle()
                .and_then(|stream| unsafe { result::memset_d8_async(to.0, byte, bytes, stream) });
            self.check("fill", filled);
        }
    }

    /// # Safety
    /// Both are memory of this GPU; nothing writes the one or uses the other until the copy's turn is over.
    pub(super) unsafe fn copy(&self, from: Pointer, to: Pointer, bytes: usize) {
        if bytes > 0 {
            // SAFETY: the caller promises it.
            let copied = self
                .handle()
                .and_then(|stream| unsafe { result::memcpy_dtod_async(to.0, from.0, bytes, stream) });
            self.check("copy", copied);
        }
    }
}
