//! Products of `bf16` in the processor's tiles, whose sums are f32.

use half::bf16;

use super::{Args, Bias, View};
use crate::activation::{Activation, apply_in_place};
use crate::element::{Element, load, store};
use crate::op::{Memory, Op, Raw};
use crate::product::{self, Product};
use crate::{Cpu, DType};

/// Elements that are finished at once: few enough to stay in the first-level cache.
const BLOCK: usize = 256;
/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 13;

/// Computes the product from `bf16` to `output`, if tiles can, and says whether they did.
pub(super) fn product(cpu: &Cpu, args: &Args, output: DType, memory: &mut Memory<'_>) -> bool {
    let &Args { m, n, k, batch, a, b, accumulate, scale, .. } = args;
    if !cfg!(feature = "std") || !cpu.tiles() || !is_dense(args) {
        return false;
    }
    let with_epilogue = !accumulate
        && (args.bias != Bias::None
            || args.residual
            || args.keep_pre
            || args.activation != Activation::Identity);
    let product =
        product::Args { output, batch, a, b, accumulate, ..product::Args::new(DType::Bf16, m, n, k) };
    if !with_epilogue && scale == 1.0 {
        let raws = &mut [0, 1, 3].map(|i| memory.take(i));
        Product::cpu(cpu, &product, &mut Memory::of(raws));
        return true;
    }
    if output != DType::Bf16 || accumulate {
        return false;
    }
    // Tiles want A along k, and B across it. Where both lie along k, few rows are turned rather than all weights: Cᵀ =
    // Bᵀ·Aᵀ. The sums of many would take longer to turn back.
    let swapped = a.column == 1 && b.row == 1 && batch == [1, 1] && m <= n && 8 * m <= k;
    cpu.with_buffer(m * n * batch[0] * batch[1], |sums| {
        let product = product::Args { output: DType::F32, ..product };
        if swapped {
            let product = product::Args { m: n, n: m, a: transposed(b), b: transposed(a), ..product };
            let raws = &mut [memory.take(1), memory.take(0), Raw::write_slice(sums)];
            Product::cpu(cpu, &product, &mut Memory::of(raws));
        } else {
            let raws = &mut [memory.take(0), memory.take(1), Raw::write_slice(sums)];
            Product::cpu(cpu, &product, &mut Memory::of(raws));
        }
        let added = [memory.read(2), memory.read(5)];
        finish(cpu, args, sums, swapped, added, [memory.write(3), memory.write(4)]);
    });
    true
}

fn transposed(view: View) -> View {
    View { row: view.column, column: view.row, ..view }
}

/// Whether the matrices of C lie row by row, one after the other.
fn is_dense(args: &Args) -> bool {
    let &Args { m, n, batch: [b0, b1], c, .. } = args;
    let at = |d: usize, stride: usize| args.batch[d] <= 1 || c.batch[d] == stride;
    c.row == n && c.column == 1 && at(1, m * n) && (b0 <= 1 || at(0, b1 * m * n))
}

/// c ← activation(`scale`·sums + bias + residual), and z ← what that is applied to. The sums may lie by columns.
fn finish(
    cpu: &Cpu,
    args: &Args,
    sums: &[f32],
    by_columns: bool,
    [bias, residual]: [&[bf16]; 2],
    outputs: [&mut [bf16]; 2],
) {
    let &Args { m, n, activation, scale, .. } = args;
    let isa = cpu.isa();
    let rows = CHUNK.div_ceil(n.max(1));
    cpu.parallel_zip(outputs, [rows * n; 2], 4 * sums.len(), |task, [c, z], _| {
        let (mut values, mut added) = ([0.0; BLOCK], [0.0; BLOCK]);
        for (i, c) in c.chunks_mut(n).enumerate() {
            let row = task * rows + i;
            for (j, c) in c.chunks_mut(BLOCK).enumerate() {
                let (column, at) = (j * BLOCK, row * n + j * BLOCK);
                let (values, added) = (&mut values[..c.len()], &mut added[..c.len()]);
                if by_columns {
                    let sums = sums[column * m + row..].iter().step_by(m);
                    values.iter_mut().zip(sums).for_each(|(value, sum)| *value = scale * sum);
                } else {
                    values.iter_mut().zip(&sums[at..]).for_each(|(value, sum)| *value = scale * sum);
                }
                match args.bias {
                    Bias::None => {}
                    Bias::PerRow => {
                        let bias = bias[row % m].widen();
                        values.iter_mut().for_each(|value| *value += bias);
                    }
                    Bias::PerColumn => {
                        load(isa, &bias[column..][..c.len()], added);
                        values.iter_mut().zip(&*added).for_each(|(value, bias)| *value += bias);
                    }
                }
                if args.residual {
                    load(isa, &residual[at..][..c.len()], added);
                    values.iter_mut().zip(&*added).for_each(|(value, residual)| *value += residual);
                }
                if args.keep_pre {
                    store(isa, values, &mut z[i * n + column..][..c.len()]);
                }
                if activation != Activation::Identity {
                    apply_in_place(isa, activation, values);
                }
                store(isa, values, c);
            }
        }
    });
}
