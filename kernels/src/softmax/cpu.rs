use super::Args;
use crate::Cpu;
use crate::math;
use crate::vector::{Kernel, Registers, Vector, Wide, run};

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 11;

/// Elementary operations per element, roughly.
const COST: usize = 6;

pub(super) fn forward(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, &Args { len, log, .. }) = (cpu.isa(), args);
    let piece = CHUNK.div_ceil(len.max(1)) * len;
    cpu.parallel_chunks(y, piece, x.len() * COST, |i, y, _| {
        run(isa, Softmax { len, log, x: &x[i * piece..][..y.len()], y });
    });
}

pub(super) fn backward(cpu: &Cpu, args: &Args, y: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, &Args { len, log, .. }) = (cpu.isa(), args);
    let piece = CHUNK.div_ceil(len.max(1)) * len;
    let work = y.len() * if log { COST } else { 2 };
    cpu.parallel_chunks(dx, piece, work, |i, dx, _| {
        let part = i * piece..i * piece + dx.len();
        run(isa, Chain { len, log, y: &y[part.clone()], dy: &dy[part], dx });
    });
}

/// Registers whose sum is added up in single precision.
const BLOCK: usize = 64;

/// y ← e^(x − max x), or where there is no use for them leaves y as it is. Gives the maximum and their sum.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
pub(crate) unsafe fn exponentials<V: Vector>(x: &[f32], y: &mut [f32], keep: bool) -> (f32, f32) {
    // SAFETY: the caller's promise.
    let mut y = unsafe { Registers::<V>::new(y) };
    // What is left over is filled up with elements that add nothing. A NaN comes out through the sum.
    let lowest = y.splat(f32::NEG_INFINITY);
    let mut largest = [lowest; 2];
    for i in (0..y.count()).step_by(2) {
        largest[0] = y.padded(x, i, lowest).larger(largest[0]);
        largest[1] = y.padded(x, i + 1, lowest).larger(largest[1]);
    }
    let max = largest[0].larger(largest[1]).largest();

    let mut total = 0.0;
    for block in (0..y.count()).step_by(BLOCK) {
        let mut sum = y.splat(0.0);
        for i in block..y.count().min(block + BLOCK) {
            let e = math::exp(y.padded(x, i, lowest) - max);
            sum = sum + e;
            if keep {
                y.set(i, e);
            }
        }
        total += sum.sum() as f64;
    }
    (max, total as f32)
}

struct Softmax<'a> {
    len: usize,
    log: bool,
    x: &'a [f32],
    y: &'a mut [f32],
}
impl Kernel for Softmax<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        for (x, y) in self.x.chunks_exact(self.len).zip(self.y.chunks_exact_mut(self.len)) {
            // SAFETY: within `run`.
            let (max, sum) = unsafe { exponentials::<V>(x, y, !self.log) };
            // SAFETY: within `run`.
            let mut y = unsafe { Registers::<V>::new(y) };
            if self.log {
                let log_sum = math::ln(y.splat(sum));
                for i in 0..y.count() {
                    y.set(i, y.get_from(x, i) - max - log_sum);
                }
            } else {
                let scale = 1.0 / sum;
                for i in 0..y.count() {
                    y.set(i, y.get(i) * scale);
                }
            }
        }
    }
}

struct Chain<'a> {
    len: usize,
    log: bool,
    y: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
}
impl Kernel for Chain<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let rows = self.y.chunks_exact(self.len).zip(self.dy.chunks_exact(self.len));
        for ((y, dy), dx) in rows.zip(self.dx.chunks_exact_mut(self.len)) {
            // SAFETY: within `run`.
            let mut dx = unsafe { Registers::<V>::new(dx) };
            let sum = dx.splat(sum(&dx, if self.log { &[] } else { y }, dy));
            for i in 0..dx.count() {
                let (y, dy) = (dx.get_from(y, i), dx.get_from(dy, i));
                dx.set(i, if self.log { dy - math::exp(y) * sum } else { y * (dy - sum) });
            }
        }
    }
}

/// Σ y·dy, or Σ dy without `y`.
#[inline(always)]
fn sum<V: Vector>(registers: &Registers<'_, V>, y: &[f32], dy: &[f32]) -> f32 {
    let (zero, mut total) = (registers.splat(0.0), 0.0);
    for block in (0..registers.count()).step_by(2 * BLOCK) {
        let mut sums: [Wide<V>; 2] = [zero; 2];
        for i in (block..registers.count().min(block + 2 * BLOCK)).step_by(2) {
            for (i, sum) in [i, i + 1].into_iter().zip(&mut sums) {
                let dy = registers.padded(dy, i, zero);
                *sum = *sum + if y.is_empty() { dy } else { dy * registers.padded(y, i, zero) };
            }
        }
        total += (sums[0] + sums[1]).sum() as f64;
    }
    total as f32
}
