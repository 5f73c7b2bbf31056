//! Kernels of 3×3 with a stride of one or two, on planes as they are: masks leave out the pixels beyond the ends of
//! lines, and columns of registers go down the plane, with the lines that windows look at.

use crate::Isa;
use crate::conv2d::Args;
use crate::vector::{Kernel, Vector};

/// Whether planes are computed here.
pub(super) fn applies(isa: Isa, args: &Args) -> bool {
    /// Of larger planes a column is no longer in the nearer caches when the next one needs its lines.
    const PIXELS: usize = 1 << 14;
    let Args { input: [height, width], kernel, stride, padding, dilation, .. } = *args;
    let strides = stride == [1, 1] || stride == [2, 2];
    let plain = kernel == [3, 3] && strides && padding == [1, 1] && dilation == [1, 1];
    // Lesser registers have no masks that cost nothing.
    plain && isa != Isa::Portable && (1..=PIXELS).contains(&height.saturating_mul(width))
}

/// A plane.
#[derive(Clone, Copy)]
pub(super) struct Plane<'a> {
    pub(super) size: [usize; 2],
    pub(super) stride: usize,
    pub(super) x: &'a [f32],
}

impl Plane<'_> {
    /// Lines and columns of windows, of which there is at least one.
    fn windows(&self) -> [usize; 2] {
        assert!(self.x.len() == self.size[0] * self.size[1] && !self.x.is_empty());
        self.size.map(|size| size.div_ceil(self.stride))
    }

    /// The first pixels that are loaded of a line, from the middle tap of the first window on; and which of them are
    /// there, for the windows from `j` on.
    #[inline(always)]
    unsafe fn masks<V: Vector, const S: usize>(&self, j: usize) -> [(isize, V::Mask); 4] {
        let (at, width, n) = ((j * S) as isize, self.size[1] as isize, V::N as isize);
        let from = if S == 1 { [-1, 0, 1, 0] } else { [-2, n - 2, 0, n] };
        // SAFETY: called within `run`.
        from.map(|from| (from, unsafe { V::mask(-at - from..width - at - from) }))
    }

    /// What the three taps of a line look at, in the windows from j on; zero outside the plane.
    #[inline(always)]
    unsafe fn line<V: Vector, const S: usize>(
        &self,
        line: usize,
        j: usize,
        loads: &[(isize, V::Mask); 4],
    ) -> [V; 3] {
        // SAFETY: called within `run`; the masks leave only pixels of the line.
        unsafe {
            if line >= self.size[0] {
                return [V::splat(0.0); 3];
            }
            let x = self.x.as_ptr().add(line * self.size[1] + j * S);
            let load = |(from, mask): (isize, V::Mask)| V::load_masked(x.wrapping_offset(from), mask);
            if S == 1 {
                return [load(loads[0]), load(loads[1]), load(loads[2])];
            }
            let [_, before] = V::unzip(load(loads[0]), load(loads[1]));
            let [even, odd] = V::unzip(load(loads[2]), load(loads[3]));
            [before, even, odd]
        }
    }
}

/// Does something for each register of windows, with the lines of pixels that their taps look at: given the place of
/// the first window in a plane of them, and a mask of those within their line.
macro_rules! windows {
    ($plane:ident, |$lines:ident, $at:ident, $inside:ident| $body:block) => {
        let [height, width] = $plane.windows();
        for j in (0..width).step_by(V::N) {
            let $inside = V::mask(0..(width - j) as isize);
            let loads = $plane.masks::<V, S>(j);
            let mut $lines = [[V::splat(0.0); 3]; 3];
            if S == 1 {
                $lines[2] = $plane.line::<V, S>(0, j, &loads);
            }
            for i in 0..height {
                let last = $plane.line::<V, S>(S * (i + 1) - (S - 1), j, &loads);
                $lines = if S == 1 {
                    [$lines[1], $lines[2], last]
                } else {
                    [$lines[2], $plane.line::<V, S>(2 * i, j, &loads), last]
                };
                let $at = i * width + j;
                $body
            }
        }
    };
}

/// y ← bias + Σ weight·x over the taps of each window, and within `bounds`.
pub(super) struct Correlation<'a> {
    pub(super) plane: Plane<'a>,
    pub(super) weight: [f32; 9],
    pub(super) bias: f32,
    pub(super) bounds: [f32; 2],
    pub(super) y: &'a mut [f32],
}

impl Kernel for Correlation<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        assert!(self.y.len() == self.plane.windows().iter().product());
        // SAFETY: called within `run`; y has a float for each window.
        unsafe { if self.plane.stride == 1 { self.down::<V>() } else { self.sum::<V, 2>() } }
    }
}

impl Correlation<'_> {
    #[inline(always)]
    unsafe fn sum<V: Vector, const S: usize>(self) {
        let Correlation { plane, weight, bias, bounds, y } = self;
        // SAFETY: the mask leaves only windows of the line.
        unsafe {
            let (taps, bias) = (splat(weight), V::splat(bias));
            windows!(plane, |lines, at, inside| {
                let sum = add(add(add(bias, &taps, 0, lines[0]), &taps, 1, lines[1]), &taps, 2, lines[2]);
                sum.clamp(bounds).store_masked(y.as_mut_ptr().add(at), inside);
            });
        }
    }

    /// Without a stride: each line of pixels is added to three lines of windows, and then forgotten.
    #[inline(always)]
    unsafe fn down<V: Vector>(self) {
        let Correlation { plane, weight, bias, bounds, y } = self;
        let [height, width] = plane.size;
        // SAFETY: as above.
        unsafe {
            let (taps, bias) = (splat(weight), V::splat(bias));
            for j in (0..width).step_by(V::N) {
                let (loads, inside) = (plane.masks::<V, 1>(j), V::mask(0..(width - j) as isize));
                let mut y = y.as_mut_ptr().add(j);
                let mut pixels = plane.line::<V, 1>(0, j, &loads);
                let (mut above, mut here) = (add(bias, &taps, 1, pixels), add(bias, &taps, 0, pixels));
                for i in 1..height {
                    pixels = plane.line::<V, 1>(i, j, &loads);
                    add(above, &taps, 2, pixels).clamp(bounds).store_masked(y, inside);
                    y = y.add(width);
                    above = add(here, &taps, 1, pixels);
                    here = add(bias, &taps, 0, pixels);
                }
                above.clamp(bounds).store_masked(y, inside);
            }
        }
    }
}

/// Adds the products of a line of taps.
#[inline(always)]
unsafe fn add<V: Vector>(sum: V, taps: &[V; 9], line: usize, x: [V; 3]) -> V {
    // SAFETY: called within `run`.
    unsafe { sum.fma(taps[3 * line], x[0]).fma(taps[3 * line + 1], x[1]).fma(taps[3 * line + 2], x[2]) }
}

#[inline(always)]
unsafe fn splat<V: Vector>(weight: [f32; 9]) -> [V; 9] {
    // SAFETY: called within `run`.
    unsafe {
        let mut taps = [V::splat(0.0); 9];
        let mut t = 0;
        while t < 9 {
            taps[t] = V::splat(weight[t]);
            t += 1;
        }
        taps
    }
}

/// dweight ← dweight + Σ dy·x for a plane.
pub(super) struct Gradient<'a> {
    pub(super) plane: Plane<'a>,
    pub(super) dy: &'a [f32],
    pub(super) dweight: &'a mut [f32],
}

impl Kernel for Gradient<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: called within `run`.
        unsafe { if self.plane.stride == 1 { self.sum::<V, 1>() } else { self.sum::<V, 2>() } }
    }
}

impl Gradient<'_> {
    #[inline(always)]
    unsafe fn sum<V: Vector, const S: usize>(self) {
        let Gradient { plane, dy, dweight } = self;
        assert!(dy.len() == plane.windows().iter().product() && dweight.len() == 9);
        // SAFETY: the mask leaves only windows of the line.
        unsafe {
            let mut sums = [V::splat(0.0); 12];
            windows!(plane, |lines, at, inside| {
                let dy = V::load_masked(dy.as_ptr().add(at), inside);
                let mut t = 0;
                while t < 9 {
                    sums[t] = sums[t].fma(dy, lines[t / 3][t % 3]);
                    t += 1;
                }
            });
            for (dweight, sums) in dweight.chunks_mut(4).zip(sums.as_chunks::<4>().0) {
                dweight.iter_mut().zip(V::sums(*sums)).for_each(|(dweight, sum)| *dweight += sum);
            }
        }
    }
}

/// dx ← what each window of dy adds to the pixels that its taps look at, with a stride of two.
pub(super) struct Spread<'a> {
    /// Of dx.
    pub(super) size: [usize; 2],
    pub(super) weight: [f32; 9],
    pub(super) dy: &'a [f32],
    pub(super) dx: &'a mut [f32],
}

impl Kernel for Spread<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Spread { size: [height, width], weight, dy, dx } = self;
        let (lines, windows) = (height.div_ceil(2), width.div_ceil(2));
        assert!(dx.len() == height * width && dy.len() == lines * windows);
        // SAFETY: the masks leave only pixels and windows of the lines.
        unsafe {
            let (taps, zero) = (splat::<V>(weight), V::splat(0.0));
            for j in (0..windows).step_by(V::N) {
                let left = (windows - j) as isize;
                let inside = [V::mask(0..left), V::mask(0..left - 1)];
                // Those that look at an even pixel with their middle tap; and those one further.
                let line = |i: usize| {
                    let dy = dy.as_ptr().wrapping_add(i * windows + j);
                    [V::load_masked(dy, inside[0]), V::load_masked(dy.wrapping_add(1), inside[1])]
                };
                let left = (width - 2 * j) as isize;
                let pixels = [V::mask(0..left), V::mask(0..left - V::N as isize)];
                let store = |line: usize, even: V, odd: V| {
                    let dx = dx.as_ptr().cast_mut().add(line * width + 2 * j);
                    let [low, high] = V::zip(even, odd);
                    low.store_masked(dx, pixels[0]);
                    high.store_masked(dx.wrapping_add(V::N), pixels[1]);
                };
                let mut here = line(0);
                for i in 0..lines {
                    let even = zero.fma(taps[4], here[0]);
                    let odd = zero.fma(taps[5], here[0]).fma(taps[3], here[1]);
                    store(2 * i, even, odd);
                    if 2 * i + 1 < height {
                        let below = if i + 1 < lines { line(i + 1) } else { [zero; 2] };
                        let even = zero.fma(taps[7], here[0]).fma(taps[1], below[0]);
                        let odd = zero.fma(taps[8], here[0]).fma(taps[6], here[1]);
                        store(2 * i + 1, even, odd.fma(taps[2], below[0]).fma(taps[0], below[1]));
                        here = below;
                    }
                }
            }
        }
    }
}
