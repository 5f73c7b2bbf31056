use super::region::{CHUNK, each_piece, each_row_mut};
use super::{Args, cuda};
use crate::cpu::multiversion;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, RunRow};

/// Running averages move towards the statistics of the batch, which lie in their gradients:
/// p ← p + momentum·(g − p) on the rows of action [`RunRow::AVERAGE`], as in `torch.nn.BatchNorm2d`.
///
/// Memory: table, parameters, gradients.
#[derive(Debug)]
pub struct MergeAverages;
impl Op for MergeAverages {
    const NAME: &'static str = "merge averages";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<RunRow>(args.rows).update::<u8>(args.bytes).read::<u8>(args.bytes);
    }
    fn cpu(cpu: &Cpu, _: &Args, memory: &mut Memory<'_>) {
        let (table, params, gradients) = (memory.read(0), memory.write(1), memory.read(2));
        let isa = cpu.isa();
        let average = |row: &RunRow| row.action == RunRow::AVERAGE;
        each_piece(cpu, Self::NAME, table, average, (2, gradients), [(1, params)], 1, |row, g, [p]| {
            merge(isa, row.momentum, g, p);
        });
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::merge_averages(gpu, args, memory);
    }
}

multiversion! {
    fn merge(isa, momentum: f32, g: &[f32], p: &mut [f32]) {
        for (p, g) in p.iter_mut().zip(g) {
            *p += momentum * (g - *p);
        }
    }
}

/// Sets the gradients of all rows to zero; `optimizer.zero_grad(set_to_none=False)`. Those of frozen
/// parameters too: backward adds to them all the same, and they may be trained again before the next
/// update. Memory: table, gradients.
#[derive(Debug)]
pub struct ZeroGradients;
impl Op for ZeroGradients {
    const NAME: &'static str = "zero gradients";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read::<RunRow>(args.rows).update::<u8>(args.bytes);
    }
    fn cpu(cpu: &Cpu, _: &Args, memory: &mut Memory<'_>) {
        let (table, gradients) = (memory.read(0), memory.write(1));
        each_row_mut(cpu, Self::NAME, table, (1, gradients), |floats| {
            let work = floats.len();
            cpu.parallel_chunks(floats, CHUNK, work, |_, piece, _| piece.fill(0.0));
        });
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::zero_gradients(gpu, args, memory);
    }
}
