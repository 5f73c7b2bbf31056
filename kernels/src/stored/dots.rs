//! Scalar products of rows of f32 and rows of bf16, which are read once and as they lie.
//!
//! A word of memory is two weights: shifted, the first of them is a float, and so is the word without its lower half. So
//! the numbers of x at even places and those at odd ones are taken apart, which costs less than to widen the weights.

use core::ops::Range;

use half::bf16;

use super::LinearArgs;
use crate::Cpu;
use crate::cpu::SendPtr;
use crate::gemm::finish_row;
use crate::op::Memory;
use crate::sure::{cut, holds};
use crate::vector::{Kernel, Vector, run};

/// Most rows, where weights can be packed for more.
pub(super) const ROWS: usize = 8;
/// Outputs of one task, where several threads compute.
const COLUMNS: usize = 64;

/// A program whose activations are all [`LIMITED`](crate::gemm::is_limited) is linked with no others.
pub(super) fn forward<const LIMITED: bool>(cpu: &Cpu, args: &LinearArgs, memory: &mut Memory<'_>) {
    let (x, weight, bias) = (memory.read::<f32>(0), memory.read::<bf16>(1), memory.read::<f32>(2));
    let (y, residual) = (memory.write::<f32>(3), memory.read::<f32>(4));
    let &LinearArgs { rows, inputs, outputs, activation, .. } = args;
    if !holds(x.len() >= rows * inputs && weight.len() >= outputs * inputs && y.len() >= rows * outputs) {
        return;
    }
    let (isa, y, work) = (cpu.isa(), SendPtr(y.as_mut_ptr()), rows * outputs * (inputs / 8 + 1));
    let each = if cpu.shares(work) { COLUMNS } else { outputs.max(1) };
    cpu.parallel(outputs.div_ceil(each), work, |task, _| {
        let columns = task * each..outputs.min((task + 1) * each);
        run(isa, Part { args, x, weight, columns: columns.clone(), y: y.get() });
        for row in 0..rows {
            let (at, len) = (row * outputs + columns.start, columns.len());
            let bias = if bias.is_empty() { bias } else { cut(bias, columns.start, len) };
            let residual = if residual.is_empty() { residual } else { cut(residual, at, len) };
            // SAFETY: these columns of y are this task's alone; y has all rows, as was checked.
            let y = unsafe { core::slice::from_raw_parts_mut(y.get().add(at), len) };
            finish_row::<LIMITED>(isa, activation, bias, residual, y);
        }
    });
}

/// Some outputs of all rows. The lengths of all memory were checked.
struct Part<'a> {
    args: &'a LinearArgs,
    x: &'a [f32],
    weight: &'a [bf16],
    columns: Range<usize>,
    y: *mut f32,
}

impl Kernel for Part<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let mut row = 0;
        while row < self.args.rows {
            // SAFETY: so many rows are left.
            row += unsafe {
                match (V::N, self.args.rows - row) {
                    (16, 4..) => self.rows::<V, 4, 4>(row),
                    (8.., 2..) => self.rows::<V, 2, 4>(row),
                    (8.., _) => self.rows::<V, 1, 8>(row),
                    _ => self.rows::<V, 1, 4>(row),
                }
            };
        }
    }
}

impl Part<'_> {
    /// `R` rows from one on; returns how many.
    ///
    /// # Safety
    /// So many rows are there.
    #[inline(always)]
    unsafe fn rows<V: Vector, const R: usize, const C: usize>(&self, row: usize) -> usize {
        let outputs = self.args.outputs;
        for column in self.columns.clone().step_by(C) {
            let count = C.min(self.columns.end - column);
            // SAFETY: the caller's promise, and columns of this part.
            unsafe {
                let tile = self.tile::<V, R, C>(row, column, count);
                for r in 0..R {
                    for (c, sums) in tile.iter().enumerate().take(count) {
                        self.y.add((row + r) * outputs + column + c).write(sums[r]);
                    }
                }
            }
        }
        R
    }

    /// The scalar products of `R` rows with the weights of `count` outputs.
    ///
    /// # Safety
    /// These are there, and this is called within [`run`].
    #[inline(always)]
    unsafe fn tile<V: Vector, const R: usize, const C: usize>(
        &self,
        row: usize,
        column: usize,
        count: usize,
    ) -> [[f32; R]; C] {
        let k = self.args.inputs;
        // Beyond the last output the last is computed again.
        let at: [usize; C] = core::array::from_fn(|c| (column + c.min(count - 1)) * k);
        let x = self.x.as_ptr().wrapping_add(row * k);
        let w = self.weight.as_ptr();
        // SAFETY: rows of x and of the weight have k numbers, of which no others are read; and the caller's promise.
        unsafe {
            let mut sums = [[V::splat(0.0); R]; C];
            let mut d = 0;
            while d + 2 * V::N <= k {
                sums = add::<V, R, C, true>(sums, x.add(d), w.add(d), at, k, 2 * V::N);
                d += 2 * V::N;
            }
            if d < k {
                sums = add::<V, R, C, false>(sums, x.add(d), w.add(d), at, k, k - d);
            }
            let mut tile = [[0.0; R]; C];
            let to = tile.as_flattened_mut();
            let mut i = 0;
            while i < R * C {
                let sum = |i: usize| sums[i / R][i % R];
                let four = V::sums([sum(i), sum(i + 1), sum(i + 2), sum(i + 3)]);
                to[i..i + 4].copy_from_slice(&four);
                i += 4;
            }
            tile
        }
    }
}

/// sums + x·w, over `count` numbers, which are two registers if that is `WHOLE`. Rows of x are `k` apart, those of w at
/// `at`.
///
/// # Safety
/// They are there, and this is called within [`run`].
#[inline(always)]
unsafe fn add<V: Vector, const R: usize, const C: usize, const WHOLE: bool>(
    mut sums: [[V; R]; C],
    x: *const f32,
    w: *const bf16,
    at: [usize; C],
    k: usize,
    count: usize,
) -> [[V; R]; C] {
    // SAFETY: the caller's promise. Indices with constant bounds: iterators over `sums` would keep it in memory.
    unsafe {
        let mut xs = [[V::splat(0.0); 2]; R];
        let mut r = 0;
        while r < R {
            let x = x.add(r * k);
            let high = x.wrapping_add(V::N);
            xs[r] = if WHOLE {
                V::unzip(V::load(x), V::load(high))
            } else {
                V::unzip(V::load_first(x, count.min(V::N)), V::load_first(high, count.saturating_sub(V::N)))
            };
            r += 1;
        }
        let mut c = 0;
        while c < C {
            let w = w.add(at[c]);
            let [even, odd] = if WHOLE { V::load_pairs(w) } else { V::load_first_pairs(w, count) };
            let mut r = 0;
            while r < R {
                sums[c][r] = sums[c][r].fma(xs[r][0], even).fma(xs[r][1], odd);
                r += 1;
            }
            c += 1;
        }
        sums
    }
}
