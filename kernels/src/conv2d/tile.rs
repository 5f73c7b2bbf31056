//! Register tiles of a convolution: rows are output channels, columns are pixels of the output, and the
//! depth counts the pixels of a window in all channels.
//!
//! Weights are read where they are, a float at a time from each of the rows; only windows are packed.

use crate::gemm::lanes::{self, Lanes};
use crate::sure::{copy, cut, cut_mut, holds, rest, rest_mut};

/// Registers across a tile.
pub(super) const ACROSS: usize = 3;

/// Whether the registers of a tile are registers of the processor. Where they are not, a tile of several only takes memory
/// for code, and its sums do not fit the processor's floats.
const VECTORS: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128"));

/// No limits.
pub(super) const ANY: [f32; 2] = [f32::NEG_INFINITY, f32::INFINITY];

/// What is computed of a tile: c ← from + bias + a·b, within limits.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    /// Weights, from the first of the tile: rows are `a_row` apart, and `a_step` those of a row. One of them is 1.
    pub(super) a: &'a [f32],
    pub(super) a_row: usize,
    pub(super) a_step: usize,
    pub(super) depth: usize,
    pub(super) from: From<'a>,
    /// One for each row, or none.
    pub(super) bias: &'a [f32],
    /// The least and the greatest that an element becomes.
    pub(super) limits: [f32; 2],
    /// From one row of c to the next.
    pub(super) c_row: usize,
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(super) enum From<'a> {
    Zero,
    /// What c holds.
    C,
    /// Elements as far apart as those of c.
    Residual(&'a [f32]),
}

impl<'a> Tile<'a> {
    /// Whether all that is read of `rows` rows and `columns` columns is there, but for c.
    #[inline(always)]
    fn is_there(&self, rows: usize, columns: usize) -> bool {
        let weights =
            self.depth == 0 || self.a.len() > (rows - 1) * self.a_row + (self.depth - 1) * self.a_step;
        let added = match self.from {
            From::Residual(from) => from.len() >= (rows - 1) * self.c_row + columns,
            _ => true,
        };
        holds(weights && added && (self.bias.is_empty() || self.bias.len() >= rows))
    }

    /// The tile that starts at this row and column of this one.
    pub(super) fn at(&self, row: usize, column: usize) -> Self {
        let from = match self.from {
            From::Residual(from) => From::Residual(rest(from, row * self.c_row + column)),
            from => from,
        };
        Tile {
            a: self.a.get(row * self.a_row..).unwrap_or(&[]),
            from,
            bias: self.bias.get(row..).unwrap_or(&[]),
            ..*self
        }
    }
}

/// `R` rows by `C` registers. Rows of b are `b_row` apart.
///
/// # Safety
/// `c` points to as many rows, `c_row` apart, that nobody else has.
#[inline(always)]
unsafe fn vectors<V: Lanes, const R: usize, const C: usize>(
    t: &Tile<'_>,
    b: &[f32],
    b_row: usize,
    c: *mut f32,
) {
    let b_is_there = t.depth == 0 || b.len() >= (t.depth - 1) * b_row + C * V::N;
    if !t.is_there(R, C * V::N) || !holds(b_is_there) {
        return;
    }
    // SAFETY: every address below is within the bounds that were checked, or of c.
    let load = |at: *const f32| V::load(unsafe { core::slice::from_raw_parts(at, V::N) });
    let from = match t.from {
        From::Zero => None,
        From::C => Some(c.cast_const()),
        From::Residual(from) => Some(from.as_ptr()),
    };
    let mut sums = [[V::splat(0.0); C]; R];
    // Indices with constant bounds: iterators over `sums` would keep it in memory.
    let mut r = 0;
    while r < R {
        let mut v = 0;
        while v < C {
            if let Some(from) = from {
                sums[r][v] = load(from.wrapping_add(r * t.c_row + v * V::N));
            }
            if !t.bias.is_empty() {
                sums[r][v] = sums[r][v].fma(V::splat(t.bias[r]), V::splat(1.0));
            }
            v += 1;
        }
        r += 1;
    }
    let (mut a, mut b) = (t.a.as_ptr(), b.as_ptr());
    for _ in 0..t.depth {
        let mut line = [V::splat(0.0); C];
        let mut v = 0;
        while v < C {
            line[v] = load(b.wrapping_add(v * V::N));
            v += 1;
        }
        b = b.wrapping_add(b_row);
        let mut r = 0;
        while r < R {
            // SAFETY: within the bounds that were checked.
            let x = V::splat(unsafe { *a.add(r * t.a_row) });
            let mut v = 0;
            while v < C {
                sums[r][v] = sums[r][v].fma(x, line[v]);
                v += 1;
            }
            r += 1;
        }
        a = a.wrapping_add(t.a_step);
    }
    let mut r = 0;
    while r < R {
        let mut v = 0;
        while v < C {
            // SAFETY: within c.
            let to = unsafe { core::slice::from_raw_parts_mut(c.add(r * t.c_row + v * V::N), V::N) };
            sums[r][v].clamp(t.limits).store(to);
            v += 1;
        }
        r += 1;
    }
}

/// `rows` rows by `count` columns, each of which is contiguous in b.
///
/// # Safety
/// `c` points to as many rows, `c_row` apart, that nobody else has.
#[inline(always)]
unsafe fn columns<V: Lanes>(rows: usize, count: usize, t: &Tile<'_>, b: &[f32], c: *mut f32) {
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

/// The register tiles of one instruction set.
pub(super) trait Tiles {
    type Lanes: Lanes;
    /// Most rows of a tile.
    const ROWS: usize;
    /// Floats in a row of the widest tile.
    const WIDTH: usize = ACROSS * Self::Lanes::N;
    /// As many rows of `across` registers as there is a tile for, at most `rows`; says how many.
    ///
    /// # Safety
    /// `c` points to `rows` rows of so many registers, `c_row` apart, that nobody else has.
    unsafe fn vectors(
        rows: usize,
        across: usize,
        t: &Tile<'_>,
        b: &[f32],
        b_row: usize,
        c: *mut f32,
    ) -> usize;
    /// All `rows` rows of `count` columns, each of which is contiguous in b.
    ///
    /// # Safety
    /// `c` points to as many rows, `c_row` apart, that nobody else has.
    unsafe fn columns(rows: usize, count: usize, t: &Tile<'_>, b: &[f32], c: *mut f32);
}

macro_rules! tiles {
    (
        $(#[$meta:meta])*
        $name:ident: $lanes:ty, $(features $features:literal,)? rows $($rows:literal)*
    ) => {
        $(#[$meta])*
        pub(super) struct $name;
        impl Tiles for $name {
            type Lanes = $lanes;
            const ROWS: usize = [$($rows),*][0];
            #[inline(always)]
            unsafe fn vectors(
                rows: usize,
                across: usize,
                t: &Tile<'_>,
                b: &[f32],
                b_row: usize,
                c: *mut f32,
            ) -> usize {
                #[inline(never)]
                $(#[target_feature(enable = $features)])?
                unsafe fn run(rows: usize, across: usize, t: &Tile<'_>, b: &[f32], b_row: usize, c: *mut f32) -> usize {
                    // SAFETY: the rows that the caller gives us.
                    unsafe {
                        match (rows, across) {
                            $(
                                ($rows.., _) if !VECTORS => (0..across).for_each(|v| {
                                    let at = v * <$lanes>::N;
                                    vectors::<$lanes, $rows, 1>(&t.at(0, at), rest(b, at), b_row, c.add(at));
                                }),
                                ($rows.., 3) => vectors::<$lanes, $rows, 3>(t, b, b_row, c),
                                ($rows.., 2) => vectors::<$lanes, $rows, 2>(t, b, b_row, c),
                                ($rows.., _) => vectors::<$lanes, $rows, 1>(t, b, b_row, c),
                            )*
                            _ => {}
                        }
                    }
                    [$($rows),*].into_iter().find(|&most| most <= rows).unwrap_or(0)
                }
                // SAFETY: used only where `Isa::detect` found these features; and as the caller promises.
                unsafe { run(rows, across, t, b, b_row, c) }
            }
            #[inline(always)]
            unsafe fn columns(rows: usize, count: usize, t: &Tile<'_>, b: &[f32], c: *mut f32) {
                #[inline(never)]
                $(#[target_feature(enable = $features)])?
                unsafe fn run(rows: usize, count: usize, t: &Tile<'_>, b: &[f32], c: *mut f32) {
                    // SAFETY: the rows that the caller gives us.
                    unsafe { columns::<$lanes>(rows, count, t, b, c) }
                }
                // SAFETY: as above.
                unsafe { run(rows, count, t, b, c) }
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
tiles! {
    /// 8 × 48
    Avx512: lanes::Avx512, features "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma", rows 8 4 2 1
}
#[cfg(target_arch = "x86_64")]
tiles! {
    /// 4 × 24
    Avx2: lanes::Avx2, features "avx2,fma", rows 4 2 1
}
tiles! {
    /// 4 × 12
    Portable: lanes::Portable, rows 4 2 1
}
