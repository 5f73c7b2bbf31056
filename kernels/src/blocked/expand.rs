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
    let ([_, width], output) = (each.args.input, each.args.output());
    let reach = |d: usize| (each.args.kernel[d] - 1) * each.args.dilation[d] + 1;
    // How many windows see no more than so many pixels.
    let most = |d: usize, pixels: usize| {
        ((pixels.max(reach(d)) - reach(d)) / each.args.stride[d] + 1).min(output[d])
    };
    let line = BETWEEN / (BLOCKS * BLOCK);
    let lines = most(0, line / width);
    // Bands of one size, as nearly as can be.
    let lines = output[0].div_ceil(output[0].div_ceil(lines));
    let seen = (lines - 1) * each.args.stride[0] + reach(0);
    if seen.min(each.args.input[0]) * width <= line {
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
    /// Pixels of the input that outputs see.
    fn seen(&self, d: usize, outputs: &Range<usize>) -> Range<usize> {
        let args = &self.each.args;
        let end = (outputs.end - 1) * args.stride[d] + (args.kernel[d] - 1) * args.dilation[d] + 1;
        let end = end.saturating_sub(args.padding[d]).min(args.input[d]);
        (outputs.start * args.stride[d]).saturating_sub(args.padding[d]).min(end)..end
    }

    fn run(&self, isa: Isa, between: &mut [f32]) {
        let ([height, width], args) = (self.each.args.input, &self.each.args);
        let (rows, seen) = (self.seen(0, &self.lines), self.seen(1, &self.columns));
        let (pitch, plane) = (seen.len(), rows.len() * seen.len() * BLOCK);
        let between = &mut between[..self.blocks.len() * plane];
        let tile = Tile {
            depth: channels(self.expand.args.in_channels, height * width),
            w_block: self.expand.depth * BLOCK,
            y_block: plane,
            limits: self.expand.limits,
        };
        // Whole lines follow each other in both.
        let (runs, len) =
            if pitch == width { (rows.len().min(1), rows.len() * width) } else { (rows.len(), pitch) };
        for i in 0..runs {
            let to = between.as_mut_ptr().wrapping_add(i * pitch * BLOCK);
            let part = dense::Part {
                tile,
                step: BLOCK,
                pixels: 0..len,
                blocks: self.blocks.clone(),
                call: self.expand,
                x: self.x.wrapping_add(((rows.start + i) * width + seen.start) * BLOCK),
                y: to.wrapping_sub(self.blocks.start * plane),
                residual: core::ptr::null(),
            };
            run(isa, part);
        }
        let [lines, columns] = args.output();
        for (i, block) in self.blocks.clone().enumerate() {
            let first = (rows.start * pitch + seen.start) * BLOCK;
            let part = depthwise::Part {
                call: self.each,
                lines: self.lines.clone(),
                columns: self.columns.clone(),
                weight: self.each.weight[block * self.each.depth * BLOCK..].as_ptr(),
                bias: self.each.bias[block * BLOCK..].as_ptr(),
                x: between[i * plane..].as_ptr().wrapping_sub(first),
                pitch,
                y: self.y.wrapping_add(block * lines * columns * BLOCK),
                residual: core::ptr::null(),
            };
            run(isa, part);
        }
    }
}
