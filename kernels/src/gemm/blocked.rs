//! The blocked product: C is cut into tiles, one per task; a task packs the parts of A and B that it
//! needs, a range of k at a time, and sums register tiles over them.

use super::micro::{self, Micro};
use super::operand::Operand;
use super::output::{Rectangle, Sink};
use crate::{Cpu, Isa};

/// The sizes of a product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    /// Products of their own.
    pub(crate) batch: [usize; 2],
    /// Products that are summed into the same C; one where `batch` is not.
    pub(crate) sum: [usize; 2],
}

/// A range of k for which the strips of a tile are packed.
const DEPTH: usize = 240;
/// Most rows and columns of a tile. The strips of a tile fill the scratch memory of a thread.
const TILE: [usize; 2] = [120, 384];
/// Floats to pack into on the stack, where the device has no scratch memory.
const STACK: usize = if SCRATCH { 0 } else { 2048 };
/// Whether the device has scratch memory.
const SCRATCH: bool = cfg!(feature = "std");
/// Tiles are made smaller for the sake of several threads, but not below this many multiplications.
const TASK: usize = 1 << 18;
/// The largest register tile.
const REGISTERS: usize = 14 * 32;

/// Computes `output` = A·B.
///
/// # Panics
/// If the output was made for other sizes.
pub(crate) fn product<A: Operand, B: Operand, S: Sink>(cpu: &Cpu, size: Size, a: &A, b: &B, output: &S) {
    assert_eq!(output.sizes(), [size.m, size.n, size.batch[0], size.batch[1]], "sizes of the output");
    match cpu.isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => tasks::<S, micro::Avx512, 32>(cpu, size, |job, scratch| {
            // SAFETY: `Isa::detect` found AVX-512.
            unsafe { avx512(a, b, output, job, scratch) }
        }),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => tasks::<S, micro::Avx2, 16>(cpu, size, |job, scratch| {
            // SAFETY: `Isa::detect` found AVX2 and FMA.
            unsafe { avx2(a, b, output, job, scratch) }
        }),
        _ => tasks::<S, micro::Portable, 8>(cpu, size, |job, scratch| {
            task::<A, B, S, micro::Portable, 4, 8>(Isa::Portable, a, b, output, job, scratch);
        }),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn avx512<A: Operand, B: Operand, S: Sink>(a: &A, b: &B, output: &S, job: Job, scratch: &mut [f32]) {
    task::<A, B, S, micro::Avx512, 16, 32>(Isa::Avx512, a, b, output, job, scratch);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<A: Operand, B: Operand, S: Sink>(a: &A, b: &B, output: &S, job: Job, scratch: &mut [f32]) {
    task::<A, B, S, micro::Avx2, 8, 16>(Isa::Avx2, a, b, output, job, scratch);
}

/// What one task computes.
struct Job {
    tile: Rectangle,
    k: usize,
    sum: [usize; 2],
}

/// Cuts C into tiles. The cut depends on the sizes alone, so results do not depend on the threads.
fn tasks<S: Sink, M: Micro, const NR: usize>(cpu: &Cpu, size: Size, f: impl Fn(Job, &mut [f32]) + Sync) {
    let Size { m, n, k, batch, sum } = size;
    let batches = batch[0] * batch[1];
    if m * n * batches == 0 {
        return;
    }
    let (mut rows, mut columns) =
        if SCRATCH { (even(m, TILE[0], M::ROWS), even(n, TILE[1], NR)) } else { (M::ROWS, NR) };
    let count = |rows: usize, columns: usize| m.div_ceil(rows) * n.div_ceil(columns) * batches;
    while STACK == 0
        && !S::WHOLE
        && count(rows, columns) < 8
        && rows * columns * k * sum[0] * sum[1] > 2 * TASK
    {
        if columns > rows && columns > NR {
            columns = even(n, columns / 2, NR);
        } else if rows > M::ROWS {
            rows = even(m, rows / 2, M::ROWS);
        } else {
            break;
        }
    }
    let [down, across] = [m.div_ceil(rows), n.div_ceil(columns)];
    let work = m * n * batches * (k * sum[0] * sum[1] / 16 + 1);
    let tiles = down * across;
    let part = if S::WHOLE { tiles } else { 1 };
    cpu.parallel(batches * tiles / part, work, |task, scratch| {
        for at in task * part..(task + 1) * part {
            let (tile, index) = (at % tiles, at / tiles);
            let (row, column) = (tile / across * rows, tile % across * columns);
            let tile = Rectangle {
                batch: [index / batch[1], index % batch[1]],
                row,
                column,
                rows: rows.min(m - row),
                columns: columns.min(n - column),
            };
            f(Job { tile, k, sum }, scratch);
        }
    });
}

/// A size of at most `most`, a multiple of `unit`, that cuts `total` into nearly equal parts.
fn even(total: usize, most: usize, unit: usize) -> usize {
    let most = (most / unit).max(1) * unit;
    total.div_ceil(total.div_ceil(most)).next_multiple_of(unit)
}

#[inline(always)]
fn task<A: Operand, B: Operand, S: Sink, M: Micro, const STRIDE: usize, const NR: usize>(
    isa: Isa,
    a: &A,
    b: &B,
    output: &S,
    job: Job,
    scratch: &mut [f32],
) {
    let Job { tile, k, sum } = job;
    let mut stack = [0.0; STACK];
    let scratch = if SCRATCH { scratch } else { &mut stack[..] };
    let depth = if SCRATCH { DEPTH } else { STACK / (STRIDE + NR) };
    // Strips of equal heights: a low last one would not fill the pipeline.
    let height = tile.rows.div_ceil(tile.rows.div_ceil(M::ROWS));
    let (a_scratch, b_scratch) = scratch.split_at_mut(tile.rows.div_ceil(height) * STRIDE * depth);
    let mut sums = [0.0; REGISTERS];
    for part in 0..sum[0] * sum[1] {
        let batch = [tile.batch[0] + part / sum[1], tile.batch[1] + part % sum[1]];
        // Once even where k is zero: C is written.
        for block in 0..k.div_ceil(depth).max(1) {
            let from = block * depth;
            let ks = from..k.min(from + depth);
            let (a_strip, b_strip) = (STRIDE * ks.len(), NR * ks.len());
            for (strip, j) in (0..tile.columns).step_by(NR).enumerate() {
                let count = NR.min(tile.columns - j);
                let to = &mut b_scratch[strip * b_strip..][..b_strip];
                b.pack::<M::Lanes, NR>(batch, tile.column + j, count, ks.clone(), to);
            }
            for (strip, i) in (0..tile.rows).step_by(height).enumerate() {
                let count = height.min(tile.rows - i);
                let to = &mut a_scratch[strip * a_strip..][..a_strip];
                a.pack::<M::Lanes, STRIDE>(batch, tile.row + i, count, ks.clone(), to);
            }
            let first = part == 0 && block == 0;
            let last = part + 1 == sum[0] * sum[1] && ks.end == k;
            for (strip, j) in (0..tile.columns).step_by(NR).enumerate() {
                let b = &b_scratch[strip * b_strip..][..b_strip];
                for (strip, i) in (0..tile.rows).step_by(height).enumerate() {
                    let a = &a_scratch[strip * a_strip..][..a_strip];
                    let to = Rectangle {
                        batch: tile.batch,
                        row: tile.row + i,
                        column: tile.column + j,
                        rows: height.min(tile.rows - i),
                        columns: NR.min(tile.columns - j),
                    };
                    M::run(to.rows, a, b, &mut sums);
                    // SAFETY: the rectangle is a part of this task's tiles, which are no other task's.
                    unsafe { output.put(isa, to, &mut sums, NR, first, last) };
                }
            }
        }
    }
}
