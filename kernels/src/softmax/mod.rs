//! Softmax and its logarithm, over rows.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

pub(crate) use cpu::exponentials;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

/// The arguments of [`Softmax`] and [`SoftmaxBackward`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many rows.
    pub rows: usize,
    /// Elements of a row, which sum to one.
    pub len: usize,
    /// Gives the logarithms of the probabilities.
    pub log: bool,
}

impl Args {
    fn elements(&self) -> usize {
        self.rows.saturating_mul(self.len)
    }
}

/// y ← eˣ / Σeˣ in every row, or its logarithm; `torch.softmax(x, -1)` and `log_softmax`. The maximum
/// is subtracted first, so nothing overflows. Memory: x, y, both `[rows, len]`.
#[derive(Debug)]
pub struct Softmax;
impl Op for Softmax {
    const NAME: &'static str = "softmax";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(args.elements()).write::<f32>(args.elements());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::forward(cpu, args, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for Softmax {}

/// dx ← y·(dy − Σ y·dy) in every row; for the logarithm dx ← dy − eʸ·Σ dy.
/// Memory: y, dy, dx, all `[rows, len]`.
#[derive(Debug)]
pub struct SoftmaxBackward;
impl Op for SoftmaxBackward {
    const NAME: &'static str = "softmax backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let elements = args.elements();
        spec.read::<f32>(elements).read::<f32>(elements).write::<f32>(elements);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::backward(cpu, args, memory.read(0), memory.read(1), memory.write(2));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::backward(gpu, args, memory);
    }
}
impl HalfOp for SoftmaxBackward {}
