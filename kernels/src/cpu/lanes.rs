//! Scratch memory, one lane per thread, allocated when the device is made.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// Floats in a lane: 512 KiB, which holds the packed panels of a matrix product and stays within
/// the second-level cache of current processors.
pub(crate) const LANE: usize = 1 << 17;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

struct Lane {
    busy: AtomicBool,
    lines: UnsafeCell<Box<[Line]>>,
}
// SAFETY: `lines` is only touched by the thread that set `busy`.
unsafe impl Sync for Lane {}

pub(crate) struct Lanes(Box<[Lane]>);

impl Lanes {
    pub(crate) fn new(count: usize) -> Self {
        let lane = |_| Lane {
            busy: AtomicBool::new(false),
            lines: UnsafeCell::new(vec![Line([0.0; 16]); LANE / 16].into_boxed_slice()),
        };
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
        // SAFETY: `busy` was false and is now true, so no other borrow of these lines is alive.
        let lines = unsafe { &mut *lane.lines.get() };
        // SAFETY: a `Line` is sixteen floats without padding.
        f(unsafe { core::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * 16) });
    }
}

impl core::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} lanes of {} KiB", self.0.len(), LANE * 4 / 1024)
    }
}
