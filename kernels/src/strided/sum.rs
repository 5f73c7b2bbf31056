//! Sums over axes that y does not have.

use super::axes::{Axis, Plan, walk};
use super::cpu::TILE;
use crate::Isa;
use crate::cpu::{multiversion, sum_by};

/// Elements of a column after which its sum is added up in double precision.
const BLOCK: usize = 256;

/// y\[kept\] ← y\[kept\] + factor·Σ x\[kept, summed\].
pub(super) fn sum(isa: Isa, plan: &Plan, x: &[f32], y: &mut [f32]) {
    let Plan { mut kept, mut summed, factor } = *plan;
    let run = summed.pop();
    let add = |y: &mut f32, sum: f64| *y += (factor as f64 * sum) as f32;
    if run.from == 1 {
        walk(kept.as_slice(), 0, 0, &mut |from, to| {
            let mut total = 0.0;
            walk(summed.as_slice(), from, 0, &mut |from, _| total += row(isa, &x[from..][..run.len]));
            add(&mut y[to], total);
        });
        return;
    }
    let columns = kept.pop();
    walk(kept.as_slice(), 0, 0, &mut |from, to| {
        for first in (0..columns.len).step_by(TILE) {
            let columns = Axis { len: TILE.min(columns.len - first), ..columns };
            let (from, to) = (from + first * columns.from, to + first * columns.to);
            let mut totals = [0.0; TILE];
            walk(summed.as_slice(), from, 0, &mut |from, _| tile(isa, run, columns, &x[from..], &mut totals));
            for (i, &total) in totals[..columns.len].iter().enumerate() {
                add(&mut y[to + i * columns.to], total);
            }
        }
    });
}

multiversion! {
    fn row(isa, x: &[f32]) -> f64 {
        sum_by(x, x, |x, _| x)
    }
}

multiversion! {
    /// Adds the sums along `run` of at most a tile of columns to `totals`.
    fn tile(isa, run: Axis, columns: Axis, x: &[f32], totals: &mut [f64; TILE]) {
        for from in (0..run.len).step_by(BLOCK) {
            let mut sums = [0.0f32; TILE];
            for i in from..run.len.min(from + BLOCK) {
                let x = &x[i * run.from..];
                // A full tile has a loop of constant length, whose sums stay in registers.
                match x.first_chunk::<TILE>() {
                    Some(x) if columns.from == 1 && columns.len == TILE => add(&mut sums, x),
                    _ if columns.from == 1 => add(&mut sums, &x[..columns.len]),
                    _ => {
                        for (c, sum) in sums[..columns.len].iter_mut().enumerate() {
                            *sum += x[c * columns.from];
                        }
                    }
                }
            }
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += sum as f64;
            }
        }
    }
}

#[inline(always)]
fn add(sums: &mut [f32; TILE], x: &[f32]) {
    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
}
