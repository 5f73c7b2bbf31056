//! Activation functions, element by element, and their derivatives.

mod cpu;

pub(crate) use cpu::apply_in_place;

use crate::op::{Memory, Op, Spec};
use crate::{Cpu, math};

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
}

impl Activation {
    /// Whether the derivative follows from the output alone, so that the input need not be kept.
    pub const fn differentiates_from_output(self) -> bool {
        !matches!(self, Activation::Gelu | Activation::GeluTanh | Activation::Silu)
    }

    /// f(x)
    #[inline(always)]
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Activation::Identity => x,
            Activation::Relu => x.max(0.0),
            Activation::Relu6 => x.clamp(0.0, 6.0),
            Activation::LeakyRelu(slope) => x.max(0.0) + slope * x.min(0.0),
            Activation::Sigmoid => math::sigmoid(x),
            Activation::Tanh => math::tanh(x),
            Activation::Gelu => 0.5 * x * (1.0 + math::erf(x * core::f32::consts::FRAC_1_SQRT_2)),
            Activation::GeluTanh => 0.5 * x * (1.0 + math::tanh(gelu_inner(x))),
            Activation::Silu => x * math::sigmoid(x),
        }
    }

    /// f′(x), given x and y = f(x). Where [`Self::differentiates_from_output`], x is not looked at.
    #[inline(always)]
    pub fn derivative(self, x: f32, y: f32) -> f32 {
        match self {
            Activation::Identity => 1.0,
            Activation::Relu => (y > 0.0) as u8 as f32,
            Activation::Relu6 => (y > 0.0 && y < 6.0) as u8 as f32,
            Activation::LeakyRelu(slope) => {
                if y > 0.0 {
                    1.0
                } else {
                    slope
                }
            }
            Activation::Sigmoid => y * (1.0 - y),
            Activation::Tanh => 1.0 - y * y,
            Activation::Gelu => {
                let density = math::exp(-0.5 * x * x) * 0.398_942_3;
                0.5 * (1.0 + math::erf(x * core::f32::consts::FRAC_1_SQRT_2)) + x * density
            }
            Activation::GeluTanh => {
                let t = math::tanh(gelu_inner(x));
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.797_884_6 * (1.0 + 3.0 * 0.044_715 * x * x)
            }
            Activation::Silu => {
                let s = math::sigmoid(x);
                s * (1.0 + x * (1.0 - s))
            }
        }
    }
}

#[inline(always)]
fn gelu_inner(x: f32) -> f32 {
    0.797_884_6 * (x + 0.044_715 * x * x * x)
}

/// The arguments of [`Activate`] and [`ActivateBackward`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// Which function.
    pub activation: Activation,
    /// How many elements.
    pub len: usize,
}

/// y ← f(x). Memory: x, y.
#[derive(Debug)]
pub struct Activate;
impl Op for Activate {
    const NAME: &'static str = "activate";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(args.len).write::<f32>(args.len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::forward(cpu, args.activation, memory.read(0), memory.write(1));
    }
}

/// dx ← dy·f′(x). Memory: x (absent where the derivative follows from y), y, dy, dx.
#[derive(Debug)]
pub struct ActivateBackward;
impl Op for ActivateBackward {
    const NAME: &'static str = "activate backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let x = if args.activation.differentiates_from_output() { 0 } else { args.len };
        spec.read::<f32>(x).read::<f32>(args.len).read::<f32>(args.len).write::<f32>(args.len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (x, y, dy) = (memory.read(0), memory.read(1), memory.read(2));
        cpu::backward(cpu, args.activation, x, y, dy, memory.write(3));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::check::{Checked, Data, Random, gradient};

    fn reference(activation: Activation, x: f64) -> f64 {
        match activation {
            Activation::Identity => x,
            Activation::Relu => x.max(0.0),
            Activation::Relu6 => x.clamp(0.0, 6.0),
            Activation::LeakyRelu(slope) => {
                if x > 0.0 {
                    x
                } else {
                    slope as f64 * x
                }
            }
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Activation::Tanh => x.tanh(),
            Activation::Gelu => 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())),
            Activation::GeluTanh => {
                0.5 * x * (1.0 + ((2.0 / core::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
            }
            Activation::Silu => x / (1.0 + (-x).exp()),
        }
    }

    fn cases() -> BoxedStrategy<Args> {
        use Activation::*;
        let activation = prop::sample::select(vec![
            Identity,
            Relu,
            Relu6,
            LeakyRelu(0.01),
            LeakyRelu(0.2),
            Sigmoid,
            Tanh,
            Gelu,
            GeluTanh,
            Silu,
        ]);
        let len = prop_oneof![1..70usize, Just(40_000)];
        (activation, len).prop_map(|(activation, len)| Args { activation, len }).boxed()
    }

    /// Inputs on both sides of every kink, and never on one.
    fn inputs(len: usize, random: &mut Random) -> Vec<f32> {
        (0..len)
            .map(|_| 8.0 * random.signed())
            .map(|x| if x.abs() < 1e-3 || (x - 6.0).abs() < 1e-3 { 0.5 } else { x })
            .collect()
    }

    impl Checked for Activate {
        fn cases() -> BoxedStrategy<Args> {
            cases()
        }
        fn fill(_: &Args, _: usize, len: usize, random: &mut Random) -> Data {
            Data::F32(inputs(len, random))
        }
        fn reference(args: &Args, memory: &mut [Vec<f64>]) {
            memory[1] = memory[0].iter().map(|&x| reference(args.activation, x)).collect();
        }
    }

    impl Checked for ActivateBackward {
        fn cases() -> BoxedStrategy<Args> {
            cases().prop_map(|args| Args { len: args.len.min(500), ..args }).boxed()
        }
        // x and y must belong together: both are made from the same draws.
        fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
            let mut shared = Random::new(7);
            let x = inputs(len, &mut shared);
            Data::F32(match i {
                0 => x,
                1 => x.into_iter().map(|x| reference(args.activation, x as f64) as f32).collect(),
                _ => (0..len).map(|_| random.signed()).collect(),
            })
        }
        fn reference(args: &Args, memory: &mut [Vec<f64>]) {
            let x: Vec<f64> = inputs(args.len, &mut Random::new(7)).into_iter().map(f64::from).collect();
            for i in 0..args.len {
                let f = |x: &[f64]| vec![reference(args.activation, x[0])];
                memory[3][i] = gradient(&x[i..=i], &memory[2][i..=i], f)[0];
            }
        }
    }
}
