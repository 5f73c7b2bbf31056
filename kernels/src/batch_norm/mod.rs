//! Batch normalisation over the channels of NCHW data, where `pixels` = H·W; one pixel gives the form
//! for plain features, `torch.nn.BatchNorm1d`.

mod backward;
mod channels;
mod cpu;
mod cuda;
mod fold;
mod planes;
#[cfg(test)]
mod tests;

pub use backward::{BatchNormBackward, BatchNormFrozenBackward};
pub use fold::{FoldArgs, FoldBatchNorm};

use crate::activation::Activation;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

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
    /// Applied to the sum of the normalised x and the residual.
    pub activation: Activation,
    /// Whether a residual is added.
    pub residual: bool,
    /// Whether y is also x; only at inference.
    pub in_place: bool,
}

impl Args {
    /// One image, without residual and activation.
    pub const fn new(channels: usize, pixels: usize, eps: f32) -> Self {
        let activation = Activation::Identity;
        Args { images: 1, channels, pixels, eps, activation, residual: false, in_place: false }
    }

    /// With an activation.
    #[must_use]
    pub const fn activation(self, activation: Activation) -> Self {
        Args { activation, ..self }
    }

    /// With a residual.
    #[must_use]
    pub const fn residual(self) -> Self {
        Args { residual: true, ..self }
    }

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
    /// Whether dweight and dbias are wanted; [`BatchNormBackward`] gives them always.
    pub parameter_gradients: bool,
    /// Whether dx is also dy; only where dx is wanted.
    pub in_place: bool,
}

impl BackwardArgs {
    fn is_in_place(&self) -> bool {
        self.in_place && self.input_gradient
    }

    fn forward(&self) -> Args {
        Args { images: self.images, ..Args::new(self.channels, self.pixels, self.eps) }
    }
}

/// Training: y ← A(weight·(x − mean)/√(variance + ε) + bias + r) with the mean and the biased variance of
/// each channel over the batch, an activation A and a residual r; `torch.nn.BatchNorm2d` in training mode,
/// without its running averages, which move in the backward. Never in place: the backward needs x.
///
/// Memory: weight `[C]`, bias `[C]`, x, r (absent unless `residual`), y (all NCHW), mean `[C]`,
/// variance `[C]`.
#[derive(Debug)]
pub struct BatchNorm;
impl Op for BatchNorm {
    const NAME: &'static str = "batch norm";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let (c, elements) = (args.channels, args.elements());
        spec.read::<f32>(c).read::<f32>(c).read::<f32>(elements);
        spec.read_unless::<f32>(!args.residual, elements);
        spec.write::<f32>(elements).write::<f32>(c).write::<f32>(c);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (weight, bias, x, r) = (memory.read(0), memory.read(1), memory.read(2), memory.read(3));
        let (y, mean, variance) = (memory.write(4), memory.write(5), memory.write(6));
        cpu::train(cpu, args, weight, bias, x, r, y, mean, variance);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::train(gpu, args, memory);
    }
}
impl HalfOp for BatchNorm {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        matches!(i, 0 | 1 | 5 | 6)
    }
}

/// Inference: y ← A(weight·(x − mean)/√(variance + ε) + bias + r) with running averages, an activation A
/// and a residual r; `torch.nn.BatchNorm2d` in evaluation mode.
///
/// Memory: weight `[C]`, bias `[C]`, running mean `[C]`, running variance `[C]`, x (absent in place: y
/// holds it), r (absent unless `residual`), y (all NCHW).
#[derive(Debug)]
pub struct BatchNormInfer;
impl Op for BatchNormInfer {
    const NAME: &'static str = "batch norm infer";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let (c, elements) = (args.channels, args.elements());
        spec.read::<f32>(c).read::<f32>(c).read::<f32>(c).read::<f32>(c);
        spec.read_unless::<f32>(args.in_place, elements).read_unless::<f32>(!args.residual, elements);
        spec.write_or_update::<f32>(args.in_place, elements);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (weight, bias, mean) = (memory.read(0), memory.read(1), memory.read(2));
        let (variance, x, r, y) = (memory.read(3), memory.read(4), memory.read(5), memory.write(6));
        cpu::normalize(cpu, args, weight, bias, mean, variance, x, r, y);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::infer(gpu, args, memory);
    }
}
impl HalfOp for BatchNormInfer {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i < 4
    }
}
