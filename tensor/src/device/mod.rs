//! Devices: where memory is and where operations run. The set is closed; operations are open.
//!
//! [`Cpu`] is always there; with the feature `cuda` so is the type `Cuda`, an NVIDIA GPU. A program that runs on either is
//! written for a `D: Storage`, and what it chooses at run time is which of the two it is called with:
//!
//! ```
//! use castiron::{device::Storage, prelude::*, tensor};
//!
//! fn sum<D: Storage>(device: &D) -> Result<f32, castiron::Error> {
//!     let x = tensor![1.0, 2.0].to(device)?;
//!     Ok(*x.sum().to_cpu(device))
//! }
//!
//! #[cfg(feature = "cuda")]
//! let sum = match Cuda::new(0) {
//!     Ok(gpu) => sum(&gpu)?,
//!     Err(missing) => {
//!         eprintln!("{missing}"); // what, and how to get it
//!         sum(&Cpu::new())?
//!     }
//! };
//! #[cfg(not(feature = "cuda"))]
//! let sum = sum(&Cpu::new())?;
//! assert_eq!(sum, 3.0);
//! # Ok::<(), castiron::Error>(())
//! ```
//!
//! # When a GPU works
//!
//! A GPU works behind the program: what is called is put into a queue, the *stream* of its `Cuda`, and done in that order.
//! Waiting are only
//!
//! - what brings numbers to the CPU: `to_cpu`, `Trainer::{step, loss, evaluate, outputs, model}`, `Predictor::predict`;
//! - operations on tensors that may find their data wrong: an index out of range, an integer divided by zero;
//! - `Device::take_fault`, and whatever looks for numbers that are not finite.
//!
//! What is copied to a GPU goes there beside its work, so a loop over `Trainer::enqueue` may be several batches ahead;
//! `Fit` is one ahead, and reads the results of a step while the next one runs.
//!
//! [`Trainer::enqueue`](crate::train::Trainer::enqueue) does not wait. Of a step that went wrong the program hears at the
//! next call that waits; until then no step changes a parameter, so that a model is never trained on data that an
//! operation has refused.
//!
//! # When a GPU fails
//!
//! A GPU may have no memory left, a kernel may not compile, the driver may refuse a launch. Calls that return a `Result`
//! say so: the next one that runs on that GPU. An eager operation that returns a tensor, such as `&x + &y`, cannot: its
//! result is NaN (−1 for integers), and so is what follows from it, until a call with a `Result` or
//! `Device::take_fault` has told of the fault. Until then nothing else runs on that stream.
//!
//! A step of a `Trainer` is recorded when it runs for the second time with the same number of rows, and from then on
//! replayed in one launch, as a *graph*. What changes from step to step (its number, the learning rate, the seed of
//! dropout) is read from the GPU's memory.
//!
//! A `Cuda` and its clones are one stream; each `Cuda::new` is another.

#[cfg(feature = "std")]
mod block;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "std")]
mod erased;
#[cfg(feature = "std")]
mod offsets;
mod peers;

#[cfg(feature = "std")]
pub use block::Block;
#[cfg(feature = "std")]
pub(crate) use block::out_of_memory;
#[cfg(feature = "nccl")]
pub use castiron_kernels::cuda::Communicator;
#[cfg(feature = "cuda")]
pub use castiron_kernels::cuda::{Cuda, CudaError};
use castiron_kernels::{Call, Fault, NotFinite, Op, Plain};
pub use castiron_kernels::{Cpu, Isa};
#[cfg(feature = "cuda")]
pub use cuda::GpuAddress;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use erased::Erased;
#[cfg(feature = "std")]
pub use offsets::{Offset, Offsets};
#[doc(hidden)]
pub use peers::{Alone, Part, Peers};
#[cfg(feature = "std")]
use std::sync::Arc;

use crate::memory::{Arg, Mut, Ref};
use crate::module::Row;

mod sealed {
    pub trait Sealed {}
    impl Sealed for castiron_kernels::Cpu {}
    #[cfg(feature = "cuda")]
    impl Sealed for castiron_kernels::cuda::Cuda {}
    #[cfg(feature = "std")]
    impl Sealed for super::Offsets {}
    #[cfg(feature = "std")]
    impl Sealed for crate::calibration::Observer {}
}

/// Where a model's memory is and its operations run.
///
/// Implemented by castiron for the devices it knows; what is open is [`Op`]: your own operation runs on
/// every device that it has code for.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a device of castiron")]
pub trait Device: sealed::Sealed + Sized + 'static {
    /// An address in its memory.
    type Address: Copy;
    /// The address `bytes` further on.
    fn offset(address: Self::Address, bytes: usize) -> Self::Address;
    /// Runs an operation. What goes wrong is kept for [`Device::take_fault`].
    fn run<O: Op>(&self, args: &O::Args, arguments: &mut [Arg<'_, Self>]) {
        self.call::<O>(Call::new(args), arguments);
    }
    /// [`Device::run`] with a kernel that is chosen already.
    fn call<O: Op>(&self, call: Call<'_, O>, arguments: &mut [Arg<'_, Self>]);
    /// [`Device::call`] for the layer at `path`.
    #[doc(hidden)]
    #[inline(always)]
    fn call_of_layer<O: Op>(&self, path: u64, call: Call<'_, O>, arguments: &mut [Arg<'_, Self>]) {
        self.call::<O>(call, arguments);
        self.locate(path);
    }
    /// Says of which model the next layers are.
    #[doc(hidden)]
    fn enter_model(&self, parts: &'static [Row]) {
        let _ = parts;
    }
    /// The first fault since the last call, if there was one.
    fn take_fault(&self) -> Option<Fault>;
    /// [`Cpu::check_finite`].
    #[doc(hidden)]
    fn check_finite(&self, on: bool);
    /// [`Cpu::locate`].
    #[doc(hidden)]
    fn locate(&self, path: u64);
    /// [`Cpu::take_not_finite`].
    #[doc(hidden)]
    fn take_not_finite(&self) -> Option<NotFinite>;
    /// Whether all that went wrong so far is known without waiting. On a GPU it is not: there, what changes
    /// parameters does nothing after a fault, until [`Device::take_fault`].
    #[doc(hidden)]
    fn knows_faults(&self) -> bool {
        true
    }
    /// Whether there is a fault that is known without waiting. Nothing runs then until [`Device::take_fault`].
    #[doc(hidden)]
    fn has_known_fault(&self) -> bool {
        false
    }
    /// Sequences of work that [`Device::repeat`] has recorded: the graphs of a GPU.
    #[doc(hidden)]
    type Graphs: Default + Send;
    /// The devices that train a model together with this one.
    #[doc(hidden)]
    type Peers: Peers<Self>;
    /// Runs `f`, which runs the same operations on the same memory each time it is called for `key`, and nothing
    /// else. A GPU records what they launch and replays it, in one launch, without calling `f` again; together with its
    /// `peers`, if there are any.
    ///
    /// # Safety
    /// As long as `graphs` is used with this key, that memory is there, and borrowed as it was for `f`.
    #[doc(hidden)]
    unsafe fn repeat(
        &self,
        graphs: &mut Self::Graphs,
        key: u64,
        peers: Option<&Self::Peers>,
        f: impl FnOnce(&Self),
    ) {
        let _ = (graphs, key, peers);
        f(self);
    }
    /// Runs `f` where starting work is cheapest: once around a whole step.
    fn enter<R: Send>(&self, f: impl FnOnce(&Self) -> R + Send) -> R {
        f(self)
    }
}

/// A device on which memory can be allocated, and copied to and from.
pub trait Storage: Device {
    /// Allocated memory; freed when dropped.
    type Memory: Send + Sync;
    /// Allocates `bytes` zeroed bytes, aligned to 64.
    ///
    /// # Errors
    /// When there is not that much.
    fn allocate(&self, bytes: usize) -> Result<Self::Memory, crate::Error>;
    /// Where allocated memory starts.
    fn address(memory: &Self::Memory) -> Self::Address;
    /// What takes the place of `bytes` bytes that the device of this memory did not give, for whoever can return no error.
    /// On the CPU the program ends, as with `Box`; on a GPU it is a fault, and what is read from there is NaN.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn lacking(memory: &Self::Memory, bytes: usize, error: crate::Error) -> Self::Memory {
        let _ = (memory, error);
        out_of_memory(bytes)
    }
    /// A copy of `bytes` bytes of it from `start` on, on the same device.
    ///
    /// # Errors
    /// When there is not that much memory.
    #[cfg(feature = "std")]
    fn duplicate(memory: &Self::Memory, start: usize, bytes: usize) -> Result<Self::Memory, crate::Error>;
    /// Runs `f` on the device that this memory is of: for the CPU, the calling thread's.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn of<R>(memory: &Self::Memory, f: impl FnOnce(&Self) -> R) -> R;
    /// The same memory, its device known at run time only: what eager operations compute on.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn erase(memory: Arc<Self::Memory>) -> Erased;
    /// The memory of this device again; nothing if it is another's.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn restore(memory: Erased) -> Option<Arc<Self::Memory>>;
    /// Copies values to the start of an array. Values beyond `N` are left out.
    fn write<T: Plain, const N: usize>(&self, from: &[T], to: Mut<'_, [T; N], Self>);
    /// The values where they are, if they are `N` and this device reads the program's memory.
    #[doc(hidden)]
    fn lend<'a, T: Plain, const N: usize>(&self, _: &'a [T]) -> Option<Ref<'a, [T; N], Self>> {
        None
    }
    /// Copies values from the start of an array. Places beyond `N` are left as they are.
    fn read<T: Plain, const N: usize>(&self, from: Ref<'_, [T; N], Self>, to: &mut [T]);
    /// A value on its way from the device.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    type Later;
    /// Begins to copy a value from the device, as it is when all work before is done.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn read_later<T: Plain>(&self, from: Ref<'_, T, Self>) -> Self::Later;
    /// The same of a `u32` that is not zero if the device has a fault; nothing where faults are known at once.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn read_whether_faulty(&self) -> Option<Self::Later> {
        None
    }
    /// Waits for a value, of the type that it was read as.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn finish<T: Plain>(&self, later: Self::Later, to: &mut T);
    /// Zeroes a value.
    fn zero<T: Plain>(&self, value: Mut<'_, T, Self>);
    /// Copies one value to the device.
    fn write_one<T: Plain>(&self, from: &T, to: Mut<'_, T, Self>) {
        // SAFETY: a `T` is a `[T; 1]`.
        self.write(core::slice::from_ref(from), unsafe { Mut::<[T; 1], Self>::new(to.address()) });
    }
    /// Copies one value from the device.
    fn read_one<T: Plain>(&self, from: Ref<'_, T, Self>, to: &mut T) {
        // SAFETY: a `T` is a `[T; 1]`.
        self.read(unsafe { Ref::<[T; 1], Self>::new(from.address()) }, core::slice::from_mut(to));
    }
}
