//! Convolutions of one channel per group: each output plane sees one plane of the input.
//!
//! The plane is copied with its padding. Then registers hold windows side by side: in each lane a few taps of one line
//! of a window, which are one dot product with the weights of these taps.

use core::ops::Range;

use super::Call;
use super::neighbours::{LINES, Plane, sums};
use crate::Cpu;
use crate::cpu::SendPtr;
use crate::quantized::Factor;
use crate::quantized::round::{Round, round};
use crate::quantized::short;

/// Floats of scratch memory for a plane and for sums; registers go beyond the end of both.
const PLANE: usize = 1 << 18;
const SUMS: usize = 1 << 13;
const BEYOND: usize = 64;
/// Most words of weights, for which there is room on the stack.
const WORDS: usize = 64;

/// Whether it can be computed here: with kernels of `group` taps at a time.
pub(super) fn applies(call: &Call<'_>, group: usize) -> bool {
    let args = &call.args;
    let [height, width] = [0, 1].map(|d| args.input[d] + 2 * args.padding[d]);
    let shape =
        args.in_per_group() == 1 && args.dilation == [1, 1] && args.stride[1] <= 2 && args.is_modest();
    shape
        && (height + LINES * args.stride[0]).saturating_mul(width) + BEYOND <= 4 * PLANE
        && args.kernel[0] * args.kernel[1].div_ceil(group) <= WORDS
        && args.output()[1] + BEYOND <= SUMS
}

pub(super) fn forward(cpu: &Cpu, call: &Call<'_>, group: usize, y: &mut [u8]) {
    let (args, [lines, columns]) = (&call.args, call.args.output());
    let (isa, work) = (cpu.isa(), y.len().saturating_mul(call.depth() + 8) / 16);
    let planes = args.images * args.out_channels;
    assert!(y.len() >= planes * lines * columns);
    let y = SendPtr(y.as_mut_ptr());
    // Planes of one run have the same padding.
    cpu.parallel_runs(planes, 4, work, &|run: Range<usize>, scratch: &mut [f32]| {
        let (plane, sums_of) = scratch.split_at_mut(PLANE);
        // SAFETY: the same memory as bytes and as integers, which any bits are.
        let (plane, sums_of) = unsafe { (plane.align_to_mut::<u8>().1, sums_of.align_to_mut::<i32>().1) };
        let sums_of = &mut sums_of[..SUMS];
        let pitch = args.input[1] + 2 * args.padding[1];
        plane[..(args.input[0] + 2 * args.padding[0]) * pitch].fill(call.points.x as u8);
        let mut copied = usize::MAX;
        for at in run {
            let o = at % args.out_channels;
            let from = at / args.out_channels * args.in_channels + o / args.out_per_group();
            if copied != from {
                copy(call, from, plane);
                copied = from;
            }
            let mut words = [0; WORDS];
            weights(&call.weight[o * call.depth()..][..call.depth()], args.kernel[1], group, &mut words);
            let how = Round { bias: call.bias[o], factor: Factor::new(call.factors[o]), points: call.points };
            let band = (SUMS - BEYOND) / columns;
            for first in (0..lines).step_by(band) {
                let lines_here = band.min(lines - first);
                let part = Plane {
                    x: &plane[first * args.stride[0] * pitch..],
                    pitch,
                    windows: [lines_here, columns],
                    stride: args.stride,
                    kernel: [args.kernel[0], args.kernel[1].div_ceil(group)],
                    words: &words,
                };
                sums(group, &part, sums_of);
                // SAFETY: lines of a plane of y, which is as long as asserted and this task's alone.
                let y = unsafe {
                    let first = y.get().add((at * lines + first) * columns);
                    core::slice::from_raw_parts_mut(first, lines_here * columns)
                };
                round(isa, &how, sums_of, [SUMS, SUMS], y);
            }
        }
    });
}

/// Copies a plane of x to where its padding is.
fn copy(call: &Call<'_>, plane: usize, to: &mut [u8]) {
    let ([height, width], [above, left]) = (call.args.input, call.args.padding);
    let x = &call.x[plane * height * width..][..height * width];
    let pitch = width + 2 * left;
    for (x, to) in x.chunks_exact(width).zip(to[above * pitch..].chunks_exact_mut(pitch)) {
        short::copy(x, &mut to[left..][..width]);
    }
}

/// Weights of a kernel, each line of it in words of four bytes or of two numbers of 16 bits.
fn weights(weight: &[i8], width: usize, group: usize, words: &mut [i32]) {
    let mut words = words.iter_mut();
    for line in weight.chunks_exact(width) {
        for (taps, word) in line.chunks(group).zip(&mut words) {
            let at = |i: usize| taps.get(i).copied().unwrap_or(0);
            *word = if group == 4 {
                i32::from_le_bytes([at(0), at(1), at(2), at(3)].map(|w| w as u8))
            } else {
                i32::from(at(0) as i16 as u16) | i32::from(at(1)) << 16
            };
        }
    }
}
