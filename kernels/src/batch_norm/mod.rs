//! Batch normalisation over the channels of NCHW data, where `pixels` = H·W; one pixel gives the form
//! for plain features, `torch.nn.BatchNorm1d`.

mod backward;
mod channels;
mod cpu;
#[cfg(test)]
mod tests;

pub use backward::{BatchNormBackward, BatchNormFrozenBackward};

use crate::Cpu;
use crate::op::{Memory, Op, Spec};

/// The arguments of [`BatchNorm`] and [`BatchNormInfer`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many images.
    pub images: usize,
    /// Channels of an image.
    pub channels: usize,
    /// Pixels of a channel.
    pub pixels: usize,
    /// Added to the variance.
    pub eps: f32,
}

impl Args {
    fn elements(&self) -> usize {
        self.images.saturating_mul(self.channels).saturating_mul(self.pixels)
    }
}

/// The arguments of [`BatchNormBackward`] and [`BatchNormFrozenBackward`].
#[derive(Clone, Copy, Debug)]
pub struct BackwardArgs {
    /// How many images.
    pub images: usize,
    /// Channels of an image.
    pub channels: usize,
    /// Pixels of a channel.
    pub pixels: usize,
    /// Added to the variance.
    pub eps: f32,
    /// Whether dx is wanted: a first layer has no use for it.
    pub input_gradient: bool,
}

impl BackwardArgs {
    fn forward(&self) -> Args {
        let &BackwardArgs { images, channels, pixels, eps, .. } = self;
        Args { images, channels, pixels, eps }
    }
}

/// Training: y ← weight·(x − mean)/√(variance + ε) + bias with the mean and the biased variance of each
/// channel over the batch; `torch.nn.BatchNorm2d` in training mode, without its running averages, which
/// move in the backward.
///
/// Memory: weight `[C]`, bias `[C]`, x, y (both NCHW), mean `[C]`, variance `[C]`.
#[derive(Debug)]
pub struct BatchNorm;
impl Op for BatchNorm {
    const NAME: &'static str = "batch norm";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let (c, elements) = (args.channels, args.elements());
        spec.read::<f32>(c).read::<f32>(c).read::<f32>(elements);
        spec.write::<f32>(elements).write::<f32>(c).write::<f32>(c);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (weight, bias, x) = (memory.read(0), memory.read(1), memory.read(2));
        let (y, mean, variance) = (memory.write(3), memory.write(4), memory.write(5));
        cpu::statistics(cpu, args, x, mean, variance);
        cpu::normalize(cpu, args, weight, bias, mean, variance, x, y);
    }
}

/// Inference: y ← weight·(x − mean)/√(variance + ε) + bias with running averages;
/// `torch.nn.BatchNorm2d` in evaluation mode.
///
/// Memory: weight `[C]`, bias `[C]`, running mean `[C]`, running variance `[C]`, x, y (both NCHW).
#[derive(Debug)]
pub struct BatchNormInfer;
impl Op for BatchNormInfer {
    const NAME: &'static str = "batch norm infer";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let (c, elements) = (args.channels, args.elements());
        spec.read::<f32>(c).read::<f32>(c).read::<f32>(c).read::<f32>(c);
        spec.read::<f32>(elements).write::<f32>(elements);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (weight, bias, mean) = (memory.read(0), memory.read(1), memory.read(2));
        let (variance, x, y) = (memory.read(3), memory.read(4), memory.write(5));
        cpu::normalize(cpu, args, weight, bias, mean, variance, x, y);
    }
}
