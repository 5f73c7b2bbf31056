//! Scalar products of rows: a register tile for factors that are both contiguous in k, as a linear layer's
//! inputs and weights are. Nothing is packed, so weights are read once and as they lie.

use super::lanes::{self, Lanes};
use crate::sure::{cut, cut_mut, holds, rest, rest_mut};

/// A factor: its numbers, and how many there are from one of its rows to the next.
pub(super) type Factor<'a> = (&'a [f32], usize);

/// `to[i * stride + j]` ← Σₖ aᵢ[k]·bⱼ[k] for `[m, n, k]`, none of them zero. With 32 registers (`WIDE`) tiles
/// are larger than with 16. `ONE` is for a single row: without the code of tiles of several.
#[inline(always)]
pub(super) fn dots<V: Dots, const WIDE: bool, const ONE: bool>(
    a: Factor<'_>,
    b: Factor<'_>,
    [m, n, k]: [usize; 3],
    to: &mut [f32],
    stride: usize,
) {
    let mut row = 0;
    while row < m {
        let (a, to) = ((rest(a.0, row * a.1), a.1), rest_mut(to, row * stride));
        row += match (WIDE, if ONE { 1 } else { m - row }) {
            (true, 8..) => rows::<V, 8, 3, 3>(a, b, n, k, to, stride),
            (true, 4..) => rows::<V, 4, 6, 6>(a, b, n, k, to, stride),
            (true, 2..) => rows::<V, 2, 8, 8>(a, b, n, k, to, stride),
            (true, _) => rows::<V, 1, 16, 4>(a, b, n, k, to, stride),
            (false, 4..) => rows::<V, 4, 2, 2>(a, b, n, k, to, stride),
            (false, 2..) => rows::<V, 2, 4, 4>(a, b, n, k, to, stride),
            (false, _) => rows::<V, 1, 8, 4>(a, b, n, k, to, stride),
        };
    }
}

/// `R` rows of A, and the rows of B `C` at a time: `R`·`C` is a multiple of eight. Returns `R`.
#[inline(always)]
fn rows<V: Dots, const R: usize, const C: usize, const H: usize>(
    a: Factor<'_>,
    b: Factor<'_>,
    n: usize,
    k: usize,
    to: &mut [f32],
    stride: usize,
) -> usize {
    for column in (0..n).step_by(C) {
        let count = C.min(n - column);
        let tile = V::tile::<R, C, H>(a, (rest(b.0, column * b.1), b.1), count, k);
        for r in 0..R {
            let to = cut_mut(to, r * stride + column, count);
            to.iter_mut().zip(&tile).for_each(|(to, sums)| *to = sums[r]);
        }
    }
    R
}

/// The register tile of one instruction set.
pub(super) trait Dots: Lanes {
    /// The products of the first `R` rows of A and the first `columns` of B, column by column. Of B, `H` rows
    /// are read side by side: one row of A reads fastest in few streams.
    fn tile<const R: usize, const C: usize, const H: usize>(
        a: Factor<'_>,
        b: Factor<'_>,
        columns: usize,
        k: usize,
    ) -> [[f32; R]; C];
}

macro_rules! tiles {
    ($($(#[$meta:meta])? $lanes:ident $($features:literal)?;)*) => {$(
        $(#[$meta])?
        impl Dots for lanes::$lanes {
            #[inline(always)]
            fn tile<const R: usize, const C: usize, const H: usize>(
                a: Factor<'_>,
                b: Factor<'_>,
                columns: usize,
                k: usize,
            ) -> [[f32; R]; C] {
                // A function of its own, so that it is compiled once.
                #[inline(never)]
                $(#[target_feature(enable = $features)])?
                fn alone<const R: usize, const C: usize, const H: usize>(
                    a: Factor<'_>,
                    b: Factor<'_>,
                    columns: usize,
                    k: usize,
                ) -> [[f32; R]; C] {
                    sums::<lanes::$lanes, R, C, H>(a, b, columns, k)
                }
                // SAFETY: used only where `Isa::detect` found these features.
                #[allow(unused_unsafe)]
                unsafe {
                    alone::<R, C, H>(a, b, columns, k)
                }
            }
        }
    )*};
}
tiles! {
    #[cfg(target_arch = "x86_64")] Avx512 "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma";
    #[cfg(target_arch = "x86_64")] Avx2 "avx2,fma";
    Portable;
}

#[inline(always)]
fn sums<V: Lanes, const R: usize, const C: usize, const H: usize>(
    (a, a_line): Factor<'_>,
    (b, b_line): Factor<'_>,
    columns: usize,
    k: usize,
) -> [[f32; R]; C] {
    // Beyond the last column the last is computed again.
    let at: [usize; C] = core::array::from_fn(|c| c.min(columns - 1) * b_line);
    if !holds(a.len() >= (R - 1) * a_line + k && b.len() >= (columns - 1) * b_line + k) {
        return [[0.0; R]; C];
    }
    // SAFETY: used for the `V::N` numbers from d ≤ k − `V::N` on, of a row that the slice has (just checked).
    let load = |of: &[f32], from: usize| V::load(unsafe { of.get_unchecked(from..from + V::N) });
    let mut sums = [[V::splat(0.0); R]; C];
    let whole = k - k % V::N;
    let mut first = 0;
    while first < C {
        let mut d = 0;
        while d < whole {
            let mut y = [V::splat(0.0); H];
            let mut c = 0;
            while c < H {
                y[c] = load(b, at[first + c] + d);
                c += 1;
            }
            let mut r = 0;
            while r < R {
                let x = load(a, r * a_line + d);
                let mut c = 0;
                while c < H {
                    sums[first + c][r] = sums[first + c][r].fma(x, y[c]);
                    c += 1;
                }
                r += 1;
            }
            d += V::N;
        }
        first += H;
    }
    if whole < k {
        let mut r = 0;
        while r < R {
            let x = V::load_part(cut(a, r * a_line + whole, k - whole));
            let mut c = 0;
            while c < C {
                sums[c][r] = sums[c][r].fma(x, V::load_part(cut(b, at[c] + whole, k - whole)));
                c += 1;
            }
            r += 1;
        }
    }
    let mut tile = [[0.0; R]; C];
    let to = tile.as_flattened_mut();
    let mut i = 0;
    while i < R * C {
        let eight = V::sum8(core::array::from_fn(|j| sums[(i + j) / R][(i + j) % R]));
        to[i..i + 8].copy_from_slice(&eight);
        i += 8;
    }
    tile
}
