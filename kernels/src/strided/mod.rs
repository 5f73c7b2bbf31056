//! Copies and sums between memory with any strides: concatenation, slices, permutations, broadcasts, and
//! the gradients of all of them.

pub(crate) mod axes;
mod cpu;
mod cuda;
mod sum;
#[cfg(test)]
pub(crate) mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

/// How many axes [`Strided`] has.
pub const AXES: usize = 7;

/// The arguments of [`Strided`]. An axis that is not used has size 1, whatever its strides.
///
/// ```
/// use castiron_kernels::strided::{Args, Strided};
/// use castiron_kernels::{Cpu, Raw};
///
/// // The transpose of a 2×3 matrix: y is 3×2.
/// let args = Args {
///     dims: [1, 1, 1, 1, 1, 3, 2],
///     from: [0, 0, 0, 0, 0, 1, 3],
///     to: [0, 0, 0, 0, 0, 2, 1],
///     from_start: 0,
///     to_start: 0,
///     factor: 1.0,
///     accumulate: false,
/// };
/// let (x, mut y) = ([1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0f32; 6]);
/// Cpu::new().run::<Strided>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Args {
    /// The size of each axis.
    pub dims: [usize; AXES],
    /// From one element of x to the next along each axis; zero repeats elements.
    pub from: [usize; AXES],
    /// From one element of y to the next along each axis. Zero only where `accumulate`: a sum over that
    /// axis.
    pub to: [usize; AXES],
    /// The first element of x.
    pub from_start: usize,
    /// The first element of y.
    pub to_start: usize,
    /// What elements of x are multiplied by.
    pub factor: f32,
    /// Adds to what y holds, instead of overwriting it.
    pub accumulate: bool,
}

/// y\[to\] ← factor·x\[from\], or y\[to\] ← y\[to\] + factor·Σ x\[from\], for all indices of the axes;
/// `y.as_strided(..).copy_(factor * x.as_strided(..))`.
///
/// The order of a sum depends on the arguments alone. Two elements of y that share a place (other than by a
/// stride of zero) are a [`Fault::Memory`](crate::Fault::Memory); so are axes that interleave without
/// sharing one, where a coarser axis does not step over all that the finer ones reach.
///
/// Memory: x, y.
#[derive(Debug)]
pub struct Strided;
impl Op for Strided {
    const NAME: &'static str = "strided";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(axes::reach(args)).update::<f32>(axes::reach_distinct(args));
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::strided(cpu, args, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::strided(gpu, args, memory);
    }
}
impl HalfOp for Strided {}
