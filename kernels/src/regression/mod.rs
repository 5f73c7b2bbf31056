//! Losses that compare numbers with numbers.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp, Step, math};

/// Which loss, as a function of an element x and its target t; PyTorch's, with `reduction='mean'`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RegressionLoss {
    /// (x − t)²; `torch.nn.MSELoss`.
    MeanSquared,
    /// |x − t|; `torch.nn.L1Loss`.
    MeanAbsolute,
    /// (x − t)²/2 where |x − t| ≤ δ, else δ·(|x − t| − δ/2); `torch.nn.HuberLoss(delta=δ)`.
    Huber(f32),
    /// −t·ln σ(x) − (1 − t)·ln(1 − σ(x)); `torch.nn.BCEWithLogitsLoss`. Neither overflows nor loses
    /// digits for large x.
    BinaryCrossEntropyWithLogits,
}

impl RegressionLoss {
    #[inline(always)]
    fn value(self, x: f32, t: f32) -> f32 {
        let d = x - t;
        match self {
            RegressionLoss::MeanSquared => d * d,
            RegressionLoss::MeanAbsolute => d.abs(),
            RegressionLoss::Huber(delta) => {
                let d = d.abs();
                if d <= delta { 0.5 * d * d } else { delta * (d - 0.5 * delta) }
            }
            RegressionLoss::BinaryCrossEntropyWithLogits => {
                // ln(1 + eˣ) − x·t, of which the first may be large and almost the second.
                (if x < 0.0 { 0.0 } else { x }) - x * t + math::softplus(-x.abs())
            }
        }
    }

    /// The derivative with respect to x. At the kink of |x − t| it is zero.
    #[inline(always)]
    fn derivative(self, x: f32, t: f32) -> f32 {
        let d = x - t;
        match self {
            RegressionLoss::MeanSquared => 2.0 * d,
            RegressionLoss::MeanAbsolute => {
                // What is neither is zero, or stays NaN.
                if d > 0.0 {
                    1.0
                } else if d < 0.0 {
                    -1.0
                } else {
                    d
                }
            }
            RegressionLoss::Huber(delta) => {
                if d > delta {
                    delta
                } else if d < -delta {
                    -delta
                } else {
                    d
                }
            }
            RegressionLoss::BinaryCrossEntropyWithLogits => math::sigmoid(x) - t,
        }
    }
}

/// The arguments of [`Regression`] and [`RegressionBackward`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// Which loss.
    pub loss: RegressionLoss,
    /// How many elements.
    pub len: usize,
    /// Multiplies the gradient by [`Step::loss_scale`]. The loss stays as it is.
    pub scaled: bool,
}

/// loss ← the mean of the elements' losses. Memory: x `[len]`, target `[len]`, loss `[1]`.
#[derive(Debug)]
pub struct Regression;
impl Op for Regression {
    const NAME: &'static str = "regression";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(args.len).read::<f32>(args.len).write::<f32>(1);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let sum = cpu::forward(cpu, args.loss, memory.read(0), memory.read(1));
        memory.write(2)[0] = (sum / args.len as f64) as f32;
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for Regression {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i > 0
    }
}

/// dx ← the gradient of the loss of [`Regression`]. Memory: x `[len]`, target `[len]`, dx `[len]`, step
/// (absent unless `scaled`).
#[derive(Debug)]
pub struct RegressionBackward;
impl Op for RegressionBackward {
    const NAME: &'static str = "regression backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(args.len).read::<f32>(args.len).write::<f32>(args.len);
        spec.read::<Step>(args.scaled.into());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let factor = memory.read::<Step>(3).first().map_or(1.0, |step| step.loss_scale);
        cpu::backward(cpu, args.loss, factor, memory.read(0), memory.read(1), memory.write(2));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::backward(gpu, args, memory);
    }
}
impl HalfOp for RegressionBackward {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i == 1
    }
}
