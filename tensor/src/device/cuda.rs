//! [`Cuda`] as a [`Device`]: addresses are those of the GPU's memory.

use std::cell::Cell;
use std::sync::Arc;

use castiron_kernels::cuda::{Buffer, Cuda, CudaError, Graphs, Place, Reading};
use castiron_kernels::launch::Pointer;
use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{Call, Fault, NotFinite, Op, Plain};

#[cfg(feature = "nccl")]
use super::{Communicator, Part};
use super::{Device, Erased, Peers, Storage};
use crate::Error;
use crate::layer_name::LayerName;
use crate::memory::{Arg, Mut, Ref};
use crate::module::Row;

/// An address of a [`Cuda`]: where, and on which stream, since another one would not wait for it.
#[derive(Clone, Copy, Debug)]
pub struct GpuAddress {
    pointer: Pointer,
    stream: u32,
}

thread_local! {
    /// The parts of the model that this thread runs.
    static PARTS: Cell<&'static [Row]> = const { Cell::new(&[]) };
}

/// What the driver's refusal of memory is. 2 is `CUDA_ERROR_OUT_OF_MEMORY`.
fn refused(error: CudaError, bytes: usize) -> Error {
    match error {
        CudaError::Driver { code, .. } if code != 2 => {
            Error::Operation(Fault::Launch { op: "allocation", code })
        }
        _ => Error::OutOfMemory { bytes },
    }
}

/// The pointer of an address, if there is memory and it is of this stream; otherwise a fault is kept.
fn pointer(
    gpu: &Cuda,
    address: GpuAddress,
    op: &'static str,
    argument: usize,
    bytes: usize,
) -> Option<Pointer> {
    if address.stream == gpu.id() && (bytes == 0 || !address.pointer.is_null()) {
        return Some(address.pointer);
    }
    gpu.report(Fault::Memory { op, argument, got: 0, want: bytes });
    None
}

impl Device for Cuda {
    type Address = GpuAddress;
    type Graphs = Graphs;
    #[cfg(feature = "nccl")]
    type Peers = Communicator;
    #[cfg(not(feature = "nccl"))]
    type Peers = super::Alone;

    fn offset(address: GpuAddress, bytes: usize) -> GpuAddress {
        GpuAddress { pointer: address.pointer.skip(bytes), ..address }
    }

    fn call<O: Op>(&self, call: Call<'_, O>, arguments: &mut [Arg<'_, Self>]) {
        let mut places = [Place::NONE; MAX_MEMORY];
        for (i, (place, argument)) in places.iter_mut().zip(arguments.iter()).enumerate() {
            if let Some(address) = argument.address {
                let Some(pointer) = pointer(self, address, O::NAME, i, argument.bytes) else { return };
                *place = Place { pointer, bytes: argument.bytes, writable: argument.writable };
            }
        }
        // SAFETY: an `Arg` is made from a `Ref` or a `Mut`, which promise a borrowed value of that many bytes,
        // uniquely borrowed if writable. The borrow ends on the host before the operation does on the GPU;
        // all that uses or frees the memory later comes after it, on the same stream.
        unsafe { Cuda::run::<O>(self, call.args(), &places[..arguments.len().min(MAX_MEMORY)]) };
    }

    fn call_of_layer<O: Op>(&self, path: u64, call: Call<'_, O>, arguments: &mut [Arg<'_, Self>]) {
        if self.names_layers() {
            let name =
                format!("{} {}", LayerName::new(path, PARTS.get()), O::name(call.args())).replace('`', "");
            self.within_range(name, || self.call::<O>(call, arguments));
        } else {
            self.call::<O>(call, arguments);
        }
        self.locate(path);
    }

    fn enter_model(&self, parts: &'static [Row]) {
        PARTS.set(parts);
    }

    fn take_fault(&self) -> Option<Fault> {
        Cuda::take_fault(self)
    }

    fn check_finite(&self, on: bool) {
        Cuda::check_finite(self, on);
    }

    fn locate(&self, path: u64) {
        Cuda::locate(self, path);
    }

    fn take_not_finite(&self) -> Option<NotFinite> {
        Cuda::take_not_finite(self)
    }

    fn has_known_fault(&self) -> bool {
        self.knows_fault()
    }

    fn knows_faults(&self) -> bool {
        // While results are looked at, every operation is waited for.
        self.checks_finite()
    }

    unsafe fn repeat(
        &self,
        graphs: &mut Graphs,
        key: u64,
        peers: Option<&Self::Peers>,
        f: impl FnOnce(&Self),
    ) {
        let all = |well| peers.map_or(well, |peers| Peers::<Cuda>::agree(peers, well));
        // SAFETY: the caller promises the memory, and that `f` runs operations only.
        let launched = unsafe { Cuda::repeat(self, graphs, key, all, f) };
        if let Some(peers) = peers.filter(|_| !launched) {
            Peers::<Cuda>::abort(peers);
        }
    }
}

#[cfg(feature = "nccl")]
impl Peers<Cuda> for Communicator {
    fn rank(&self) -> usize {
        Communicator::rank(self)
    }
    fn meet(&self, rows: usize, well: bool) -> Option<Part> {
        let share = Communicator::meet(self, rows, well)?;
        Some(Part { weight: share.weight, kind: share.kind, well: share.well })
    }
    fn agree(&self, well: bool) -> bool {
        Communicator::agree(self, well)
    }
    fn abort(&self) {
        Communicator::abort(self);
    }
    unsafe fn sum(&self, gpu: &Cuda, memory: GpuAddress, floats: usize, weight: f32) {
        let Some(memory) = pointer(gpu, memory, "all_reduce", 0, floats * size_of::<f32>()) else { return };
        // SAFETY: the caller promises it.
        unsafe { Communicator::sum(self, memory, floats, weight) }
    }
}

impl Storage for Cuda {
    type Memory = Buffer;
    /// Nothing where there is no memory.
    type Later = Option<Reading>;

    fn allocate(&self, bytes: usize) -> Result<Buffer, Error> {
        Cuda::allocate(self, bytes).map_err(|error| refused(error, bytes))
    }
    fn address(memory: &Buffer) -> GpuAddress {
        GpuAddress { pointer: memory.pointer(), stream: memory.device().id() }
    }
    fn duplicate(memory: &Buffer, start: usize, bytes: usize) -> Result<Buffer, Error> {
        memory.duplicate(start, bytes).map_err(|error| refused(error, bytes))
    }
    fn lacking(memory: &Buffer, _: usize, error: Error) -> Buffer {
        let gpu = memory.device();
        gpu.report(match error {
            Error::Operation(fault) => fault,
            _ => Fault::Launch { op: "allocation", code: 2 },
        });
        Buffer::none(&gpu)
    }
    fn of<R>(memory: &Buffer, f: impl FnOnce(&Cuda) -> R) -> R {
        f(&memory.device())
    }
    fn erase(memory: Arc<Buffer>) -> Erased {
        Erased::Cuda(memory)
    }
    fn restore(memory: Erased) -> Option<Arc<Buffer>> {
        match memory {
            Erased::Cuda(memory) => Some(memory),
            _ => None,
        }
    }
    fn write<T: Plain, const N: usize>(&self, from: &[T], to: Mut<'_, [T; N], Self>) {
        let bytes = size_of_val(from).min(size_of::<[T; N]>());
        let Some(to) = pointer(self, to.address(), "write", 1, bytes) else { return };
        // SAFETY: that many bytes of `from`, whose padding is never looked at on the GPU.
        let from = unsafe { core::slice::from_raw_parts(from.as_ptr().cast::<u8>(), bytes) };
        // SAFETY: `to` is at least that large, and uniquely borrowed.
        unsafe { Cuda::write(self, from, to) };
    }
    fn read<T: Plain, const N: usize>(&self, from: Ref<'_, [T; N], Self>, to: &mut [T]) {
        let bytes = size_of_val(to).min(size_of::<[T; N]>());
        // SAFETY: that many bytes of `to`; any bits are a `T`.
        let to = unsafe { core::slice::from_raw_parts_mut(to.as_mut_ptr().cast::<u8>(), bytes) };
        let Some(from) = pointer(self, from.address(), "read", 0, bytes) else { return to.fill(0xFF) };
        // SAFETY: `from` is at least that large, and borrowed.
        unsafe { Cuda::read(self, from, to) };
    }
    fn read_later<T: Plain>(&self, from: Ref<'_, T, Self>) -> Option<Reading> {
        let from = pointer(self, from.address(), "read", 0, size_of::<T>())?;
        // SAFETY: `from` is that large, and borrowed. What changes it later comes behind on the same stream.
        Some(unsafe { Cuda::read_later(self, from, size_of::<T>()) })
    }
    fn read_whether_faulty(&self) -> Option<Option<Reading>> {
        Some(Some(Cuda::read_whether_faulty(self)))
    }
    fn finish<T: Plain>(&self, later: Option<Reading>, to: &mut T) {
        // SAFETY: the bytes of `to`; any bits are a `T`.
        let to =
            unsafe { core::slice::from_raw_parts_mut(core::ptr::from_mut(to).cast::<u8>(), size_of::<T>()) };
        match later {
            Some(reading) => reading.finish(to),
            None => to.fill(0xFF),
        }
    }
    fn zero<T: Plain>(&self, value: Mut<'_, T, Self>) {
        let Some(value) = pointer(self, value.address(), "zero", 0, size_of::<T>()) else { return };
        // SAFETY: uniquely borrowed, and zero bits are a `T`.
        unsafe { Cuda::fill(self, value, 0, size_of::<T>()) };
    }
}
