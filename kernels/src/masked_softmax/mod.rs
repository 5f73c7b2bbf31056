//! Softmax over the keys that a query may attend to.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType};

/// How the keys of a sample are told apart from what fills it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// All keys are keys.
    Absent,
    /// A boolean for each key of each sample: true where it is none. PyTorch's `key_padding_mask`.
    Mask,
    /// How many keys each sample has, as `i32`: the first ones. Others than 0 to the number of keys count as the nearest.
    Lengths,
}

/// The arguments of [`MaskedSoftmax`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many samples.
    pub samples: usize,
    /// Heads of each.
    pub heads: usize,
    /// Queries of each.
    pub queries: usize,
    /// Keys of each.
    pub keys: usize,
    /// Whether query t attends to keys 0 to t alone.
    pub causal: bool,
    /// Which keys nobody attends to.
    pub padding: Padding,
}

impl Args {
    fn rows(&self) -> usize {
        self.samples.saturating_mul(self.heads).saturating_mul(self.queries)
    }

    /// The keys that row `row` attends to: the first ones, so many. There may be a mask on them.
    fn live(&self, row: usize, lengths: &[i32]) -> usize {
        let causal = if self.causal { row % self.queries + 1 } else { self.keys };
        let length = lengths.get(row / (self.heads * self.queries).max(1));
        let length = length.map_or(self.keys, |length| usize::try_from(*length).unwrap_or(0));
        causal.min(length).min(self.keys)
    }
}

/// y ← softmax over the keys that each query attends to, and 0 for the others; where there are none, 0 for all. Its backward
/// is [`SoftmaxBackward`](crate::softmax::SoftmaxBackward), which gives 0 where y is 0.
///
/// Memory: the padding (booleans `[samples, keys]`, `i32` `[samples]`, or absent), x and y
/// `[samples, heads, queries, keys]`.
#[derive(Debug)]
pub struct MaskedSoftmax;
impl Op for MaskedSoftmax {
    const NAME: &'static str = "masked softmax";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let (samples, elements) = (args.samples, args.rows().saturating_mul(args.keys));
        match args.padding {
            Padding::Absent => spec.read::<i32>(0),
            Padding::Mask => spec.read_dtype(DType::Bool, samples.saturating_mul(args.keys)),
            Padding::Lengths => spec.read::<i32>(samples),
        };
        spec.read::<f32>(elements).write::<f32>(elements);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (x, y) = (memory.read(1), memory.write(2));
        match args.padding {
            Padding::Absent => cpu::forward(cpu, args, &[], &[], x, y),
            Padding::Mask => cpu::forward(cpu, args, memory.read(0), &[], x, y),
            Padding::Lengths => cpu::forward(cpu, args, &[], memory.read(0), x, y),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
