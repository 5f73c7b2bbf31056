//! [`Op`]: what an operation is, and how it gets its memory.
//!
//! Devices are closed, operations are open: castiron's own kernels and a user's are the same kind of
//! thing. An operation says how much of each of its arguments it reads and writes; the device checks
//! that against the memory it was given, so the operation itself is safe code over slices.

mod fault;
mod memory;
mod spec;

pub use fault::Fault;
pub use memory::{Memory, Raw};
pub use spec::{Access, Mode, Spec};

use crate::Cpu;
use crate::launch::{Gpu, Pointers};
use crate::sure::PANICS;

/// The most memory arguments an operation can have.
pub const MAX_MEMORY: usize = 12;

/// An operation on memory.
///
/// ```
/// use castiron_kernels::{Cpu, Fault, Memory, Op, Raw, Spec};
///
/// /// y ← x²
/// struct Square;
/// impl Op for Square {
///     const NAME: &'static str = "square";
///     type Args = usize;
///     fn memory(&len: &usize, spec: &mut Spec) {
///         spec.read::<f32>(len).write::<f32>(len);
///     }
///     fn cpu(_: &Cpu, _: &usize, memory: &mut Memory<'_>) {
///         let (x, y) = (memory.read::<f32>(0), memory.write::<f32>(1));
///         for (y, x) in y.iter_mut().zip(x) {
///             *y = x * x;
///         }
///     }
/// }
///
/// let (x, mut y) = ([1.0f32, 2.0, 3.0], [0.0f32; 3]);
/// let cpu = Cpu::new();
/// cpu.run::<Square>(&3, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [1.0, 4.0, 9.0]);
///
/// // Too little memory is a fault, not undefined behaviour.
/// cpu.run::<Square>(&4, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert!(matches!(cpu.take_fault(), Some(Fault::Memory { op: "square", argument: 0, .. })));
/// ```
pub trait Op: 'static {
    /// The name in errors, profiles and the registry.
    const NAME: &'static str;
    /// Sizes, strides and choices: plain values, passed to a GPU kernel as they are.
    type Args: Copy + Send + Sync + 'static;
    /// What it is called with these arguments, where it is several in one: `exp` and not `unary`.
    fn name(_: &Self::Args) -> &'static str {
        Self::NAME
    }
    /// How many elements of which type it reads and writes, in the order of its memory arguments.
    fn memory(args: &Self::Args, spec: &mut Spec);
    /// The computation on the CPU. `memory` has exactly the lengths that [`Op::memory`] asked for.
    fn cpu(cpu: &Cpu, args: &Self::Args, memory: &mut Memory<'_>);
    /// The computation on a GPU: launches of kernels of a [`Source`](crate::launch::Source). Without it the
    /// operation runs on the CPU only, and is a [`Fault::NoKernel`] elsewhere.
    fn cuda(gpu: &Gpu<'_>, args: &Self::Args, memory: &Pointers) {
        let _ = (args, memory);
        gpu.unsupported();
    }
    /// What computes just this on the CPU, where there are several algorithms: chosen by [`Call::new`], so that a
    /// program is linked with those alone that its constant arguments need. Mark it `#[inline(always)]`. It is
    /// called before memory is looked at, and so with any arguments.
    #[inline(always)]
    fn kernel(_: &Self::Args) -> Kernel<Self> {
        Self::cpu
    }
}

/// A function like [`Op::cpu`].
pub type Kernel<O> = fn(&Cpu, &<O as Op>::Args, &mut Memory<'_>);

/// An operation with its arguments and the kernel for these: made together, so that they fit.
pub struct Call<'a, O: Op + ?Sized> {
    pub(crate) args: &'a O::Args,
    pub(crate) kernel: Kernel<O>,
}

impl<'a, O: Op> Call<'a, O> {
    /// Chooses the kernel: a constant where all that the choice depends on is one.
    #[inline(always)]
    pub fn new(args: &'a O::Args) -> Self {
        Call { args, kernel: O::kernel(args) }
    }

    /// The arguments.
    pub fn args(&self) -> &'a O::Args {
        self.args
    }
}

impl<O: Op> core::fmt::Debug for Call<'_, O> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(O::name(self.args))
    }
}

/// What an operation gets that asks wrongly for its argument `i`, where that is no panic.
fn mistake<T: Default>(i: usize, what: &str) -> T {
    if PANICS {
        panic!("argument {i} {what}");
    }
    T::default()
}
