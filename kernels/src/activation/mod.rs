//! Activation functions, element by element, and their derivatives.

mod cpu;
mod cuda;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cpu::apply_in_place;

use crate::launch::{Gpu, Pointers};
use crate::math::{self, F32s};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// x
    Identity,
    /// max(x, 0)
    Relu,
    /// min(max(x, 0), 6)
    Relu6,
    /// x where x > 0, else `slope`·x. The slope is not negative.
    LeakyRelu(f32),
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// tanh x
    Tanh,
    /// x·Φ(x) = x/2·(1 + erf(x/√2))
    Gelu,
    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
    GeluTanh,
    /// x / (1 + e⁻ˣ)
    Silu,
    /// √x, whose derivative at 0 is infinite.
    Sqrt,
}

/// max(x, 0), where NaN stays NaN, as in PyTorch.
#[inline(always)]
pub(crate) fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

impl Activation {
    /// Whether the derivative follows from the output alone, so that the input need not be kept.
    pub const fn differentiates_from_output(self) -> bool {
        !matches!(self, Activation::Gelu | Activation::GeluTanh | Activation::Silu)
    }

    /// The least and the greatest value, of one that does no more than to limit: what kernels do in registers.
    #[inline(always)]
    pub(crate) const fn limits(self) -> Option<[f32; 2]> {
        match self {
            Activation::Identity => Some([f32::NEG_INFINITY, f32::INFINITY]),
            Activation::Relu => Some([0.0, f32::INFINITY]),
            Activation::Relu6 => Some([0.0, 6.0]),
            _ => None,
        }
    }

    /// The number and the slope by which kernels of a GPU know it: `activate` and `derivative` of their prelude.
    pub fn code(self) -> (u32, f32) {
        match self {
            Activation::Identity => (0, 0.0),
            Activation::Relu => (1, 0.0),
            Activation::Relu6 => (2, 0.0),
            Activation::LeakyRelu(slope) => (3, slope),
            Activation::Sigmoid => (4, 0.0),
            Activation::Tanh => (5, 0.0),
            Activation::Gelu => (6, 0.0),
            Activation::GeluTanh => (7, 0.0),
            Activation::Silu => (8, 0.0),
            Activation::Sqrt => (9, 0.0),
        }
    }

    /// f(x)
    #[inline(always)]
    pub fn apply<R: F32s>(self, x: R) -> R {
        match self {
            Activation::Identity => x,
            Activation::Relu => x.at_least(0.0),
            Activation::Relu6 => x.at_least(0.0).at_most(6.0),
            Activation::LeakyRelu(slope) => x.when(x.above(0.0), x * slope),
            Activation::Sigmoid => math::sigmoid(x),
            Activation::Tanh => math::tanh(x),
            Activation::Gelu => math::gelu(x),
            // ½·(1 + tanh u) = σ(2u), without a difference to the left.
            Activation::GeluTanh => x * math::sigmoid(gelu_inner(x) * 2.0),
            Activation::Silu => x * math::sigmoid(x),
            Activation::Sqrt => x.sqrt(),
        }
    }

    /// f′(x), given x and y = f(x). Where [`Self::differentiates_from_output`], x is not looked at.
    #[inline(always)]
    pub fn derivative<R: F32s>(self, x: R, y: R) -> R {
        let (zero, one) = (x.of(0.0), x.of(1.0));
        match self {
            Activation::Identity => one,
            Activation::Relu => one.when(y.above(0.0), zero),
            Activation::Relu6 => one.when(y.above(0.0), zero).when(y.below(6.0), zero),
            Activation::LeakyRelu(slope) => one.when(y.above(0.0), x.of(slope)),
            Activation::Sigmoid => y * (one - y),
            Activation::Tanh => one - y * y,
            Activation::Gelu => math::gelu_derivative(x),
            Activation::GeluTanh => {
                let s = math::sigmoid(gelu_inner(x) * 2.0);
                s + x * s * (one - s) * (2.0 * 0.797_884_6) * (x * x * (3.0 * 0.044_715) + 1.0)
            }
            Activation::Silu => {
                let s = math::sigmoid(x);
                s * (x * (one - s) + 1.0)
            }
            Activation::Sqrt => x.of(0.5) / y,
        }
    }
}

#[inline(always)]
fn gelu_inner<R: F32s>(x: R) -> R {
    (x + x * x * x * 0.044_715) * 0.797_884_6
}

/// The arguments of [`Activate`] and [`ActivateBackward`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// Which function.
    pub activation: Activation,
    /// How many elements.
    pub len: usize,
    /// Whether the output is also what it is computed from: x of [`Activate`], dy of [`ActivateBackward`].
    pub in_place: bool,
}

/// y ← f(x). Memory: x (absent in place: y holds it), y.
#[derive(Debug)]
pub struct Activate;
impl Op for Activate {
    const NAME: &'static str = "activate";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read_unless::<f32>(args.in_place, args.len).write_or_update::<f32>(args.in_place, args.len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::forward(cpu, args.activation, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for Activate {
    fn piece(args: &Args, len: usize) -> Option<Args> {
        Some(Args { len, ..*args })
    }
}

/// dx ← dy·f′(x). Memory: x and y, of which one is needed: y where the derivative follows from it, else x;
/// dy (absent in place: dx holds it), dx.
#[derive(Debug)]
pub struct ActivateBackward;
impl Op for ActivateBackward {
    const NAME: &'static str = "activate backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let from_output = args.activation.differentiates_from_output();
        spec.read_unless::<f32>(from_output, args.len).read_unless::<f32>(!from_output, args.len);
        spec.read_unless::<f32>(args.in_place, args.len).write_or_update::<f32>(args.in_place, args.len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let kept = memory.read(args.activation.differentiates_from_output() as usize);
        cpu::backward(cpu, args.activation, kept, memory.read(2), memory.write(3));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::backward(gpu, args, memory);
    }
}
impl HalfOp for ActivateBackward {
    fn piece(args: &Args, len: usize) -> Option<Args> {
        Some(Args { len, ..*args })
    }
}
