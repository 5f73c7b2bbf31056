//! Weights as linear layers read them.

use half::bf16;

use super::{PANEL, cuda};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::sure::{cut, cut_mut};
use crate::weight::{self, Weight};
use crate::{Cpu, DType};

/// The arguments of [`PackLinear`].
#[derive(Clone, Copy, Debug)]
pub struct PackArgs {
    /// Numbers of an output vector.
    pub outputs: usize,
    /// Numbers of an input vector.
    pub inputs: usize,
    /// The element of the packed weight: f32 or bf16, to which it is rounded.
    pub weight: DType,
}

/// Packs the weight of a linear layer in panels of [`PANEL`] outputs: each is `[inputs, outputs of the panel]`, and the
/// last has what is left of the outputs. [`place`](super::place) says where a weight is.
///
/// Memory: weight `[outputs, inputs]` of f32, packed weight.
///
/// ```
/// use castiron_kernels::packed_linear::{PackArgs, PackLinear};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let (weight, mut packed) = ([1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0f32; 6]);
/// let args = PackArgs { outputs: 2, inputs: 3, weight: DType::F32 };
/// Cpu::new().run::<PackLinear>(&args, &mut [Raw::read(&weight), Raw::write(&mut packed)]);
/// assert_eq!(packed, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
/// ```
#[derive(Debug)]
pub struct PackLinear;
impl Op for PackLinear {
    const NAME: &'static str = "pack linear";
    type Args = PackArgs;
    fn memory(args: &PackArgs, spec: &mut Spec) {
        let weights = args.outputs.saturating_mul(args.inputs);
        spec.read::<f32>(weights).write_dtype(args.weight, weight::count(args.weight, weights));
    }
    fn cpu(_: &Cpu, args: &PackArgs, memory: &mut Memory<'_>) {
        match args.weight {
            DType::Bf16 => pack(args, memory.read(0), memory.write::<bf16>(1)),
            _ => pack(args, memory.read(0), memory.write::<f32>(1)),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &PackArgs, memory: &Pointers) {
        cuda::pack(gpu, args, memory);
    }
}

fn pack<T: Weight>(args: &PackArgs, weight: &[f32], to: &mut [T]) {
    let &PackArgs { outputs, inputs, .. } = args;
    for first in (0..outputs).step_by(PANEL) {
        let width = PANEL.min(outputs - first);
        let to = cut_mut(to, first * inputs, width * inputs);
        for (input, to) in to.chunks_exact_mut(width).enumerate() {
            let from = cut(weight, first * inputs, width * inputs);
            for (to, weight) in to.iter_mut().zip(from.iter().skip(input).step_by(inputs)) {
                *to = T::narrow(*weight);
            }
        }
    }
}
