//! Copies of images in which every pixel of a window is found by adding one offset.

use super::product::{Segments, Tap};
use crate::conv2d::Args;
use crate::vector::{Kernel, Vector};

/// The lines of an image, with their padding, in `copies`: pixel (i, j) of copy n is pixel
/// (i + first, j·`stride` + n·`shift` − `padding`) of the image.
///
/// Where lines of windows fill registers well, there is a copy for each phase of the stride, and a
/// line of windows is a segment of pixels. Where they do not, and the stride is one, there is a copy
/// for each column of the kernel, as wide as a line of windows: then all windows are one segment.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    channels: usize,
    /// Size of an image.
    input: [usize; 2],
    lines: usize,
    pitch: usize,
    copies: usize,
    stride: usize,
    shift: usize,
    padding: usize,
    /// Whether all windows are one segment.
    flat: bool,
}

/// Floats beyond the last line that may be read and written, to no effect.
const SLACK: usize = 16;

impl Layout {
    /// For `height` lines of windows of a group.
    #[inline(always)]
    pub(super) fn windows(args: &Args, height: usize) -> Self {
        let Args { input, kernel, stride, padding, dilation, .. } = *args;
        let width = args.output()[1];
        let reach = (kernel[1] - 1) * dilation[1] / stride[1];
        let flat = is_flat(args);
        Layout {
            channels: args.in_per_group(),
            input,
            lines: (height - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1,
            pitch: if flat { width } else { (width + reach).next_multiple_of(SLACK) },
            copies: if flat { kernel[1] } else { stride[1] },
            stride: stride[1],
            shift: if flat { dilation[1] } else { 1 },
            padding: padding[1],
            flat,
        }
    }

    /// The same in one copy, where windows of a line are as far apart as in the image.
    #[inline(always)]
    pub(super) fn padded(args: &Args, height: usize) -> Self {
        let reach = (args.output()[1] - 1) * args.stride[1] + (args.kernel[1] - 1) * args.dilation[1];
        Layout { pitch: reach + 1, copies: 1, stride: 1, flat: false, ..Layout::windows(args, height) }
    }

    /// Floats from one line of windows to the next.
    pub(super) fn line(&self, args: &Args) -> usize {
        args.stride[0] * self.pitch
    }

    /// For `height` lines of the input, and those lines of the output that went into them.
    pub(super) fn outputs(args: &Args, height: usize) -> Self {
        let input = args.output();
        Layout {
            channels: args.out_per_group(),
            input,
            lines: height + (args.kernel[0] - 1) * args.dilation[0],
            pitch: input[1],
            copies: 1,
            stride: 1,
            shift: 0,
            padding: 0,
            flat: true,
        }
    }

    /// Floats of the copies.
    #[inline(always)]
    pub(super) fn size(&self) -> usize {
        let sizes = [self.channels, self.copies, self.lines, self.pitch];
        sizes.into_iter().fold(1, usize::saturating_mul).saturating_add(SLACK)
    }

    fn at(&self, channel: usize, copy: usize, line: usize) -> usize {
        ((channel * self.copies + copy) * self.lines + line) * self.pitch
    }

    /// Where the pixels of a window are, in the order of the weight.
    pub(super) fn taps<'a>(&self, args: &Args, to: &'a mut [Tap]) -> &'a [Tap] {
        let [height, width] = args.kernel;
        let to = &mut to[..self.channels * height * width];
        let mut index = 0;
        for c in 0..self.channels {
            for u in 0..height {
                for v in 0..width {
                    let column = v * args.dilation[1];
                    let (copy, column) =
                        if self.flat { (v, 0) } else { (column % self.stride, column / self.stride) };
                    let image = self.at(c, copy, u * args.dilation[0]) + column;
                    to[index] = Tap { image: image as u32, weight: index as u32 };
                    index += 1;
                }
            }
        }
        to
    }

    /// Where the lines of [`Layout::outputs`] are that a kernel's lines meet, and their weights.
    pub(super) fn lines<'a>(&self, args: &Args, to: &'a mut [Tap]) -> &'a [Tap] {
        let [height, width] = args.kernel;
        let to = &mut to[..self.channels * height];
        let mut index = 0;
        for o in 0..self.channels {
            for u in 0..height {
                let image = self.at(o, 0, (height - 1 - u) * args.dilation[0]);
                let weight = (o * args.in_per_group() * height + u) * width;
                to[index] = Tap { image: image as u32, weight: weight as u32 };
                index += 1;
            }
        }
        to
    }

    /// `height` lines of windows.
    pub(super) fn segments(&self, args: &Args, height: usize) -> Segments {
        let width = args.output()[1];
        if self.flat {
            Segments { count: 1, len: height * width, step: 0 }
        } else {
            Segments { count: height, len: width, step: self.line(args) }
        }
    }
}

/// Whether all windows are one segment.
#[inline(always)]
fn is_flat(args: &Args) -> bool {
    let width = args.output()[1];
    let whole = width.next_multiple_of(16);
    args.stride == [1, 1] && (whole - width) * 12 > whole
}

/// Copies the channels of one group of an image.
pub(super) struct Fill<'a> {
    pub(super) layout: &'a Layout,
    pub(super) from: &'a [f32],
    /// Which line of the image is the first.
    pub(super) first: isize,
    pub(super) to: &'a mut [f32],
}

impl Kernel for Fill<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Layout { channels, input: [height, width], lines, pitch, copies, stride, shift, padding, .. } =
            *self.layout;
        assert!(self.from.len() >= channels * height * width && self.to.len() >= self.layout.size());
        // The lines that are within the image.
        let above = (-self.first).clamp(0, lines as isize) as usize;
        let below = (height as isize - self.first).clamp(above as isize, lines as isize) as usize;
        for c in 0..channels {
            let top = (c * height) as isize + self.first;
            for copy in 0..copies {
                let to = &mut self.to[self.layout.at(c, copy, 0)..];
                let start = (copy * shift) as isize - padding as isize;
                if start == 0 && pitch == width && stride == 1 {
                    // All lines in one piece.
                    let (to, after) = to[..lines * pitch].split_at_mut(below * pitch);
                    let (before, to) = to.split_at_mut(above * pitch);
                    let image = &self.from[c * height * width..][..height * width];
                    before.fill(0.0);
                    after.fill(0.0);
                    if below > above {
                        let from = (self.first + above as isize) as usize * width;
                        to.copy_from_slice(&image[from..][..to.len()]);
                    }
                    continue;
                }
                if stride > 1 {
                    for (line, to) in to.chunks_exact_mut(pitch).take(lines).enumerate() {
                        let from = if (above..below).contains(&line) {
                            &self.from[(top + line as isize) as usize * width..][..width]
                        } else {
                            &[]
                        };
                        every(from, start, stride, to);
                    }
                    continue;
                }
                // From right to left: what a vector writes beyond the end of a line, the first ones of
                // the next line overwrite.
                for column in (0..pitch).step_by(V::N).rev() {
                    let start = start + column as isize;
                    // SAFETY: the mask leaves only pixels of the line; what is written is in `to`, with
                    // the slack at its end.
                    unsafe {
                        let mask = V::mask(-start..width as isize - start);
                        let to = to.as_mut_ptr().add(column);
                        for line in 0..above {
                            V::splat(0.0).store(to.add(line * pitch));
                        }
                        for line in above..below {
                            let at = (top + line as isize) * width as isize + start;
                            let from = self.from.as_ptr().wrapping_offset(at);
                            V::load_masked(from, mask).store(to.add(line * pitch));
                        }
                        for line in below..lines {
                            V::splat(0.0).store(to.add(line * pitch));
                        }
                    }
                }
            }
        }
    }
}

/// `to[i]` ← `from[start + i·stride]`, or zero outside.
#[inline(always)]
fn every(from: &[f32], start: isize, stride: usize, to: &mut [f32]) {
    let until = |end: isize| (end.max(0) as usize).div_ceil(stride).min(to.len());
    let inside = until(-start)..until(from.len() as isize - start).max(until(-start));
    to[..inside.start].fill(0.0);
    to[inside.end..].fill(0.0);
    if inside.is_empty() {
        return;
    }
    let from = &from[(start + (inside.start * stride) as isize) as usize..];
    let to = &mut to[inside];
    if stride == 2 {
        // The last pixel may have none beside it.
        let last = to.len() - 1;
        to[..last].iter_mut().zip(from.as_chunks::<2>().0).for_each(|(to, pair)| *to = pair[0]);
        to[last] = from[2 * last];
    } else {
        to.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, x)| *to = *x);
    }
}
