//! Looking up rows of a table.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, Fault, HalfOp};

/// The arguments of [`Embedding`] and [`EmbeddingBackward`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// Rows of the table.
    pub vocabulary: usize,
    /// Elements of a row.
    pub width: usize,
    /// How many indices.
    pub len: usize,
}

impl Args {
    fn table(&self) -> usize {
        self.vocabulary.saturating_mul(self.width)
    }

    fn looked_up(&self) -> usize {
        self.len.saturating_mul(self.width)
    }

    fn row(&self, index: i32) -> Option<usize> {
        usize::try_from(index).ok().filter(|&row| row < self.vocabulary)
    }

    /// Reports the first index that is no row of the table.
    fn check(&self, cpu: &Cpu, op: &'static str, indices: &[i32]) {
        if let Some(row) = indices.iter().position(|&index| self.row(index).is_none()) {
            cpu.report(Fault::Index { op, row, got: indices[row].into(), limit: self.vocabulary });
        }
    }
}

/// yᵢ ← the row of the table that index i names; `torch.nn.functional.embedding(indices, table)`.
/// An index that is no row is reported as [`Fault::Index`] and gives zeros.
///
/// Memory: table `[vocabulary, width]`, indices i32 `[len]`, y `[len, width]`.
#[derive(Debug)]
pub struct Embedding;
impl Op for Embedding {
    const NAME: &'static str = "embedding";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<f32>(args.table()).read::<i32>(args.len).write::<f32>(args.looked_up());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let indices = memory.read(1);
        args.check(cpu, Self::NAME, indices);
        cpu::forward(cpu, args, memory.read(0), indices, memory.write(2));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::forward(gpu, args, memory);
    }
}
impl HalfOp for Embedding {}

/// The rows of dtable that indices name ← what they hold + the rows of dy, in the order of the indices.
/// An index that is no row is reported as [`Fault::Index`] and skipped.
///
/// Memory: indices i32 `[len]`, dy `[len, width]`, dtable `[vocabulary, width]`.
#[derive(Debug)]
pub struct EmbeddingBackward;
impl Op for EmbeddingBackward {
    const NAME: &'static str = "embedding backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<i32>(args.len).read::<f32>(args.looked_up()).update::<f32>(args.table());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let indices = memory.read(0);
        args.check(cpu, Self::NAME, indices);
        cpu::backward(cpu, args, indices, memory.read(1), memory.write(2));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::backward(gpu, args, memory);
    }
}
impl HalfOp for EmbeddingBackward {
    fn stays_f32(_: &Self::Args, i: usize) -> bool {
        i == 2
    }
}
