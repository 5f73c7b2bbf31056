//! [`Cpu`] as a [`Device`]: addresses are pointers.

use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{Cpu, Fault, Op, Plain, Raw};

use super::Device;
#[cfg(feature = "std")]
use super::Storage;
use crate::memory::{Arg, Mut, Ref};

impl Device for Cpu {
    type Address = *mut u8;

    fn offset(address: *mut u8, bytes: usize) -> *mut u8 {
        address.wrapping_add(bytes)
    }

    fn run<O: Op>(&self, args: &O::Args, arguments: &mut [Arg<'_, Self>]) {
        let mut raws = [const { Raw::none() }; MAX_MEMORY];
        let count = arguments.len().min(MAX_MEMORY);
        for (raw, argument) in raws.iter_mut().zip(arguments.iter()) {
            if let Some(address) = argument.address {
                // SAFETY: an `Arg` is made from a `Ref` or a `Mut`, which promise a borrowed value of
                // that many bytes, uniquely borrowed if writable, for longer than this call.
                *raw = unsafe { Raw::new(address, argument.bytes, argument.writable) };
            }
        }
        Cpu::run::<O>(self, args, &mut raws[..count]);
    }

    fn take_fault(&self) -> Option<Fault> {
        Cpu::take_fault(self)
    }

    fn enter<R: Send>(&self, f: impl FnOnce(&Self) -> R + Send) -> R {
        Cpu::enter(self, f)
    }
}

impl<'a, T: Plain> From<&'a T> for Ref<'a, T, Cpu> {
    fn from(value: &'a T) -> Self {
        // SAFETY: on the CPU a `Ref` is a reference.
        unsafe { Ref::new(value as *const T as *mut u8) }
    }
}
impl<'a, T: Plain> From<&'a mut T> for Mut<'a, T, Cpu> {
    fn from(value: &'a mut T) -> Self {
        // SAFETY: on the CPU a `Mut` is a unique reference.
        unsafe { Mut::new(value as *mut T as *mut u8) }
    }
}
impl<'a, T: Plain> Ref<'a, T, Cpu> {
    /// The value itself.
    pub fn get(self) -> &'a T {
        // SAFETY: on the CPU a `Ref` is a reference.
        unsafe { &*self.address().cast::<T>() }
    }
}
impl<'a, T: Plain> Mut<'a, T, Cpu> {
    /// The value itself.
    pub fn get(self) -> &'a mut T {
        // SAFETY: on the CPU a `Mut` is a unique reference, and `self` is given up.
        unsafe { &mut *self.address().cast::<T>() }
    }
}

/// Zeroed, 64-byte aligned heap memory.
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct Block {
    address: core::ptr::NonNull<u8>,
    layout: std::alloc::Layout,
}

#[cfg(feature = "std")]
// SAFETY: a `Block` owns its memory, like a `Box`.
unsafe impl Send for Block {}
#[cfg(feature = "std")]
// SAFETY: shared access to a `Block` only reads.
unsafe impl Sync for Block {}

#[cfg(feature = "std")]
impl Block {
    pub(crate) fn zeroed(bytes: usize) -> Result<Self, crate::Error> {
        let layout = std::alloc::Layout::from_size_align(bytes.max(1), 64)
            .map_err(|_| crate::Error::OutOfMemory { bytes })?;
        // SAFETY: the layout's size is not zero.
        let address = unsafe { std::alloc::alloc_zeroed(layout) };
        let address = core::ptr::NonNull::new(address).ok_or(crate::Error::OutOfMemory { bytes })?;
        Ok(Block { address, layout })
    }

    pub(crate) fn address(&self) -> *mut u8 {
        self.address.as_ptr()
    }
}

#[cfg(feature = "std")]
impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated in `zeroed` with this layout.
        unsafe { std::alloc::dealloc(self.address.as_ptr(), self.layout) }
    }
}

#[cfg(feature = "std")]
impl Storage for Cpu {
    type Memory = Block;

    fn allocate(&self, bytes: usize) -> Result<Block, crate::Error> {
        Block::zeroed(bytes)
    }
    fn address(memory: &Block) -> *mut u8 {
        memory.address()
    }
    fn write<T: Plain, const N: usize>(&self, from: &[T], to: Mut<'_, [T; N], Self>) {
        // SAFETY: both are valid for that many values, and `to` is uniquely borrowed, so they do not
        // overlap.
        unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), to.address().cast(), from.len().min(N)) }
    }
    fn read<T: Plain, const N: usize>(&self, from: Ref<'_, [T; N], Self>, to: &mut [T]) {
        // SAFETY: as in `write`.
        unsafe { core::ptr::copy_nonoverlapping(from.address().cast(), to.as_mut_ptr(), to.len().min(N)) }
    }
    fn zero<T: Plain>(&self, value: Mut<'_, T, Self>) {
        // SAFETY: uniquely borrowed, and zero bits are a `T`.
        unsafe { core::ptr::write_bytes(value.address().cast::<T>(), 0, 1) }
    }
}
