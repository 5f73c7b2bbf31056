//! The innermost loops: a register tile of C, summed over packed strips of A and B.

use super::lanes::{self, Lanes};

/// out[i][j] ← Σₖ a[k][i]·b[k][j] for `R` rows i and the columns of two registers. Strips of A have
/// `STRIDE` floats per k, strips of B and rows of `out` as many as two registers.
#[inline(always)]
fn tile<V: Lanes, const R: usize, const STRIDE: usize>(a: &[f32], b: &[f32], out: &mut [f32]) {
    let mut sums = [[V::splat(0.0); 2]; R];
    for (a, b) in a.chunks_exact(STRIDE).zip(b.chunks_exact(2 * V::N)) {
        let (left, right) = (V::load(b), V::load(&b[V::N..]));
        // Indices with constant bounds: iterators over `sums` would keep it in memory.
        let mut i = 0;
        while i < R {
            let x = V::splat(a[i]);
            sums[i][0] = sums[i][0].fma(x, left);
            sums[i][1] = sums[i][1].fma(x, right);
            i += 1;
        }
    }
    let mut i = 0;
    while i < R {
        let row = &mut out[i * 2 * V::N..][..2 * V::N];
        sums[i][0].store(row);
        sums[i][1].store(&mut row[V::N..]);
        i += 1;
    }
}

/// The register tiles of one instruction set.
pub(crate) trait Micro {
    type Lanes: Lanes;
    /// Most rows of a tile.
    const ROWS: usize;
    /// Computes the first `rows` rows of a tile, by `tile` compiled for just so many.
    fn run(rows: usize, a: &[f32], b: &[f32], out: &mut [f32]);
}

macro_rules! micro {
    (
        $(#[$meta:meta])*
        $name:ident: $lanes:ty, $(features $features:literal,)? stride $stride:literal, rows $last:literal $($rows:literal)*
    ) => {
        $(#[$meta])*
        pub(crate) struct $name;
        impl Micro for $name {
            type Lanes = $lanes;
            const ROWS: usize = $last;
            #[inline(always)]
            fn run(rows: usize, a: &[f32], b: &[f32], out: &mut [f32]) {
                #[inline(never)]
                $(#[target_feature(enable = $features)])?
                fn tiles(rows: usize, a: &[f32], b: &[f32], out: &mut [f32]) {
                    match rows {
                        $($rows => tile::<$lanes, $rows, $stride>(a, b, out),)*
                        _ => tile::<$lanes, $last, $stride>(a, b, out),
                    }
                }
                // SAFETY: used only where `Isa::detect` found these features.
                #[allow(unused_unsafe)]
                unsafe {
                    tiles(rows, a, b, out);
                }
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
micro! {
    /// 14 × 32
    Avx512: lanes::Avx512, features "avx512f,avx2,fma", stride 16, rows 14 1 2 3 4 5 6 7 8 9 10 11 12 13
}
#[cfg(target_arch = "x86_64")]
micro! {
    /// 6 × 16
    Avx2: lanes::Avx2, features "avx2,fma", stride 8, rows 6 1 2 3 4 5
}
micro! {
    /// 4 × 8
    Portable: lanes::Portable, stride 4, rows 4 1 2 3
}
