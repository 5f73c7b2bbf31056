//! Register tiles of a few rows by a panel.

use core::array;

use super::PANEL;
use super::few::Part;
use crate::activation::Activation;
use crate::sure::divide;
use crate::vector::Vector;
use crate::weight::Weight;

/// `R` rows by `P` whole panels, `C` registers at a time. `U` sums are added up side by side where there are few, since
/// an addition takes longer than the next one takes to come.
pub(super) struct Whole<const R: usize, const C: usize, const P: usize, const U: usize>;

impl<const R: usize, const C: usize, const P: usize, const U: usize> Whole<R, C, P, U> {
    /// Computes up to `R` rows of the panels with this first column; returns how many.
    ///
    /// # Safety
    /// The row and the panels are there, and this is called within [`run`](crate::vector::run).
    #[inline(always)]
    pub(super) unsafe fn put<V: Vector, T: Weight>(part: &Part<'_, T>, first: usize, row: usize) -> usize {
        let (k, count) = (part.args.inputs, R.min(part.args.rows - row));
        let side = C / P * V::N;
        for column in (0..PANEL).step_by(side) {
            // SAFETY: the caller's promise.
            unsafe {
                let x = part.rows_of_x::<R>(row, count);
                let w = array::from_fn(|p| part.weight.as_ptr().add((first + p * PANEL) * k + column));
                let mut sums = Self::sums::<V, T>(x, w, k);
                let (mut r, mut c) = (0, 0);
                while r < R {
                    while c < C {
                        let two = T::in_order([sums[r][c], sums[r][c + 1]]);
                        [sums[r][c], sums[r][c + 1]] = two;
                        c += 2;
                    }
                    (r, c) = (r + 1, 0);
                }
                let at = array::from_fn(|c| first + c / (C / P) * PANEL + column + c % (C / P) * V::N);
                part.put(sums, count, row, at, V::N);
            }
        }
        count
    }

    /// Products of rows of `k` numbers and the columns of these panels, in the order of [`Weight::load_two`].
    ///
    /// # Safety
    /// They are there, and this is called within [`run`](crate::vector::run).
    #[inline(always)]
    unsafe fn sums<V: Vector, T: Weight>(x: [*const f32; R], mut w: [*const T; P], k: usize) -> [[V; C]; R] {
        // SAFETY: the caller's promise. Indices with constant bounds: iterators over `sums` would keep it in memory.
        unsafe {
            let mut sums = [[[V::splat(0.0); C]; R]; U];
            let mut d = 0;
            while d + U <= k {
                let mut u = 0;
                while u < U {
                    sums[u] = add(sums[u], x, d + u, Self::weights(&mut w));
                    u += 1;
                }
                d += U;
            }
            while U > 1 && d < k {
                sums[0] = add(sums[0], x, d, Self::weights(&mut w));
                d += 1;
            }
            total(sums)
        }
    }

    /// The weights of an input, and then `w` is at those of the next.
    ///
    /// # Safety
    /// They are there, and this is called within [`run`](crate::vector::run).
    #[inline(always)]
    unsafe fn weights<V: Vector, T: Weight>(w: &mut [*const T; P]) -> [V; C] {
        // SAFETY: the caller's promise.
        unsafe {
            let mut weights = [V::splat(0.0); C];
            let mut c = 0;
            while c < C {
                let from = w[c / (C / P)].add(c % (C / P) * V::N);
                if R > 2 {
                    V::prefetch(from.wrapping_add(R * PANEL));
                    V::prefetch(from.wrapping_add(R * PANEL + V::N));
                }
                [weights[c], weights[c + 1]] = T::load_two(from);
                c += 2;
            }
            let mut p = 0;
            while p < P {
                w[p] = w[p].wrapping_add(PANEL);
                p += 1;
            }
            weights
        }
    }
}

/// Up to `R` rows by the last panel, which has fewer outputs than others, a register at a time; `U` as above.
pub(super) struct Narrow<const R: usize, const U: usize>;

impl<const R: usize, const U: usize> Narrow<R, U> {
    /// As [`Whole::put`].
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    pub(super) unsafe fn put<V: Vector, T: Weight>(part: &Part<'_, T>, first: usize, row: usize) -> usize {
        let (k, count) = (part.args.inputs, R.min(part.args.rows - row));
        let width = part.args.outputs - first;
        for column in (0..width).step_by(V::N) {
            let lanes = V::N.min(width - column);
            // Beyond the columns of an input are those of the next, but for the last inputs.
            let end = (k * width).checked_sub(column + V::N);
            let whole = end.map_or(0, |end| divide(end, width).0 + 1).min(k);
            // SAFETY: the caller's promise.
            unsafe {
                let x = part.rows_of_x::<R>(row, count);
                let mut w = part.weight.as_ptr().add(first * k + column);
                let mut sums = [[[V::splat(0.0)]; R]; U];
                let mut d = 0;
                while d + U <= whole {
                    let mut u = 0;
                    while u < U {
                        sums[u] = add(sums[u], x, d + u, [T::load(w)]);
                        w = w.wrapping_add(width);
                        u += 1;
                    }
                    d += U;
                }
                while d < k {
                    let weights = if d < whole { T::load(w) } else { T::load_first(w, lanes) };
                    sums[0] = add(sums[0], x, d, [weights]);
                    w = w.wrapping_add(width);
                    d += 1;
                }
                part.put(total(sums), count, row, [first + column], lanes);
            }
        }
        count
    }
}

impl<T> Part<'_, T> {
    /// Rows from one on: beyond the last of `count` is that one again.
    ///
    /// # Safety
    /// So many are there.
    #[inline(always)]
    unsafe fn rows_of_x<const R: usize>(&self, row: usize, count: usize) -> [*const f32; R] {
        // SAFETY: the caller's promise.
        array::from_fn(|r| unsafe { self.x.as_ptr().add((row + r.min(count - 1)) * self.args.inputs) })
    }

    /// Writes the first `count` rows of sums, whose registers go to the columns `at`, with all that is added; of a
    /// register, `lanes`.
    ///
    /// # Safety
    /// So many rows and columns are there, and this is called within [`run`](crate::vector::run).
    #[inline(always)]
    unsafe fn put<V: Vector, const R: usize, const C: usize>(
        &self,
        sums: [[V; C]; R],
        count: usize,
        row: usize,
        at: [usize; C],
        lanes: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let load =
                |from: *const f32| if lanes == V::N { V::load(from) } else { V::load_first(from, lanes) };
            let (mut r, mut c) = (0, 0);
            while c < C {
                let bias = match self.bias {
                    [] => V::splat(0.0),
                    bias => load(bias.as_ptr().add(at[c])),
                };
                while r < R {
                    if r < count {
                        let to = (row + r) * self.args.outputs + at[c];
                        let mut sum = sums[r][c].add(bias);
                        if !self.residual.is_empty() {
                            sum = sum.add(load(self.residual.as_ptr().add(to)));
                        }
                        if self.args.activation == Activation::Relu {
                            sum = V::splat(0.0).max(sum);
                        }
                        match lanes == V::N {
                            true => sum.store(self.y.add(to)),
                            false => sum.store_first(self.y.add(to), lanes),
                        }
                    }
                    r += 1;
                }
                (r, c) = (0, c + 1);
            }
        }
    }
}

/// sums + x·w for input `d`.
///
/// # Safety
/// The rows have it, and this is called within [`run`](crate::vector::run).
#[inline(always)]
unsafe fn add<V: Vector, const R: usize, const C: usize>(
    mut sums: [[V; C]; R],
    x: [*const f32; R],
    d: usize,
    w: [V; C],
) -> [[V; C]; R] {
    let mut r = 0;
    while r < R {
        // SAFETY: the caller's promise.
        let x = unsafe { V::splat(x[r].add(d).read()) };
        let mut c = 0;
        while c < C {
            // SAFETY: as above.
            sums[r][c] = unsafe { sums[r][c].fma(x, w[c]) };
            c += 1;
        }
        r += 1;
    }
    sums
}

/// The sum of `U` sums.
///
/// # Safety
/// Called within [`run`](crate::vector::run).
#[inline(always)]
unsafe fn total<V: Vector, const R: usize, const C: usize, const U: usize>(
    sums: [[[V; C]; R]; U],
) -> [[V; C]; R] {
    let mut total = sums[0];
    let mut u = 1;
    while u < U {
        let mut r = 0;
        while r < R {
            let mut c = 0;
            while c < C {
                // SAFETY: the caller's promise.
                total[r][c] = unsafe { total[r][c].add(sums[u][r][c]) };
                c += 1;
            }
            r += 1;
        }
        u += 1;
    }
    total
}
