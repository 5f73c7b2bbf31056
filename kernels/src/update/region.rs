//! The floats of a row within a model's memory.

use core::array::from_fn;
use core::ops::Range;

use crate::sure::cut;
use crate::{Cpu, Fault, RunRow};

/// Floats handed to one task.
pub(super) const CHUNK: usize = 1 << 12;

fn range(row: &RunRow) -> Option<Range<usize>> {
    let offset = usize::try_from(row.offset).ok()?;
    let bytes = usize::try_from(row.len).ok()?.checked_mul(size_of::<f32>())?;
    Some(offset..offset.checked_add(bytes)?)
}

/// The floats of `row`, if they lie in `bytes` and are aligned.
fn floats<'a>(bytes: &'a [u8], row: &RunRow) -> Option<&'a [f32]> {
    let bytes = bytes.get(range(row)?)?;
    // SAFETY: `align_to` gives only aligned floats, and any bits are a float.
    let (head, floats, tail) = unsafe { bytes.align_to::<f32>() };
    (head.is_empty() && tail.is_empty()).then_some(floats)
}

/// As [`floats`].
fn floats_mut<'a>(bytes: &'a mut [u8], row: &RunRow) -> Option<&'a mut [f32]> {
    let bytes = bytes.get_mut(range(row)?)?;
    // SAFETY: `align_to_mut` gives only aligned floats; any bits are a float, and any float is bytes.
    let (head, floats, tail) = unsafe { bytes.align_to_mut::<f32>() };
    (head.is_empty() && tail.is_empty()).then_some(floats)
}

fn fault(op: &'static str, argument: usize, got: usize, row: &RunRow) -> Fault {
    let want = range(row).map_or(usize::MAX, |range| range.end);
    Fault::Memory { op, argument, got, want }
}

/// Calls `f` with the floats of every row that `wanted` accepts. `argument` is where `bytes` stands
/// among the memory arguments of `op`.
pub(super) fn each_row(
    cpu: &Cpu,
    op: &'static str,
    table: &[RunRow],
    wanted: impl Fn(&RunRow) -> bool,
    (argument, bytes): (usize, &[u8]),
    mut f: impl FnMut(&RunRow, &[f32]),
) {
    for row in table.iter().filter(|row| wanted(row)) {
        match floats(bytes, row) {
            Some(floats) => f(row, floats),
            None => cpu.report(fault(op, argument, bytes.len(), row)),
        }
    }
}

/// Calls `f` with the floats of every row, to change them.
pub(super) fn each_row_mut(
    cpu: &Cpu,
    op: &'static str,
    table: &[RunRow],
    (argument, bytes): (usize, &mut [u8]),
    mut f: impl FnMut(&mut [f32]),
) {
    let got = bytes.len();
    for row in table {
        match floats_mut(bytes, row) {
            Some(floats) => f(floats),
            None => cpu.report(fault(op, argument, got, row)),
        }
    }
}

/// Calls `f` with pieces of every row that `wanted` accepts, in parallel: its floats in `read` and in
/// each region of `update`. Regions come with their place among the memory arguments of `op`; an
/// absent one, which has no bytes, gives empty pieces. `cost` is the work per float.
#[allow(clippy::too_many_arguments)]
pub(super) fn each_piece<const N: usize>(
    cpu: &Cpu,
    op: &'static str,
    table: &[RunRow],
    wanted: impl Fn(&RunRow) -> bool,
    read: (usize, &[u8]),
    mut update: [(usize, &mut [u8]); N],
    cost: usize,
    f: impl Fn(&RunRow, &[f32], [&mut [f32]; N]) + Sync,
) {
    each_row(cpu, op, table, wanted, read, |row, read| {
        let mut complete = true;
        let mut regions = update.each_mut().map(|(argument, bytes)| {
            if bytes.is_empty() {
                return &mut [][..];
            }
            let got = bytes.len();
            floats_mut(bytes, row).unwrap_or_else(|| {
                complete = false;
                cpu.report(fault(op, *argument, got, row));
                &mut []
            })
        });
        if complete {
            let regions = from_fn(|n| core::mem::take(&mut regions[n]));
            cpu.parallel_zip(regions, [CHUNK; N], read.len() * cost, |task, pieces, _| {
                let start = (task * CHUNK).min(read.len());
                f(row, cut(read, start, CHUNK.min(read.len() - start)), pieces);
            });
        }
    });
}
