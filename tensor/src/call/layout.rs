//! Concatenation, slices, permutations, broadcasts and their gradients: copies between memory with any
//! strides.

use castiron_kernels::Precision;
use castiron_kernels::strided::{self, AXES};

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// The arguments of [`strided`](strided()): how the numbers of one sample lie in x and in y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strided {
    /// The size of each axis of a sample; 1 for axes that are not used, which come first.
    pub dims: [usize; 6],
    /// From one element of x to the next along each axis; 0 repeats elements.
    pub from: [usize; 6],
    /// From one element of y to the next along each axis. 0 only where `accumulate`: a sum over that axis.
    pub to: [usize; 6],
    /// From one sample of x to the next; 0 where all samples share one, such as a parameter.
    pub from_row: usize,
    /// From one sample of y to the next; 0 only where `accumulate`: a sum over the batch.
    pub to_row: usize,
    /// The first element of x.
    pub from_start: usize,
    /// The first element of y.
    pub to_start: usize,
    /// What elements of x are multiplied by.
    pub factor: f32,
    /// Adds to what y holds, instead of overwriting it.
    pub accumulate: bool,
}

/// y\[to\] = factor·x\[from\], or y\[to\] += factor·Σ x\[from\], for all indices of the axes and all
/// samples. PyTorch's `permute`, `expand`, `cat`, `x[a:b]`, and their gradients, on memory.
///
/// What of y is not reached stays as it is. The order of a sum depends on the arguments alone, so the result
/// has the same bits for any number of threads. Elements of y that share a place are a
/// [`Fault`](crate::Fault).
///
/// ```
/// use castiron::call::layout::{self, Strided};
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// // Two samples of two numbers each become the last two of four: one part of a concatenation.
/// const PART: Strided = Strided {
///     dims: [1, 1, 1, 1, 1, 2],
///     from: [0, 0, 0, 0, 0, 1],
///     to: [0, 0, 0, 0, 0, 1],
///     from_row: 2,
///     to_row: 4,
///     from_start: 0,
///     to_start: 2,
///     factor: 1.0,
///     accumulate: false,
/// };
/// let (x, mut y) = ([[1.0f32, 2.0], [3.0, 4.0]], [[0.0f32; 4]; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 2, Ref::from(&step));
/// layout::strided(&cx, &PART, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [[0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 3.0, 4.0]]);
/// ```
pub fn strided<D: Device, E: Precision>(cx: &Cx<'_, D, E>, args: &Strided, x: Arg<'_, D>, y: Arg<'_, D>) {
    let with_rows = |row: usize, [a, b, c, d, e, f]: [usize; AXES - 1]| [row, a, b, c, d, e, f];
    let &Strided { from_start, to_start, factor, accumulate, .. } = args;
    let args = strided::Args {
        dims: with_rows(cx.rows(), args.dims),
        from: with_rows(args.from_row, args.from),
        to: with_rows(args.to_row, args.to),
        from_start,
        to_start,
        factor,
        accumulate,
    };
    cx.run::<E::Op<strided::Strided>, 2>(args, [x, y]);
}
