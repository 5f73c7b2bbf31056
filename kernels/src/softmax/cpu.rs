use super::Args;
use crate::cpu::{Block, LANES, load, map_pairs, multiversion, store, sum_by};
use crate::{Cpu, math};

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 11;

/// Elementary operations per element, roughly.
const COST: usize = 6;

pub(super) fn forward(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, &Args { len, log, .. }) = (cpu.isa(), args);
    let piece = CHUNK.div_ceil(len.max(1)) * len;
    cpu.parallel_chunks(y, piece, x.len() * COST, |i, y, _| {
        softmax(isa, len, log, &x[i * piece..][..y.len()], y);
    });
}

pub(super) fn backward(cpu: &Cpu, args: &Args, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, &Args { len, log, .. }) = (cpu.isa(), args);
    let piece = CHUNK.div_ceil(len.max(1)) * len;
    let work = y.len() * if log { COST } else { 2 };
    cpu.parallel_chunks(dx, piece, work, |i, dx, _| {
        let part = i * piece..i * piece + dx.len();
        chain(isa, len, log, &y[part.clone()], &dy[part], dx);
    });
}

/// Blocks of [`LANES`] elements whose sums are added up in single precision.
const BLOCKS: usize = 64;

/// y ← e^(x − max x). Gives the maximum and Σ y. For use within `multiversion!`.
#[inline(always)]
pub(crate) fn exponentials(x: &[f32], y: &mut [f32]) -> (f32, f32) {
    let ((x, x_end), (y, y_end)) = (x.as_chunks::<LANES>(), y.as_chunks_mut::<LANES>());
    // What is left over is filled up with elements that add nothing.
    let mut end = load(x_end, f32::NEG_INFINITY);

    let mut lanes = end;
    for x in x {
        // A comparison and not `f32::max`, whose care for NaN costs; a NaN comes out through the sum.
        lanes.iter_mut().zip(x).for_each(|(max, x)| *max = if *x > *max { *x } else { *max });
    }
    let max = across(lanes, |a, b| if b > a { b } else { a });

    let mut total = 0.0;
    for (x, y) in x.chunks(BLOCKS).zip(y.chunks_mut(BLOCKS)) {
        let mut sums = [0.0; LANES];
        for (x, y) in x.iter().zip(y) {
            for ((y, x), sum) in y.iter_mut().zip(x).zip(&mut sums) {
                *y = math::exp(x - max);
                *sum += *y;
            }
        }
        total += across(sums, |a, b| a + b) as f64;
    }
    end.iter_mut().for_each(|x| *x = math::exp(*x - max));
    store(&end, y_end);
    (max, (total + across(end, |a, b| a + b) as f64) as f32)
}

/// Folds the lanes to one.
#[inline(always)]
fn across(mut lanes: Block, f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            lanes[l] = f(lanes[l], lanes[l + width]);
        }
        width /= 2;
    }
    lanes[0]
}

multiversion! {
    fn softmax(isa, len: usize, log: bool, x: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)) {
            let (max, sum) = exponentials(x, y);
            if log {
                let log_sum = math::ln(sum);
                for (y, x) in y.iter_mut().zip(x) {
                    *y = x - max - log_sum;
                }
            } else {
                let scale = 1.0 / sum;
                y.iter_mut().for_each(|y| *y *= scale);
            }
        }
    }
}

multiversion! {
    fn chain(isa, len: usize, log: bool, y: &[f32], dy: &[f32], dx: &mut [f32]) {
        let rows = y.chunks_exact(len).zip(dy.chunks_exact(len)).zip(dx.chunks_exact_mut(len));
        for ((y, dy), dx) in rows {
            if log {
                let sum = sum_by(dy, dy, |dy, _| dy) as f32;
                map_pairs(dy, y, dx, |dy, y| dy - math::exp(y) * sum);
            } else {
                let sum = sum_by(y, dy, |y, dy| y * dy) as f32;
                for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                    *dx = y * (dy - sum);
                }
            }
        }
    }
}
