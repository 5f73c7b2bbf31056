//! [`Block`]: memory on the heap.

use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use std::alloc::{Layout, alloc_zeroed, dealloc};

use castiron_kernels::Plain;

use crate::Error;

/// Ends the program, as `Box` does.
#[cold]
pub(crate) fn out_of_memory(bytes: usize) -> ! {
    let layout = Layout::from_size_align(bytes, 64);
    std::alloc::handle_alloc_error(layout.unwrap_or(Layout::new::<u8>()))
}

/// Heap memory, initialised: zeroed and 64-byte aligned when it was made here, or what a `Vec` had allocated.
///
/// Of memory that is large the system is asked for large pages, where it has them: the processor has fewer of them to look
/// up, and the system fewer to hand out. A process holds them whole, so it may be up to a page larger for each block.
#[derive(Debug)]
pub struct Block {
    address: NonNull<u8>,
    /// How many bytes are initialised. A `Vec` may have allocated more.
    bytes: usize,
    /// What was allocated: around the memory, where that is aligned to a large page.
    allocated: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a `Block` owns its memory, like a `Box`.
unsafe impl Send for Block {}
// SAFETY: shared access to a `Block` only reads.
unsafe impl Sync for Block {}

impl Block {
    pub(crate) fn zeroed(bytes: usize) -> Result<Self, Error> {
        // Large memory is zero as the system gives it, unless it is to be aligned: so that is done here.
        let (margin, align) = if bytes < LARGE_PAGE { (0, 64) } else { (LARGE_PAGE, 1) };
        let layout =
            bytes.max(1).checked_add(margin).and_then(|size| Layout::from_size_align(size, align).ok());
        let layout = layout.ok_or(Error::OutOfMemory { bytes })?;
        // SAFETY: the layout's size is not zero.
        let allocated = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(Error::OutOfMemory { bytes })?;
        let skipped = if margin == 0 { 0 } else { allocated.align_offset(LARGE_PAGE) };
        // SAFETY: less than the margin.
        let address = unsafe { allocated.add(skipped) };
        ask_for_large_pages(address, bytes);
        Ok(Block { address, bytes: bytes.max(1), allocated, layout })
    }

    /// The memory of a `Vec`, as it is, aligned as its elements are. `None` where there is none to take over.
    pub(crate) fn from_vec<E: Plain>(values: Vec<E>) -> Option<Self> {
        // What the vector has allocated; one that overflows cannot exist.
        let layout = Layout::array::<E>(values.capacity()).ok().filter(|layout| layout.size() > 0)?;
        let mut values = ManuallyDrop::new(values);
        let address = NonNull::new(values.as_mut_ptr().cast::<u8>())?;
        Some(Block { address, bytes: size_of_val(&values[..]), allocated: address, layout })
    }

    /// A `Vec` of this memory's first `len` elements, without a copy, if it is memory that a `Vec` of these
    /// elements could have allocated; otherwise the block again.
    pub(crate) fn into_vec<E: Plain>(self, len: usize) -> Result<Vec<E>, Self> {
        let size = size_of::<E>();
        let fits = self.layout.align() == align_of::<E>()
            && self.allocated == self.address
            && size > 0
            && self.layout.size().is_multiple_of(size)
            && len.checked_mul(size).is_some_and(|bytes| bytes <= self.bytes);
        if !fits {
            return Err(self);
        }
        let block = ManuallyDrop::new(self);
        let capacity = block.layout.size() / size;
        // SAFETY: allocated by the global allocator with the layout of `capacity` elements, of which the first
        // `len` are initialised (any bits are a `Plain` value); the block is given up without freeing it.
        Ok(unsafe { Vec::from_raw_parts(block.address.as_ptr().cast::<E>(), len, capacity) })
    }

    pub(crate) fn address(&self) -> *mut u8 {
        self.address.as_ptr()
    }

    /// Where `bytes` bytes from `start` on are, if it has them.
    pub(super) fn pointer(&self, start: usize, bytes: usize) -> Option<*mut u8> {
        let end = start.checked_add(bytes)?;
        (end <= self.bytes).then(|| self.address().wrapping_add(start))
    }

    /// A copy of `bytes` bytes from `start` on; what lies beyond the end is zero.
    pub(crate) fn duplicate(&self, start: usize, bytes: usize) -> Result<Self, Error> {
        let copy = Block::zeroed(bytes)?;
        let start = start.min(self.bytes);
        let count = bytes.min(self.bytes - start);
        // SAFETY: within this block and within the new one, which is nobody else's.
        unsafe { core::ptr::copy_nonoverlapping(self.address().add(start), copy.address(), count) };
        Ok(copy)
    }
}

/// Bytes of the pages that are asked for: the larger ones of x86-64 and ARM.
const LARGE_PAGE: usize = 2 << 20;

/// For all whole pages of memory that nobody has used yet. Where the system has none, or gives them anyway, nothing
/// happens.
#[cfg(target_os = "linux")]
fn ask_for_large_pages(address: NonNull<u8>, bytes: usize) {
    let whole = bytes / LARGE_PAGE * LARGE_PAGE;
    if whole > 0 {
        // SAFETY: the caller's memory, which begins with such a page; of its content nothing is changed.
        unsafe { libc::madvise(address.as_ptr().cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages(_: NonNull<u8>, _: usize) {}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated by the global allocator with this layout: in `zeroed`, or by the `Vec` that
        // `from_vec` took over.
        unsafe { dealloc(self.allocated.as_ptr(), self.layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vec_goes_in_and_out_without_a_copy() {
        let mut values = Vec::with_capacity(10);
        values.extend([1.0f32, 2.0, 3.0]);
        let address = values.as_ptr();
        let block = Block::from_vec(values).unwrap();
        assert_eq!(block.address().cast_const().cast(), address);
        // Beyond the elements nothing is initialised, so nothing may be read there.
        assert!(block.pointer(0, 12).is_some() && block.pointer(0, 16).is_none());
        let block = block.into_vec::<f32>(4).unwrap_err();
        let block = block.into_vec::<f64>(1).unwrap_err();
        let values = block.into_vec::<f32>(3).unwrap();
        assert_eq!((values.as_ptr(), &values[..]), (address, &[1.0, 2.0, 3.0][..]));

        assert!(Block::from_vec(Vec::<f32>::new()).is_none());
        // Aligned to 64 bytes: a `Vec` would free it wrongly.
        assert!(Block::zeroed(12).unwrap().into_vec::<f32>(3).is_err());
        // Within an allocation of bytes: as one, it would be freed by the wrong address, or it is all of it.
        let (large, len) = (Block::zeroed(LARGE_PAGE).unwrap(), LARGE_PAGE);
        let whole = large.allocated == large.address;
        assert_eq!(large.into_vec::<u8>(len).is_ok(), whole);
    }

    /// The kernel lists what it was asked for with each part of a process's memory.
    #[test]
    #[cfg(target_os = "linux")]
    fn large_memory_is_zero_and_has_large_pages() {
        let (small, large) =
            (Block::zeroed(LARGE_PAGE - 1).unwrap(), Block::zeroed(3 * LARGE_PAGE + 5).unwrap());
        for block in [&small, &large] {
            // SAFETY: as long as the block is.
            let bytes = unsafe { core::slice::from_raw_parts(block.address(), block.bytes) };
            assert!(bytes.iter().all(|byte| *byte == 0));
        }
        if !std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists() {
            return;
        }
        let (maps, mut inside) = (std::fs::read_to_string("/proc/self/smaps").unwrap(), false);
        let flags = maps.lines().find_map(|line| {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            if let Some((from, to)) = range {
                let [from, to] = [from, to].map(|address| usize::from_str_radix(address, 16).unwrap_or(0));
                inside = (from..to).contains(&large.address().addr());
            }
            line.strip_prefix("VmFlags:").filter(|_| inside)
        });
        assert!(flags.unwrap().split_whitespace().any(|flag| flag == "hg"), "{flags:?}");
    }
}
