use super::Args;
use crate::cpu::{multiversion, sum_by};
use crate::{Cpu, math};

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 11;

/// Elementary operations per element, roughly.
const COST: usize = 16;

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

/// y ← e^(x − max x). Gives the maximum and Σ y. For use within `multiversion!`.
#[inline(always)]
pub(crate) fn exponentials(x: &[f32], y: &mut [f32]) -> (f32, f32) {
    let max = maximum(x);
    for (y, x) in y.iter_mut().zip(x) {
        *y = math::exp(x - max);
    }
    (max, sum_by(y, y, |y, _| y) as f32)
}

#[inline(always)]
fn maximum(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    let (whole, rest) = x.as_chunks::<16>();
    // A comparison and not `f32::max`, whose care for NaN costs; a NaN comes out through the sum.
    for x in whole {
        for (lane, x) in lanes.iter_mut().zip(x) {
            *lane = if *x > *lane { *x } else { *lane };
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = if *x > *lane { *x } else { *lane };
    }
    lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
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
                for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                    *dx = dy - math::exp(*y) * sum;
                }
            } else {
                let sum = sum_by(y, dy, |y, dy| y * dy) as f32;
                for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
                    *dx = y * (dy - sum);
                }
            }
        }
    }
}
