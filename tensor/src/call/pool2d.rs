//! Pooling over windows. The [`Args`] for a layer's type are [`MaxPool2d::call`](crate::nn::MaxPool2d::call)
//! and [`AvgPool2d::call`](crate::nn::AvgPool2d::call); `planes` are the channels of one sample.

use castiron_kernels::Precision;
use castiron_kernels::pool2d::{AvgPool2d, AvgPool2dBackward, MaxPool2d, MaxPool2dBackward};

pub use castiron_kernels::pool2d::Args;

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// y = the largest number of each window. PyTorch's `max_pool2d`.
///
/// ```
/// use castiron::call::pool2d;
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step, nn::MaxPool2d};
///
/// // Two samples of one channel of two by two pixels.
/// const ARGS: pool2d::Args = <MaxPool2d<2>>::call([1, 2, 2]);
/// let (x, mut y) = ([[[1.0f32, 2.0], [4.0, 3.0]], [[8.0, 7.0], [6.0, 5.0]]], [0.0f32; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 2, Ref::from(&step));
/// pool2d::max_forward(&cx, &ARGS, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [4.0, 8.0]);
/// ```
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn max_forward<D: Device, E: Precision>(cx: &Cx<'_, D, E>, args: &Args, x: Arg<'_, D>, y: Arg<'_, D>) {
    cx.run::<E::Op<MaxPool2d>, 2>(batch(cx, args), [x, y]);
}

/// The way back of [`max_forward`]: each dy goes to the first of the largest numbers of its window.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn max_backward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    x: Arg<'_, D>,
    dy: Arg<'_, D>,
    dx: Arg<'_, D>,
) {
    cx.run::<E::Op<MaxPool2dBackward>, 3>(batch(cx, args), [x, dy, dx]);
}

/// y = the mean of each window, padding counted as zeros. PyTorch's `avg_pool2d`.
///
/// ```
/// use castiron::call::pool2d;
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, Step, nn::AvgPool2d};
///
/// const ARGS: pool2d::Args = <AvgPool2d<2>>::call([1, 2, 2]);
/// let (x, mut y) = ([[1.0f32, 2.0], [4.0, 3.0]], [0.0f32]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// pool2d::mean_forward(&cx, &ARGS, Ref::from(&x).arg(), Mut::from(&mut y).into_arg());
/// assert_eq!(y, [2.5]);
/// ```
pub fn mean_forward<D: Device, E: Precision>(cx: &Cx<'_, D, E>, args: &Args, x: Arg<'_, D>, y: Arg<'_, D>) {
    cx.run::<E::Op<AvgPool2d>, 2>(batch(cx, args), [x, y]);
}

/// The way back of [`mean_forward`]: each dy, divided by the window's size, goes to all of its numbers.
pub fn mean_backward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    dy: Arg<'_, D>,
    dx: Arg<'_, D>,
) {
    cx.run::<E::Op<AvgPool2dBackward>, 2>(batch(cx, args), [dy, dx]);
}

pub(super) fn batch<D: Device, E: Precision>(cx: &Cx<'_, D, E>, args: &Args) -> Args {
    Args { planes: cx.rows() * args.planes, ..*args }
}
