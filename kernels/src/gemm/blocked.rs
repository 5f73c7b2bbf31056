//! The blocked product: C is cut into tiles, one per task. For a range of k at a time a task packs its
//! part of B into a panel that stays in the second-level cache, and then takes one strip of A after the
//! other, which stays in the first-level cache, along the whole panel. What lies well in memory is read in
//! place.

use super::lanes::Lanes;
use super::micro::{self, Corner, Micro, Strip};
use super::operand::Operand;
use super::output::{Rectangle, Sink};
use crate::sure::{cut, cut_mut, divide, holds, split_mut};
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

/// Most k for which a panel of B is packed. A strip of A with as many stays in the first-level cache.
const DEPTH: usize = 512;
/// Floats of a panel of B: a quarter of a second-level cache of 2 MiB.
const PANEL: usize = 1 << 17;
/// Most rows and columns of a tile. Tiles are low, so that threads get equal shares: each joins those of a run.
const TILE: [usize; 2] = [28, 512];
/// Floats to pack into on the stack, where the device has no scratch memory.
const STACK: usize = if SCRATCH { 0 } else { 2048 };
/// Whether the device has scratch memory.
pub(super) const SCRATCH: bool = cfg!(feature = "std");
/// Tiles are made smaller for the sake of several threads, but not below this many multiplications.
const TASK: usize = 1 << 18;
/// Where its rows are contiguous and at most so far apart, B is read in place; those further apart are if
/// A has few rows.
const NEAR: usize = 256;
const FAR: usize = 1024;
const FEW: usize = 128;
/// From so many floats on A is asked for a strip ahead if it has few columns to multiply: it does not stay in the
/// second-level cache, and those take no longer than reading it. Else the processor asks in time by itself.
const AHEAD: usize = 1 << 17;
/// Runs of tiles for each thread: B is packed anew for each, but with a single one all would wait for the
/// slowest thread.
const RUNS: usize = 2;
/// The largest register tile.
const REGISTERS: usize = 14 * 32;

/// Computes `output` = A·B, which was made for these sizes.
pub(crate) fn product<A: Operand, B: Operand, S: Sink>(cpu: &Cpu, size: Size, a: &A, b: &B, output: &S) {
    if !holds(output.sizes() == [size.m, size.n, size.batch[0], size.batch[1]]) {
        return;
    }
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
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
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
    /// Of a range of k.
    depth: usize,
    sum: [usize; 2],
}

/// Cuts C into tiles. The cut depends on the sizes alone. Tiles one below the other that a thread
/// computes one after the other are joined, so that B is packed once: each sum remains the same.
fn tasks<S: Sink, M: Micro, const NR: usize>(cpu: &Cpu, size: Size, f: impl Fn(Job, &mut [f32]) + Sync) {
    let Size { m, n, k, batch, sum } = size;
    let batches = batch[0] * batch[1];
    if m * n * batches == 0 {
        return;
    }
    if SCRATCH
        && batches == 1
        && k <= DEPTH
        && n.saturating_mul(k) <= PANEL
        && m * n * k * sum[0] * sum[1] <= TASK
    {
        // What is small is not cut, and would feel the price of finding that out.
        let tile = Rectangle { batch: [0; 2], row: 0, column: 0, rows: m, columns: n };
        return cpu.parallel(1, 0, |_, scratch| f(Job { tile, k, depth: k.max(1), sum }, scratch));
    }
    let depth = even(k.max(1), if SCRATCH { DEPTH } else { STACK / (M::STRIDE + NR) }, 1);
    let (rows, mut columns) = if SCRATCH {
        (even(m, TILE[0], M::ROWS), even(n, TILE[1].min(PANEL / depth), NR))
    } else {
        (M::ROWS, NR)
    };
    let count = |columns: usize| m.div_ceil(rows) * n.div_ceil(columns) * batches;
    while SCRATCH
        && !S::WHOLE
        && columns > NR
        && count(columns) < 8
        && rows * columns * k * sum[0] * sum[1] > 2 * TASK
    {
        columns = even(n, columns / 2, NR);
    }
    let [down, across] = [m.div_ceil(rows), n.div_ceil(columns)];
    let work = m * n * batches * (k * sum[0] * sum[1] / 16 + 1);
    let tiles = down * across;
    let part = if S::WHOLE { tiles } else { 1 };
    cpu.parallel_runs(divide(batches * tiles, part).0, RUNS, work, &|run, scratch| {
        let (mut at, end) = (run.start * part, run.end * part);
        while at < end {
            let (index, of_matrix) = divide(at, tiles);
            let (column, row) = divide(of_matrix, down);
            let (outer, inner) = divide(index, batch[1]);
            let until = down.min(row + end - at);
            at += until - row;
            let (row, column) = (row * rows, column * columns);
            let tile = Rectangle {
                batch: [outer, inner],
                row,
                column,
                rows: m.min(until * rows) - row,
                columns: columns.min(n - column),
            };
            f(Job { tile, k, depth, sum }, scratch);
        }
    });
}

/// A size of at most `most`, a multiple of `unit`, that cuts `total` into nearly equal parts.
pub(crate) fn even(total: usize, most: usize, unit: usize) -> usize {
    let most = (most / unit).max(1) * unit;
    total.div_ceil(total.div_ceil(most).max(1)).next_multiple_of(unit)
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
    let Job { tile, k, depth, sum } = job;
    let mut stack = [0.0; STACK];
    let scratch = if SCRATCH { scratch } else { &mut stack[..] };
    let (a_scratch, b_scratch) = split_mut(scratch, if SCRATCH { 16 * DEPTH } else { STRIDE * depth });
    // Strips of nearly equal heights: a low last one would not fill the pipeline.
    let strips = tile.rows.div_ceil(M::ROWS);
    let across = tile.columns.div_ceil(NR);
    let mut sums = [0.0; REGISTERS];
    for part in 0..sum[0] * sum[1] {
        let (outer, inner) = divide(part, sum[1]);
        let batch = [tile.batch[0] + outer, tile.batch[1] + inner];
        // Lines that are not contiguous are packed, unless they are short or used but once or twice.
        let a_memory = a.in_place(batch);
        let a_place = a_memory.filter(|a| a.depth == 1 || k <= FEW || across <= 2);
        let b_memory =
            b.in_place(batch).filter(|b| b.line == 1 && b.depth <= if tile.rows <= FEW { FAR } else { NEAR });
        // Whole strips of B that need not be packed.
        let b_place = |strip: usize| {
            let column = tile.column + strip * NR;
            match b_memory {
                _ if tile.columns - strip * NR < NR => None,
                Some(b) => Some(Strip { data: b.data.get(column..).unwrap_or(&[]), ..b }),
                None => b.strip(column, NR),
            }
        };
        // Once even where k is zero: C is written.
        for block in 0..k.div_ceil(depth.max(1)).max(1) {
            let ks = block * depth..k.min((block + 1) * depth);
            let len = ks.len();
            for strip in 0..across {
                if b_place(strip).is_none() {
                    let count = NR.min(tile.columns - strip * NR);
                    let to = cut_mut(b_scratch, strip * NR * len, NR * len);
                    b.pack::<M::Lanes, NR>(batch, tile.column + strip * NR, count, ks.clone(), to);
                }
            }
            let first = part == 0 && block == 0;
            let last = part + 1 == sum[0] * sum[1] && ks.end == k;
            for strip in 0..strips {
                let (from, _) = divide(strip * tile.rows, strips);
                let rows = divide((strip + 1) * tile.rows, strips).0 - from;
                let a = match a_place {
                    Some(Strip { data, line, depth }) => {
                        let data = data.get((tile.row + from) * line + ks.start * depth..).unwrap_or(&[]);
                        Strip { data, line, depth }
                    }
                    None => {
                        let to = cut_mut(a_scratch, 0, STRIDE * len);
                        a.pack::<M::Lanes, STRIDE>(batch, tile.row + from, rows, ks.clone(), to);
                        Strip { data: to, line: 1, depth: STRIDE }
                    }
                };
                let next = a_memory.filter(|a| across <= 2 && a.data.len() >= AHEAD).map(|a| {
                    let data = a.data.get((tile.row + from + rows) * a.line + ks.start * a.depth..);
                    Strip { data: data.unwrap_or(&[]), ..a }
                });
                for strip in 0..across {
                    let column = strip * NR;
                    if let Some(next) = next {
                        next.prefetch::<M::Lanes>(M::ROWS, len, [strip, across]);
                    }
                    let to = Rectangle {
                        batch: tile.batch,
                        row: tile.row + from,
                        column: tile.column + column,
                        rows,
                        columns: NR.min(tile.columns - column),
                    };
                    let b = match b_place(strip) {
                        Some(b) => Strip { data: b.data.get(ks.start * b.depth..).unwrap_or(&[]), ..b },
                        None => {
                            let data = cut(b_scratch, strip * NR * len, NR * len);
                            Strip { data, line: 1, depth: NR }
                        }
                    };
                    // Two products for each strip, which cost little beside the tile.
                    if !holds(a.holds(rows, len) && b.holds(NR, len)) {
                        return;
                    }
                    // SAFETY: the rectangle is a part of this task's tile, which is no other task's.
                    unsafe { tile_to::<S, M, NR>(isa, output, to, len, a, b, [first, last], &mut sums) };
                }
            }
        }
    }
}

/// Sums a register tile, straight into C where it can.
///
/// # Safety
/// As for [`Sink::put`]; the strips hold `to.rows` and `NR` lines of `len` elements.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn tile_to<S: Sink, M: Micro, const NR: usize>(
    isa: Isa,
    output: &S,
    to: Rectangle,
    len: usize,
    a: Strip<'_>,
    b: Strip<'_>,
    [first, last]: [bool; 2],
    sums: &mut [f32; REGISTERS],
) {
    let whole = to.columns > NR / 2;
    let buffer = Corner { at: sums.as_mut_ptr(), row: NR, columns: if whole { NR } else { NR / 2 } };
    let fits = <M::Lanes as Lanes>::MASKS || to.columns == NR;
    let place = if fits { output.place(to, first, last) } else { None };
    // SAFETY: `sums` is large enough for any tile; and the caller's promise.
    unsafe {
        if let Some(place) = &place {
            // By reference: what was just written in parts is slow to copy as a whole.
            let from = place.continues.then_some(&place.corner);
            M::tile(to.rows, len, &a, &b, from, if place.plain { &place.corner } else { &buffer });
            if !place.plain {
                M::finish(to.rows, sums, place);
            }
        } else {
            M::tile(to.rows, len, &a, &b, None, &buffer);
            output.put(isa, to, sums, NR, first, last);
        }
    }
}
