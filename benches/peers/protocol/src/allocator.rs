//! Counts what is asked of the heap.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted: `#[global_allocator] static ALLOCATOR: Counting = Counting;`.
pub struct Counting;

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(address, layout) }
    }
}

/// How often `run` allocates, and how many bytes in all.
pub(crate) fn count(run: &mut dyn FnMut()) -> [u64; 2] {
    let now = || [&ALLOCATIONS, &BYTES].map(|count| count.load(Ordering::Relaxed));
    let [allocations, bytes] = now();
    run();
    let [more_allocations, more_bytes] = now();
    [more_allocations - allocations, more_bytes - bytes]
}
