//! Devices: where memory is and where operations run. The set is closed; operations are open.

mod cpu;
#[cfg(feature = "std")]
mod offsets;

pub use castiron_kernels::{Cpu, Isa};
use castiron_kernels::{Fault, Op, Plain};
#[cfg(feature = "std")]
pub use cpu::Block;
#[cfg(feature = "std")]
pub use offsets::{Offset, Offsets};

use crate::memory::{Arg, Mut, Ref};

mod sealed {
    pub trait Sealed {}
    impl Sealed for castiron_kernels::Cpu {}
    #[cfg(feature = "std")]
    impl Sealed for super::Offsets {}
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
    fn run<O: Op>(&self, args: &O::Args, arguments: &mut [Arg<'_, Self>]);
    /// The first fault since the last call, if there was one.
    fn take_fault(&self) -> Option<Fault>;
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
    /// Copies values to the start of an array. Values beyond `N` are left out.
    fn write<T: Plain, const N: usize>(&self, from: &[T], to: Mut<'_, [T; N], Self>);
    /// Copies values from the start of an array. Places beyond `N` are left as they are.
    fn read<T: Plain, const N: usize>(&self, from: Ref<'_, [T; N], Self>, to: &mut [T]);
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
