use super::{Args, ExpandArgs};
use crate::cpu::{multiversion, sum_by, sum_parts};
use crate::sure::{cut, cut_mut, divide};
use crate::{Cpu, Isa};

/// Elements read or written by one task, roughly.
const CHUNK: usize = 1 << 13;

/// Columns that are summed at once.
const TILE: usize = 64;

/// Rows after which the columns' sums are added up in double precision.
const BLOCK: usize = 256;

pub(super) fn reduce(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, &Args { len, inner, .. }) = (cpu.isa(), args);
    if inner == 1 && len >= 4 * CHUNK {
        // Few long rows: the threads share each of them.
        for (o, y) in y.iter_mut().enumerate() {
            let row = cut(x, o * len, len);
            let sum = sum_parts(cpu, len, CHUNK, len, |part| sum(isa, cut(row, part.start, part.len())));
            store(args, y, sum);
        }
        return;
    }
    let outputs = CHUNK.div_ceil(len.max(1)).next_multiple_of(if inner == 1 { 1 } else { TILE });
    cpu.parallel_chunks(y, outputs, x.len(), |i, y, _| {
        if inner == 1 { rows(isa, args, i * outputs, x, y) } else { columns(isa, args, i * outputs, x, y) }
    });
}

pub(super) fn expand(cpu: &Cpu, args: &ExpandArgs, x: &[f32], y: &mut [f32]) {
    let work = y.len();
    let isa: Isa = cpu.isa();
    cpu.parallel_chunks(y, CHUNK, work, |i, y, _| repeat(isa, args, i * CHUNK, x, y));
}

#[inline(always)]
fn store(args: &Args, y: &mut f32, sum: f64) {
    let value = if args.mean { sum / args.len as f64 } else { sum };
    *y = if args.accumulate { *y + value as f32 } else { value as f32 };
}

multiversion! {
    fn sum(isa, x: &[f32]) -> f64 {
        sum_by(x, x, |x, _| x)
    }
}

multiversion! {
    /// The sums of whole rows, from row `start` on.
    fn rows(isa, args: &Args, start: usize, x: &[f32], y: &mut [f32]) {
        for (i, y) in y.iter_mut().enumerate() {
            let row = cut(x, (start + i) * args.len, args.len);
            store(args, y, sum_by(row, row, |x, _| x));
        }
    }
}

multiversion! {
    /// The outputs from `start` on, a tile of neighbouring columns at a time.
    fn columns(isa, args: &Args, start: usize, x: &[f32], y: &mut [f32]) {
        let &Args { len, inner, .. } = args;
        let mut at = 0;
        while at < y.len() {
            let (outer, column) = divide(start + at, inner);
            let width = TILE.min(inner - column).min(y.len() - at);
            let mut total = [0.0f64; TILE];
            let mut from = 0;
            while from < len {
                let to = len.min(from + BLOCK);
                let mut tile = [0.0f32; TILE];
                for l in from..to {
                    let row = cut(x, (outer * len + l) * inner + column, width);
                    // A full tile has a loop of constant length, whose sums stay in registers.
                    if let Some(row) = row.first_chunk::<TILE>() {
                        for (sum, x) in tile.iter_mut().zip(row) {
                            *sum += x;
                        }
                    } else {
                        for (sum, x) in tile.iter_mut().zip(row) {
                            *sum += x;
                        }
                    }
                }
                for (total, sum) in total.iter_mut().zip(tile) {
                    *total += sum as f64;
                }
                from = to;
            }
            for (y, total) in cut_mut(y, at, width).iter_mut().zip(total) {
                store(args, y, total);
            }
            at += width;
        }
    }
}

multiversion! {
    /// The outputs from `start` on.
    fn repeat(isa, args: &ExpandArgs, start: usize, x: &[f32], y: &mut [f32]) {
        let &ExpandArgs { len, inner, factor, .. } = args;
        let mut at = 0;
        while at < y.len() {
            let place = start + at;
            if inner == 1 {
                let width = (len - place % len).min(y.len() - at);
                y[at..at + width].fill(factor * x[place / len]);
                at += width;
            } else {
                let column = place % inner;
                let width = (inner - column).min(y.len() - at);
                let from = &x[place / inner / len * inner + column..][..width];
                for (y, x) in y[at..at + width].iter_mut().zip(from) {
                    *y = factor * x;
                }
                at += width;
            }
        }
    }
}
