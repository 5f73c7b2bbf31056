//! The cross-entropy of logits, or of log-probabilities, with classes given as indices.

mod cpu;
mod cuda;
#[cfg(test)]
pub(crate) mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::sure::get;
use crate::{Cpu, Fault, HalfOp, Step};

/// A row with this target does not count; PyTorch's default `ignore_index`.
pub const IGNORED: i32 = -100;

/// The arguments of [`CrossEntropy`] and [`CrossEntropyBackward`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// How many rows, each with one target.
    pub rows: usize,
    /// Elements of a row.
    pub classes: usize,
    /// x holds log-probabilities, as for `torch.nn.NLLLoss`, and not logits. There is no label
    /// smoothing then, and no softmax to be kept for the backward.
    pub log_probabilities: bool,
    /// Multiplies the gradient by [`Step::loss_scale`]. The loss stays as it is.
    pub scaled: bool,
}

impl Args {
    fn elements(&self) -> usize {
        self.rows.saturating_mul(self.classes)
    }

    fn probabilities(&self) -> usize {
        if self.log_probabilities { 0 } else { self.elements() }
    }

    /// Σ w over the targets of the rows that count. Reports the first row whose target is no class.
    fn total_weight(&self, cpu: &Cpu, op: &'static str, target: &[i32], weights: &[f32]) -> f64 {
        let mut total = 0.0;
        for (row, &got) in target.iter().enumerate() {
            if let Some(class) = self.class(got) {
                total += get(weights, class) as f64;
            } else if got != IGNORED {
                cpu.report(Fault::Index { op, row, got: got.into(), limit: self.classes });
            }
        }
        total
    }

    fn class(&self, target: i32) -> Option<usize> {
        usize::try_from(target).ok().filter(|&class| class < self.classes)
    }
}

/// The mean cross-entropy, as in
/// `torch.nn.functional.cross_entropy(x, target, weight=w, label_smoothing=s)`:
///
/// loss = Σᵣ ((1 − s)·w\[t\]·(−log p\[t\]) + s/classes·Σ_c w\[c\]·(−log p\[c\])) / Σᵣ w\[t\]
///
/// over the rows r with target t, where p is the softmax of the row. With log-probabilities instead,
/// `torch.nn.functional.nll_loss(x, target, weight=w)`: loss = Σᵣ w\[t\]·(−x\[t\]) / Σᵣ w\[t\].
///
/// Rows with target −100 ([`IGNORED`]) do not count, and neither do rows whose target is no class;
/// those are also reported as [`Fault::Index`]. If no row counts, or the weights of those that do sum
/// to zero, the loss is zero, where PyTorch gives NaN.
///
/// Memory: x `[rows, classes]`, target i32 `[rows]`, class weights w `[classes]`, smoothing s `[1]`,
/// loss `[1]`, probabilities `[rows, classes]` (for the backward; absent with log-probabilities).
#[derive(Debug)]
pub struct CrossEntropy;
impl Op for CrossEntropy {
    const NAME: &'static str = "cross entropy";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(args.elements()).read::<i32>(args.rows).read::<f32>(args.classes).read::<f32>(1);
        spec.write::<f32>(1).write::<f32>(args.probabilities());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (x, target, weights) = (memory.read(0), memory.read(1), memory.read(2));
        let smoothing = get(memory.read::<f32>(3), 0);
        let (loss, probabilities) = (memory.write::<f32>(4), memory.write(5));
        let total = args.total_weight(cpu, Self::NAME, target, weights);
        let sum = if args.log_probabilities {
            cpu::picked(args, x, target, weights)
        } else {
            cpu::forward(cpu, args, smoothing, x, target, weights, probabilities)
        };
        loss.fill(if total == 0.0 { 0.0 } else { (sum / total) as f32 });
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for CrossEntropy {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i > 0
    }
}

/// The gradient of the loss of [`CrossEntropy`] with respect to x. Where the loss is zero because no
/// row counts, so is the gradient.
///
/// Memory: probabilities `[rows, classes]` (absent with log-probabilities), target i32 `[rows]`, class
/// weights `[classes]`, smoothing `[1]`, dx `[rows, classes]`, step (absent unless `scaled`).
#[derive(Debug)]
pub struct CrossEntropyBackward;
impl Op for CrossEntropyBackward {
    const NAME: &'static str = "cross entropy backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(args.probabilities()).read::<i32>(args.rows).read::<f32>(args.classes);
        spec.read::<f32>(1).write::<f32>(args.elements()).read::<Step>(args.scaled.into());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (probabilities, target, weights) = (memory.read(0), memory.read(1), memory.read(2));
        let (smoothing, dx) = (get(memory.read::<f32>(3), 0), memory.write(4));
        let total = args.total_weight(cpu, Self::NAME, target, weights);
        let factor = memory.read::<Step>(5).first().map_or(1.0, |step| step.loss_scale as f64);
        let scale = if total == 0.0 { 0.0 } else { factor / total };
        cpu::backward(cpu, args, smoothing, scale, probabilities, target, weights, dx);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::backward(gpu, args, memory);
    }
}
impl HalfOp for CrossEntropyBackward {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i != 4
    }
}
