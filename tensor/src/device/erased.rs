//! [`Erased`]: memory whose device is known at run time. Eager operations are compiled once, not once per
//! device and shape.

use std::sync::Arc;

use super::offsets::Allocation;
use super::{Block, Cpu, Offsets, Storage};
use crate::Error;
#[cfg(feature = "cuda")]
use castiron_kernels::cuda::Buffer;

/// Allocated memory of one of the devices, shared.
#[derive(Clone, Debug)]
pub enum Erased {
    /// Of the [`Cpu`](super::Cpu).
    Cpu(Arc<Block>),
    /// Of the test device [`Offsets`].
    Offsets(Arc<Allocation>),
    /// Of a GPU.
    #[cfg(feature = "cuda")]
    Cuda(Arc<Buffer>),
}

impl Erased {
    /// Zeroed memory on the device of this one.
    pub(crate) fn sibling(&self, bytes: usize) -> Result<Self, Error> {
        Ok(match self {
            Erased::Cpu(_) => Erased::Cpu(Arc::new(Block::zeroed(bytes)?)),
            Erased::Offsets(memory) => Erased::Offsets(Arc::new(memory.sibling(bytes)?)),
            #[cfg(feature = "cuda")]
            Erased::Cuda(memory) => Erased::Cuda(Arc::new(Storage::allocate(&memory.device(), bytes)?)),
        })
    }

    /// Zeroed memory of the CPU.
    pub(crate) fn on_cpu(bytes: usize) -> Result<Self, Error> {
        Ok(Erased::Cpu(Arc::new(Block::zeroed(bytes)?)))
    }

    /// [`Storage::lacking`].
    #[cold]
    pub(crate) fn lacking(&self, bytes: usize, error: Error) -> Self {
        match self {
            Erased::Cpu(memory) => Erased::Cpu(Arc::new(Cpu::lacking(memory, bytes, error))),
            Erased::Offsets(memory) => Erased::Offsets(Arc::new(Offsets::lacking(memory, bytes, error))),
            #[cfg(feature = "cuda")]
            Erased::Cuda(memory) => Erased::Cuda(Arc::new(super::Cuda::lacking(memory, bytes, error))),
        }
    }

    /// The fault that the device of this memory knows without waiting, taken.
    pub(crate) fn take_known_fault(&self) -> Option<castiron_kernels::Fault> {
        #[cfg(feature = "cuda")]
        if let Erased::Cuda(memory) = self {
            return memory.device().take_known_fault();
        }
        None
    }

    /// A copy of a part of it, on the same device.
    pub(crate) fn duplicate(&self, start: usize, bytes: usize) -> Result<Self, Error> {
        Ok(match self {
            Erased::Cpu(memory) => Erased::Cpu(Arc::new(memory.duplicate(start, bytes)?)),
            Erased::Offsets(memory) => {
                Erased::Offsets(Arc::new(<Offsets as Storage>::duplicate(memory, start, bytes)?))
            }
            #[cfg(feature = "cuda")]
            Erased::Cuda(memory) => Erased::Cuda(Arc::new(super::Cuda::duplicate(memory, start, bytes)?)),
        })
    }

    /// Whether nobody else has it.
    pub(crate) fn is_unique(&mut self) -> bool {
        match self {
            Erased::Cpu(memory) => Arc::get_mut(memory).is_some(),
            Erased::Offsets(memory) => Arc::get_mut(memory).is_some(),
            #[cfg(feature = "cuda")]
            Erased::Cuda(memory) => Arc::get_mut(memory).is_some(),
        }
    }

    /// Whether what starts at byte `start` is aligned so.
    pub(crate) fn is_aligned(&self, start: usize, align: usize) -> bool {
        match self {
            Erased::Cpu(memory) => memory.address().addr().wrapping_add(start).is_multiple_of(align),
            // Its memory is never seen as values of the host.
            Erased::Offsets(_) => true,
            #[cfg(feature = "cuda")]
            Erased::Cuda(_) => true,
        }
    }

    /// Where `bytes` bytes from `start` on are for kernels of the CPU; nothing where they are out of bounds.
    pub(crate) fn pointer(&self, start: usize, bytes: usize) -> Option<*mut u8> {
        match self {
            Erased::Cpu(memory) => memory.pointer(start, bytes),
            Erased::Offsets(memory) => memory.pointer(start, bytes),
            #[cfg(feature = "cuda")]
            Erased::Cuda(_) => None,
        }
    }

    /// Copies from byte `start` on to the host. What is out of bounds is not copied; where a GPU fails it is NaN.
    pub(crate) fn read(&self, start: usize, to: &mut [u8]) {
        #[cfg(feature = "cuda")]
        if let Erased::Cuda(memory) = self {
            if start.checked_add(to.len()).is_some_and(|end| end <= memory.bytes()) {
                // SAFETY: within memory that was zeroed when it was made.
                unsafe { memory.device().read(memory.pointer().skip(start), to) };
            } else {
                to.fill(0xFF);
            }
            return;
        }
        if let Some(from) = self.pointer(start, to.len()) {
            // SAFETY: initialised memory of that many bytes, which `self` keeps; `to` is the caller's.
            unsafe { core::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) }
        }
    }

    /// Whether byte `start` of it is byte `other_start` of the other.
    pub(crate) fn is_same(&self, start: usize, other: &Self, other_start: usize) -> bool {
        let at = start == other_start;
        match (self, other) {
            (Erased::Cpu(a), Erased::Cpu(b)) => at && Arc::ptr_eq(a, b),
            (Erased::Offsets(a), Erased::Offsets(b)) => at && Arc::ptr_eq(a, b),
            #[cfg(feature = "cuda")]
            (Erased::Cuda(a), Erased::Cuda(b)) => at && Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}
