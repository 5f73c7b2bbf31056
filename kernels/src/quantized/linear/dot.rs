//! Each output is a dot product of bytes that lie side by side, so nothing is packed.

use super::Call;
use super::dots::{OUTPUTS, ROWS, dots};
use crate::Cpu;
use crate::cpu::SendPtr;
use crate::quantized::Factor;
use crate::sure::divide;

/// Rows and outputs of one task.
const TASK: [usize; 2] = [64, 32];

pub(super) fn forward<Y: Send>(cpu: &Cpu, call: &Call<'_>, y: &mut [Y], store: impl Fn(i32) -> Y + Sync) {
    let &Call { inputs, outputs, weight, bias, factors, x } = call;
    if y.is_empty() {
        return;
    }
    let (rows, across) = (divide(y.len(), outputs).0, outputs.div_ceil(TASK[1]));
    let (dots, work) = (dots(cpu), y.len().saturating_mul(inputs + 1) / 16);
    let y = SendPtr(y.as_mut_ptr());
    cpu.parallel(rows.div_ceil(TASK[0]) * across, work, |task, _| {
        let (down, right) = divide(task, across);
        let (first_row, first) = (down * TASK[0], right * TASK[1]);
        let (last_row, end) = (rows.min(first_row + TASK[0]), outputs.min(first + TASK[1]));
        for o in (first..end).step_by(OUTPUTS) {
            for row in (first_row..last_row).step_by(ROWS) {
                let count = ROWS.min(last_row - row);
                let x = core::array::from_fn(|i| match row + i {
                    row if i < count => x.get(row * inputs..(row + 1) * inputs).unwrap_or(&[]),
                    _ => &[],
                });
                // Beyond the last output, that is computed again.
                let weights = core::array::from_fn(|i| {
                    let o = (o + i).min(end - 1);
                    weight.get(o * inputs..(o + 1) * inputs).unwrap_or(&[])
                });
                let mut sums = [[0; OUTPUTS]; ROWS];
                dots(&x, &weights, &mut sums);
                for (row, sums) in (row..).zip(&sums[..count]) {
                    for (o, sum) in (o..end).zip(sums) {
                        let bias = bias.get(o).copied().unwrap_or(0);
                        let factor = Factor::new(factors.get(o).copied().unwrap_or(0.0));
                        let to = store(factor.times(sum.wrapping_add(bias)));
                        // SAFETY: a row and an output of y; no other task has both.
                        unsafe { y.get().add(row * outputs + o).write(to) }
                    }
                }
            }
        }
    });
}
