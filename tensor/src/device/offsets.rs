//! A device whose addresses are offsets into an arena of its own: what a GPU's addresses are to the
//! host, numbers that cannot be dereferenced.

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{Call, Cpu, Fault, NotFinite, Op, Plain, Raw};

use super::cpu::{bytes, from_bytes};
use super::{Alone, Block, Device, Erased, Storage};
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
    used: AtomicUsize,
}
// SAFETY: bytes are only reached through `Ref`, `Mut` and tensors, which borrow them as references do.
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
        Ok(Offsets {
            arena: Arc::new(Arena { id, memory, bytes, used: AtomicUsize::new(64) }),
            cpu: Cpu::new(),
        })
    }

    fn pointer(&self, offset: Offset, bytes: usize) -> Option<*mut u8> {
        self.arena.pointer(offset, bytes)
    }
}

impl Arena {
    /// Zeroed memory: none is ever given back, so none is used twice.
    fn allocate(self: &Arc<Self>, bytes: usize) -> Result<Allocation, Error> {
        let take = |used: usize| {
            let end = used.next_multiple_of(64).checked_add(bytes);
            end.filter(|end| *end <= self.bytes)
        };
        let used = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        let start = used.map_err(|_| Error::OutOfMemory { bytes })?.next_multiple_of(64);
        Ok(Allocation { start: Offset { arena: self.id, bytes: start }, arena: Arc::clone(self) })
    }

    fn pointer(&self, offset: Offset, bytes: usize) -> Option<*mut u8> {
        let fits = offset.bytes.checked_add(bytes).is_some_and(|end| end <= self.bytes);
        // SAFETY: the block lives as long as the arena; only its address is read here.
        (fits && offset.arena == self.id)
            .then(|| unsafe { (*self.memory.get()).address().wrapping_add(offset.bytes) })
    }
}

impl Device for Offsets {
    type Address = Offset;
    type Graphs = ();
    type Peers = Alone;

    fn offset(address: Offset, bytes: usize) -> Offset {
        Offset { bytes: address.bytes + bytes, ..address }
    }

    fn call<O: Op>(&self, call: Call<'_, O>, arguments: &mut [Arg<'_, Self>]) {
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
        self.cpu.call::<O>(call, &mut raws[..count]);
    }

    fn take_fault(&self) -> Option<Fault> {
        self.cpu.take_fault()
    }

    fn check_finite(&self, on: bool) {
        self.cpu.check_finite(on);
    }

    fn locate(&self, path: u64) {
        self.cpu.locate(path);
    }

    fn take_not_finite(&self) -> Option<NotFinite> {
        self.cpu.take_not_finite()
    }
}

/// Memory of an [`Offsets`] device. The arena is freed as a whole, when nothing uses it any more.
#[derive(Debug)]
pub struct Allocation {
    start: Offset,
    arena: Arc<Arena>,
}

impl Allocation {
    /// Another allocation of the same arena.
    pub(crate) fn sibling(&self, bytes: usize) -> Result<Self, Error> {
        self.arena.allocate(bytes)
    }

    /// Where its `bytes` bytes from `start` on are for the CPU's kernels, which this device runs.
    pub(super) fn pointer(&self, start: usize, bytes: usize) -> Option<*mut u8> {
        self.arena.pointer(Offset { bytes: self.start.bytes + start, ..self.start }, bytes)
    }
}

impl Storage for Offsets {
    type Memory = Allocation;
    type Later = Vec<u8>;

    fn allocate(&self, bytes: usize) -> Result<Allocation, Error> {
        self.arena.allocate(bytes)
    }
    fn address(memory: &Allocation) -> Offset {
        memory.start
    }
    fn duplicate(memory: &Allocation, start: usize, bytes: usize) -> Result<Allocation, Error> {
        let copy = memory.arena.allocate(bytes)?;
        let from = Offset { bytes: memory.start.bytes + start, ..memory.start };
        if let (Some(from), Some(to)) =
            (memory.arena.pointer(from, bytes), copy.arena.pointer(copy.start, bytes))
        {
            // SAFETY: both lie within the arena, and the copy is nobody else's yet.
            unsafe { core::ptr::copy_nonoverlapping(from, to, bytes) }
        }
        Ok(copy)
    }
    fn of<R>(memory: &Allocation, f: impl FnOnce(&Offsets) -> R) -> R {
        f(&Offsets { arena: Arc::clone(&memory.arena), cpu: Cpu::new() })
    }
    fn erase(memory: Arc<Allocation>) -> Erased {
        Erased::Offsets(memory)
    }
    fn restore(memory: Erased) -> Option<Arc<Allocation>> {
        match memory {
            Erased::Offsets(memory) => Some(memory),
            _ => None,
        }
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
    fn read_later<T: Plain>(&self, from: Ref<'_, T, Self>) -> Vec<u8> {
        // SAFETY: within this arena, and `from` is borrowed.
        let copy = |pointer: *mut u8| unsafe { bytes(pointer, size_of::<T>()) };
        self.pointer(from.address(), size_of::<T>()).map_or_else(Vec::new, copy)
    }
    fn finish<T: Plain>(&self, later: Vec<u8>, to: &mut T) {
        from_bytes(&later, to);
    }
    fn zero<T: Plain>(&self, value: Mut<'_, T, Self>) {
        if let Some(pointer) = self.pointer(value.address(), size_of::<T>()) {
            // SAFETY: within this arena, uniquely borrowed, and zero bits are a `T`.
            unsafe { core::ptr::write_bytes(pointer.cast::<T>(), 0, 1) }
        }
    }
}
