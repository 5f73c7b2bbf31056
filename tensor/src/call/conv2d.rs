//! The 2-D convolution. Its [`Args`] for a layer's type are [`Conv2d::call`](crate::nn::Conv2d::call).

use castiron_kernels::Precision;
use castiron_kernels::conv2d::{Conv2d, Conv2dBackwardInput, Conv2dBackwardWeight};

pub use castiron_kernels::conv2d::Args;

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

pub(super) const fn of_batch(args: &Args, rows: usize) -> Args {
    Args { images: args.images * rows, ..*args }
}

/// z = w ⋆ x + b + r, y = A(z), for every image; training and inference are the same.
///
/// The bias is there if `args.bias`, the residual `r`, of the shape of y, if `args.residual`, and the value
/// before the activation, `z`, if `args.keep_pre`; else they are [`Arg::none`]. PyTorch's `conv2d`, then
/// `+ r`, then the activation, in one pass.
///
/// ```
/// use castiron::castiron_kernels::activation::Activation;
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step, call, nn::Conv2d};
///
/// // relu(conv(x) + x), for two images of 1×3×3.
/// const ARGS: call::conv2d::Args =
///     <Conv2d<1, 1, 3, 1, 1>>::call([3, 3]).activation(Activation::Relu).residual();
/// let (weight, bias) = ([[0.0f32, 0.0, 0.0], [0.0, -3.0, 0.0], [0.0; 3]], [1.0f32]);
/// let (x, mut y) = ([[[-1.0f32; 3]; 3], [[0.25; 3]; 3]], [[[0.0f32; 3]; 3]; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let (weight, bias) = (Ref::from(&weight), Ref::from(&bias));
/// let (x, out) = (Ref::from(&x), Mut::from(&mut y));
/// call::conv2d::forward(
///     &Cx::new(&cpu, 2, Ref::from(&step)),
///     &ARGS,
///     weight.arg(),
///     bias.arg(),
///     x.arg(),
///     x.arg(),
///     out.into_arg(),
///     Arg::none(),
/// );
/// assert_eq!((y[0], y[1]), ([[3.0; 3]; 3], [[0.5; 3]; 3]));
/// ```
#[allow(clippy::too_many_arguments)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn forward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    x: Arg<'_, D>,
    r: Arg<'_, D>,
    y: Arg<'_, D>,
    z: Arg<'_, D>,
) {
    cx.run::<E::Op<Conv2d>, 6>(of_batch(args, cx.rows()), [weight, bias, x, y, z, r]);
}

/// Gradients from `dz`, that of the value before the activation, which is also that of the residual.
///
/// `dx` is written, unless it is [`Arg::none`]. `dweight` and `dbias` are added to; where both are
/// [`Arg::none`] the layer is frozen. `dbias` alone is absent where the layer has no bias.
///
/// ```
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step, call, nn::Conv2d};
///
/// const ARGS: call::conv2d::Args = <Conv2d<1, 1, 2>>::call([2, 2]);
/// let (weight, x, dz) = ([[1.0f32, 2.0], [3.0, 4.0]], [[5.0f32, 6.0], [7.0, 8.0]], [10.0f32]);
/// let (mut dx, mut dweight, mut dbias) = ([[0.0f32; 2]; 2], [[1.0f32; 2]; 2], [1.0f32]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// call::conv2d::backward(
///     &Cx::new(&cpu, 1, Ref::from(&step)),
///     &ARGS,
///     Ref::from(&weight).arg(),
///     Ref::from(&x).arg(),
///     Ref::from(&dz).arg(),
///     Mut::from(&mut dx).into_arg(),
///     Mut::from(&mut dweight).into_arg(),
///     Mut::from(&mut dbias).into_arg(),
/// );
/// assert_eq!(dx, [[10.0, 20.0], [30.0, 40.0]]);
/// assert_eq!((dweight, dbias), ([[51.0, 61.0], [71.0, 81.0]], [11.0]));
/// ```
#[allow(clippy::too_many_arguments)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn backward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    x: Arg<'_, D>,
    dz: Arg<'_, D>,
    dx: Arg<'_, D>,
    dweight: Arg<'_, D>,
    dbias: Arg<'_, D>,
) {
    let args = of_batch(args, cx.rows());
    if !dweight.is_none() {
        let args = Args { bias: args.bias && !dbias.is_none(), ..args };
        cx.run::<E::Gradient<Conv2dBackwardWeight>, 4>(args, [x, dz.again(), dweight, dbias]);
    }
    if !dx.is_none() {
        cx.run::<E::Op<Conv2dBackwardInput>, 3>(args, [weight, dz, dx]);
    }
}
