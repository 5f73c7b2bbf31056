//! Convolutions whose weights are of the element that a prepared model stores them in.

use castiron_kernels::cast::{self, Cast};
use castiron_kernels::stored::StoredConv2d;

use super::{arithmetic, conv2d};
use crate::device::Device;
use crate::memory::Arg;
use crate::{Cx, DType};

/// [`conv2d::forward`], which does not keep the value before the activation, with a weight of
/// `bf16`, or of `f32`.
#[allow(clippy::too_many_arguments)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn conv2d<D: Device>(
    cx: &Cx<'_, D>,
    args: &conv2d::Args,
    element: DType,
    weight: Arg<'_, D>,
    bias: Arg<'_, D>,
    x: Arg<'_, D>,
    r: Arg<'_, D>,
    y: Arg<'_, D>,
) {
    if element != DType::Bf16 {
        return conv2d::forward(cx, args, weight, bias, x, r, y, Arg::none());
    }
    cx.run::<StoredConv2d, 5>(conv2d::of_batch(args, cx.rows()), [weight, bias, x, y, r]);
}

/// to ← from, samples of `len` numbers of `f32` as ones of `element`: rounded to nearest, ties to even.
///
/// ```
/// use castiron::memory::{Mut, Ref};
/// use castiron::{Cpu, Cx, DType, Step, bf16, call};
///
/// let (cpu, step) = (Cpu::new(), Step::new());
/// let (from, mut to) = ([1.0f32, 1.0 + 1.0 / 256.0], [bf16::ZERO; 2]);
/// let cx = Cx::new(&cpu, 1, Ref::from(&step));
/// call::stored::store(&cx, DType::Bf16, 2, Ref::from(&from).arg(), Mut::from(&mut to).into_arg());
/// assert_eq!(to, [bf16::ONE; 2]);
/// ```
pub fn store<D: Device>(cx: &Cx<'_, D>, element: DType, len: usize, from: Arg<'_, D>, to: Arg<'_, D>) {
    match element {
        DType::F32 => arithmetic::copy(cx, len, from, to),
        _ => {
            cx.run::<Cast, 2>(cast::Args { from: DType::F32, to: element, len: cx.rows() * len }, [from, to])
        }
    }
}
