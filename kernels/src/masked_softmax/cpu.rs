use super::Args;
use crate::cpu::part;
use crate::math;
use crate::vector::{Kernel, Registers, Vector, run};
use crate::{Bool, Cpu};

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 11;

/// Elementary operations per element, roughly.
const COST: usize = 6;

pub(super) fn forward(cpu: &Cpu, args: &Args, mask: &[Bool], lengths: &[i32], x: &[f32], y: &mut [f32]) {
    let (isa, keys) = (cpu.isa(), args.keys);
    let rows = CHUNK.div_ceil(keys.max(1));
    cpu.parallel_chunks(y, rows * keys, x.len() * COST, |i, y, _| {
        let x = &x[i * rows * keys..][..y.len()];
        run(isa, Masked { args, row: i * rows, mask, lengths, x, y });
    });
}

struct Masked<'a> {
    args: &'a Args,
    /// The first.
    row: usize,
    mask: &'a [Bool],
    lengths: &'a [i32],
    x: &'a [f32],
    y: &'a mut [f32],
}
impl Kernel for Masked<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Masked { args: args @ &Args { heads, queries, keys, .. }, row, mask, lengths, x, y } = self;
        for (i, (x, y)) in x.chunks_exact(keys).zip(y.chunks_exact_mut(keys)).enumerate() {
            let row = row + i;
            let live = args.live(row, lengths);
            let (y, rest) = y.split_at_mut(live);
            rest.fill(0.0);
            y.copy_from_slice(&x[..live]);
            for (y, hidden) in y.iter_mut().zip(part(mask, row / (heads * queries) * keys, keys)) {
                *y = if hidden.get() { f32::NEG_INFINITY } else { *y };
            }
            // SAFETY: within `run`.
            unsafe { softmax::<V>(y) };
        }
    }
}

/// y ← eʸ/Σeʸ; zeros of nothing but −∞.
///
/// # Safety
/// Within [`Kernel::run`].
#[inline(always)]
unsafe fn softmax<V: Vector>(y: &mut [f32]) {
    // What is left over is filled up with elements that add nothing. A NaN comes out through the sum.
    // SAFETY: within `run`.
    let mut y = unsafe { Registers::<V>::new(y) };
    let lowest = y.splat(f32::NEG_INFINITY);
    let mut largest = lowest;
    for i in 0..y.count() {
        largest = y.get_or(i, lowest).larger(largest);
    }
    let max = largest.largest();
    let centre = if max == f32::NEG_INFINITY { 0.0 } else { max };
    let mut sum = y.splat(0.0);
    for i in 0..y.count() {
        let e = math::exp(y.get_or(i, lowest) - centre);
        sum = sum + e;
        y.set(i, e);
    }
    let sum = sum.sum();
    let scale = if sum == 0.0 { 0.0 } else { 1.0 / sum };
    for i in 0..y.count() {
        y.set(i, y.get(i) * scale);
    }
}
