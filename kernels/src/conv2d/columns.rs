//! Single columns of a convolution, where a register has no room for them: scalar products with rows of weights.

use super::tile::{From, Tile, VECTORS};
use crate::gemm::lanes::Lanes;
use crate::sure::{copy, cut, cut_mut, holds, rest, rest_mut};

/// `rows` rows by `count` columns, each of which is contiguous in b.
///
/// # Safety
/// `c` points to as many rows, `c_row` apart, that nobody else has.
#[inline(always)]
pub(super) unsafe fn columns<V: Lanes>(rows: usize, count: usize, t: &Tile<'_>, b: &[f32], c: *mut f32) {
    if !t.is_there(rows, count) || !holds(b.len() >= count * t.depth) {
        return;
    }
    let mut column = 0;
    while column < count {
        let (t, b) = (t.at(0, column), rest(b, column * t.depth));
        // SAFETY: columns of c.
        column += unsafe {
            let c = c.add(column);
            match (t.a_step, count - column) {
                _ if !VECTORS => one_by_one(rows, &t, b, c),
                (1, 4..) => dots::<V, 2, 4>(rows, &t, b, c),
                (1, 2..) => dots::<V, 4, 2>(rows, &t, b, c),
                (1, _) => dots::<V, 8, 1>(rows, &t, b, c),
                _ => combine::<V>(rows, &t, b, c),
            }
        };
    }
}

impl Tile<'_> {
    /// What becomes of a sum of a row and a column.
    ///
    /// # Safety
    /// `c` points to that row and column, among those that nobody else has.
    #[inline(always)]
    unsafe fn put(&self, row: usize, column: usize, sum: f32, c: *mut f32) {
        let at = row * self.c_row + column;
        // SAFETY: as the caller promises.
        let to = unsafe { &mut *c.add(at) };
        let from = match self.from {
            From::Zero => 0.0,
            From::C => *to,
            From::Residual(from) => *from.get(at).unwrap_or(&0.0),
        };
        let sum = from + self.bias.get(row).unwrap_or(&0.0) + sum;
        *to = clamp(sum, self.limits);
    }
}

/// As `f32::clamp`, which asserts that there is something between the limits.
#[inline(always)]
fn clamp(x: f32, [least, most]: [f32; 2]) -> f32 {
    if x < least {
        least
    } else if x > most {
        most
    } else {
        x
    }
}

/// Scalar products of rows of a, `R` at a time, and `C` columns: `R`·`C` is eight. Returns `C`.
///
/// # Safety
/// As for [`columns`].
#[inline(always)]
unsafe fn dots<V: Lanes, const R: usize, const C: usize>(
    rows: usize,
    t: &Tile<'_>,
    b: &[f32],
    c: *mut f32,
) -> usize {
    let (depth, whole) = (t.depth, t.depth / V::N * V::N);
    let b: [&[f32]; C] = core::array::from_fn(|c| cut(b, c * depth, depth));
    for first in (0..rows).step_by(R) {
        // Of fewer rows, the last is multiplied several times.
        let a: [&[f32]; R] = core::array::from_fn(|r| cut(t.a, (first + r).min(rows - 1) * t.a_row, depth));
        if !holds(a.iter().chain(&b).all(|line| line.len() == depth)) {
            return C;
        }
        let mut totals = [V::splat(0.0); 8];
        let mut k = 0;
        while k < whole {
            let mut x = [V::splat(0.0); C];
            let mut i = 0;
            while i < C {
                // SAFETY: rows and columns are as long as the depth.
                x[i] = V::load(unsafe { b[i].get_unchecked(k..) });
                i += 1;
            }
            let mut i = 0;
            while i < 8 {
                // SAFETY: as above.
                let row = V::load(unsafe { a[i / C].get_unchecked(k..) });
                totals[i] = totals[i].fma(row, x[i % C]);
                i += 1;
            }
            k += V::N;
        }
        if whole < depth {
            let mut i = 0;
            while i < 8 {
                totals[i] =
                    totals[i].fma(V::load_part(rest(a[i / C], whole)), V::load_part(rest(b[i % C], whole)));
                i += 1;
            }
        }
        for (i, sum) in V::sum8(totals).into_iter().enumerate() {
            if first + i / C < rows {
                // SAFETY: a row and a column of c.
                unsafe { t.put(first + i / C, i % C, sum, c) };
            }
        }
    }
    C
}

/// One column. Returns 1.
///
/// # Safety
/// As for [`columns`].
#[inline(always)]
unsafe fn one_by_one(rows: usize, t: &Tile<'_>, b: &[f32], c: *mut f32) -> usize {
    let b = cut(b, 0, t.depth);
    for row in 0..rows {
        let a = rest(t.a, row * t.a_row).iter().step_by(t.a_step.max(1));
        // SAFETY: a row of c.
        unsafe { t.put(row, 0, a.zip(b).fold(0.0, |sum, (a, b)| sum + a * b), c) };
    }
    1
}

/// One column, where rows of a are side by side: Σₖ b\[k\]·a\[k·`a_step` + r\]. Returns 1.
///
/// # Safety
/// As for [`columns`].
#[inline(always)]
unsafe fn combine<V: Lanes>(rows: usize, t: &Tile<'_>, b: &[f32], c: *mut f32) -> usize {
    for first in (0..rows).step_by(8 * V::N) {
        let mut sums = [0.0; 8 * 16];
        let sums = cut_mut(&mut sums, 0, (rows - first).min(8 * V::N));
        side_by_side::<V>(t.a.get(first..).unwrap_or(&[]), t.a_step, cut(b, 0, t.depth), sums);
        for (r, sum) in (first..).zip(sums) {
            // SAFETY: a row of c.
            unsafe { t.put(r, 0, *sum, c) };
        }
    }
    1
}

/// sums\[r\] ← Σₖ b\[k\]·a\[k·`step` + r\].
#[inline(always)]
fn side_by_side<V: Lanes>(a: &[f32], step: usize, b: &[f32], sums: &mut [f32]) {
    let rows = sums.len();
    if rows < V::N {
        // As below, so that a sum does not depend on how many others there are.
        let (mut total, mut lanes) = (V::splat(0.0), [0.0; 16]);
        for (k, x) in b.iter().enumerate() {
            total = total.fma(V::load_part(cut(a, k * step, rows)), V::splat(*x));
        }
        total.store(&mut lanes);
        return copy(cut(&lanes, 0, rows), sums);
    }
    if !holds(b.is_empty() || a.len() >= (b.len() - 1) * step + rows) {
        return;
    }
    // The last registers overlap those before: what they sum twice is the same.
    let starts: [usize; 8] = core::array::from_fn(|i| (i * V::N).min(rows - V::N));
    let mut totals = [V::splat(0.0); 8];
    for (k, x) in b.iter().enumerate() {
        let x = V::splat(*x);
        let mut i = 0;
        while i < 8 {
            // SAFETY: within the rows of this k, as checked.
            totals[i] = totals[i].fma(unsafe { V::read(a.as_ptr().add(k * step + starts[i])) }, x);
            i += 1;
        }
    }
    for (total, start) in totals.into_iter().zip(starts) {
        total.store(rest_mut(sums, start));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::lanes::Portable;

    /// Processors without vector registers have code of their own, which is tested on this one.
    #[test]
    fn one_by_one_they_are_what_they_are_together() {
        let (rows, count, depth) = (5, 7, 19);
        // Sums of these are exact in every order.
        let number = |i: usize| (i * 37 % 101) as f32 / 16.0 - 3.0;
        let a: Vec<f32> = (0..rows * depth).map(number).collect();
        let b: Vec<f32> = (0..count * depth).map(|i| number(i + 7)).collect();
        for (a_row, a_step) in [(depth, 1), (1, rows)] {
            let (bias, limits) = (&[1.0, -2.0, 0.5, 4.0, 0.0], [-20.0, 30.0]);
            let t = Tile { a: &a, a_row, a_step, depth, from: From::C, bias, limits, c_row: count };
            let [mut together, mut one_by_one] = [[0.25f32; 35]; 2];
            // SAFETY: both have so many rows and columns.
            unsafe {
                columns::<Portable>(rows, count, &t, &b, together.as_mut_ptr());
                for column in 0..count {
                    let (t, b) = (t.at(0, column), &b[column * depth..]);
                    super::one_by_one(rows, &t, b, one_by_one.as_mut_ptr().add(column));
                }
            }
            assert_eq!(together, one_by_one);
            assert!(together.iter().any(|x| *x > -20.0 && *x < 30.0));
        }
    }
}
