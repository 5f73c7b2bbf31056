//! Convolutions in which every output channel sees every input channel.

use core::ops::Range;

use super::tile::{Depth, Place, Tile, pixels};
use super::{BLOCK, Call, STACK};
use crate::Cpu;
use crate::cpu::SendPtr;
use crate::vector::{Kernel, Vector, run};
use crate::weight::Weight;

/// Work is cut into parts of about so many multiplications, but not into more than [`PARTS`].
const TASK: usize = 1 << 18;
const PARTS: usize = 16;

/// Floats of input that stay in the second-level cache while all weights pass.
const CHUNK: usize = 1 << 16;

/// Output pixels of some blocks of channels.
pub(super) struct Part<'a, T> {
    pub(super) tile: Tile,
    /// From one pixel to the next in x.
    pub(super) step: usize,
    /// The pixels to compute, of the planes of this image.
    pub(super) pixels: Range<usize>,
    pub(super) blocks: Range<usize>,
    /// Tiles that the same weights have been used for.
    pub(super) panel: usize,
    pub(super) call: &'a Call<'a, T>,
    /// Where pixel 0 is, of block 0, whether it is there or not.
    pub(super) x: *const f32,
    pub(super) y: *mut f32,
    /// Null where there is none.
    pub(super) residual: *const f32,
}

impl<T: Weight> Kernel for Part<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: what `pointwise` and `first` promise.
        unsafe {
            match self.step {
                BLOCK => self.chunks::<V, BLOCK>(),
                2 => self.chunks::<V, 2>(),
                _ => self.chunks::<V, 1>(),
            }
        }
    }
}

impl<T: Weight> Part<'_, T> {
    /// # Safety
    /// All memory is there, and the output is nobody else's.
    #[inline(always)]
    unsafe fn chunks<V: Vector, const STEP: usize>(&self) {
        let Call { weight, bias, depth, .. } = *self.call;
        let chunk = (CHUNK / depth.max(1)).next_multiple_of(14);
        for first in self.pixels.clone().step_by(chunk) {
            let count = chunk.min(self.pixels.end - first);
            for block in self.blocks.clone().step_by(2) {
                let to = block * self.tile.y_block + first * BLOCK;
                // SAFETY: within the output, whose size is that of the residual, and the packed parameters.
                unsafe {
                    let at = Place {
                        x: self.x.wrapping_add(first * STEP),
                        w: weight.as_ptr().add(block * self.tile.w_block),
                        bias: bias.as_ptr().add(block * BLOCK),
                        y: self.y.wrapping_add(to),
                        residual: if self.residual.is_null() { self.residual } else { self.residual.add(to) },
                    };
                    pixels::<V, T, STEP>(&self.tile, at, count, 2.min(self.blocks.end - block), self.panel);
                }
            }
        }
    }
}

/// Tiles of a whole image.
fn tile<T: Weight>(call: &Call<'_, T>, depth: Depth) -> Tile {
    Tile { depth, w_block: call.depth * BLOCK, y_block: call.area() * BLOCK, limits: call.limits }
}

/// The channels of a blocked image of `area` pixels.
pub(super) fn channels(ins: usize, area: usize) -> Depth {
    let runs = ins.div_ceil(BLOCK);
    Depth { runs, run: BLOCK, last: ins - runs.saturating_sub(1) * BLOCK, stride: area * BLOCK }
}

pub(super) fn pointwise<T: Weight>(cpu: &Cpu, call: &Call<'_, T>, y: &mut [f32]) {
    let (area, blocks, ins, images) = (call.area(), call.blocks(), call.args.in_channels, call.args.images);
    let tile = tile(call, channels(ins, area));
    let runs = tile.depth.runs;
    assert!(call.x.len() >= images * runs * BLOCK * area && y.len() >= images * blocks * BLOCK * area);
    assert!(call.weight.len() >= blocks * tile.w_block && call.bias.len() >= blocks * BLOCK);
    assert!(call.residual.is_empty() || call.residual.len() == y.len());
    // Cut where the larger of weights and images is. The cut depends on sizes alone.
    let work = area * ins * blocks * BLOCK;
    let parts = (work / TASK).clamp(1, PARTS);
    let by_channels = blocks * BLOCK >= area;
    let each = if by_channels {
        blocks.div_ceil(parts).next_multiple_of(2)
    } else {
        area.div_ceil(parts).next_multiple_of(14)
    };
    let parts = if by_channels { blocks.div_ceil(each) } else { area.div_ceil(each) };
    let (isa, y) = (cpu.isa(), SendPtr(y.as_mut_ptr()));
    cpu.parallel(images * parts, images * work / 16, |task, _| {
        let (image, part) = (task / parts, task % parts * each);
        let (pixels, blocks_of_part) = if by_channels {
            (0..area, part..(part + each).min(blocks))
        } else {
            (part..(part + each).min(area), 0..blocks)
        };
        let to = image * blocks * BLOCK * area;
        let part = Part {
            tile,
            step: BLOCK,
            pixels,
            blocks: blocks_of_part,
            panel: 0,
            call,
            x: call.x[image * runs * BLOCK * area..].as_ptr(),
            // SAFETY: an image of y. Tasks write different pixels or blocks of it; the lengths were asserted.
            y: unsafe { y.get().add(to) },
            residual: call.residual_at(to),
        };
        run(isa, part);
    });
}

/// Lines of the image are copied with the zeros around them, the channels of a line one after the other: then the
/// columns of a window in all channels are at equal distances.
pub(super) fn first<T: Weight>(cpu: &Cpu, call: &Call<'_, T>, y: &mut [f32]) {
    let args = call.args;
    let ([height, width], [lines, columns], blocks) = (args.input, args.output(), call.blocks());
    let ([kernel, across], channels, [_, stride]) = (args.kernel, args.in_channels, args.stride);
    let rows = kernel * channels;
    let image = blocks * BLOCK * lines * columns;
    assert!(call.x.len() >= args.images * channels * height * width && y.len() >= args.images * image);
    assert!(call.weight.len() >= blocks * call.depth * BLOCK && call.bias.len() >= blocks * BLOCK);
    assert!(call.residual.is_empty() || call.residual.len() == y.len());
    let (isa, y) = (cpu.isa(), SendPtr(y.as_mut_ptr()));
    let work = args.images * image * call.depth / 16;
    cpu.parallel(args.images * lines, work, |task, scratch| {
        let (n, line) = (task / lines, task % lines);
        let mut stack = [0.0; STACK];
        let scratch = if STACK == 0 { scratch } else { &mut stack };
        // As many columns at a time as fit.
        let most = (scratch.len() / rows - across) / stride + 1;
        for column in (0..columns).step_by(most) {
            let count = most.min(columns - column);
            let pitch = (count - 1) * stride + across;
            let copy = &mut scratch[..rows * pitch];
            for (i, to) in copy.chunks_exact_mut(pitch).enumerate() {
                let (u, channel) = (i / channels, i % channels);
                let row = (line * args.stride[0] + u * args.dilation[0]).wrapping_sub(args.padding[0]);
                let line = if row < height { ((n * channels + channel) * height + row) * width } else { 0 };
                let line = &call.x[line..][..if row < height { width } else { 0 }];
                copy_padded(line, column * stride, args.padding[1], to);
            }
            let to = n * image + (line * columns + column) * BLOCK;
            let depth = Depth { runs: rows, run: across, last: across, stride: pitch };
            let part = Part {
                tile: tile(call, depth),
                step: stride,
                pixels: 0..count,
                blocks: 0..blocks,
                panel: 0,
                call,
                x: copy.as_ptr(),
                // SAFETY: columns of a line of the output, which is this task's; the lengths were asserted.
                y: unsafe { y.get().add(to) },
                residual: call.residual_at(to),
            };
            run(isa, part);
        }
    });
}

/// A line with zeros before and after it, from position `start` on.
fn copy_padded(line: &[f32], start: usize, padding: usize, to: &mut [f32]) {
    let before = padding.saturating_sub(start).min(to.len());
    let line = line.get(start.saturating_sub(padding)..).unwrap_or(&[]);
    let count = line.len().min(to.len() - before);
    to[..before].fill(0.0);
    to[before..][..count].copy_from_slice(&line[..count]);
    to[before + count..].fill(0.0);
}
