//! Parts of the lines of windows, small enough for buffers on the stack. For use within `multiversion!`.

use super::Args;

/// Windows of a part, at most.
pub(super) const WINDOWS: usize = 128;

/// Pixels that they reach over, at most.
pub(super) const PIXELS: usize = 256;

/// Windows of a part, and as many to both sides as pixels of a window can be beside each other.
pub(super) const MARGINS: usize = 2 * PIXELS + 2 * REGISTER;

/// What loops over windows go over is a multiple of this: whole registers.
const REGISTER: usize = 16;

/// Fewer windows of a line are computed one by one.
const FEW: usize = 4;

/// Some windows of a line.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) first: usize,
    pub(super) count: usize,
    /// `count`, and a few windows more that are computed and not used.
    pub(super) padded: usize,
    /// How many of their pixels are in the image.
    pub(super) pixels: usize,
    /// Where the first of these is in a line of the image, and in the padded line from the first window on.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Pixels of the padded line, in whole registers of each phase.
    pub(super) reach: usize,
}

/// The windows of a line in parts. None if there are few, or if they are too large
/// or too far from each other for the buffers.
#[inline(always)]
pub(super) fn parts(args: &Args) -> Option<impl Iterator<Item = Part>> {
    let (windows, width) = (args.output()[1], args.input[1]);
    let (kernel, stride, padding) = (args.kernel[1], args.stride[1], args.padding[1]);
    if stride > MOST_PHASES || windows < FEW {
        return None;
    }
    let most = (PIXELS.checked_sub(kernel)? / stride + 1).min(WINDOWS);
    Some((0..windows).step_by(most).map(move |first| {
        let count = most.min(windows - first);
        let (start, reach) = (first * stride, (count - 1) * stride + kernel);
        let to = padding.saturating_sub(start).min(reach);
        let from = start.saturating_sub(padding).min(width);
        let pixels = (reach - to).min(width - from);
        let reach = reach.next_multiple_of(stride * REGISTER).min(PIXELS);
        Part { first, count, padded: count.next_multiple_of(REGISTER), pixels, from, to, reach }
    }))
}

/// A padded line, split into as many phases as the stride is: pixel v of all windows is a slice of one of
/// them.
pub(super) struct Phases<T> {
    pixels: [T; 2 * PIXELS],
    stride: usize,
    pitch: usize,
}

/// The largest stride. With more, the windows that are computed and not used would not fit.
const MOST_PHASES: usize = 15;

impl<T: Copy + Default> Phases<T> {
    #[inline(always)]
    pub(super) fn new(stride: usize) -> Self {
        Phases { pixels: [T::default(); _], stride, pitch: 2 * PIXELS / stride }
    }

    #[inline(always)]
    pub(super) fn clear(&mut self, reach: usize) {
        for phase in self.pixels.chunks_exact_mut(self.pitch).take(self.stride) {
            phase[..reach.div_ceil(self.stride)].fill(T::default());
        }
    }

    /// Pixel v of so many windows.
    #[inline(always)]
    pub(super) fn pixel(&self, v: usize, windows: usize) -> &[T] {
        &self.pixels[v % self.stride * self.pitch + v / self.stride..][..windows]
    }

    #[inline(always)]
    pub(super) fn pixel_mut(&mut self, v: usize, windows: usize) -> &mut [T] {
        &mut self.pixels[v % self.stride * self.pitch + v / self.stride..][..windows]
    }

    #[inline(always)]
    pub(super) fn split(&mut self, line: &[T]) {
        match self.stride {
            1 => self.pixels[..line.len()].copy_from_slice(line),
            2 => {
                let (even, odd) = self.pixels.split_at_mut(self.pitch);
                for ((even, odd), pair) in even.iter_mut().zip(odd).zip(line.as_chunks::<2>().0) {
                    [*even, *odd] = *pair;
                }
            }
            stride => {
                for (phase, pixels) in self.pixels.chunks_exact_mut(self.pitch).take(stride).enumerate() {
                    pixels.iter_mut().zip(line[phase..].iter().step_by(stride)).for_each(|(to, x)| *to = *x);
                }
            }
        }
    }

    /// Undoes [`Self::split`].
    #[inline(always)]
    pub(super) fn merge(&self, line: &mut [T]) {
        match self.stride {
            1 => line.copy_from_slice(&self.pixels[..line.len()]),
            2 => {
                let (even, odd) = self.pixels.split_at(self.pitch);
                for (pair, (even, odd)) in line.as_chunks_mut::<2>().0.iter_mut().zip(even.iter().zip(odd)) {
                    *pair = [*even, *odd];
                }
            }
            stride => {
                for (phase, pixels) in self.pixels.chunks_exact(self.pitch).take(stride).enumerate() {
                    line[phase..].iter_mut().step_by(stride).zip(pixels).for_each(|(to, x)| *to = *x);
                }
            }
        }
    }
}

/// y ← finish(reduce(.. reduce(identity, x) .., x)) over the pixels of each window: over lines first, then
/// over the pixels of the line that comes of it.
#[inline(always)]
pub(super) fn reduce<T: Copy + Default>(
    args: &Args,
    x: &[T],
    y: &mut [T],
    identity: T,
    reduce: impl Fn(T, T) -> T,
    finish: impl Fn(T) -> T,
) {
    let ([down, across], [height, width]) = (args.axes(), args.kernel);
    let Some(parts) = parts(args) else {
        for (i, y) in y.chunks_exact_mut(across.windows).enumerate() {
            for (j, y) in y.iter_mut().enumerate() {
                let lines =
                    down.window(i, height).map(|line| &x[line * across.input..][across.window(j, width)]);
                *y = finish(lines.flatten().fold(identity, |sum, x| reduce(sum, *x)));
            }
        }
        return;
    };
    let mut phases = Phases::new(args.stride[1]);
    for part in parts {
        let mut line = [identity; PIXELS];
        for i in 0..down.windows {
            let pixels = &mut line[part.to..][..part.pixels];
            let mut lines =
                down.window(i, height).map(|line| &x[line * across.input + part.from..][..part.pixels]);
            match lines.next() {
                Some(first) => pixels.copy_from_slice(first),
                None => pixels.fill(identity),
            }
            for line in lines {
                pixels.iter_mut().zip(line).for_each(|(sum, x)| *sum = reduce(*sum, *x));
            }
            phases.split(&line[..part.reach]);
            let mut sums = [identity; WINDOWS];
            for v in 0..width {
                let sums = &mut sums[..part.padded];
                sums.iter_mut()
                    .zip(phases.pixel(v, part.padded))
                    .for_each(|(sum, x)| *sum = reduce(*sum, *x));
            }
            let y = &mut y[i * across.windows + part.first..][..part.count];
            y.iter_mut().zip(&sums).for_each(|(y, sum)| *y = finish(*sum));
        }
    }
}
