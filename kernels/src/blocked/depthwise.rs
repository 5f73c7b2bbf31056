//! Convolutions of each channel by itself: sixteen at a time, a register for each pixel.

use core::ops::Range;

use super::{BLOCK, Call, tile};
use crate::Cpu;
use crate::conv2d;
use crate::cpu::SendPtr;
use crate::vector::{Kernel, Vector, run};
use crate::weight::Weight;

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
            there: 0..width as isize,
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
    /// The columns that are there: those of the image, and maybe zeros around them.
    pub(super) there: Range<isize>,
    /// The output plane.
    pub(super) y: *mut f32,
    /// Null where there is none.
    pub(super) residual: *const f32,
}

/// Taps of a window that begins at `start` and are among the pixels that are there.
#[inline(always)]
fn taps(start: isize, there: &Range<isize>, taps: usize, dilation: usize) -> Range<usize> {
    let first = (there.start - start).max(0) as usize;
    let last = (there.end - start).max(0) as usize;
    let end = last.div_ceil(dilation).min(taps);
    first.div_ceil(dilation).min(end)..end
}

impl<T: Weight> Kernel for Part<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let conv2d::Args { kernel, stride, dilation, .. } = self.call.args;
        // SAFETY: as the caller promises.
        unsafe {
            match (kernel[1], dilation[1], stride[1]) {
                (3, 1, 1) => self.lines::<V, 3, 1>(),
                (3, 1, 2) => self.lines::<V, 3, 2>(),
                _ => self.lines::<V, 0, 0>(),
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
    /// Columns whose windows are among the pixels that are there.
    fn inside(&self) -> Range<usize> {
        let args = &self.call.args;
        let reach = ((args.kernel[1] - 1) * args.dilation[1] + 1) as isize;
        let [padding, stride] = [args.padding[1], args.stride[1]].map(|n| n as isize);
        let start = (self.there.start + padding).max(0) as usize;
        let end = (self.there.end + padding - reach).div_euclid(stride) + 1;
        let start = start.div_ceil(args.stride[1]).clamp(self.columns.start, self.columns.end);
        start..(end.max(0) as usize).clamp(start, self.columns.end)
    }

    /// Windows of `K` taps side by side, `S` pixels apart; any if these are 0.
    ///
    /// # Safety
    /// All that is read and written is there, as `forward` asserted.
    #[inline(always)]
    unsafe fn lines<V: Vector, const K: usize, const S: usize>(&self) {
        let args = &self.call.args;
        let (height, [_, columns]) = (args.input[0] as isize, args.output());
        let inside = self.inside();
        // Registers for that many sums, beside weights.
        let (large, small) = if V::N == BLOCK { (14, 7) } else { (6, 3) };
        for line in self.lines.clone() {
            let y = (line * args.stride[0]) as isize - args.padding[0] as isize;
            let rows = taps(y, &(0..height), args.kernel[0], args.dilation[0]);
            let mut column = self.columns.start;
            while column < self.columns.end {
                let (size, first) = if inside.contains(&column) {
                    let (size, first) = tile::next(column - inside.start, inside.len(), large, small);
                    (size, inside.start + first)
                } else {
                    (1, column)
                };
                let x = (first * args.stride[1]) as isize - args.padding[1] as isize;
                let across = taps(x, &self.there, args.kernel[1], args.dilation[1]);
                let window = Window { rows: rows.clone(), across, start: [y, x], to: line * columns + first };
                // SAFETY: taps are within the plane; pixels within the line, and those beside the first of them see
                // the same taps.
                unsafe {
                    match (V::N == BLOCK, size) {
                        (true, 14) => self.pixels::<V, 14, K, S>(&window),
                        (true, 7) => self.pixels::<V, 7, K, S>(&window),
                        (false, 6) => self.pixels::<V, 6, K, S>(&window),
                        (false, 3) => self.pixels::<V, 3, K, S>(&window),
                        _ => self.pixels::<V, 1, 0, 0>(&window),
                    }
                }
                column = first + size;
            }
        }
    }

    /// `P` pixels side by side.
    ///
    /// # Safety
    /// As for `lines`.
    #[inline(always)]
    unsafe fn pixels<V: Vector, const P: usize, const K: usize, const S: usize>(&self, window: &Window) {
        let args = &self.call.args;
        let Window { rows, across, start: [y, x], to } = window;
        for lane in (0..BLOCK).step_by(V::N) {
            // SAFETY: as the caller promises.
            unsafe {
                let mut sums = [V::load(self.bias.add(lane)); P];
                for u in rows.clone() {
                    let row = (y + (u * args.dilation[0]) as isize) * self.pitch as isize + x;
                    let x = self.x.wrapping_offset(row * BLOCK as isize + lane as isize);
                    let weights = self.weight.add(u * args.kernel[1] * BLOCK + lane);
                    if K > 0 {
                        side_by_side::<V, T, P, K, S>(&mut sums, x, weights);
                        continue;
                    }
                    for v in across.clone() {
                        let weight = T::load::<V>(weights.add(v * BLOCK));
                        let from = x.wrapping_add(v * args.dilation[1] * BLOCK);
                        let mut p = 0;
                        while p < P {
                            sums[p] = sums[p].fma(V::load(from.add(p * args.stride[1] * BLOCK)), weight);
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

/// Adds a row of `K` taps to the sums of `P` windows, `S` pixels apart. With constant bounds, a pixel is loaded once
/// for all windows that see it.
///
/// # Safety
/// The pixels and the weights are there, and this is called within [`run`].
#[inline(always)]
unsafe fn side_by_side<V: Vector, T: Weight, const P: usize, const K: usize, const S: usize>(
    sums: &mut [V; P],
    x: *const f32,
    weights: *const T,
) {
    let mut v = 0;
    while v < K {
        // SAFETY: as the caller promises.
        unsafe {
            let tap = T::load::<V>(weights.add(v * BLOCK));
            let mut p = 0;
            while p < P {
                sums[p] = sums[p].fma(V::load(x.add((p * S + v) * BLOCK)), tap);
                p += 1;
            }
        }
        v += 1;
    }
}
