//! Convolutions of each channel by itself: sixteen at a time, a register for each pixel.

use core::ops::Range;

use super::{BLOCK, Call};
use crate::Cpu;
use crate::cpu::SendPtr;
use crate::vector::{Kernel, Vector, run};
use crate::weight::Weight;

/// Pixels that are computed together, as far as a line has so many that see no edge.
const PIXELS: usize = 8;

/// Floats that one task writes, roughly.
const TASK: usize = 1 << 14;

pub(super) fn forward<T: Weight>(cpu: &Cpu, call: &Call<'_, T>, y: &mut [f32]) {
    let ([height, width], [lines, columns]) = (call.args.input, call.args.output());
    let (blocks, images) = (call.blocks(), call.args.images);
    assert!(call.x.len() >= images * blocks * height * width * BLOCK);
    assert!(y.len() >= images * blocks * lines * columns * BLOCK);
    assert!(call.weight.len() >= blocks * call.depth * BLOCK && call.bias.len() >= blocks * BLOCK);
    assert!(call.residual.is_empty() || call.residual.len() == y.len());
    let each = TASK.div_ceil(columns * BLOCK).min(lines);
    let bands = lines.div_ceil(each);
    let (isa, work) = (cpu.isa(), y.len() * (call.depth / 4 + 1));
    let y = SendPtr(y.as_mut_ptr());
    cpu.parallel(images * blocks * bands, work, |task, _| {
        let (plane, band) = (task / bands, task % bands * each);
        let to = plane * lines * columns * BLOCK;
        let part = Part {
            call,
            lines: band..(band + each).min(lines),
            columns: 0..columns,
            weight: call.weight[plane % blocks * call.depth * BLOCK..].as_ptr(),
            bias: call.bias[plane % blocks * BLOCK..].as_ptr(),
            x: call.x[plane * height * width * BLOCK..].as_ptr(),
            pitch: width,
            // SAFETY: lines of a plane that are this task's; the lengths were asserted.
            y: unsafe { y.get().add(to) },
            residual: call.residual_at(to),
        };
        run(isa, part);
    });
}

/// Some lines of a plane of one block.
pub(super) struct Part<'a, T> {
    pub(super) call: &'a Call<'a, T>,
    pub(super) lines: Range<usize>,
    pub(super) columns: Range<usize>,
    pub(super) weight: *const T,
    pub(super) bias: *const f32,
    /// Where the first pixel of the plane is, whether it is there or not, and pixels from one line to the next.
    pub(super) x: *const f32,
    pub(super) pitch: usize,
    /// The output plane.
    pub(super) y: *mut f32,
    /// Null where there is none.
    pub(super) residual: *const f32,
}

/// Output positions whose windows are inside the input, of `windows`.
fn inside(input: usize, windows: usize, reach: usize, stride: usize, padding: usize) -> Range<usize> {
    let start = padding.div_ceil(stride).min(windows);
    let end = (input + padding).checked_sub(reach).map_or(0, |last| last / stride + 1);
    start..end.clamp(start, windows)
}

/// Taps of a window that begins at `start` and are inside the input.
#[inline(always)]
fn taps(start: isize, input: usize, taps: usize, dilation: usize) -> Range<usize> {
    let first = (-start).max(0) as usize;
    let last = (input as isize - start).max(0) as usize;
    let end = last.div_ceil(dilation).min(taps);
    first.div_ceil(dilation).min(end)..end
}

impl<T: Weight> Kernel for Part<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let args = &self.call.args;
        let ([height, width], [_, columns]) = (args.input, args.output());
        let reach = |d: usize| (args.kernel[d] - 1) * args.dilation[d] + 1;
        let middle = inside(width, columns, reach(1), args.stride[1], args.padding[1]);
        for line in self.lines.clone() {
            let y = (line * args.stride[0]) as isize - args.padding[0] as isize;
            let rows = taps(y, height, args.kernel[0], args.dilation[0]);
            let mut column = self.columns.start;
            while column < self.columns.end {
                let x = (column * args.stride[1]) as isize - args.padding[1] as isize;
                let across = taps(x, width, args.kernel[1], args.dilation[1]);
                let whole =
                    if middle.contains(&column) { middle.end.min(self.columns.end) - column } else { 0 };
                let window =
                    Window { rows: rows.clone(), across, start: [y, x], to: line * columns + column };
                // SAFETY: taps are within the plane; pixels within the line, and those beside the first of them see
                // the same taps.
                unsafe {
                    if whole >= PIXELS {
                        self.pixels::<V, PIXELS>(&window);
                        column += PIXELS;
                    } else if whole >= PIXELS / 2 {
                        self.pixels::<V, { PIXELS / 2 }>(&window);
                        column += PIXELS / 2;
                    } else {
                        self.pixels::<V, 1>(&window);
                        column += 1;
                    }
                }
            }
        }
    }
}

/// The taps that a pixel sees.
struct Window {
    rows: Range<usize>,
    across: Range<usize>,
    /// Where the window begins, and where the output is.
    start: [isize; 2],
    to: usize,
}

impl<T: Weight> Part<'_, T> {
    /// # Safety
    /// All that is read and written is there, as `forward` asserted.
    #[inline(always)]
    unsafe fn pixels<V: Vector, const P: usize>(&self, window: &Window) {
        let args = &self.call.args;
        let Window { rows, across, start: [y, x], to } = window;
        let step = args.stride[1] * BLOCK;
        for lane in (0..BLOCK).step_by(V::N) {
            // SAFETY: as the caller promises.
            unsafe {
                let mut sums = [V::load(self.bias.add(lane)); P];
                for u in rows.clone() {
                    let row = (y + (u * args.dilation[0]) as isize) * self.pitch as isize + x;
                    for v in across.clone() {
                        let weight = T::load::<V>(self.weight.add((u * args.kernel[1] + v) * BLOCK + lane));
                        let from = (row + (v * args.dilation[1]) as isize) * BLOCK as isize;
                        let from = self.x.wrapping_offset(from + lane as isize);
                        let mut p = 0;
                        while p < P {
                            sums[p] = sums[p].fma(V::load(from.add(p * step)), weight);
                            p += 1;
                        }
                    }
                }
                let mut p = 0;
                while p < P {
                    let to = (to + p) * BLOCK + lane;
                    if !self.residual.is_null() {
                        sums[p] = sums[p].add(V::load(self.residual.add(to)));
                    }
                    sums[p].clamp(self.call.limits).store(self.y.add(to));
                    p += 1;
                }
            }
        }
    }
}
