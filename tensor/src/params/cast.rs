//! [`cast`]: the same parameters of another element type.

use castiron_kernels::cast::{Args, Cast};
use castiron_kernels::{Cpu, Raw};

use super::Params;
use crate::Tensor;

/// The parameters of `model` as those of a model with the same leaves of other elements, each the nearest number.
/// PyTorch's `model.to(torch.bfloat16)`.
///
/// ```
/// use castiron::nn::Linear;
/// use castiron::params::{cast, init};
/// use castiron::{Tensor, bf16};
///
/// let layer = init::<Linear<[f32; 4], 2>>(0);
/// let half: Tensor<Linear<[bf16; 4], 2>> = cast(&*layer);
/// assert_eq!(half.weight[1][3], bf16::from_f32(layer.weight[1][3]));
/// ```
/// Models with other leaves do not fit together:
/// ```compile_fail
/// # use castiron::{Tensor, bf16, nn::Linear, params::{cast, init}};
/// let half: Tensor<Linear<[bf16; 4], 3>> = cast(&*init::<Linear<[f32; 4], 2>>(0));
/// ```
pub fn cast<M: Params, N: Params>(model: &M) -> Tensor<N> {
    const { assert_alike::<M, N>() };
    let (mut other, cpu) = (Tensor::<N>::zeros(), Cpu::new());
    let (from, to) = ((model as *const M).cast::<u8>().cast_mut(), (&raw mut *other).cast::<u8>());
    for (a, b) in M::RUNS.iter().zip(N::RUNS) {
        let args = Args { from: a.element, to: b.element, len: a.len };
        // SAFETY: leaves lie within their models (asserted), one borrowed, the other owned here.
        let arguments = unsafe {
            [
                Raw::new(from.add(a.offset), a.len * a.element.size(), false),
                Raw::new(to.add(b.offset), b.len * b.element.size(), true),
            ]
        };
        cpu.run::<Cast>(&args, &mut { arguments });
    }
    other
}

const fn assert_alike<M: Params, N: Params>() {
    super::assert_within::<M>();
    super::assert_within::<N>();
    let (from, to) = (M::RUNS, N::RUNS);
    assert!(from.len() == to.len(), "`cast`: these models have other parameters");
    let mut i = 0;
    while i < from.len() {
        assert!(from[i].len == to[i].len, "`cast`: these models have other parameters");
        i += 1;
    }
}
