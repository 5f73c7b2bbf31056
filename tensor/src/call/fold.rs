//! Folding of what inference need not compute.

use castiron_kernels::batch_norm::{FoldArgs, FoldBatchNorm};

use crate::device::Device;
use crate::memory::Arg;
use crate::{Cx, DType};

/// Folds the batch norm after a convolution or linear layer into it, for inference: with
/// sₒ = gₒ/√(varₒ + ε), weight′ₒ = sₒ·weightₒ and bias′ = s·(bias − mean) + β, where g and β are
/// `bn_weight` and `bn_bias`.
///
/// The weight is `[outputs, per_output]`, everything else `[outputs]`. `bias` is [`Arg::none`] where the
/// layer has none; the folded one has. The folded weight is of element `to`, `f32` or `bf16`. Parameters have no batch: [`Cx::rows`] does not matter. PyTorch's
/// `fuse_conv_bn_weights`.
///
/// ```
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, DType, Step, call};
///
/// let (weight, gain, shift) = ([[1.0f32, 2.0], [3.0, 4.0]], [2.0f32, 6.0], [0.5f32, 1.0]);
/// let (mean, variance) = ([1.0f32, -1.0], [3.0f32, 8.0]);
/// let (mut to_weight, mut to_bias) = ([[0.0f32; 2]; 2], [0.0f32; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// call::fold::batch_norm(
///     &Cx::new(&cpu, 1, Ref::from(&step)),
///     2,
///     2,
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
/// assert_eq!((to_weight, to_bias), ([[1.0, 2.0], [6.0, 8.0]], [-0.5, 3.0]));
/// ```
#[allow(clippy::too_many_arguments)]
pub fn batch_norm<D: Device>(
    cx: &Cx<'_, D>,
    outputs: usize,
    per_output: usize,
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
    let args = FoldArgs { outputs, per_output, bias: !bias.is_none(), eps, to };
    cx.run::<FoldBatchNorm, 8>(args, [weight, bias, bn_weight, bn_bias, mean, var, to_weight, to_bias]);
}
