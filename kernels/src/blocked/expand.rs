//! A pointwise convolution and the depthwise one behind it, band by band: what is between them never leaves the cache.

use core::ops::Range;

use super::dense::{self, channels};
use super::tile::Tile;
use super::{BLOCK, Call, STACK, depthwise};
use crate::cpu::SendPtr;
use crate::vector::run;
use crate::weight::Weight;
use crate::{Cpu, Isa};

/// Floats between the two: with what is read and written beside them, they stay in the second-level cache.
const BETWEEN: usize = if STACK == 0 { 1 << 17 } else { STACK };

/// Blocks of channels that a task computes.
const BLOCKS: usize = if STACK == 0 { 2 } else { 1 };

/// Lines and columns of the output that are computed at a time, at most.
fn band<T: Weight>(each: &Call<'_, T>) -> [usize; 2] {
    let output = each.args.output();
    let reach = |d: usize| (each.args.kernel[d] - 1) * each.args.dilation[d] + 1;
    let seen = |d: usize, windows: usize| (windows - 1) * each.args.stride[d] + reach(d);
    // How many windows see no more than so many pixels.
    let most = |d: usize, pixels: usize| {
        ((pixels.max(reach(d)) - reach(d)) / each.args.stride[d] + 1).min(output[d])
    };
    let (line, pitch) = (BETWEEN / (BLOCKS * BLOCK), seen(1, output[1]));
    // Bands of one size, as nearly as can be.
    let lines = output[0].div_ceil(output[0].div_ceil(most(0, line / pitch)));
    if seen(0, lines).min(each.args.input[0]) * pitch <= line {
        [lines, output[1]]
    } else {
        [1, most(1, line / reach(0))]
    }
}

/// Whether windows are small enough to be computed so.
pub(super) fn is_valid(each: &crate::conv2d::Args) -> bool {
    let reach =
        |d: usize| each.kernel[d].saturating_sub(1).saturating_mul(each.dilation[d]).saturating_add(1);
    reach(0).saturating_mul(reach(1)) <= super::LEAST / BLOCK
}

pub(super) fn forward<T: Weight>(cpu: &Cpu, expand: &Call<'_, T>, each: &Call<'_, T>, y: &mut [f32]) {
    let (input, [lines, columns], blocks) = (each.args.input, each.args.output(), each.blocks());
    let (images, area) = (each.args.images, input[0] * input[1]);
    let ins = expand.args.in_channels.div_ceil(BLOCK) * BLOCK * area;
    let outs = blocks * BLOCK * lines * columns;
    assert!(expand.x.len() >= images * ins && y.len() >= images * outs);
    for call in [expand, each] {
        assert!(call.weight.len() >= blocks * BLOCK * call.depth && call.bias.len() >= blocks * BLOCK);
    }
    let [down, across] = band(each);
    let (bands, groups) = (lines.div_ceil(down), blocks.div_ceil(BLOCKS));
    let (isa, work) = (cpu.isa(), images * (area * blocks * expand.depth + outs / 2));
    let y = SendPtr(y.as_mut_ptr());
    // The groups of a band follow each other: what they read is the same.
    cpu.parallel(images * bands * groups, work, |task, scratch| {
        let (image, band, group) = (task / groups / bands, task / groups % bands, task % groups);
        let mut stack = [0.0; STACK];
        let between = if STACK == 0 { scratch } else { &mut stack };
        for column in (0..columns).step_by(across) {
            let part = Part {
                expand,
                each,
                lines: band * down..((band + 1) * down).min(lines),
                columns: column..(column + across).min(columns),
                blocks: group * BLOCKS..((group + 1) * BLOCKS).min(blocks),
                x: expand.x[image * ins..].as_ptr(),
                // SAFETY: an image of y. Tasks write different lines or blocks of it; the lengths were asserted.
                y: unsafe { y.get().add(image * outs) },
            };
            part.run(isa, between);
        }
    });
}

/// Some output pixels of some blocks of an image.
struct Part<'a, T> {
    expand: &'a Call<'a, T>,
    each: &'a Call<'a, T>,
    lines: Range<usize>,
    columns: Range<usize>,
    blocks: Range<usize>,
    x: *const f32,
    y: *mut f32,
}

impl<T: Weight> Part<'_, T> {
    /// Pixels that outputs see, those beyond the edges of the image included.
    fn seen(&self, d: usize, outputs: &Range<usize>) -> Range<isize> {
        let args = &self.each.args;
        let end = (outputs.end - 1) * args.stride[d] + (args.kernel[d] - 1) * args.dilation[d] + 1;
        let at = |pixel: usize| pixel as isize - args.padding[d] as isize;
        at(outputs.start * args.stride[d])..at(end)
    }

    fn run(&self, isa: Isa, between: &mut [f32]) {
        let ([height, width], [lines, columns]) = (self.each.args.input, self.each.args.output());
        let within = |pixels: &Range<isize>, size: usize| {
            let [start, end] = [pixels.start, pixels.end].map(|at| (at.max(0) as usize).min(size));
            start..end
        };
        let there = self.seen(1, &self.columns);
        let (rows, seen) = (within(&self.seen(0, &self.lines), height), within(&there, width));
        let pitch = there.len();
        let plane = rows.len() * pitch * BLOCK;
        let between = &mut between[..self.blocks.len() * plane];
        let tile = Tile {
            depth: channels(self.expand.args.in_channels, height * width),
            w_block: self.expand.depth * BLOCK,
            y_block: plane,
            limits: self.expand.limits,
        };
        // Zeros beside the image, so that windows need not know of its edges.
        let before = ((seen.start as isize - there.start) as usize).min(pitch);
        for line in between.chunks_exact_mut(pitch * BLOCK) {
            line[..before * BLOCK].fill(0.0);
            line[(before + seen.len()) * BLOCK..].fill(0.0);
        }
        for (i, row) in rows.clone().enumerate() {
            let to = between.as_mut_ptr().wrapping_add((i * pitch + before) * BLOCK);
            let part = dense::Part {
                tile,
                step: BLOCK,
                pixels: 0..seen.len(),
                blocks: self.blocks.clone(),
                panel: i,
                call: self.expand,
                x: self.x.wrapping_add((row * width + seen.start) * BLOCK),
                y: to.wrapping_sub(self.blocks.start * plane),
                residual: core::ptr::null(),
            };
            run(isa, part);
        }
        for (i, block) in self.blocks.clone().enumerate() {
            let first = (rows.start * pitch) as isize + there.start;
            let part = depthwise::Part {
                call: self.each,
                lines: self.lines.clone(),
                columns: self.columns.clone(),
                weight: self.each.weight[block * self.each.depth * BLOCK..].as_ptr(),
                bias: self.each.bias[block * BLOCK..].as_ptr(),
                x: between[i * plane..].as_ptr().wrapping_offset(-first * BLOCK as isize),
                pitch,
                there: there.clone(),
                y: self.y.wrapping_add(block * lines * columns * BLOCK),
                residual: core::ptr::null(),
            };
            run(isa, part);
        }
    }
}
