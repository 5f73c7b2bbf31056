//! The convolution as it is defined, for every processor: windows are gathered, a few at a time, into a small buffer on
//! the stack, and multiplied with the weights where these are.

use core::ops::Range;

use super::Call;
use crate::Cpu;
use crate::cpu::SendPtr;
use crate::quantized::Factor;
use crate::quantized::linear::{OUTPUTS, ROWS, dots};
use crate::sure::{divide, holds, split_mut};

/// Most bytes of a window that are gathered at a time.
const BUFFER: usize = if cfg!(feature = "std") { 4096 } else { 512 };

pub(super) fn forward(cpu: &Cpu, call: &Call<'_>, y: &mut [u8]) {
    let (args, [lines, columns]) = (&call.args, call.args.output());
    let (depth, outs) = (call.depth(), args.out_per_group());
    let work = y.len().saturating_mul(depth + 8);
    if !holds(y.len() >= args.images * args.out_channels * lines * columns) {
        return;
    }
    let (dots, y) = (dots(cpu), SendPtr(y.as_mut_ptr()));
    cpu.parallel(args.images * args.groups * lines, work, |task, _| {
        let (index, line) = divide(task, lines);
        let (image, group) = divide(index, args.groups);
        let channels = args.in_per_group() * args.input[0] * args.input[1];
        let x = call.x.get(index * channels..(index + 1) * channels).unwrap_or(&[]);
        let mut windows = [[0; BUFFER]; ROWS];
        for column in (0..columns).step_by(ROWS) {
            let count = ROWS.min(columns - column);
            for first in (0..outs).step_by(OUTPUTS) {
                let channels = group * outs + first..group * outs + outs.min(first + OUTPUTS);
                let mut totals = [[0i32; OUTPUTS]; ROWS];
                for from in (0..depth).step_by(BUFFER) {
                    let taps = from..depth.min(from + BUFFER);
                    // A window that fits the buffer is gathered once for all outputs.
                    if first == 0 || depth > BUFFER {
                        for (j, window) in (column..column + count).zip(&mut windows) {
                            gather(call, x, [line, j], taps.clone(), window);
                        }
                    }
                    let rows = core::array::from_fn(|i| match windows.get(i) {
                        Some(window) if i < count => window.get(..taps.len()).unwrap_or(&[]),
                        _ => &[],
                    });
                    // Beyond the last output, that is computed again.
                    let weights = core::array::from_fn(|i| {
                        let start = (channels.start + i).min(channels.end - 1) * depth;
                        call.weight.get(start + taps.start..start + taps.end).unwrap_or(&[])
                    });
                    let mut sums = [[0; OUTPUTS]; ROWS];
                    dots(&rows, &weights, &mut sums);
                    for (total, sum) in totals.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                        *total = total.wrapping_add(*sum);
                    }
                }
                for (i, o) in (0..OUTPUTS).zip(channels) {
                    let bias = call.bias.get(o).copied().unwrap_or(0);
                    let factor = Factor::new(call.factors.get(o).copied().unwrap_or(0.0));
                    let to = ((image * args.out_channels + o) * lines + line) * columns + column;
                    for (j, total) in totals.iter().enumerate().take(count) {
                        let byte = call.points.byte(factor.times(total[i].wrapping_add(bias)));
                        // SAFETY: within y, as asserted; no other task has this line.
                        unsafe { y.get().add(to + j).write(byte) };
                    }
                }
            }
        }
    });
}

/// Copies some taps of a window of the channels x; padding is the zero point. Not inlined, as it is rare inside images.
#[inline(never)]
fn gather(call: &Call<'_>, x: &[u8], at: [usize; 2], taps: Range<usize>, to: &mut [u8]) {
    let ([height, width], [kh, kw], dilation) = (call.args.input, call.args.kernel, call.args.dilation);
    let [top, left] = [0, 1].map(|d| (at[d] * call.args.stride[d]) as isize - call.args.padding[d] as isize);
    let to = to.get_mut(..taps.len()).unwrap_or_default();
    let inside = top >= 0
        && left >= 0
        && top as usize + (kh - 1) * dilation[0] < height
        && left as usize + (kw - 1) * dilation[1] < width;
    if inside && dilation[1] == 1 && taps.start == 0 {
        return copy(call, x, top as usize * width + left as usize, to);
    }
    // Lines of the kernel, those of all channels one after the other.
    let (line, mut first) = divide(taps.start, kw);
    let ((mut channel, mut u), mut rest) = (divide(line, kh), to);
    while !rest.is_empty() {
        let count = (kw - first).min(rest.len());
        let (to, after) = split_mut(rest, count);
        let pixels = match usize::try_from(top + (u * dilation[0]) as isize) {
            Ok(y) if y < height => x.get((channel * height + y) * width..).and_then(|x| x.get(..width)),
            _ => None,
        };
        let start = left + (first * dilation[1]) as isize;
        for (v, to) in to.iter_mut().enumerate() {
            let at = usize::try_from(start + (v * dilation[1]) as isize).unwrap_or(usize::MAX);
            *to = pixels.and_then(|x| x.get(at)).copied().unwrap_or(call.points.x as u8);
        }
        (rest, first, u) = (after, 0, u + 1);
        if u == kh {
            (u, channel) = (0, channel + 1);
        }
    }
}

/// Copies a window that is inside the image, from pixel `at` on, or its beginning. Not inlined, so that its loops have
/// all registers.
#[inline(never)]
fn copy(call: &Call<'_>, x: &[u8], at: usize, to: &mut [u8]) {
    let ([height, width], [kh, kw]) = (call.args.input, call.args.kernel);
    let (area, step) = (height * width, width * call.args.dilation[0]);
    if kw == 1 && kh == 1 {
        let pixels = x.get(at..).unwrap_or(&[]).iter().step_by(area.max(1));
        return to.iter_mut().zip(pixels).for_each(|(to, x)| *to = *x);
    }
    let (mut plane, mut line, mut u) = (at, at, 0);
    for to in to.chunks_mut(kw.max(1)) {
        to.iter_mut().zip(x.get(line..).unwrap_or(&[])).for_each(|(to, x)| *to = *x);
        (line, u) = (line + step, u + 1);
        if u == kh {
            plane += area;
            (line, u) = (plane, 0);
        }
    }
}
