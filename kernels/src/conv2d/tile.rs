//! Register tiles of a convolution: rows are output channels, columns are pixels of the output, and the
//! depth counts the pixels of a window in all channels.
//!
//! Weights are read where they are, a float at a time from each of the rows; only windows are packed.

use super::columns::columns;
use crate::cpu::prefetch;
use crate::gemm::lanes::{self, Lanes};
use crate::sure::{holds, rest};

/// Registers across a tile.
pub(super) const ACROSS: usize = 3;

/// Whether the registers of a tile are registers of the processor. Where they are not, a tile of several only takes memory
/// for code, and its sums do not fit the processor's floats.
pub(super) const VECTORS: bool =
    cfg!(any(target_arch = "x86_64", target_feature = "neon", target_feature = "simd128"));

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
    pub(super) fn is_there(&self, rows: usize, columns: usize) -> bool {
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
    for i in 0..t.depth {
        // The next tile's weights, which are seldom in the cache: a line of each row, by turns.
        if R >= 8 {
            prefetch(a.wrapping_add((R + i % R) * t.a_row));
        }
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
