//! From one element type to another.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType};

/// The arguments of [`Cast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Args {
    /// The element type of x.
    pub from: DType,
    /// The element type of y.
    pub to: DType,
    /// How many elements.
    pub len: usize,
}

/// y ← x, each element as the other type; `x.to(dtype)`. As Rust's `as`:
///
/// - to a float: the nearest one (by way of f32 for the 16-bit ones, as PyTorch does);
/// - from a float to an integer: towards zero, the nearest where it is out of range (PyTorch leaves that
///   undefined), NaN as 0;
/// - from an integer to a smaller one: the low bits;
/// - to a boolean: whether it is not zero; from a boolean: 0 or 1.
///
/// Memory: x, y.
///
/// ```
/// use castiron_kernels::cast::{Args, Cast};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let (x, mut y) = ([1.9f32, -1.9, 300.0], [0i8; 3]);
/// let args = Args { from: DType::F32, to: DType::I8, len: 3 };
/// Cpu::new().run::<Cast>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [1, -1, 127]);
/// ```
#[derive(Debug)]
pub struct Cast;
impl Op for Cast {
    const NAME: &'static str = "cast";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read_dtype(args.from, args.len).write_dtype(args.to, args.len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::cast(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::cast(gpu, args, memory);
    }
}
