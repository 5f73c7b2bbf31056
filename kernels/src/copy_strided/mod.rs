//! Copies between memory with any strides, of elements of any type: slices, permutations, flips, repeats.

mod axes;
mod cpu;
pub(crate) mod cuda;
#[cfg(test)]
mod tests;
mod transpose;

use crate::Cpu;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};

/// How many axes [`CopyStrided`] has.
pub const AXES: usize = 8;

/// The arguments of [`CopyStrided`]. An axis that is not used has size 1, whatever its strides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Args {
    /// Bytes of an element: 1, 2, 4 or 8.
    pub size: usize,
    /// The size of each axis.
    pub dims: [usize; AXES],
    /// From one element of x to the next along each axis, in elements; zero repeats elements, negative ones
    /// go backwards.
    pub from: [isize; AXES],
    /// From one element of y to the next along each axis, in elements; negative ones go backwards.
    pub to: [isize; AXES],
    /// The element of x whose indices are all zero.
    pub from_start: usize,
    /// The element of y whose indices are all zero.
    pub to_start: usize,
}

/// y\[to\] ← x\[from\] for all indices of the axes; `y.as_strided(..).copy_(x.as_strided(..))`. What indices do
/// not name in y stays.
///
/// Strides that leave the memory are a [`Fault::Memory`](crate::Fault::Memory); so are elements of y that share
/// a place, and axes of y that interleave without sharing one, where a coarser axis does not step over all that
/// the finer ones reach.
///
/// Memory: x, y.
///
/// ```
/// use castiron_kernels::copy_strided::{Args, CopyStrided};
/// use castiron_kernels::{Cpu, Raw};
///
/// // The transpose of a 2×3 matrix, its rows from bottom to top.
/// let args = Args {
///     size: 2,
///     dims: [1, 1, 1, 1, 1, 1, 3, 2],
///     from: [0, 0, 0, 0, 0, 0, -1, 3],
///     to: [0, 0, 0, 0, 0, 0, 2, 1],
///     from_start: 2,
///     to_start: 0,
/// };
/// let (x, mut y) = ([[1i16, 2, 3], [4, 5, 6]], [[0i16; 2]; 3]);
/// Cpu::new().run::<CopyStrided>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [[3, 6], [2, 5], [1, 4]]);
/// ```
#[derive(Debug)]
pub struct CopyStrided;
impl Op for CopyStrided {
    const NAME: &'static str = "copy strided";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let (x, y) = (axes::reach(args), axes::reach_distinct(args));
        match args.size {
            1 => spec.read::<u8>(x).update::<u8>(y),
            2 => spec.read::<u16>(x).update::<u16>(y),
            4 => spec.read::<u32>(x).update::<u32>(y),
            8 => spec.read::<u64>(x).update::<u64>(y),
            // There are no such elements: more than any memory has.
            _ => spec.read::<u8>(usize::MAX).update::<u8>(usize::MAX),
        };
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        match args.size {
            1 => cpu::copy::<u8>(cpu, args, memory.read(0), memory.write(1)),
            2 => cpu::copy::<u16>(cpu, args, memory.read(0), memory.write(1)),
            4 => cpu::copy::<u32>(cpu, args, memory.read(0), memory.write(1)),
            _ => cpu::copy::<u64>(cpu, args, memory.read(0), memory.write(1)),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::copy_strided(gpu, args, memory);
    }
}
