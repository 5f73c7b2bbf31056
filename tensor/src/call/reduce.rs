//! Sums and means over one axis of a sample.

use castiron_kernels::Precision;
use castiron_kernels::reduce::{Args as Sum, Expand, ExpandArgs, Reduce};

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// The arguments of [`forward`] and [`backward`]: a sample is seen as `[outer, len, inner]`.
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The product of the axes before the one that is reduced.
    pub outer: usize,
    /// The axis that is reduced.
    pub len: usize,
    /// The product of the axes after it.
    pub inner: usize,
    /// Divides the sum by `len`.
    pub mean: bool,
}

/// y\[o, i\] = Σₗ x\[o, l, i\], or their mean. PyTorch's `x.sum(axis)` and `x.mean(axis)`.
///
/// ```
/// use castiron::call::reduce::{self, Args};
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// // The mean of the rows of a matrix of three rows.
/// let (x, mut y) = ([[1.0f32, 2.0], [3.0, 4.0], [8.0, 9.0]], [0.0f32; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// let args = Args { outer: 1, len: 3, inner: 2, mean: true };
/// reduce::forward(&cx, &args, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [4.0, 5.0]);
/// ```
pub fn forward<D: Device, E: Precision>(cx: &Cx<'_, D, E>, args: &Args, x: Arg<'_, D>, y: Arg<'_, D>) {
    let &Args { outer, len, inner, mean } = args;
    cx.run::<E::Op<Reduce>, 2>(Sum { outer: cx.rows() * outer, len, inner, mean, accumulate: false }, [x, y]);
}

/// The way back of [`forward`]: dx\[o, l, i\] = dy\[o, i\], divided by `len` for a mean.
///
/// ```
/// use castiron::call::reduce::{self, Args};
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step};
///
/// let (dy, mut dx) = ([3.0f32, 6.0], [[0.0f32; 2]; 3]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// let args = Args { outer: 1, len: 3, inner: 2, mean: false };
/// reduce::backward(&cx, &args, Ref::from(&dy).arg(), Mut::from(&mut dx).into_arg());
/// assert_eq!(dx, [[3.0, 6.0]; 3]);
/// ```
pub fn backward<D: Device, E: Precision>(cx: &Cx<'_, D, E>, args: &Args, dy: Arg<'_, D>, dx: Arg<'_, D>) {
    let &Args { outer, len, inner, mean } = args;
    let factor = if mean { 1.0 / len as f32 } else { 1.0 };
    cx.run::<E::Op<Expand>, 2>(ExpandArgs { outer: cx.rows() * outer, len, inner, factor }, [dy, dx]);
}
