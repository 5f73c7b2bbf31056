//! Batch normalisation. Its [`Args`] for a layer's type are [`BatchNorm2d::call`](crate::nn::BatchNorm2d::call).

use castiron_kernels::Precision;
use castiron_kernels::batch_norm::{
    BackwardArgs, BatchNorm, BatchNormBackward, BatchNormFrozenBackward, BatchNormInfer,
};

pub use castiron_kernels::batch_norm::Args;

use crate::Cx;
use crate::device::Device;
use crate::memory::Arg;

/// y = A(bn(x) + r), where bn(x) = (x − mean)/√(var + ε)·weight + bias with running averages; `x` may be in
/// place. PyTorch's `BatchNorm2d` in evaluation mode, then `+ r`, then the activation, in one pass.
///
/// The residual `r`, of the shape of y, is there if `args.residual`, else [`Arg::none`]. The parameters and
/// averages are of one number per channel.
///
/// ```
/// use castiron::call::activation::Activation;
/// use castiron::call::batch_norm::{self, Args};
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step, nn::BatchNorm2d};
///
/// // One sample with two channels of two pixels.
/// const ARGS: Args = <BatchNorm2d<2>>::call(2).activation(Activation::Relu).residual();
/// let (weight, bias) = ([2.0f32, 1.0], [0.0f32, 10.0]);
/// let (mean, var) = ([1.0f32, 0.0], [4.0f32, 1.0]);
/// let (x, r, mut y) = ([[3.0f32, -1.0], [5.0, 7.0]], [[0.5f32, 0.5], [0.0, -20.0]], [[0.0f32; 2]; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// batch_norm::infer(
///     &Cx::new(&cpu, 1, Ref::from(&step)),
///     &ARGS,
///     Ref::from(&weight).arg(),
///     Ref::from(&bias).arg(),
///     Ref::from(&mean).arg(),
///     Ref::from(&var).arg(),
///     Ref::from(&x).arg(),
///     Ref::from(&r).arg(),
///     Mut::from(&mut y).into_arg(),
/// );
/// let want = [[2.5f32, 0.0], [15.0, 0.0]];
/// assert!(y.iter().flatten().zip(want.iter().flatten()).all(|(y, want)| (y - want).abs() < 1e-3));
/// ```
#[allow(clippy::too_many_arguments)]
pub fn infer<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    mean: Arg<'_, D>,
    var: Arg<'_, D>,
    x: Arg<'_, D>,
    r: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let args = Args { images: cx.rows(), in_place: x.is_none(), ..*args };
    cx.run::<E::Op<BatchNormInfer>, 7>(args, [weight, bias, mean, var, x, r, y]);
}

/// y = A(bn(x) + r) in training: mean and variance are those of the batch, which are written to
/// `batch_mean` and `batch_var` (the biased variance) for [`backward`]. PyTorch's `BatchNorm2d` in training
/// mode, then `+ r`, then the activation.
///
/// The residual `r` is there if `args.residual`, else [`Arg::none`]. With an activation whose derivative
/// does not follow from its output there is no way back, since bn(x) + r is not kept: use
/// [`activation::forward`](super::activation::forward) after it.
///
/// ```
/// use castiron::call::batch_norm;
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, Step, nn::BatchNorm2d};
///
/// let (weight, bias) = ([1.0f32], [10.0f32]);
/// let (x, mut y, mut mean, mut var) = ([[3.0f32], [7.0]], [[0.0f32]; 2], [0.0f32], [0.0f32]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// batch_norm::forward(
///     &Cx::new(&cpu, 2, Ref::from(&step)),
///     &<BatchNorm2d<1>>::call(1),
///     Ref::from(&weight).arg(),
///     Ref::from(&bias).arg(),
///     Ref::from(&x).arg(),
///     Arg::none(),
///     Mut::from(&mut y).into_arg(),
///     Mut::from(&mut mean).into_arg(),
///     Mut::from(&mut var).into_arg(),
/// );
/// assert_eq!((mean, var), ([5.0], [4.0]));
/// assert!((y[0][0] - 9.0).abs() < 1e-3 && (y[1][0] - 11.0).abs() < 1e-3);
/// ```
#[allow(clippy::too_many_arguments)]
pub fn forward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    x: Arg<'_, D>,
    r: Arg<'_, D>,
    y: Arg<'_, D>,
    batch_mean: Arg<'_, D>,
    batch_var: Arg<'_, D>,
) {
    let args = Args { images: cx.rows(), in_place: false, ..*args };
    cx.run::<E::Op<BatchNorm>, 7>(args, [weight, bias, x, r, y, batch_mean, batch_var]);
}

/// The way back of [`forward`], from `dy`, the gradient of bn(x): before a residual and an activation. `mean`
/// and `var` are those that forward wrote.
///
/// `dx` is written; without it `dy` must be there, with it `dy` may be in place. `dweight` and `dbias` are
/// added to. `d_mean` and `d_var`, the slots of the running averages in the gradient of the model, get the
/// mean and the unbiased variance of the batch.
#[allow(clippy::too_many_arguments)]
pub fn backward<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    x: Arg<'_, D>,
    dy: Arg<'_, D>,
    mean: Arg<'_, D>,
    var: Arg<'_, D>,
    dx: Arg<'_, D>,
    dweight: Arg<'_, D>,
    dbias: Arg<'_, D>,
    d_mean: Arg<'_, D>,
    d_var: Arg<'_, D>,
) {
    let args = differentiate(cx, args, &dy, &dx, true);
    cx.run::<E::Op<BatchNormBackward>, 10>(
        args,
        [weight, x, dy, mean, var, dx, dweight, dbias, d_mean, d_var],
    );
}

/// The way back of [`infer`], for a batch norm that uses its running averages in training too: they are
/// constants. `dy` is the gradient of bn(x): before a residual and an activation.
///
/// `dx` is written; without it `dy` must be there, with it `dy` may be in place. `dweight` and `dbias` are
/// added to; where the parameters are frozen as well, both are [`Arg::none`], and `x` may be.
#[allow(clippy::too_many_arguments)]
pub fn backward_frozen<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    weight: Arg<'_, D>,
    mean: Arg<'_, D>,
    var: Arg<'_, D>,
    x: Arg<'_, D>,
    dy: Arg<'_, D>,
    dx: Arg<'_, D>,
    dweight: Arg<'_, D>,
    dbias: Arg<'_, D>,
) {
    let trained = !(dweight.is_none() && dbias.is_none());
    let args = differentiate(cx, args, &dy, &dx, trained);
    cx.run::<E::Op<BatchNormFrozenBackward>, 8>(args, [weight, x, dy, mean, var, dx, dweight, dbias]);
}

fn differentiate<D: Device, E: Precision>(
    cx: &Cx<'_, D, E>,
    args: &Args,
    dy: &Arg<'_, D>,
    dx: &Arg<'_, D>,
    parameter_gradients: bool,
) -> BackwardArgs {
    let &Args { channels, pixels, eps, .. } = args;
    let (images, input_gradient, in_place) = (cx.rows(), !dx.is_none(), dy.is_none());
    BackwardArgs { images, channels, pixels, eps, input_gradient, parameter_gradients, in_place }
}
