//! Groups with a single output channel, on every processor: for one output it is not worth while to gather windows.

use core::ops::Range;

use super::Call;
use crate::Cpu;
use crate::quantized::Factor;
use crate::sure::divide;

pub(super) fn forward(cpu: &Cpu, call: &Call<'_>, y: &mut [u8]) {
    let (args, depth, [lines, columns]) = (&call.args, call.depth(), call.args.output());
    let channels = args.in_per_group() * args.input[0] * args.input[1];
    let work = y.len().saturating_mul(depth + 1);
    cpu.parallel_chunks(y, lines * columns, work, |plane, y, _| {
        let (_, o) = divide(plane, args.out_channels);
        let channel = Channel {
            call,
            x: call.x.get(plane * channels..(plane + 1) * channels).unwrap_or(&[]),
            weight: call.weight.get(o * depth..(o + 1) * depth).unwrap_or(&[]),
        };
        // With differences from the zero point, taps outside the image can be left out.
        let weights = channel.weight.iter().fold(0i32, |sum, w| sum.wrapping_add((*w).into()));
        let bias = call.bias.get(o).copied().unwrap_or(0);
        let bias = bias.wrapping_add(call.points.x.wrapping_mul(weights));
        let factor = Factor::new(call.factors.get(o).copied().unwrap_or(0.0));
        for (i, y) in y.chunks_exact_mut(columns.max(1)).enumerate() {
            let (top, down) = call.taps(0, i);
            for (j, y) in y.iter_mut().enumerate() {
                let (left, across) = call.taps(1, j);
                let sum = channel.sum(bias, [top, left], down.clone(), across);
                *y = call.points.byte(factor.times(sum));
            }
        }
    });
}

struct Channel<'a> {
    call: &'a Call<'a>,
    /// The input channels of its group.
    x: &'a [u8],
    weight: &'a [i8],
}

impl Channel<'_> {
    /// bias + Σ w·(x − z) over some taps of the window that begins at a pixel.
    #[inline(never)]
    fn sum(&self, bias: i32, [top, left]: [usize; 2], down: Range<usize>, across: Range<usize>) -> i32 {
        let ([height, width], [kh, kw]) = (self.call.args.input, self.call.args.kernel);
        let ([step, pixel], zero) = (self.call.args.dilation, self.call.points.x);
        let (mut sum, mut plane, mut kernel) = (bias, top * width + left, down.start * kw + across.start);
        for _ in 0..self.call.args.in_per_group() {
            let (mut line, mut weights) = (plane, kernel);
            for _ in down.clone() {
                let mut at = line;
                for w in self.weight.get(weights..weights + across.len()).unwrap_or(&[]) {
                    let x = self.x.get(at).copied().unwrap_or(0);
                    sum = sum.wrapping_add((i32::from(x) - zero) * i32::from(*w));
                    at += pixel;
                }
                line += width * step;
                weights += kw;
            }
            plane += height * width;
            kernel += kh * kw;
        }
        sum
    }
}
