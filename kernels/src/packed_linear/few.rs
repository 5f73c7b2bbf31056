//! Products of a few rows: sums lie along the outputs of a panel, whose weights are read once and as they lie.

use core::ops::Range;

use super::panel::{Narrow, Whole};
use super::{Args, PANEL};
use crate::Cpu;
use crate::activation::apply_in_place;
use crate::cpu::SendPtr;
use crate::gemm::is_limited;
use crate::op::Memory;
use crate::sure::{divide, holds};
use crate::vector::{Kernel, Vector, run};
use crate::weight::Weight;

/// Rows that read the weights together.
pub(super) const ROWS: usize = 8;
/// Rows and outputs of one task, where several threads compute: whole groups and panels, so that results do not depend
/// on the threads.
const TASK: [usize; 2] = [8 * ROWS, 2 * PANEL];

/// A program whose products have at most `ONE` row, and whose activations are all [`LIMITED`](is_limited), is linked with
/// less code.
pub(super) fn forward<T: Weight, const ONE: bool, const LIMITED: bool>(
    cpu: &Cpu,
    args: &Args,
    memory: &mut Memory<'_>,
) {
    let (x, weight, bias) = (memory.read::<f32>(0), memory.read::<T>(1), memory.read::<f32>(2));
    let (y, residual) = (memory.write::<f32>(3), memory.read::<f32>(4));
    let &Args { rows, inputs, outputs, activation, .. } = args;
    let added = |added: &[f32], len| added.is_empty() || added.len() >= len;
    let fits = x.len() >= rows * inputs && weight.len() >= outputs * inputs && y.len() >= rows * outputs;
    if !holds(fits && added(bias, outputs) && added(residual, rows * outputs)) || y.is_empty() {
        return;
    }
    let (isa, y, work) = (cpu.isa(), SendPtr(y.as_mut_ptr()), rows * outputs * (inputs / 8 + 1));
    let [down, across] = if cpu.shares(work) { TASK } else { [rows.max(1), outputs.max(1)] };
    let right = outputs.div_ceil(across);
    let task = |task: usize| {
        let (row, column) = divide(task, right);
        let rows = row * down..rows.min((row + 1) * down);
        let columns = column * across..outputs.min((column + 1) * across);
        let part = Part {
            args,
            x,
            weight,
            bias,
            residual,
            rows: rows.clone(),
            columns: columns.clone(),
            y: y.get(),
        };
        run(isa, Rows::<T, ONE>(part));
        if !LIMITED && !is_limited(activation) {
            for row in rows {
                // SAFETY: these columns of y are this task's alone; y has all rows, as was checked.
                let y = unsafe {
                    core::slice::from_raw_parts_mut(y.get().add(row * outputs + columns.start), columns.len())
                };
                apply_in_place(isa, activation, y);
            }
        }
    };
    match rows.div_ceil(down) * right {
        1 => task(0),
        tasks => cpu.parallel(tasks, work, |at, _| task(at)),
    }
}

/// Some outputs of some rows. The lengths of all memory were checked.
pub(super) struct Part<'a, T> {
    pub(super) args: &'a Args,
    pub(super) x: &'a [f32],
    pub(super) weight: &'a [T],
    /// Empty where there is none.
    pub(super) bias: &'a [f32],
    /// Empty where there is none.
    pub(super) residual: &'a [f32],
    rows: Range<usize>,
    columns: Range<usize>,
    pub(super) y: *mut f32,
}

/// A part that has at most `ONE` row, or any number.
struct Rows<'a, T, const ONE: bool>(Part<'a, T>);

impl<T: Weight, const ONE: bool> Kernel for Rows<'_, T, ONE> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Rows(part) = self;
        for top in part.rows.clone().step_by(ROWS) {
            let end = part.rows.end.min(top + ROWS);
            let mut first = part.columns.start;
            while first < part.columns.end {
                let left = part.columns.end - first;
                // Two panels side by side are read faster than one after the other, where registers suffice for both.
                let two = V::N == 16 && left >= 2 * PANEL && (ONE || end - top < 7);
                let mut row = top;
                while row < end {
                    let rows = if ONE { 1 } else { end - row };
                    // SAFETY: so many rows and columns are left, of which the first is that of a panel.
                    row += unsafe {
                        match (V::N, left >= PANEL, rows) {
                            (16, true, 1) if two => Whole::<1, 4, 2, 2>::put::<V, T>(&part, first, row),
                            (16, true, 2) if two => Whole::<2, 4, 2, 1>::put::<V, T>(&part, first, row),
                            (16, true, _) if two => Whole::<4, 4, 2, 1>::put::<V, T>(&part, first, row),
                            (16, true, 1) => Whole::<1, 2, 1, 4>::put::<V, T>(&part, first, row),
                            (16, true, 2) => Whole::<2, 2, 1, 2>::put::<V, T>(&part, first, row),
                            (16, true, 7..) => Whole::<8, 2, 1, 1>::put::<V, T>(&part, first, row),
                            (8, true, 1) => Whole::<1, 4, 1, 2>::put::<V, T>(&part, first, row),
                            (_, true, 1) => Whole::<1, 4, 1, 1>::put::<V, T>(&part, first, row),
                            (_, true, 2) => Whole::<2, 4, 1, 1>::put::<V, T>(&part, first, row),
                            (_, true, _) => Whole::<4, 2, 1, 1>::put::<V, T>(&part, first, row),
                            (_, false, 1) => Narrow::<1, 4>::put::<V, T>(&part, first, row),
                            (_, false, _) => Narrow::<4, 2>::put::<V, T>(&part, first, row),
                        }
                    };
                }
                first += if two { 2 * PANEL } else { PANEL };
            }
        }
    }
}
