//! Linear layers of a prepared model, whose weights are packed in the order in which products read them.

use castiron_kernels::packed_linear::{Args, PackArgs, PackLinear, PackedLinear};

use super::linear as plain;
use crate::device::Device;
use crate::memory::Arg;
use crate::{Cx, DType};

/// [`linear::forward`](super::linear::forward), which does not keep the value before the activation, with a weight that
/// [`pack`] packed as `element`.
///
/// ```
/// use castiron::memory::{Arg, Mut, Ref};
/// use castiron::{Cpu, Cx, DType, Step, call, nn::Linear};
///
/// const ARGS: call::linear::Args = <Linear<[f32; 2], 1>>::call(1);
/// let (weight, bias) = ([[1.0f32, -1.0]], [10.0f32]);
/// let (x, mut y) = ([[3.0f32, 4.0], [5.0, 7.0]], [[0.0f32]; 2]);
/// let (cpu, step) = (Cpu::new(), Step::new());
/// call::packed::linear(
///     &Cx::new(&cpu, 2, Ref::from(&step)),
///     &ARGS,
///     DType::F32,
///     Ref::from(&weight).arg(),
///     Ref::from(&bias).arg(),
///     Ref::from(&x).arg(),
///     Arg::none(),
///     Mut::from(&mut y).into_arg(),
/// );
/// assert_eq!(y, [[9.0], [8.0]]);
/// ```
#[allow(clippy::too_many_arguments)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn linear<D: Device>(
    cx: &Cx<'_, D>,
    args: &plain::Args,
    element: DType,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    x: Arg<'_, D>,
    r: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    let &plain::Args { rows, inputs, outputs, bias: has_bias, activation, residual, .. } = args;
    let rows = cx.rows() * rows;
    let args = Args { rows, inputs, outputs, bias: has_bias, activation, residual, weight: element };
    cx.run::<PackedLinear, 5>(args, [x, weight, bias, y, r]);
}

/// Packs a weight `[outputs, inputs]` of `f32` as one of `element`, `f32` or `bf16`, in panels of 32 outputs: each is
/// `[inputs, outputs of the panel]`, and the last has what is left of the outputs. Parameters have no batch:
/// [`Cx::rows`] does not matter.
///
/// ```
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, DType, Step, call};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let (weight, mut packed) = ([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]], [0.0f32; 6]);
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// call::packed::pack(&cx, 2, 3, DType::F32, Ref::from(&weight).arg(), Mut::from(&mut packed).into_arg());
/// assert_eq!(packed, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
pub fn pack<D: Device>(
    cx: &Cx<'_, D>,
    outputs: usize,
    inputs: usize,
    element: DType,
    from: Arg<'_, D>,
    to: Arg<'_, D>,
) {
    cx.run::<PackLinear, 2>(PackArgs { outputs, inputs, weight: element }, [from, to]);
}
