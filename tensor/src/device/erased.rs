//! [`Erased`]: memory whose device is known at run time. Eager operations are compiled once, not once per
//! device and shape.

use std::sync::Arc;

use super::offsets::Allocation;
use super::{Block, Offsets, Storage};
use crate::Error;

/// Allocated memory of one of the devices, shared.
#[derive(Clone, Debug)]
pub enum Erased {
    /// Of the [`Cpu`](super::Cpu).
    Cpu(Arc<Block>),
    /// Of the test device [`Offsets`].
    Offsets(Arc<Allocation>),
}

impl Erased {
    /// Zeroed memory on the device of this one.
    pub(crate) fn sibling(&self, bytes: usize) -> Result<Self, Error> {
        Ok(match self {
            Erased::Cpu(_) => Erased::Cpu(Arc::new(Block::zeroed(bytes)?)),
            Erased::Offsets(memory) => Erased::Offsets(Arc::new(memory.sibling(bytes)?)),
        })
    }

    /// Zeroed memory of the CPU.
    pub(crate) fn on_cpu(bytes: usize) -> Result<Self, Error> {
        Ok(Erased::Cpu(Arc::new(Block::zeroed(bytes)?)))
    }

    /// A copy of a part of it, on the same device.
    pub(crate) fn duplicate(&self, start: usize, bytes: usize) -> Result<Self, Error> {
        Ok(match self {
            Erased::Cpu(memory) => Erased::Cpu(Arc::new(memory.duplicate(start, bytes)?)),
            Erased::Offsets(memory) => {
                Erased::Offsets(Arc::new(<Offsets as Storage>::duplicate(memory, start, bytes)?))
            }
        })
    }

    /// Whether nobody else has it.
    pub(crate) fn is_unique(&mut self) -> bool {
        match self {
            Erased::Cpu(memory) => Arc::get_mut(memory).is_some(),
            Erased::Offsets(memory) => Arc::get_mut(memory).is_some(),
        }
    }

    /// Whether what starts at byte `start` is aligned so.
    pub(crate) fn is_aligned(&self, start: usize, align: usize) -> bool {
        match self {
            Erased::Cpu(memory) => memory.address().addr().wrapping_add(start).is_multiple_of(align),
            // Its memory is never seen as values of the host.
            Erased::Offsets(_) => true,
        }
    }

    /// Where `bytes` bytes from `start` on are for kernels of the CPU; nothing where they are out of bounds.
    pub(crate) fn pointer(&self, start: usize, bytes: usize) -> Option<*mut u8> {
        match self {
            Erased::Cpu(memory) => memory.pointer(start, bytes),
            Erased::Offsets(memory) => memory.pointer(start, bytes),
        }
    }
}
