//! Shifted images times gradients, summed over their pixels: what the gradient of the weight consists of.

use super::product::{Segments, Tap};
use crate::vector::{Kernel, Vector};

/// sums\[r\]\[t\] ← sums\[r\]\[t\] + Σₚ dy\[r\]\[p\]·image\[t.image + p\] for rows r and taps t, over all
/// pixels p. The order of the sums follows from the sizes.
pub(super) struct Correlation<'a> {
    pub(super) taps: &'a [Tap],
    pub(super) image: &'a [f32],
    pub(super) pixels: Segments,
    pub(super) rows: usize,
    pub(super) dy: &'a [f32],
    /// From one row of dy to the next.
    pub(super) row: usize,
    /// From one segment of dy to the next.
    pub(super) step: usize,
    /// A row for each row of dy, a column for each tap.
    pub(super) sums: &'a mut [f32],
}

/// Most rows of a register tile.
const ROWS: usize = 6;

impl Kernel for Correlation<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        let Segments { count, len, step } = self.pixels;
        let furthest = self.taps.iter().fold(0, |max, tap| tap.image.max(max)) as usize;
        if count * len * self.rows * self.taps.len() == 0 {
            return;
        }
        assert!(self.image.len() >= furthest + (count - 1) * step + len);
        assert!(self.dy.len() >= (self.rows - 1) * self.row + (count - 1) * self.step + len);
        assert!(self.sums.len() >= self.rows * self.taps.len());
        let (across, down) = (self.taps.len().div_ceil(V::ACROSS), self.rows.div_ceil(ROWS));
        let mut tap = 0;
        for i in 0..across {
            let width = self.taps.len() / across + (i < self.taps.len() % across) as usize;
            let mut row = 0;
            for j in 0..down {
                let rows = self.rows / down + (j < self.rows % down) as usize;
                macro_rules! tile {
                    ($n:literal: $($r:literal)* | $most:literal) => {
                        match rows {
                            // SAFETY: all that a tile accesses was checked above.
                            $($r => unsafe { self.tile::<V, $r, $n>(row, tap, width) },)*
                            // SAFETY: likewise.
                            _ => unsafe { self.tile::<V, $most, $n>(row, tap, width) },
                        }
                    };
                }
                if V::ACROSS < 3 {
                    tile!(2: 1 2 3 4 5 | 6);
                } else if width < 4 {
                    tile!(3: 1 2 3 4 5 | 6);
                } else {
                    tile!(4: 1 2 3 4 5 | 6);
                }
                row += rows;
            }
            tap += width;
        }
    }
}

impl Correlation<'_> {
    /// Adds the sums of rows `row..row + R` and taps `tap..tap + count`, where `count` ≤ `N`.
    ///
    /// # Safety
    /// Their pixels are within the slices.
    #[inline(always)]
    unsafe fn tile<V: Vector, const R: usize, const N: usize>(
        &mut self,
        row: usize,
        tap: usize,
        count: usize,
    ) {
        let Segments { count: segments, len, step } = self.pixels;
        // SAFETY: as the caller says.
        unsafe {
            // Of fewer taps, the last is summed several times.
            let image: [*const f32; N] = core::array::from_fn(|n| {
                self.image.as_ptr().add(self.taps[tap + n.min(count - 1)].image as usize)
            });
            let dy = self.dy.as_ptr().add(row * self.row);
            let mut sums = [[V::splat(0.0); N]; R];
            macro_rules! add {
                ($from:expr, $to:expr, |$at:ident| $load:expr) => {{
                    let mut x = [V::splat(0.0); N];
                    // Indices with constant bounds: iterators over `sums` would keep it in memory.
                    let mut n = 0;
                    while n < N {
                        let $at = image[n].add($from);
                        x[n] = $load;
                        n += 1;
                    }
                    let mut r = 0;
                    while r < R {
                        let $at = dy.add($to + r * self.row);
                        let y = $load;
                        let mut n = 0;
                        while n < N {
                            sums[r][n] = sums[r][n].fma(y, x[n]);
                            n += 1;
                        }
                        r += 1;
                    }
                }};
            }
            let whole = len / V::N * V::N;
            let rest = V::mask(0..(len - whole) as isize);
            for segment in 0..segments {
                let (from, to) = (segment * step, segment * self.step);
                let mut at = 0;
                while at < whole {
                    add!(from + at, to + at, |at| V::load(at));
                    at += V::N;
                }
                if whole < len {
                    add!(from + whole, to + whole, |at| V::load_masked(at, rest));
                }
            }
            let mut r = 0;
            while r < R {
                let mut four = [V::splat(0.0); 4];
                four[..N].copy_from_slice(&sums[r]);
                let to = &mut self.sums[(row + r) * self.taps.len() + tap..][..count];
                to.iter_mut().zip(V::sums(four)).for_each(|(to, sum)| *to += sum);
                r += 1;
            }
        }
    }
}
