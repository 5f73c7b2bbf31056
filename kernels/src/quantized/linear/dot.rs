//! Each output is a dot product: for every processor, and without memory to pack into.

use super::Call;
use crate::Cpu;
use crate::quantized::Factor;

/// Outputs of one task.
const CHUNK: usize = 32;

pub(super) fn forward<Y: Send>(cpu: &Cpu, call: &Call<'_>, y: &mut [Y], store: impl Fn(i32) -> Y + Sync) {
    let &Call { inputs, outputs, .. } = call;
    let work = y.len().saturating_mul(inputs + 1) / 4;
    cpu.parallel_chunks(y, CHUNK, work, |chunk, y, _| {
        for (i, y) in (chunk * CHUNK..).zip(y) {
            let (row, o) = (i / outputs, i % outputs);
            let x = call.x.get(row * inputs..(row + 1) * inputs).unwrap_or(&[]);
            let weight = call.weight.get(o * inputs..(o + 1) * inputs).unwrap_or(&[]);
            let bias = call.bias.get(o).copied().unwrap_or(0);
            let factor = Factor::new(call.factors.get(o).copied().unwrap_or(0.0));
            *y = store(factor.times(bias.wrapping_add(dot(x, weight))));
        }
    });
}

fn dot(x: &[u8], weight: &[i8]) -> i32 {
    x.iter().zip(weight).fold(0i32, |sum, (x, w)| sum.wrapping_add(i32::from(*x) * i32::from(*w)))
}
