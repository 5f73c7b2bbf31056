//! The convolution as it is defined: for every processor, and without memory to pack into.
//!
//! Made for small ones too: sums are in registers, and nothing divides within the loops.

use core::ops::Range;

use super::{Args, Call};
use crate::Cpu;
use crate::quantized::Factor;

/// Windows side by side that are computed at once.
const TILE: usize = if cfg!(target_pointer_width = "64") { 8 } else { 4 };

pub(super) fn forward(cpu: &Cpu, call: &Call<'_>, y: &mut [u8]) {
    let (args, depth) = (simple(&call.args), call.depth());
    let [area, pixels] = [args.input, args.output()].map(|[height, width]| height * width);
    let channels = args.in_per_group() * area;
    let inside = [inside(&args, 0), inside(&args, 1)];
    let work = y.len().saturating_mul(depth + 1);
    cpu.parallel_chunks(y, pixels, work, |plane, y, _| {
        let (image, o) = (plane / args.out_channels, plane % args.out_channels);
        let first = image * args.in_channels * area + o / args.out_per_group() * channels;
        let channel = Channel {
            args: &args,
            area,
            inside: inside.clone(),
            weight: call.weight.get(o * depth..(o + 1) * depth).unwrap_or(&[]),
            x: call.x.get(first..first + channels).unwrap_or(&[]),
            zero: call.points.x,
        };
        let bias = call.bias.get(o).copied().unwrap_or(0);
        let factor = Factor::new(call.factors.get(o).copied().unwrap_or(0.0));
        channel.forward(bias, y, |sum| call.points.byte(factor.times(sum)));
    });
}

/// Where windows are pixels, all of them in one line.
fn simple(args: &Args) -> Args {
    let [height, width] = args.input;
    match (args.kernel, args.stride, args.padding) {
        ([1, 1], [1, 1], [0, 0]) => Args { input: [1, height * width], ..*args },
        _ => *args,
    }
}

/// The windows that are inside the image.
fn inside(args: &Args, d: usize) -> Range<usize> {
    let (windows, padding, stride) = (args.output()[d], args.padding[d], args.stride[d]);
    let reach = (args.kernel[d] - 1) * args.dilation[d] + 1;
    let first = padding.div_ceil(stride).min(windows);
    let end = (args.input[d] + padding).checked_sub(reach).map_or(0, |last| last / stride + 1);
    first..end.clamp(first, windows)
}

/// An output channel of an image: its weights, and the input channels of its group.
struct Channel<'a> {
    args: &'a Args,
    /// Pixels of a plane of x.
    area: usize,
    inside: [Range<usize>; 2],
    weight: &'a [i8],
    x: &'a [u8],
    /// The zero point of x.
    zero: i32,
}

impl Channel<'_> {
    fn forward(&self, bias: i32, y: &mut [u8], byte: impl Fn(i32) -> u8) {
        let Args { input, stride, padding, .. } = *self.args;
        let [_, width] = self.args.output();
        // With differences from the zero point, taps outside the image can be left out.
        let weights = self.weight.iter().fold(0i32, |sum, w| sum.wrapping_add((*w).into()));
        let difference = bias.wrapping_add(self.zero.wrapping_mul(weights));
        for (i, y) in y.chunks_exact_mut(width).enumerate() {
            let top = (i * stride[0]) as isize - padding[0] as isize;
            let whole = if self.inside[0].contains(&i) { self.inside[1].clone() } else { 0..0 };
            let mut tiles = 0..0;
            if whole.len() >= TILE {
                tiles = whole;
                let mut from = tiles.start;
                while from < tiles.end {
                    // The last tile overlaps the one before.
                    from = from.min(tiles.end - TILE);
                    let at = top as usize * input[1] + from * stride[1] - padding[1];
                    let to = y.get_mut(from..).unwrap_or_default();
                    to.iter_mut().zip(self.tile(bias, at)).for_each(|(y, sum)| *y = byte(sum));
                    from += TILE;
                }
            }
            for (j, y) in y.iter_mut().enumerate().filter(|(j, _)| !tiles.contains(j)) {
                let left = (j * stride[1]) as isize - padding[1] as isize;
                *y = byte(difference.wrapping_add(self.pixel([top, left])));
            }
        }
    }

    /// The sums of windows that are side by side and inside the image, the first of which begins at pixel `at`.
    fn tile(&self, bias: i32, at: usize) -> [i32; TILE] {
        let Args { input: [_, width], kernel: [kh, kw], stride: [_, stride], dilation, .. } = *self.args;
        let reach = (kw - 1) * dilation[1] + (TILE - 1) * stride + 1;
        let (mut sums, mut rest, mut plane) = ([bias; TILE], self.weight, at);
        while !rest.is_empty() {
            let mut line = plane;
            for _ in 0..kh {
                let (weights, after) = rest.split_at_checked(kw).unwrap_or_default();
                let x = self.x.get(line..line + reach).unwrap_or(&[]);
                if stride == 1 && dilation[1] == 1 {
                    for (x, w) in x.array_windows::<TILE>().zip(weights) {
                        add(&mut sums, x, *w);
                    }
                } else {
                    for (v, w) in weights.iter().enumerate() {
                        add(&mut sums, x.iter().skip(v * dilation[1]).step_by(stride), *w);
                    }
                }
                rest = after;
                line += width * dilation[0];
            }
            plane += self.area;
        }
        sums
    }

    /// The sum over those taps of a window that are inside the image, of differences from the zero point.
    fn pixel(&self, [top, left]: [isize; 2]) -> i32 {
        let Args { input: [height, width], kernel: [kh, kw], dilation, .. } = *self.args;
        let columns = taps(left, width, kw, dilation[1]);
        let first = left + (columns.start * dilation[1]) as isize;
        let (mut sum, mut rest, mut plane) = (0i32, self.weight, 0);
        while !rest.is_empty() {
            for u in 0..kh {
                let (weights, after) = rest.split_at_checked(kw).unwrap_or_default();
                rest = after;
                let line = top + (u * dilation[0]) as isize;
                if line < 0 || line as usize >= height || columns.is_empty() {
                    continue;
                }
                let x = self.x.get(plane + line as usize * width + first as usize..).unwrap_or(&[]);
                let weights = weights.get(columns.clone()).unwrap_or(&[]);
                for (x, w) in x.iter().step_by(dilation[1]).zip(weights) {
                    sum = sum.wrapping_add((i32::from(*x) - self.zero) * i32::from(*w));
                }
            }
            plane += self.area;
        }
        sum
    }
}

/// Adds the products of pixels with a weight.
#[inline(always)]
fn add<'a>(sums: &mut [i32; TILE], x: impl IntoIterator<Item = &'a u8>, weight: i8) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum = sum.wrapping_add(i32::from(*x) * i32::from(weight));
    }
}

/// The taps of a window from `start` on that are inside the image.
fn taps(start: isize, input: usize, kernel: usize, dilation: usize) -> Range<usize> {
    let count = |pixels: isize| {
        let pixels = pixels.max(0) as usize;
        // Division takes long.
        (if dilation == 1 { pixels } else { pixels.div_ceil(dilation) }).min(kernel)
    };
    let end = count(input as isize - start);
    count(-start).min(end)..end
}
