//! Pixels of images times gradients with the output channels side by side: the gradient of the weight
//! where the output channels fill registers.

use super::product::Tap;
use crate::vector::{Kernel, Vector};

/// sums\[t\]\[o\] ← sums\[t\]\[o\] + Σ image\[t.image + i·`line` + j·`stride`\]·dy\[i·`width` + j\]\[o\]
/// for the taps t and as many channels o as a register has, over `lines` lines i of `width` pixels j.
pub(super) struct Outer<'a> {
    pub(super) taps: &'a [Tap],
    pub(super) image: &'a [f32],
    pub(super) lines: usize,
    pub(super) width: usize,
    pub(super) line: usize,
    pub(super) stride: usize,
    pub(super) dy: &'a [f32],
    pub(super) sums: &'a mut [f32],
}

/// Most taps of a register tile.
const TAPS: usize = 10;

impl Kernel for Outer<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Outer { taps, image, lines, width, line, stride, dy, sums } = self;
        if lines * width * taps.len() == 0 {
            return;
        }
        let furthest = taps.iter().fold(0, |max, tap| tap.image.max(max)) as usize;
        assert!(image.len() > furthest + (lines - 1) * line + (width - 1) * stride);
        assert!(dy.len() >= lines * width * V::N && sums.len() >= taps.len() * V::N);
        let tiles = taps.len().div_ceil(TAPS);
        let mut tap = 0;
        for tile in 0..tiles {
            let count = taps.len() / tiles + (tile < taps.len() % tiles) as usize;
            let pixels = Pixels { image: image.as_ptr(), lines, width, line, stride, dy: dy.as_ptr() };
            let (taps, sums) = (&taps[tap..][..count], &mut sums[tap * V::N..][..count * V::N]);
            // SAFETY: all that a tile accesses was checked above.
            unsafe {
                match count {
                    0..=6 => pixels.tile::<V, 6>(taps, sums),
                    7..=8 => pixels.tile::<V, 8>(taps, sums),
                    9 => pixels.tile::<V, 9>(taps, sums),
                    _ => pixels.tile::<V, TAPS>(taps, sums),
                }
            }
            tap += count;
        }
    }
}

struct Pixels {
    image: *const f32,
    lines: usize,
    width: usize,
    line: usize,
    stride: usize,
    dy: *const f32,
}

impl Pixels {
    /// Adds the sums of at most `T` taps.
    ///
    /// # Safety
    /// All pixels are within the image and dy; there is at least one tap, and a vector for each in `sums`.
    #[inline(always)]
    unsafe fn tile<V: Vector, const T: usize>(&self, taps: &[Tap], sums: &mut [f32]) {
        // SAFETY: as the caller says.
        unsafe {
            // Of fewer taps, the last is summed several times.
            let image: [*const f32; T] =
                core::array::from_fn(|t| self.image.add(taps[t.min(taps.len() - 1)].image as usize));
            let mut total = [V::splat(0.0); T];
            let mut dy = self.dy;
            for i in 0..self.lines {
                let mut at = i * self.line;
                let end = at + self.width * self.stride;
                while at < end {
                    let y = V::load(dy);
                    // Indices with constant bounds: iterators over `total` would keep it in memory.
                    let mut t = 0;
                    while t < T {
                        total[t] = total[t].fma(V::splat(*image[t].add(at)), y);
                        t += 1;
                    }
                    dy = dy.add(V::N);
                    at += self.stride;
                }
            }
            let mut t = 0;
            while t < T {
                if let Some(sums) = sums.get_mut(t * V::N..(t + 1) * V::N) {
                    total[t].add(V::load(sums.as_ptr())).store(sums.as_mut_ptr());
                }
                t += 1;
            }
        }
    }
}

/// Puts the pixels of the rows of dy, which are `row` floats apart, side by side: a strip of pixels
/// for as many rows as a register has.
pub(super) struct Strips<'a> {
    pub(super) dy: &'a [f32],
    pub(super) row: usize,
    pub(super) rows: usize,
    pub(super) pixels: usize,
    pub(super) to: &'a mut [f32],
}

impl Kernel for Strips<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let strips = self.to.chunks_exact_mut(self.pixels * V::N).zip((0..self.rows).step_by(V::N));
        for (to, row) in strips {
            V::transpose(&self.dy[row * self.row..], self.row, self.pixels, to);
        }
    }
}
