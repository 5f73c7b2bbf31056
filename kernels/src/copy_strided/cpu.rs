use super::Args;
use super::axes::{Axis, NONE, Plan, walk};
use super::transpose::{deinterleave, interleave, transpose};
use crate::{Cpu, Plain};

/// Elements written by one task, roughly.
const CHUNK: usize = 1 << 13;

/// Indices of y's outermost axis that a task takes are a multiple of this, for the sake of whole blocks.
const STEP: usize = 16;

pub(super) fn copy<T: Plain + Copy + Default>(cpu: &Cpu, args: &Args, x: &[T], y: &mut [T]) {
    let Some(mut plan) = Plan::new(args) else { return };
    let count = plan.as_slice().iter().map(|axis| axis.len).product::<usize>();
    let start = core::mem::take(&mut plan.to);
    let y = &mut y[start..];
    if count <= CHUNK || cpu.threads() == 1 {
        return part(plan, x, y);
    }
    // A task takes some indices of y's outermost axis; what they reach in y is contiguous and its own.
    let outer = plan.as_slice().first().copied().unwrap_or(NONE);
    let indices = CHUNK.div_ceil(count / outer.len).next_multiple_of(STEP);
    cpu.parallel_chunks(y, indices * outer.to, count, |task, y, _| {
        let (first, mut plan) = (task * indices, plan);
        plan.first().len = indices.min(outer.len.saturating_sub(first));
        plan.from = plan.from.wrapping_add_signed(first as isize * outer.from);
        part(plan, x, y);
    });
}

fn part<T: Plain + Copy + Default>(mut plan: Plan, x: &[T], y: &mut [T]) {
    let inner = plan.pop();
    // Beside the inner axis one along which x is contiguous, if it is not so along the inner one.
    let beside = plan.as_slice().iter().position(|axis| axis.from == 1).filter(|_| inner.from.abs() > 1);
    let rows = match beside {
        Some(i) => plan.remove(i),
        None => plan.pop(),
    };
    walk(plan.as_slice(), plan.from, plan.to, &mut |from, to| plane(rows, inner, x, from, &mut y[to..]));
}

/// All indices of two axes, from `x[from]` on.
fn plane<T: Plain + Copy + Default>(rows: Axis, inner: Axis, x: &[T], from: usize, y: &mut [T]) {
    let len = inner.len;
    let row = |i: usize| from.wrapping_add_signed(i as isize * rows.from);
    match (inner.from, inner.to) {
        (1, 1) if len <= 4 => {
            // Not worth a call of `memcpy` each.
            for i in 0..rows.len {
                let (x, y) = (&x[row(i)..][..len], &mut y[i * rows.to..][..len]);
                y.iter_mut().zip(x).for_each(|(y, x)| *y = *x);
            }
        }
        (1, 1) => {
            for i in 0..rows.len {
                y[i * rows.to..][..len].copy_from_slice(&x[row(i)..][..len]);
            }
        }
        (0, 1) => {
            for i in 0..rows.len {
                y[i * rows.to..][..len].fill(x[row(i)]);
            }
        }
        (-1, 1) => {
            for i in 0..rows.len {
                let x = &x[row(i) + 1 - len..][..len];
                y[i * rows.to..][..len].iter_mut().zip(x.iter().rev()).for_each(|(y, x)| *y = *x);
            }
        }
        (2.., 1) if rows.from == 1 => {
            let x = &x[from..];
            match (rows.len, len) {
                (_, 2) if rows.to == 2 => interleave::<T, 2>(rows, inner, x, y),
                (_, 3) if rows.to == 3 => interleave::<T, 3>(rows, inner, x, y),
                (_, 4) if rows.to == 4 => interleave::<T, 4>(rows, inner, x, y),
                (2, _) if inner.from == 2 => deinterleave::<T, 2>(rows, inner, x, y),
                (3, _) if inner.from == 3 => deinterleave::<T, 3>(rows, inner, x, y),
                (4, _) if inner.from == 4 => deinterleave::<T, 4>(rows, inner, x, y),
                _ => transpose(rows, inner, x, y),
            }
        }
        _ => {
            for i in 0..rows.len {
                let mut at = row(i);
                for y in y[i * rows.to..].iter_mut().step_by(inner.to.max(1)).take(len) {
                    *y = x[at];
                    at = at.wrapping_add_signed(inner.from);
                }
            }
        }
    }
}
