//! Dropout, whose mask is not stored: the backward makes it again from the step.

mod cpu;
mod cuda;
pub mod philox;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp, Step};

/// The arguments of [`Dropout`] and [`DropoutBackward`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many elements.
    pub len: usize,
    /// p, from 0 to 1: how likely an element is dropped.
    pub probability: f32,
    /// Which layer of the model this is: layers with different paths draw different masks.
    pub path: u64,
    /// Whether the output is also the input.
    pub in_place: bool,
}

impl Args {
    /// Words below this drop their element. In double precision p·2³² is exact; p = 1 gives one more than any word.
    fn threshold(&self) -> u64 {
        (self.probability as f64 * 4_294_967_296.0) as u64
    }
}

/// y ← x·mask/(1 − p); `torch.nn.functional.dropout(x, p, training=True)`. Dropped elements are zero,
/// whatever x is there; with p = 1 all are.
///
/// Element i is kept if word i mod 4 of [`philox4x32_10`](philox::philox4x32_10) is at least p·2³²,
/// where the key is [`Step::seed`] and the counter ⌊i/4⌋, the path's low and high word, and the low word
/// of [`Step::draw`]; 64-bit numbers have their low word first.
///
/// Memory: step, x `[len]` (absent in place: y holds it), y `[len]`.
#[derive(Debug)]
pub struct Dropout;
impl Op for Dropout {
    const NAME: &'static str = "dropout";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { len, in_place, .. } = args;
        spec.read::<Step>(1).read_unless::<f32>(in_place, len).write_or_update::<f32>(in_place, len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::drop(cpu, args, &memory.read::<Step>(0)[0], memory.read(1), memory.write(2));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::drop(gpu, args, memory);
    }
}
impl HalfOp for Dropout {}

/// dx ← dy·mask/(1 − p), with the mask that [`Dropout`] draws in the same step.
/// Memory: step, dy `[len]` (absent in place: dx holds it), dx `[len]`.
#[derive(Debug)]
pub struct DropoutBackward;
impl Op for DropoutBackward {
    const NAME: &'static str = "dropout backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        Dropout::memory(args, spec);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        Dropout::cpu(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::drop(gpu, args, memory);
    }
}
impl HalfOp for DropoutBackward {}
