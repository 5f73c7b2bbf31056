//! Batches, as a product of matrices: a row for each output, a column for each row of x.

use super::Call;
use crate::cpu::SendPtr;
use crate::product::{LINE, STRIDE};
use crate::quantized::conv2d::pack::Choice;
use crate::{Cpu, Isa};

/// Rows of x from which on it is worth while.
const LEAST: usize = 16;
/// Most rows of a task.
const TASK: usize = 128;
/// Words of scratch memory: for rows of x, and for sums. What is left is for weights.
const COLUMNS: usize = 1 << 17;
const SUMS: usize = 1 << 13;
/// Most columns and rows of a kernel.
const SIDE: usize = 32;

/// Whether it can be computed here.
pub(super) fn applies(call: &Call<'_>, choice: &Choice, rows: usize) -> bool {
    rows >= LEAST && call.inputs > 0 && call.outputs > 1 && strips(call, choice) > 0
}

/// How many strips of columns a task has.
fn strips(call: &Call<'_>, choice: &Choice) -> usize {
    let columns = choice.kernel.columns;
    (COLUMNS / (words(call, choice) * columns).max(1)).min(TASK / columns)
}

/// Words of a row of x.
fn words(call: &Call<'_>, choice: &Choice) -> usize {
    call.inputs.div_ceil(choice.kernel.group).next_multiple_of(choice.kernel.depth)
}

/// `finish(isa, o, sums, y)` makes elements of y of the sums of output o for some rows, of which there may be more.
pub(super) fn forward<Y: Copy + Default + Send>(
    cpu: &Cpu,
    call: &Call<'_>,
    choice: &Choice,
    y: &mut [Y],
    finish: impl Fn(Isa, usize, &[i32], &mut [Y]) + Sync,
) {
    let (kernel, words, outputs) = (choice.kernel, words(call, choice), call.outputs);
    let (rows, most) = (y.len() / outputs, strips(call, choice) * kernel.columns);
    // Tasks share the outputs of the same rows if there are few. The sums are integers: they are the same however they
    // are cut.
    let (several, unit) = (rows.div_ceil(most), kernel.heights[0]);
    let shares = cpu.threads().div_ceil(several).min(outputs.div_ceil(unit));
    let share = outputs.div_ceil(shares).next_multiple_of(unit);
    let shares = outputs.div_ceil(share);
    let work = y.len().saturating_mul(call.inputs / 16 + 1);
    let (isa, y) = (cpu.isa(), SendPtr(y.as_mut_ptr()));
    cpu.parallel(several * shares, work, |task, scratch| {
        let (first, outputs_from) = (task / shares * most, task % shares * share);
        let (count, outputs_end) = (most.min(rows - first), outputs.min(outputs_from + share));
        // SAFETY: every bit pattern of some floats is a word, and the other way round.
        let (_, scratch, _) = unsafe { scratch.align_to_mut::<u32>() };
        let (packed, scratch) = scratch.split_at_mut(COLUMNS);
        let (sums, scratch) = scratch.split_at_mut(SUMS);
        let (lines, _) = scratch.split_at_mut(unit * STRIDE);
        let packed = &mut packed[..count.div_ceil(kernel.columns) * words * kernel.columns];
        let x = &call.x[first * call.inputs..][..count * call.inputs];
        (choice.columns)(isa, x, call.inputs, words, packed);
        (kernel.within)(&mut || {
            let mut o = outputs_from;
            while o < outputs_end {
                let left = outputs_end - o;
                let height = kernel.heights.iter().rev().find(|height| **height >= left);
                let height = *height.unwrap_or(&unit);
                let (here, group) = (height.min(left), height * kernel.columns);
                for from in (0..words).step_by(LINE) {
                    let depth = LINE.min(words - from);
                    for (i, to) in lines.as_chunks_mut::<STRIDE>().0.iter_mut().enumerate().take(here) {
                        let weight = &call.weight[(o + i) * call.inputs..][..call.inputs];
                        let weight = weight.get(from * kernel.group..).unwrap_or(&[]);
                        (choice.weights)(isa, weight, &mut to[..depth]);
                    }
                    let strips = packed.chunks_exact(words * kernel.columns);
                    for (sums, strip) in sums.chunks_exact_mut(group).zip(strips) {
                        (kernel.run)(height, depth, lines, &strip[from * kernel.columns..], from == 0, sums);
                    }
                }
                for (strip, sums) in (0..count).step_by(kernel.columns).zip(sums.chunks_exact(group)) {
                    let mut tile = [[Y::default(); SIDE]; SIDE];
                    let columns = kernel.columns.min(count - strip);
                    for (i, sums) in sums.chunks_exact(kernel.columns).enumerate().take(here) {
                        finish(isa, o + i, signed(sums), &mut tile[i][..kernel.columns]);
                    }
                    for column in 0..columns {
                        // SAFETY: some outputs of a row of y; no other task has both.
                        let y = unsafe {
                            let row = y.get().add((first + strip + column) * outputs + o);
                            core::slice::from_raw_parts_mut(row, here)
                        };
                        y.iter_mut().zip(&tile).for_each(|(y, line)| *y = line[column]);
                    }
                }
                o += height;
            }
        });
    });
}

fn signed(words: &[u32]) -> &[i32] {
    // SAFETY: the same bits as signed numbers.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
}
