use super::axes::{Axes, Axis, NONE, Plan, walk};
use super::{Args, sum};
use crate::cpu::multiversion;
use crate::{Cpu, Isa};

/// Elements read by one task, roughly.
const CHUNK: usize = 1 << 13;

/// Indices of an axis along which x is contiguous that are worked on together.
pub(super) const TILE: usize = 64;

/// Rows and columns of a block that is transposed at once: a cache line each.
const BLOCK: usize = 16;

/// Shorter runs are not worth a call of `memcpy` each.
const SHORT: usize = 32;

pub(super) fn strided(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let Some(plan) = Plan::new(args) else { return };
    let (isa, x, y) = (cpu.isa(), &x[args.from_start..], &mut y[args.to_start..]);
    // A task takes some indices of y's outermost axis; what they reach in y is contiguous and its own.
    let outer = plan.kept.as_slice().first().copied().unwrap_or(NONE);
    let work = plan.kept.count().saturating_mul(plan.summed.count());
    let indices = CHUNK.div_ceil(work / outer.len).next_multiple_of(if outer.from == 1 { TILE } else { 1 });
    cpu.parallel_chunks(y, indices * outer.to, work, |task, y, _| {
        let (first, mut plan) = (task * indices, plan);
        if let Some(axis) = plan.kept.first_mut() {
            axis.len = indices.min(axis.len - first);
        }
        let x = &x[first * outer.from..];
        if plan.summed.as_slice().is_empty() {
            copy(isa, plan.factor, args.accumulate, plan.kept, x, y);
        } else {
            sum::sum(isa, &plan, x, y);
        }
    });
}

fn copy(isa: Isa, factor: f32, accumulate: bool, mut axes: Axes, x: &[f32], y: &mut [f32]) {
    let inner = axes.pop();
    let contiguous = inner.from == 1 && inner.to == 1;
    if contiguous && inner.len >= SHORT && factor == 1.0 && !accumulate {
        walk(axes.as_slice(), 0, 0, &mut |from, to| {
            y[to..][..inner.len].copy_from_slice(&x[from..][..inner.len]);
        });
        return;
    }
    // Beside it an axis along which x is contiguous, if it is not so along the inner one.
    let beside = axes.as_slice().iter().position(|axis| axis.from == 1).filter(|_| !contiguous);
    let rows = match beside {
        Some(i) => axes.remove(i),
        None => axes.pop(),
    };
    walk(axes.as_slice(), 0, 0, &mut |from, to| {
        plane(isa, rows, inner, factor, accumulate, &x[from..], &mut y[to..]);
    });
}

multiversion! {
    fn plane(isa, rows: Axis, inner: Axis, factor: f32, accumulate: bool, x: &[f32], y: &mut [f32]) {
        if accumulate {
            each(rows, inner, x, y, |y, x| y + factor * x);
        } else if factor == 1.0 {
            // The bits as they are: they may be those of integers, which a product could change.
            each(rows, inner, x, y, |_, x| x);
        } else {
            each(rows, inner, x, y, |_, x| factor * x);
        }
    }
}

/// y ← f(y, x) for all indices of two axes.
#[inline(always)]
fn each(rows: Axis, inner: Axis, x: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    match (inner.from, inner.to) {
        (1, 1) => {
            for i in 0..rows.len {
                let (x, y) = (&x[i * rows.from..][..inner.len], &mut y[i * rows.to..][..inner.len]);
                y.iter_mut().zip(x).for_each(|(y, x)| *y = f(*y, *x));
            }
        }
        (0, 1) => {
            for i in 0..rows.len {
                let (x, y) = (x[i * rows.from], &mut y[i * rows.to..][..inner.len]);
                y.iter_mut().for_each(|y| *y = f(*y, x));
            }
        }
        (_, 1) if rows.from == 1 => transpose(rows, inner, x, y, f),
        _ => block(rows, inner, x, y, f),
    }
}

/// Where x is contiguous along `rows` and y along `inner`.
#[inline(always)]
fn transpose(rows: Axis, inner: Axis, x: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    for i in (0..rows.len).step_by(BLOCK) {
        for j in (0..inner.len).step_by(BLOCK) {
            let (x, y) = (&x[i + j * inner.from..], &mut y[i * rows.to + j..]);
            let (height, width) = ((rows.len - i).min(BLOCK), (inner.len - j).min(BLOCK));
            if height < BLOCK || width < BLOCK {
                block(Axis { len: height, ..rows }, Axis { len: width, ..inner }, x, y, &f);
                continue;
            }
            let mut columns = [[0.0f32; BLOCK]; BLOCK];
            for (j, column) in columns.iter_mut().enumerate() {
                column.copy_from_slice(&x[j * inner.from..][..BLOCK]);
            }
            for i in 0..BLOCK {
                let y = &mut y[i * rows.to..][..BLOCK];
                y.iter_mut().zip(&columns).for_each(|(y, column)| *y = f(*y, column[i]));
            }
        }
    }
}

#[inline(always)]
fn block(rows: Axis, inner: Axis, x: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    for i in 0..rows.len {
        let (x, y) = (&x[i * rows.from..], &mut y[i * rows.to..]);
        for j in 0..inner.len {
            y[j * inner.to] = f(y[j * inner.to], x[j * inner.from]);
        }
    }
}
