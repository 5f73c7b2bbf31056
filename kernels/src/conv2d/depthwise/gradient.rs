//! The innermost loops of the gradient of the weights: a column of taps at a time, its sums in registers.

use super::correlation::{ROWS, Windows};
use super::taps::{Columns, TALLEST};
use crate::vector::{Kernel, Vector};

/// Floats for the sums of a tap: as many as the widest register has.
pub(super) const LANES: usize = 16;

/// sums ← sums + Σ dy·x over the windows, for each tap, in [`LANES`] parts.
pub(super) struct Gradient<'a> {
    pub(super) windows: Windows,
    pub(super) columns: &'a Columns,
    /// A padded copy.
    pub(super) x: &'a [f32],
    pub(super) dy: &'a [f32],
    pub(super) sums: &'a mut [f32],
}

impl Kernel for Gradient<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Gradient { windows, columns, x, dy, sums } = self;
        windows.check(columns, x.len(), sums.len() / LANES);
        assert!(dy.len() == windows.lines * windows.width);
        for column in columns.list() {
            // SAFETY: the sums of all columns are in `sums`, what they look at in x, and dy has a float for
            // each window.
            unsafe {
                let (x, dy, sums) = (x.as_ptr().add(column.from), dy.as_ptr(), sums.as_mut_ptr());
                let at = |u: usize| (column.tap as isize + u as isize * columns.step) * LANES as isize;
                let sums = |u: usize| sums.offset(at(u));
                match column.height {
                    1 => add_column::<V, 1>(windows, x, dy, sums),
                    2 => add_column::<V, 2>(windows, x, dy, sums),
                    _ => add_column::<V, TALLEST>(windows, x, dy, sums),
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn add_column<V: Vector, const HEIGHT: usize>(
    windows: Windows,
    x: *const f32,
    dy: *const f32,
    to: impl Fn(usize) -> *mut f32,
) {
    let Windows { lines, width, pitch, packed, lanes } = windows;
    // SAFETY: as the caller promises.
    unsafe {
        // Two of each, since one could not be added to as often as products come.
        let mut sums = [[V::splat(0.0); 2]; HEIGHT];
        let mut i = 0;
        while i < lines {
            let mut j = 0;
            while j < width {
                let mut rows = [V::splat(0.0); ROWS];
                let mut r = 0;
                while r < ROWS {
                    let line = i + r * packed;
                    if line < lines {
                        let dy = dy.add(line * width + j);
                        rows[r] = if packed > 1 {
                            V::load_first(dy, width * packed.min(lines - line)).expand(lanes)
                        } else if width - j >= V::N {
                            V::load(dy)
                        } else {
                            V::load_first(dy, width - j)
                        };
                    }
                    r += 1;
                }
                let x = x.add(i * pitch + j);
                if packed > 1 {
                    let mut u = 0;
                    while u < HEIGHT {
                        let mut r = 0;
                        while r < ROWS {
                            let x = V::load(x.add((r * packed + u) * pitch));
                            sums[u][r % 2] = sums[u][r % 2].fma(rows[r], x);
                            r += 1;
                        }
                        u += 1;
                    }
                } else {
                    let mut line = 0;
                    while line < ROWS + HEIGHT - 1 {
                        let x = V::load(x.add(line * pitch));
                        let mut u = 0;
                        while u < HEIGHT {
                            if line >= u && line - u < ROWS {
                                let r = line - u;
                                sums[u][r % 2] = sums[u][r % 2].fma(rows[r], x);
                            }
                            u += 1;
                        }
                        line += 1;
                    }
                }
                j += V::N;
            }
            i += ROWS * packed;
        }
        let (mut u, one) = (0, V::splat(1.0));
        while u < HEIGHT {
            V::load(to(u)).fma(one, sums[u][0]).fma(one, sums[u][1]).store(to(u));
            u += 1;
        }
    }
}
