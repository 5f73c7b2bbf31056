//! Normalisation within a sample: layer norm, RMS norm and group norm.
//!
//! A sample of `groups`·`channels` planes of `pixels` numbers is a row of `channels`·`pixels` numbers for each group, which
//! is normalised by its own statistics. Each channel of a group has a weight and a bias.
//!
//! | layer | groups | channels of each | pixels |
//! |---|---|---|---|
//! | layer norm, RMS norm | 1 | the numbers that are normalised together | 1 |
//! | group norm | its groups | C/groups | H·W |
//! | instance norm | C | 1 | H·W |

mod backward;
mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

/// The arguments of [`LayerNorm`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many samples.
    pub samples: usize,
    /// Groups of a sample, each normalised by itself.
    pub groups: usize,
    /// Channels of a group.
    pub channels: usize,
    /// Numbers of a channel.
    pub pixels: usize,
    /// Added to the variance, or to the mean square.
    pub eps: f32,
    /// Whether the mean is subtracted, which RMS norm does not do.
    pub centred: bool,
    /// Whether each channel is scaled.
    pub weight: bool,
    /// Whether each channel is shifted.
    pub bias: bool,
}

impl Args {
    /// Layer norm of one sample of so many numbers, with a weight and a bias.
    pub const fn new(len: usize, eps: f32) -> Self {
        let (groups, pixels) = (1, 1);
        Args { samples: 1, groups, channels: len, pixels, eps, centred: true, weight: true, bias: true }
    }

    /// Without the mean and without a bias.
    #[must_use]
    pub const fn rms(self) -> Self {
        Args { centred: false, bias: false, ..self }
    }

    /// Numbers that are normalised together.
    fn len(&self) -> usize {
        self.channels.saturating_mul(self.pixels)
    }

    /// How often there are such.
    fn rows(&self) -> usize {
        self.samples.saturating_mul(self.groups)
    }

    fn elements(&self) -> usize {
        self.rows().saturating_mul(self.len())
    }

    /// Weights, if there are any, and biases.
    fn parameters(&self) -> [usize; 2] {
        [self.weight, self.bias].map(|any| if any { self.groups.saturating_mul(self.channels) } else { 0 })
    }
}

/// The arguments of [`LayerNormBackward`].
#[derive(Clone, Copy, Debug)]
pub struct BackwardArgs {
    /// Those of the forward.
    pub forward: Args,
    /// Whether dx is wanted: a first layer has no use for it.
    pub input_gradient: bool,
}

/// y ← weight·(x − μ)/√(σ² + ε) + bias with the mean and the biased variance of each row;
/// `torch.nn.functional.layer_norm` and `group_norm`. Not centred: y ← weight·x/√(mean x² + ε), `rms_norm`.
///
/// Memory: weight `[groups, channels]` (absent unless `weight`), bias `[groups, channels]` (absent unless `bias`), x and
/// y `[samples, groups, channels, pixels]`.
#[derive(Debug)]
pub struct LayerNorm;
impl Op for LayerNorm {
    const NAME: &'static str = "layer norm";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let ([weights, biases], elements) = (args.parameters(), args.elements());
        spec.read::<f32>(weights).read::<f32>(biases).read::<f32>(elements).write::<f32>(elements);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::forward(cpu, args, memory.read(0), memory.read(1), memory.read(2), memory.write(3));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for LayerNorm {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i < 2
    }
}

/// The backward of [`LayerNorm`]. With g = weight·dy, x̂ the normalised x and means over the row:
///
/// dx ← (g − mean g − x̂·mean(g·x̂))/√(σ² + ε), without mean g where it is not centred;
/// dweight ← dweight + Σ dy·x̂, dbias ← dbias + Σ dy, sums being over the samples and the pixels of a channel.
///
/// The statistics are computed again from x: while a row is in the cache, that costs less than keeping them.
///
/// Memory: weight, x, dy, dx (absent unless `input_gradient`), dweight, dbias; those of parameters are absent where the
/// parameters are.
#[derive(Debug)]
pub struct LayerNormBackward;
impl Op for LayerNormBackward {
    const NAME: &'static str = "layer norm backward";
    type Args = BackwardArgs;
    fn memory(args: &BackwardArgs, spec: &mut Spec) {
        let ([weights, biases], elements) = (args.forward.parameters(), args.forward.elements());
        spec.read::<f32>(weights).read::<f32>(elements).read::<f32>(elements);
        spec.write::<f32>(if args.input_gradient { elements } else { 0 });
        spec.update::<f32>(weights).update::<f32>(biases);
    }
    fn cpu(cpu: &Cpu, args: &BackwardArgs, memory: &mut Memory<'_>) {
        let (weight, x, dy) = (memory.read(0), memory.read(1), memory.read(2));
        let (dx, dweight, dbias) = (memory.write(3), memory.write(4), memory.write(5));
        backward::backward(cpu, &args.forward, weight, x, dy, dx, dweight, dbias);
    }
    fn cuda(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers) {
        cuda::backward(gpu, &args.forward, memory);
    }
}
impl HalfOp for LayerNormBackward {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        matches!(i, 0 | 4..)
    }
}
