//! Register tiles: of f64 in vector registers, of every type in arrays.

use core::marker::PhantomData;

use super::kernel::Sum;

/// Tiles of 4 × 8, in whatever LLVM makes of them.
pub(super) struct Array<T>(PhantomData<T>);
impl<T: Sum> Array<T> {
    pub(super) const ROWS: usize = 4;

    #[inline(never)]
    pub(super) fn run(rows: usize, a: &[T], b: &[T], out: &mut [T]) {
        let mut sums = [[T::ZERO; 8]; 4];
        for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<8>().0) {
            for (sums, a) in sums.iter_mut().zip(a) {
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = sum.add(a.mul(*b));
                }
            }
        }
        for (out, sums) in out.chunks_exact_mut(8).zip(&sums[..rows]) {
            out.copy_from_slice(sums);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    /// Some f64 that the processor handles at once.
    trait Lanes: Copy {
        const N: usize;
        fn splat(x: f64) -> Self;
        fn load(from: &[f64]) -> Self;
        /// self + a·b
        fn fma(self, a: Self, b: Self) -> Self;
        fn store(self, to: &mut [f64]);
    }

    macro_rules! lanes {
        ($name:ident: $register:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $fma:ident) => {
            #[derive(Clone, Copy)]
            struct $name($register);
            impl Lanes for $name {
                const N: usize = $n;
                #[inline(always)]
                fn splat(x: f64) -> Self {
                    // SAFETY: used only in functions that are compiled for these instructions, which run
                    // only where `Isa::detect` found them. So below.
                    $name(unsafe { $splat(x) })
                }
                #[inline(always)]
                fn load(from: &[f64]) -> Self {
                    let from = &from[..$n];
                    // SAFETY: as above; the slice has as many numbers as are loaded.
                    $name(unsafe { $load(from.as_ptr()) })
                }
                #[inline(always)]
                fn fma(self, a: Self, b: Self) -> Self {
                    // SAFETY: as above.
                    $name(unsafe { $fma(a.0, b.0, self.0) })
                }
                #[inline(always)]
                fn store(self, to: &mut [f64]) {
                    let to = &mut to[..$n];
                    // SAFETY: as above; the slice has as many numbers as are stored.
                    unsafe { $store(to.as_mut_ptr(), self.0) }
                }
            }
        };
    }
    lanes!(Eight: __m512d, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd);
    lanes!(Four: __m256d, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd);

    /// `R` rows, and the columns of two registers.
    #[inline(always)]
    fn tile<V: Lanes, const R: usize, const STRIDE: usize>(a: &[f64], b: &[f64], out: &mut [f64]) {
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

    macro_rules! micro {
        ($(#[$meta:meta])* $name:ident: $lanes:ty, $features:literal, $stride:literal, $last:literal $($rows:literal)*) => {
            $(#[$meta])*
            pub(in crate::product) struct $name;
            impl $name {
                pub(in crate::product) const ROWS: usize = $last;
                #[inline(always)]
                pub(in crate::product) fn run(rows: usize, a: &[f64], b: &[f64], out: &mut [f64]) {
                    #[inline(never)]
                    #[target_feature(enable = $features)]
                    fn tiles(rows: usize, a: &[f64], b: &[f64], out: &mut [f64]) {
                        match rows {
                            $($rows => tile::<$lanes, $rows, $stride>(a, b, out),)*
                            _ => tile::<$lanes, $last, $stride>(a, b, out),
                        }
                    }
                    // SAFETY: used only where `Isa::detect` found these features.
                    unsafe { tiles(rows, a, b, out) }
                }
            }
        };
    }
    micro! {
        /// 14 × 16
        Avx512: Eight, "avx512f,avx2,fma", 16, 14 1 2 3 4 5 6 7 8 9 10 11 12 13
    }
    micro! {
        /// 6 × 8
        Avx2: Four, "avx2,fma", 8, 6 1 2 3 4 5
    }
}
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};
