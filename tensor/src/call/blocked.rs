//! Convolutions of images in blocks of sixteen channels: what a prepared model runs where it may choose how images lie
//! in memory.

use castiron_kernels::blocked::{BlockedConv2d, BlockedExpand, Pack, PackArgs};

pub use castiron_kernels::blocked::{Args, ExpandArgs, Kind};

use super::conv2d;
use crate::device::Device;
use crate::memory::Arg;
use crate::{Cx, DType};

/// y = A(w ⋆ x + b + r), for every image: [`conv2d::forward`] with a packed weight and bias, on blocked images.
///
/// The residual `r` is there if `args.conv.residual`, else it is [`Arg::none`].
pub fn forward<D: Device>(
    cx: &Cx<'_, D>,
    args: &Args,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    x: Arg<'_, D>,
    r: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let conv = conv2d::of_batch(&args.conv, cx.rows());
    cx.run::<BlockedConv2d, 5>(Args { conv, ..*args }, [weight, bias, x, y, r]);
}

/// A pointwise convolution and a depthwise one of what that gives, each as [`forward`] without a residual. What is between
/// them is not stored.
#[allow(clippy::too_many_arguments)]
pub fn expand<D: Device>(
    cx: &Cx<'_, D>,
    args: &ExpandArgs,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    each_weight: Arg<'_, D>,
    each_bias: Arg<'_, D>,
    x: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let [expand, each] = [&args.expand, &args.each].map(|args| conv2d::of_batch(args, cx.rows()));
    cx.run::<BlockedExpand, 6>(
        ExpandArgs { expand, each, ..*args },
        [weight, bias, each_weight, each_bias, x, y],
    );
}

/// Packs the parameters of a convolution of `outputs` channels, each from `inputs`, by kernels of `size`×`size`, with
/// the batch norm behind it folded into them as [`fold::batch_norm`](super::fold::batch_norm) does. `bias` is
/// [`Arg::none`] where the layer has none; the packed one has. The packed weight is of element `to`, `f32` or `bf16`.
///
/// ```
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, DType, Step, call};
///
/// let (weight, gain, shift) = ([[[[1.0f32]], [[2.0]]]], [2.0f32], [0.5f32]);
/// let (mean, variance) = ([1.0f32], [3.0f32]);
/// let (mut to_weight, mut to_bias) = ([[[7.0f32; 16]; 2]; 1], [[7.0f32; 16]; 1]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// call::blocked::pack(
///     &Cx::new(&cpu, 1, Ref::from(&step)),
///     1,
///     2,
///     1,
///     1.0,
///     DType::F32,
///     Ref::from(&weight).arg(),
///     Arg::none(),
///     Ref::from(&gain).arg(),
///     Ref::from(&shift).arg(),
///     Ref::from(&mean).arg(),
///     Ref::from(&variance).arg(),
///     Mut::from(&mut to_weight).into_arg(),
///     Mut::from(&mut to_bias).into_arg(),
/// );
/// assert_eq!((to_weight[0][0][0], to_weight[0][1][0], to_bias[0][0]), (1.0, 2.0, -0.5));
/// assert_eq!((to_weight[0][1][1], to_bias[0][15]), (0.0, 0.0));
/// ```
#[allow(clippy::too_many_arguments)]
pub fn pack<D: Device>(
    cx: &Cx<'_, D>,
    outputs: usize,
    inputs: usize,
    size: usize,
    eps: f32,
    to: DType,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    bn_weight: Arg<'_, D>,
    bn_bias: Arg<'_, D>,
    mean: Arg<'_, D>,
    var: Arg<'_, D>,
    to_weight: Arg<'_, D>,
    to_bias: Arg<'_, D>,
) {
    let args = PackArgs { outputs, inputs, kernel: [size; 2], bias: !bias.is_none(), eps, weight: to };
    cx.run::<Pack, 8>(args, [weight, bias, bn_weight, bn_bias, mean, var, to_weight, to_bias]);
}
