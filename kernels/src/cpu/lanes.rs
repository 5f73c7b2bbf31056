//! Scratch memory, one lane per thread, allocated when the device is made.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// Floats in a lane: 2 MiB, which holds the transformed planes of a convolution. What a matrix product packs
/// takes less than a third; where nothing writes, the operating system gives no memory.
pub(crate) const LANE: usize = 1 << 19;

/// Floats in a cache line, at the start of one of which a lane begins.
const LINE: usize = 16;

struct Lane {
    busy: AtomicBool,
    floats: UnsafeCell<Box<[f32]>>,
}
// SAFETY: `floats` is only touched by the thread that set `busy`.
unsafe impl Sync for Lane {}

pub(crate) struct Lanes(Box<[Lane]>);

impl Lanes {
    pub(crate) fn new(count: usize) -> Self {
        // Not boxed as aligned lines: those would be written with zeros, and so take all their memory at once.
        let floats = || UnsafeCell::new(vec![0.0; LANE + LINE].into_boxed_slice());
        let lane = |_| Lane { busy: AtomicBool::new(false), floats: floats() };
        Lanes((0..count).map(lane).collect())
    }

    /// Lends lane `index` to `f`.
    ///
    /// # Panics
    /// If the lane is in use: a task of `Cpu::parallel` started parallel work of its own.
    pub(crate) fn with(&self, index: usize, f: impl FnOnce(&mut [f32])) {
        struct Release<'a>(&'a AtomicBool);
        impl Drop for Release<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Release);
            }
        }
        let lane = &self.0[index];
        assert!(
            !lane.busy.swap(true, Ordering::Acquire),
            "a task of `Cpu::parallel` must not start parallel work"
        );
        let _release = Release(&lane.busy);
        // SAFETY: `busy` was false and is now true, so no other borrow of these floats is alive.
        let floats = unsafe { &mut *lane.floats.get() };
        let start = floats.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
        f(&mut floats[start..][..LANE]);
    }
}

impl core::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} lanes of {} KiB", self.0.len(), LANE * 4 / 1024)
    }
}
