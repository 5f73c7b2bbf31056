//! The gradients of the weight and of the bias.

use core::ops::Range;

use super::correlation::Correlation;
use super::layout::{Fill, Layout};
use super::outer::{Outer, Strips};
use super::product::{Segments, Tap};
use super::{BAND, FITS, TAPS, band};
use crate::conv2d::Args;
use crate::conv2d::totals::Totals;
use crate::vector::{lanes, run};
use crate::{Cpu, Isa};

/// Most parts into which the images are cut, each with sums of its own, and floats for them all.
const PARTS: usize = 8;
const SUMS: usize = if cfg!(feature = "std") { 1 << 14 } else { 0 };

/// Output channels that fill the registers of every instruction set.
const LANES: usize = 16;

/// Floats of copies and gradients that stay in the first-level cache.
const CACHE: usize = 1 << 13;

pub(in crate::conv2d) fn backward_weight(
    cpu: &Cpu,
    args: &Args,
    x: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dbias: &mut [f32],
) {
    if dy.is_empty() || x.is_empty() {
        return;
    }
    let size = dweight.len() + dbias.len();
    let parts = args.images.min(PARTS).min(SUMS / size);
    if parts < 2 {
        return sum(cpu, args, 1, x, dy, [dweight, dbias]);
    }
    let mut sums = [0.0; SUMS];
    let (weights, biases) = sums[..parts * size].split_at_mut(parts * dweight.len());
    sum(cpu, args, parts, x, dy, [weights, biases]);
    let add = |to: &mut [f32], parts: &[f32]| {
        for part in parts.chunks(to.len().max(1)) {
            to.iter_mut().zip(part).for_each(|(to, sum)| *to += sum);
        }
    };
    add(dweight, weights);
    add(dbias, biases);
}

/// Adds the gradients of each part of the images to one of `parts` weights and biases.
fn sum(cpu: &Cpu, args: &Args, parts: usize, x: &[f32], dy: &[f32], sums: [&mut [f32]; 2]) {
    let (isa, groups, outs) = (cpu.isa(), args.groups, args.out_per_group());
    let taps = args.in_per_group() * args.kernel[0] * args.kernel[1];
    let plane = args.output()[0] * args.output()[1];
    // A task has the images of a part, and some of the output channels.
    let mut rows = outs;
    let many = |rows: usize| parts * groups * (outs / rows) >= PARTS && rows * taps <= BAND;
    while !many(rows) && rows.is_multiple_of(2 * LANES) {
        rows /= 2;
    }
    // Putting channels side by side costs what a few taps cost.
    let by_channel = rows.is_multiple_of(LANES) && taps >= 96 && rows * (taps + args.output()[1]) <= FITS;
    let work = args.images * groups * outs * plane * (taps / 16 + 1);
    cpu.parallel_zip(sums, [rows * taps, rows], work, |task, [dweight, dbias], scratch| {
        let row = task * rows % (groups * outs);
        let part = task * rows / (groups * outs);
        let images = part * args.images / parts..(part + 1) * args.images / parts;
        for image in images.clone() {
            let dy = &dy[(image * groups * outs + row) * plane..];
            run(isa, Totals { dy, row: plane, len: plane, sums: &mut *dbias });
        }
        let part = Part { isa, args, images, group: row / outs, row, rows, x, dy };
        if by_channel {
            part.by_channel(dweight, scratch);
        } else {
            part.by_pixel(dweight, scratch);
        }
    });
}

/// What a task sums up.
struct Part<'a> {
    isa: Isa,
    args: &'a Args,
    images: Range<usize>,
    group: usize,
    /// The first of its output channels, and how many.
    row: usize,
    rows: usize,
    x: &'a [f32],
    dy: &'a [f32],
}

impl<'a> Part<'a> {
    /// The input channels of the group, of an image.
    fn x(&self, image: usize) -> &'a [f32] {
        let len = self.args.in_per_group() * self.args.input[0] * self.args.input[1];
        &self.x[(image * self.args.groups + self.group) * len..][..len]
    }

    /// The output channels, and those after them, of an image from this line on.
    fn dy(&self, image: usize, line: usize) -> &'a [f32] {
        let [height, width] = self.args.output();
        &self.dy[((image * self.args.out_channels + self.row) * height + line) * width..]
    }

    fn first(&self, line: usize) -> isize {
        (line * self.args.stride[0]) as isize - self.args.padding[0] as isize
    }

    /// With pixels side by side in the registers.
    fn by_pixel(&self, sums: &mut [f32], scratch: &mut [f32]) {
        let Part { isa, args, rows, .. } = *self;
        let [height, width] = args.output();
        let plane = height * width;
        let band = band(height, |height| Layout::windows(args, height).size());
        let layout = &Layout::windows(args, band);
        let mut buffer = [Tap::default(); TAPS];
        let taps = layout.taps(args, &mut buffer);
        // Images that are summed up in registers, if each is one segment.
        let several = if layout.segments(args, height).count == 1 && band == height {
            let used_at_once = rows * plane + layout.size() / args.in_per_group();
            (CACHE / used_at_once).min(FITS / layout.size()).max(1)
        } else {
            1
        };
        for first in self.images.clone().step_by(several) {
            let count = several.min(self.images.end - first);
            for line in (0..height).step_by(band) {
                for (i, to) in scratch.chunks_mut(layout.size()).take(count).enumerate() {
                    run(isa, Fill { layout, from: self.x(first + i), first: self.first(line), to });
                }
                let pixels = layout.segments(args, band.min(height - line));
                let (pixels, step) = if count > 1 {
                    (Segments { count, step: layout.size(), ..pixels }, args.out_channels * plane)
                } else {
                    (pixels, pixels.len)
                };
                let dy = self.dy(first, line);
                run(isa, Correlation { taps, image: scratch, pixels, rows, dy, row: plane, step, sums });
            }
        }
    }

    /// With output channels side by side in the registers.
    fn by_channel(&self, sums: &mut [f32], scratch: &mut [f32]) {
        let Part { isa, args, rows, .. } = *self;
        let [height, width] = args.output();
        let band = band(height, |height| Layout::padded(args, height).size() + rows * height * width);
        let layout = &Layout::padded(args, band);
        let mut buffer = [Tap::default(); TAPS];
        let taps = layout.taps(args, &mut buffer);
        let (copies, scratch) = scratch.split_at_mut(layout.size().next_multiple_of(LANES));
        let (transposed, strips) = scratch.split_at_mut(rows * band * width);
        let transposed_sums = &mut strips[..rows * taps.len()];
        transposed_sums.fill(0.0);
        let lanes = lanes(isa);
        for image in self.images.clone() {
            for line in (0..height).step_by(band) {
                let lines = band.min(height - line);
                run(isa, Fill { layout, from: self.x(image), first: self.first(line), to: copies });
                let pixels = lines * width;
                run(
                    isa,
                    Strips { dy: self.dy(image, line), row: height * width, rows, pixels, to: transposed },
                );
                let strips = transposed.chunks_exact(pixels * lanes);
                for (dy, sums) in strips.zip(transposed_sums.chunks_exact_mut(taps.len() * lanes)) {
                    let (line, stride) = (layout.line(args), args.stride[1]);
                    run(isa, Outer { taps, image: copies, lines, width, line, stride, dy, sums });
                }
            }
        }
        let strips = transposed_sums.chunks_exact(taps.len() * lanes);
        for (from, to) in strips.zip(sums.chunks_exact_mut(taps.len() * lanes)) {
            for (lane, to) in to.chunks_exact_mut(taps.len()).enumerate() {
                to.iter_mut().zip(from[lane..].iter().step_by(lanes)).for_each(|(to, sum)| *to += sum);
            }
        }
    }
}
