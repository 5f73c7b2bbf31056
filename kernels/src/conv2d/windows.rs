//! Windows of images as the factor of a matrix product.

use core::ops::Range;

use super::Args;
use crate::gemm::lanes::Lanes;
use crate::gemm::operand::Operand;
use crate::sure::{self, cut, cut_mut, divide, get, rest, rest_mut, set, split_mut};

/// Windows over images: pixel (u, v) of the window at (i, j) is the image's pixel
/// (i·stride + u·step + origin, ...), in both directions, and zero outside the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows<'a> {
    pub(super) data: &'a [f32],
    /// Channels of a group.
    pub(super) channels: usize,
    /// Size of an image.
    pub(super) size: [usize; 2],
    /// How many windows there are.
    pub(super) windows: [usize; 2],
    /// Size of a window.
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) step: [isize; 2],
    pub(super) origin: [isize; 2],
    /// Floats from one image to the next.
    pub(super) image: usize,
}

impl<'a> Windows<'a> {
    /// The windows that a convolution sees.
    pub(super) fn of(args: &Args, x: &'a [f32]) -> Self {
        let signed = |[h, w]: [usize; 2]| [h as isize, w as isize];
        Windows {
            data: x,
            channels: args.in_per_group(),
            size: args.input,
            windows: args.output(),
            kernel: args.kernel,
            stride: args.stride,
            step: signed(args.dilation),
            origin: signed(args.padding).map(|padding| -padding),
            image: args.in_channels * args.input[0] * args.input[1],
        }
    }

    /// The channels of a group of an image.
    #[inline(always)]
    pub(super) fn group(&self, image: usize, group: usize) -> &'a [f32] {
        let len = self.channels * self.size[0] * self.size[1];
        cut(self.data, image * self.image + group * len, len)
    }

    /// Some pixels of one window, of those of all images, one after the other. Steps are forwards.
    #[inline(never)]
    pub(super) fn one(&self, group: usize, window: usize, depth: Range<usize>, to: &mut [f32]) {
        let [height, width] = self.windows;
        let (line, j) = divide(window, width);
        let (image, i) = divide(line, height);
        let group = self.group(image, group);
        let step = self.step[1].unsigned_abs();
        // Which pixels of a line are within the image is the same for all lines.
        let x = (j * self.stride[1]) as isize + self.origin[1];
        let is_inside = |v: &usize| (0..self.size[1] as isize).contains(&(x + (*v * step) as isize));
        let first = (0..self.kernel[1]).find(is_inside).unwrap_or(0);
        let end = (first..self.kernel[1]).rev().find(is_inside).map_or(first, |last| last + 1);

        let mut to = cut_mut(to, 0, depth.len());
        to.fill(0.0);
        let mut tap = Tap::new(depth.start, self.kernel);
        while !to.is_empty() {
            let count = (self.kernel[1] - tap.v).min(to.len());
            let (now, later) = split_mut(to, count);
            let [first, end] = [first, end].map(|v| v.max(tap.v).min(tap.v + count) - tap.v);
            let (line, start) = self.start(group, tap, i, j);
            if !line.is_empty() && first < end {
                let from = rest(line, (start + (first * step) as isize) as usize);
                let to = cut_mut(now, first, end - first);
                if step == 1 {
                    copy(cut(from, 0, to.len()), to);
                } else {
                    to.iter_mut().zip(from.iter().step_by(step.max(1))).for_each(|(to, x)| *to = *x);
                }
            }
            to = later;
            tap = Tap { v: self.kernel[1].max(1) - 1, ..tap }.next(self.kernel);
        }
    }

    /// Line `y` of a channel; empty outside.
    #[inline(always)]
    fn line(&self, group: &'a [f32], channel: usize, y: isize) -> &'a [f32] {
        let [height, width] = self.size;
        if y < 0 || y >= height as isize {
            return &[];
        }
        cut(group, (channel * height + y as usize) * width, width)
    }

    /// The line that pixels `tap` of windows in line `i` lie in, and where the one of window j is.
    #[inline(always)]
    fn start(&self, group: &'a [f32], tap: Tap, i: usize, j: usize) -> (&'a [f32], isize) {
        let y = (i * self.stride[0]) as isize + tap.u as isize * self.step[0] + self.origin[0];
        let x = (j * self.stride[1]) as isize + tap.v as isize * self.step[1] + self.origin[1];
        (self.line(group, tap.channel, y), x)
    }
}

/// A pixel of a window: one k of the product (a line, for the gradient of the weight).
#[derive(Clone, Copy)]
pub(super) struct Tap {
    pub(super) channel: usize,
    pub(super) u: usize,
    pub(super) v: usize,
}

impl Tap {
    #[inline(always)]
    pub(super) fn new(index: usize, [height, width]: [usize; 2]) -> Self {
        // A window without pixels has none to count.
        let (height, width) = (height.max(1), width.max(1));
        Tap { channel: divide(index, height * width).0, u: index / width % height, v: index % width }
    }
    #[inline(always)]
    pub(super) fn next(self, [height, width]: [usize; 2]) -> Self {
        let Tap { channel, u, v } = self;
        if v + 1 < width {
            Tap { v: v + 1, ..self }
        } else if u + 1 < height {
            Tap { channel, u: u + 1, v: 0 }
        } else {
            Tap { channel: channel + 1, u: 0, v: 0 }
        }
    }
}

/// `to[i]` ← `line[start + i·stride]`, or zero outside the line.
#[inline(always)]
fn run(line: &[f32], start: isize, stride: usize, to: &mut [f32]) {
    let (len, stride) = (to.len(), stride.max(1));
    // The first i that is not before the line, and the first beyond it.
    let until = |limit: isize| {
        if limit <= 0 {
            0
        } else {
            (if stride == 1 { limit as usize } else { (limit as usize).div_ceil(stride) }).min(len)
        }
    };
    let from = until(-start);
    let end = until(line.len() as isize - start).max(from);
    if from > 0 {
        cut_mut(to, 0, from).fill(0.0);
    }
    if end < len {
        rest_mut(to, end).fill(0.0);
    }
    if from == end {
        return;
    }
    let first = (start + (from * stride) as isize) as usize;
    let to = cut_mut(to, from, end - from);
    if stride == 1 {
        copy(cut(line, first, to.len()), to);
    } else {
        to.iter_mut().zip(rest(line, first).iter().step_by(stride)).for_each(|(to, x)| *to = *x);
    }
}

/// Copies a short slice without calling `memcpy`: in pieces that overlap.
#[inline(always)]
fn copy(from: &[f32], to: &mut [f32]) {
    #[inline(always)]
    fn pieces<const N: usize>(from: &[f32], to: &mut [f32]) {
        let last = to.len() - N;
        let mut at = 0;
        while at < last {
            sure::copy(cut(from, at, N), cut_mut(to, at, N));
            at += N;
        }
        sure::copy(cut(from, last, N), rest_mut(to, last));
    }
    match to.len() {
        0..2 => to.iter_mut().zip(from).for_each(|(to, x)| *to = *x),
        2..4 => pieces::<2>(from, to),
        4..8 => pieces::<4>(from, to),
        8..16 => pieces::<8>(from, to),
        _ => pieces::<16>(from, to),
    }
}

/// Columns are windows, of all images; k counts the pixels of a window, channel by channel.
pub(super) struct ByWindow<'a>(pub(super) Windows<'a>);

impl Operand for ByWindow<'_> {
    #[inline(always)]
    fn pack<V: Lanes, const W: usize>(
        &self,
        batch: [usize; 2],
        first: usize,
        count: usize,
        depth: Range<usize>,
        to: &mut [f32],
    ) {
        let windows = &self.0;
        if windows.is_seamless() {
            return windows.pack_seamless::<W>(batch[1], first, count, depth, to);
        }
        let [height, width] = windows.windows;
        let mut done = 0;
        while done < count {
            let (line, j) = divide(first + done, width);
            let (image, i) = divide(line, height);
            let len = (width - j).min(count - done);
            let group = windows.group(image, batch[1]);
            let mut tap = Tap::new(depth.start, windows.kernel);
            for to in cut_mut(to, 0, depth.len() * W).chunks_exact_mut(W) {
                let (line, start) = windows.start(group, tap, i, j);
                run(line, start, windows.stride[1], cut_mut(to, done, len));
                tap = tap.next(windows.kernel);
            }
            done += len;
        }
    }
}

/// Columns are the pixels of a window; k counts the windows of one image.
pub(super) struct ByTap<'a>(pub(super) Windows<'a>);

impl Operand for ByTap<'_> {
    #[inline(always)]
    fn pack<V: Lanes, const W: usize>(
        &self,
        batch: [usize; 2],
        first: usize,
        count: usize,
        depth: Range<usize>,
        to: &mut [f32],
    ) {
        let windows = &self.0;
        let group = windows.group(batch[0], batch[1]);
        let ([height, width], across) = (windows.size, windows.windows[1]);
        let [down_stride, stride] = windows.stride;
        let side = V::SIDE;
        let mut tap = Tap::new(first, windows.kernel);
        for l in (0..count).step_by(side) {
            // Lines beyond the last are packed as copies of it.
            let mut taps = [tap; 8];
            for i in 1..side.min(count - l) {
                tap = tap.next(windows.kernel);
                rest_mut(&mut taps, i).fill(tap);
            }
            tap = tap.next(windows.kernel);
            // Where pixel (0, 0) of the image would be, relative to these taps; and what they reach.
            let at = |tap: Tap| {
                let y = tap.u as isize * windows.step[0] + windows.origin[0];
                [y, tap.v as isize * windows.step[1] + windows.origin[1]]
            };
            // Loops, as the closure of a `map` might not be inlined.
            let reach = |d: usize| {
                let (mut least, mut most) = (isize::MAX, isize::MIN);
                for tap in taps {
                    (least, most) = (least.min(at(tap)[d]), most.max(at(tap)[d]));
                }
                (least, most)
            };
            let ((top, bottom), (left, right)) = (reach(0), reach(1));
            let offset = |tap: Tap| {
                let [y, x] = at(tap);
                ((tap.channel * height) as isize + y - top) * width as isize + x - left
            };
            let mut lines = [0; 8];
            for (line, tap) in lines.iter_mut().zip(taps) {
                *line = offset(tap) as usize;
            }
            let furthest = lines.iter().fold(0, |max, &line| line.max(max)) + 8;
            let mut done = 0;
            while done < depth.len() {
                let (i, j) = divide(depth.start + done, across);
                let len = (across - j).min(depth.len() - done);
                let (y, x) = ((i * down_stride) as isize, (j * stride) as isize);
                let whole = y + top >= 0 && y + bottom < height as isize;
                let mut d = 0;
                while d < len {
                    if len >= side {
                        // The last square overlaps the one before: what they write twice is the same.
                        d = d.min(len - side);
                    }
                    let to = rest_mut(to, (done + d) * W + l);
                    let from = x + (d * stride) as isize;
                    let start = (y + top) * width as isize + from + left;
                    if stride == 1 && len >= side && start >= 0 && start as usize + furthest <= group.len() {
                        V::transpose(rest(group, start as usize), &lines, to, W);
                        if !(whole && from + left >= 0 && from + right + side as isize <= width as isize) {
                            let mut places = [[0; 2]; 8];
                            for (place, tap) in places.iter_mut().zip(taps) {
                                *place = [y + at(tap)[0], from + at(tap)[1]];
                            }
                            clear(&places[..side], windows.size, to, W);
                        }
                        d += side;
                        continue;
                    }
                    let piece = if stride == 1 { side } else { PIECE }.min(len - d);
                    let mut buffer = [0.0; 8 * PIECE];
                    for (tap, line) in taps.iter().zip(buffer.chunks_exact_mut(PIECE)).take(side) {
                        let (pixels, start) = windows.start(group, *tap, i, j + d);
                        run(pixels, start, stride, cut_mut(line, 0, piece));
                    }
                    if piece >= side {
                        let lines = core::array::from_fn(|i| i * PIECE);
                        for d in (0..piece).step_by(side).map(|d| d.min(piece - side)) {
                            V::transpose(rest(&buffer, d), &lines, rest_mut(to, d * W), W);
                        }
                    } else {
                        for (d, to) in to.chunks_mut(W).take(piece).enumerate() {
                            to.iter_mut()
                                .zip(buffer.chunks(PIECE))
                                .take(side)
                                .for_each(|(to, line)| *to = get(line, d));
                        }
                    }
                    d += piece;
                }
                done += len;
            }
        }
    }
}

/// Windows that are packed at once through a buffer on the stack.
const PIECE: usize = 64;

/// Clears those pixels of a square of `places.len()` successive pixels from each of `places` (y, x),
/// side by side in `to`, that are outside the image.
#[inline(always)]
fn clear(places: &[[isize; 2]], [height, width]: [usize; 2], to: &mut [f32], stride: usize) {
    let side = places.len();
    for (l, [y, x]) in places.iter().enumerate() {
        let until = |limit: isize| limit.clamp(0, side as isize) as usize;
        let outside = *y < 0 || *y >= height as isize;
        let before = if outside { side } else { until(-x) };
        for d in (0..before).chain(until(width as isize - x)..side) {
            set(to, d * stride + l, 0.0);
        }
    }
}
