//! Each output is a dot product of bytes that lie side by side, so nothing is packed.

use super::Call;
#[cfg(target_arch = "x86_64")]
use super::x86;
use crate::Cpu;
#[cfg(target_arch = "x86_64")]
use crate::Isa;
#[cfg(target_arch = "x86_64")]
use crate::cpu::Beyond;
use crate::cpu::SendPtr;
use crate::quantized::Factor;

/// Rows and outputs of one task.
const ROWS: usize = 64;
const OUTPUTS: usize = 32;

/// Weights of four outputs by a row of x, or by several: the sums of four outputs for each.
pub(super) type Dots = fn(x: &[&[u8]], weight: &[&[i8]; 4], sums: &mut [[i32; 4]]);

/// Rows of x that are multiplied by the same weights at once.
pub(super) const TILE: usize = 2;

pub(super) fn forward<Y: Send>(cpu: &Cpu, call: &Call<'_>, y: &mut [Y], store: impl Fn(i32) -> Y + Sync) {
    let &Call { inputs, outputs, weight, bias, factors, x } = call;
    if y.is_empty() {
        return;
    }
    let (rows, across) = (y.len() / outputs, outputs.div_ceil(OUTPUTS));
    let (dots, work) = (choose(cpu), y.len().saturating_mul(inputs + 1) / 16);
    let y = SendPtr(y.as_mut_ptr());
    cpu.parallel(rows.div_ceil(ROWS) * across, work, |task, _| {
        let (from, first) = (task / across * ROWS, task % across * OUTPUTS);
        let end = outputs.min(first + OUTPUTS);
        for o in (first..end).step_by(4) {
            // Beyond the last output, that is computed again.
            let weights = [0, 1, 2, 3].map(|i| {
                let o = (o + i).min(end - 1);
                weight.get(o * inputs..(o + 1) * inputs).unwrap_or(&[])
            });
            for row in (from..rows.min(from + ROWS)).step_by(TILE) {
                let count = TILE.min(rows - row);
                let x = [0, 1].map(|i| {
                    let row = (row + i).min(rows - 1);
                    x.get(row * inputs..(row + 1) * inputs).unwrap_or(&[])
                });
                let mut sums = [[0; 4]; TILE];
                dots(&x[..count], &weights, &mut sums[..count]);
                for (row, sums) in (row..).zip(&sums[..count]) {
                    for (o, sum) in (o..end).zip(sums) {
                        let bias = bias.get(o).copied().unwrap_or(0);
                        let factor = Factor::new(factors.get(o).copied().unwrap_or(0.0));
                        // SAFETY: a row and an output of y; no other task has both.
                        unsafe {
                            y.get().add(row * outputs + o).write(store(factor.times(sum.wrapping_add(bias))))
                        }
                    }
                }
            }
        }
    });
}

/// The best that the processor has.
fn choose(cpu: &Cpu) -> Dots {
    #[cfg(target_arch = "x86_64")]
    match cpu.isa() {
        Isa::Avx512 if cpu.beyond() != Beyond::Nothing => return x86::vnni,
        Isa::Avx512 | Isa::Avx2 => return x86::avx2,
        Isa::Portable => {}
    }
    let _ = cpu;
    portable
}

fn portable(x: &[&[u8]], weight: &[&[i8]; 4], sums: &mut [[i32; 4]]) {
    let [a, b, c, d] = *weight;
    for (sums, x) in sums.iter_mut().zip(x) {
        let weights = a.iter().zip(b).zip(c.iter().zip(d));
        for (x, ((a, b), (c, d))) in x.iter().zip(weights) {
            for (sum, w) in sums.iter_mut().zip([a, b, c, d]) {
                *sum = sum.wrapping_add(i32::from(*x) * i32::from(*w));
            }
        }
    }
}
