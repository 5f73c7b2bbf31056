//! [`Cpu`] as a [`Device`]: addresses are pointers.

use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{Call, Cpu, Fault, NotFinite, Op, Plain, Raw};

use super::{Alone, Device};
#[cfg(feature = "std")]
use super::{Block, Erased, Storage};
use crate::memory::{Arg, Mut, Ref};
#[cfg(feature = "std")]
use std::sync::Arc;

impl Device for Cpu {
    type Address = *mut u8;
    type Graphs = ();
    type Peers = Alone;

    fn offset(address: *mut u8, bytes: usize) -> *mut u8 {
        address.wrapping_add(bytes)
    }

    fn call<O: Op>(&self, call: Call<'_, O>, arguments: &mut [Arg<'_, Self>]) {
        let mut raws = [const { Raw::none() }; MAX_MEMORY];
        let count = arguments.len().min(MAX_MEMORY);
        for (raw, argument) in raws.iter_mut().zip(arguments.iter()) {
            if let Some(address) = argument.address {
                // SAFETY: an `Arg` is made from a `Ref` or a `Mut`, which promise a borrowed value of
                // that many bytes, uniquely borrowed if writable, for longer than this call.
                *raw = unsafe { Raw::new(address, argument.bytes, argument.writable) };
            }
        }
        Cpu::call::<O>(self, call, &mut raws[..count]);
    }

    fn take_fault(&self) -> Option<Fault> {
        Cpu::take_fault(self)
    }

    fn check_finite(&self, on: bool) {
        Cpu::check_finite(self, on);
    }

    fn locate(&self, path: u64) {
        Cpu::locate(self, path);
    }

    fn take_not_finite(&self) -> Option<NotFinite> {
        Cpu::take_not_finite(self)
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

/// A copy of the bytes of a plain value, of which some may be padding.
///
/// # Safety
/// There is a value of that many bytes, which nobody writes to.
#[cfg(feature = "std")]
pub(super) unsafe fn bytes(from: *const u8, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    // SAFETY: the caller promises the source.
    unsafe { core::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), count) };
    bytes
}

/// The value of which these are the bytes; those that are missing stay as they are.
#[cfg(feature = "std")]
pub(super) fn from_bytes<T: Plain>(bytes: &[u8], to: &mut T) {
    let count = bytes.len().min(size_of::<T>());
    // SAFETY: within both; any bits are a `T`.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), core::ptr::from_mut(to).cast(), count) }
}

#[cfg(feature = "std")]
impl Storage for Cpu {
    type Memory = Block;
    type Later = Vec<u8>;

    fn allocate(&self, bytes: usize) -> Result<Block, crate::Error> {
        Block::zeroed(bytes)
    }
    fn address(memory: &Block) -> *mut u8 {
        memory.address()
    }
    fn duplicate(memory: &Block, start: usize, bytes: usize) -> Result<Block, crate::Error> {
        memory.duplicate(start, bytes)
    }
    fn of<R>(_: &Block, f: impl FnOnce(&Cpu) -> R) -> R {
        crate::array::with_cpu(f)
    }
    fn erase(memory: Arc<Block>) -> Erased {
        Erased::Cpu(memory)
    }
    fn restore(memory: Erased) -> Option<Arc<Block>> {
        match memory {
            Erased::Cpu(memory) => Some(memory),
            _ => None,
        }
    }
    fn write<T: Plain, const N: usize>(&self, from: &[T], to: Mut<'_, [T; N], Self>) {
        // SAFETY: both are valid for that many values, and `to` is uniquely borrowed, so they do not
        // overlap.
        unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), to.address().cast(), from.len().min(N)) }
    }
    fn lend<'a, T: Plain, const N: usize>(&self, values: &'a [T]) -> Option<Ref<'a, [T; N], Self>> {
        values.try_into().ok().map(|values: &[T; N]| Ref::from(values))
    }
    fn read<T: Plain, const N: usize>(&self, from: Ref<'_, [T; N], Self>, to: &mut [T]) {
        // SAFETY: as in `write`.
        unsafe { core::ptr::copy_nonoverlapping(from.address().cast(), to.as_mut_ptr(), to.len().min(N)) }
    }
    fn read_later<T: Plain>(&self, from: Ref<'_, T, Self>) -> Vec<u8> {
        // SAFETY: the bytes of a borrowed value.
        unsafe { bytes(from.address(), size_of::<T>()) }
    }
    fn finish<T: Plain>(&self, later: Vec<u8>, to: &mut T) {
        from_bytes(&later, to);
    }
    fn zero<T: Plain>(&self, value: Mut<'_, T, Self>) {
        // SAFETY: uniquely borrowed, and zero bits are a `T`.
        unsafe { core::ptr::write_bytes(value.address().cast::<T>(), 0, 1) }
    }
}
