//! The convolution as it is defined: for every processor, and without memory to pack into.

use core::ops::Range;

use super::{Args, Call};
use crate::Cpu;
use crate::quantized::Factor;

/// Pixels side by side that are computed at once.
const TILE: usize = 4;

pub(super) fn forward(cpu: &Cpu, call: &Call<'_>, y: &mut [u8]) {
    let (args, depth) = (&call.args, call.depth());
    let [area, pixels] = [args.input, args.output()].map(|[height, width]| height * width);
    let channels = args.in_per_group() * area;
    let work = y.len().saturating_mul(depth + 1);
    cpu.parallel_chunks(y, pixels, work, |plane, y, _| {
        let (image, o) = (plane / args.out_channels, plane % args.out_channels);
        let first = image * args.in_channels * area + o / args.out_per_group() * channels;
        let channel = Channel {
            args,
            weight: call.weight.get(o * depth..(o + 1) * depth).unwrap_or(&[]),
            x: call.x.get(first..first + channels).unwrap_or(&[]),
            zero: call.points.x,
        };
        let bias = call.bias.get(o).copied().unwrap_or(0);
        let factor = Factor::new(call.factors.get(o).copied().unwrap_or(0.0));
        channel.forward(bias, y, |sum| call.points.byte(factor.times(sum)));
    });
}

/// An output channel of an image: its weights, and the input channels of its group.
struct Channel<'a> {
    args: &'a Args,
    weight: &'a [i8],
    x: &'a [u8],
    /// The zero point of x.
    zero: i32,
}

impl Channel<'_> {
    fn forward(&self, bias: i32, y: &mut [u8], byte: impl Fn(i32) -> u8) {
        let Args { input, kernel, stride, padding, dilation, .. } = *self.args;
        let [_, width] = self.args.output();
        // With differences from the zero point, taps outside the image can be left out.
        let weights = self.weight.iter().fold(0i32, |sum, w| sum.wrapping_add((*w).into()));
        let difference = bias.wrapping_add(self.zero.wrapping_mul(weights));
        let single = stride[1] == 1 && dilation[1] == 1;
        let start = |d: usize, i: usize| (i * stride[d]) as isize - padding[d] as isize;
        for (i, y) in y.chunks_exact_mut(width).enumerate() {
            let top = start(0, i);
            let rows = taps(top, input[0], kernel[0], dilation[0]);
            let mut j = 0;
            while j < width {
                let left = start(1, j);
                let inside = left >= 0 && left as usize + kernel[1] + TILE <= input[1] + 1;
                if single && inside && rows.len() == kernel[0] {
                    let sums = self.tile(bias, top as usize, left as usize);
                    y[j..].iter_mut().zip(sums).for_each(|(y, sum)| *y = byte(sum));
                    j += TILE;
                } else {
                    let columns = taps(left, input[1], kernel[1], dilation[1]);
                    y[j] = byte(difference.wrapping_add(self.pixel([top, left], rows.clone(), columns)));
                    j += 1;
                }
            }
        }
    }

    /// The sums of windows that are side by side and inside the image.
    fn tile(&self, bias: i32, top: usize, left: usize) -> [i32; TILE] {
        let Args { input: [height, width], kernel: [kh, kw], dilation, .. } = *self.args;
        let mut sums = [bias; TILE];
        for (plane, weights) in self.x.chunks_exact(height * width).zip(self.weight.chunks_exact(kh * kw)) {
            let lines = plane.chunks_exact(width).skip(top).step_by(dilation[0]);
            for (line, weights) in lines.zip(weights.chunks_exact(kw)) {
                for (x, w) in line[left..].array_windows::<TILE>().zip(weights) {
                    for (sum, x) in sums.iter_mut().zip(x) {
                        *sum = sum.wrapping_add(i32::from(*x) * i32::from(*w));
                    }
                }
            }
        }
        sums
    }

    /// The sum over some taps of a window, of differences from the zero point.
    fn pixel(&self, [top, left]: [isize; 2], rows: Range<usize>, columns: Range<usize>) -> i32 {
        let Args { input: [height, width], kernel: [kh, kw], dilation, .. } = *self.args;
        let mut sum = 0i32;
        for (plane, weights) in self.x.chunks_exact(height * width).zip(self.weight.chunks_exact(kh * kw)) {
            for u in rows.clone() {
                let line = (top + (u * dilation[0]) as isize) as usize * width;
                let weights = &weights[u * kw..][columns.clone()];
                let start = line.wrapping_add_signed(left + (columns.start * dilation[1]) as isize);
                for (x, w) in plane.get(start..).unwrap_or(&[]).iter().step_by(dilation[1]).zip(weights) {
                    sum = sum.wrapping_add((i32::from(*x) - self.zero) * i32::from(*w));
                }
            }
        }
        sum
    }
}

/// The taps of a window from `start` on that are inside the image.
fn taps(start: isize, input: usize, kernel: usize, dilation: usize) -> Range<usize> {
    let before = (-start).max(0) as usize;
    let inside = (input as isize - start).max(0) as usize;
    let end = inside.div_ceil(dilation).min(kernel);
    before.div_ceil(dilation).min(end)..end
}
