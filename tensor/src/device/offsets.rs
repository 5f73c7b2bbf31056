//! A device whose addresses are offsets into an arena of its own: what a GPU's addresses are to the
//! host, numbers that cannot be dereferenced.

use std::cell::{Cell, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{Cpu, Fault, Op, Plain, Raw};

use super::{Block, Device, Storage};
use crate::Error;
use crate::memory::{Arg, Mut, Ref};

/// The device that modules are tested on: a module that runs here keeps to the contract, because
/// nothing it is given can be dereferenced by accident.
///
/// It runs the CPU's kernels on memory that only it can reach. Used by
/// [`testing`](crate::testing); of no use for anything else.
#[derive(Debug)]
pub struct Offsets {
    arena: Arc<Arena>,
    cpu: Cpu,
}

#[derive(Debug)]
struct Arena {
    id: u32,
    memory: UnsafeCell<Block>,
    bytes: usize,
    used: Cell<usize>,
}
// SAFETY: bytes are only reached through `Ref` and `Mut`, which borrow them as references do, and
// `used` only changes through an `Offsets`, which is not `Sync`.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

/// An address of [`Offsets`]: which arena, and how far in.
#[derive(Clone, Copy, Debug)]
pub struct Offset {
    arena: u32,
    bytes: usize,
}

impl Offsets {
    /// A device with `bytes` of memory.
    ///
    /// # Errors
    /// When there is not that much.
    pub fn new(bytes: usize) -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let memory = UnsafeCell::new(Block::zeroed(bytes)?);
        Ok(Offsets { arena: Arc::new(Arena { id, memory, bytes, used: Cell::new(64) }), cpu: Cpu::new() })
    }

    fn pointer(&self, offset: Offset, bytes: usize) -> Option<*mut u8> {
        let fits = offset.bytes.checked_add(bytes).is_some_and(|end| end <= self.arena.bytes);
        // SAFETY: the block lives as long as the arena; only its address is read here.
        (fits && offset.arena == self.arena.id)
            .then(|| unsafe { (*self.arena.memory.get()).address().wrapping_add(offset.bytes) })
    }
}

impl Device for Offsets {
    type Address = Offset;

    fn offset(address: Offset, bytes: usize) -> Offset {
        Offset { bytes: address.bytes + bytes, ..address }
    }

    fn run<O: Op>(&self, args: &O::Args, arguments: &mut [Arg<'_, Self>]) {
        let mut raws = [const { Raw::none() }; MAX_MEMORY];
        let count = arguments.len().min(MAX_MEMORY);
        for (i, (raw, argument)) in raws.iter_mut().zip(arguments.iter()).enumerate() {
            if let Some(address) = argument.address {
                let Some(pointer) = self.pointer(address, argument.bytes) else {
                    let fault = Fault::Memory { op: O::NAME, argument: i, got: 0, want: argument.bytes };
                    return self.cpu.report(fault);
                };
                // SAFETY: within this arena (just checked), and borrowed as the `Arg` says.
                *raw = unsafe { Raw::new(pointer, argument.bytes, argument.writable) };
            }
        }
        self.cpu.run::<O>(args, &mut raws[..count]);
    }

    fn take_fault(&self) -> Option<Fault> {
        self.cpu.take_fault()
    }
}

/// Memory of an [`Offsets`] device. The arena is freed as a whole, when nothing uses it any more.
#[derive(Debug)]
pub struct Allocation {
    start: Offset,
    _arena: Arc<Arena>,
}

impl Storage for Offsets {
    type Memory = Allocation;

    fn allocate(&self, bytes: usize) -> Result<Allocation, Error> {
        let start = self.arena.used.get().next_multiple_of(64);
        let end = start.checked_add(bytes).filter(|end| *end <= self.arena.bytes);
        self.arena.used.set(end.ok_or(Error::OutOfMemory { bytes })?);
        Ok(Allocation {
            start: Offset { arena: self.arena.id, bytes: start },
            _arena: Arc::clone(&self.arena),
        })
    }
    fn address(memory: &Allocation) -> Offset {
        memory.start
    }
    fn write<T: Plain, const N: usize>(&self, from: &[T], to: Mut<'_, [T; N], Self>) {
        let count = from.len().min(N);
        if let Some(pointer) = self.pointer(to.address(), count * size_of::<T>()) {
            // SAFETY: within this arena, and `to` is uniquely borrowed.
            unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), pointer.cast(), count) }
        }
    }
    fn read<T: Plain, const N: usize>(&self, from: Ref<'_, [T; N], Self>, to: &mut [T]) {
        let count = to.len().min(N);
        if let Some(pointer) = self.pointer(from.address(), count * size_of::<T>()) {
            // SAFETY: within this arena, and `from` is borrowed.
            unsafe { core::ptr::copy_nonoverlapping(pointer.cast(), to.as_mut_ptr(), count) }
        }
    }
    fn zero<T: Plain>(&self, value: Mut<'_, T, Self>) {
        if let Some(pointer) = self.pointer(value.address(), size_of::<T>()) {
            // SAFETY: within this arena, uniquely borrowed, and zero bits are a `T`.
            unsafe { core::ptr::write_bytes(pointer.cast::<T>(), 0, 1) }
        }
    }
}
