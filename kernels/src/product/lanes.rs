//! Vector registers of packed words: what a register tile consists of.

use super::kernel::STRIDE;
use super::word::Sum;

/// A few sums that the processor handles at once.
pub(super) trait Lanes: Copy {
    /// A packed word, and the bits of a sum.
    type Word: Copy;
    /// How many.
    const N: usize;
    fn zero() -> Self;
    fn splat(x: Self::Word) -> Self;
    fn load(from: &[Self::Word]) -> Self;
    fn store(self, to: &mut [Self::Word]);
    fn add(self, b: Self) -> Self;
    /// self + a·b, where a is of A and b is of B.
    fn fma(self, a: Self, b: Self) -> Self;
    /// Keeps behind a packed row of A of so many words what its sums begin with, if that is not zero.
    fn prepare(_words: usize, _row: &mut [Self::Word; STRIDE]) {}
    /// What the sums of a packed row of A begin with.
    #[inline(always)]
    fn start(_row: &[Self::Word; STRIDE]) -> Self {
        Self::zero()
    }
}

/// Four sums, in whatever LLVM makes of them.
#[derive(Clone, Copy)]
pub(super) struct Portable<T>([T; 4]);
impl<T: Sum> Lanes for Portable<T> {
    type Word = T::Word;
    const N: usize = 4;
    #[inline(always)]
    fn zero() -> Self {
        Portable([T::ZERO; 4])
    }
    #[inline(always)]
    fn splat(x: T::Word) -> Self {
        Portable([T::of(x); 4])
    }
    #[inline(always)]
    fn load(from: &[T::Word]) -> Self {
        let from = &from[..4];
        Portable([T::of(from[0]), T::of(from[1]), T::of(from[2]), T::of(from[3])])
    }
    #[inline(always)]
    fn store(self, to: &mut [T::Word]) {
        to[..4].copy_from_slice(&self.0.map(T::bits));
    }
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        let (a, b) = (self.0, b.0);
        Portable([a[0].add(b[0]), a[1].add(b[1]), a[2].add(b[2]), a[3].add(b[3])])
    }
    #[inline(always)]
    fn fma(self, a: Self, b: Self) -> Self {
        let (a, b) = (a.0, b.0);
        self.add(Portable([a[0].mul(b[0]), a[1].mul(b[1]), a[2].mul(b[2]), a[3].mul(b[3])]))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::{Lanes, STRIDE};

    macro_rules! lanes {
        ($(
            $(#[$meta:meta])*
            $name:ident: $register:ty, $n:literal of $word:ident, $splat:expr, $load:ident, $store:ident, $add:ident,
            |$sum:ident, $a:ident, $b:ident| $fma:expr $(, start $start:ident)?;
        )*) => { $(
            $(#[$meta])*
            #[derive(Clone, Copy)]
            pub(in crate::product) struct $name($register);
            impl Lanes for $name {
                type Word = $word;
                const N: usize = $n;
                #[inline(always)]
                fn zero() -> Self {
                    Self::splat(0)
                }
                #[inline(always)]
                fn splat(x: $word) -> Self {
                    // SAFETY: used only in functions that are compiled for these instructions, which run
                    // only where the processor has them. So below.
                    $name(unsafe { $splat(x) })
                }
                #[inline(always)]
                fn load(from: &[$word]) -> Self {
                    let from = &from[..$n];
                    // SAFETY: as above; the slice has as many words as are loaded.
                    $name(unsafe { $load(from.as_ptr().cast()) })
                }
                #[inline(always)]
                fn store(self, to: &mut [$word]) {
                    let to = &mut to[..$n];
                    // SAFETY: as above; the slice has as many words as are stored.
                    unsafe { $store(to.as_mut_ptr().cast(), self.0) }
                }
                #[inline(always)]
                fn add(self, b: Self) -> Self {
                    // SAFETY: as above.
                    $name(unsafe { $add(self.0, b.0) })
                }
                #[inline(always)]
                fn fma(self, a: Self, b: Self) -> Self {
                    let ($sum, $a, $b) = (self.0, a.0, b.0);
                    // SAFETY: as above.
                    $name(unsafe { $fma })
                }
                $(
                    #[inline(always)]
                    fn prepare(words: usize, row: &mut [$word; STRIDE]) {
                        row[STRIDE - 1] = $start(&row[..words]);
                    }
                    #[inline(always)]
                    fn start(row: &[$word; STRIDE]) -> Self {
                        Self::splat(row[STRIDE - 1])
                    }
                )?
            }
        )* };
    }
    lanes! {
        F32x16: __m512, 16 of u32, |x| _mm512_set1_ps(f32::from_bits(x)), _mm512_loadu_ps, _mm512_storeu_ps,
            _mm512_add_ps, |sum, a, b| _mm512_fmadd_ps(a, b, sum);
        F32x8: __m256, 8 of u32, |x| _mm256_set1_ps(f32::from_bits(x)), _mm256_loadu_ps, _mm256_storeu_ps,
            _mm256_add_ps, |sum, a, b| _mm256_fmadd_ps(a, b, sum);
        F64x8: __m512d, 8 of u64, |x| _mm512_set1_pd(f64::from_bits(x)), _mm512_loadu_pd, _mm512_storeu_pd,
            _mm512_add_pd, |sum, a, b| _mm512_fmadd_pd(a, b, sum);
        F64x4: __m256d, 4 of u64, |x| _mm256_set1_pd(f64::from_bits(x)), _mm256_loadu_pd, _mm256_storeu_pd,
            _mm256_add_pd, |sum, a, b| _mm256_fmadd_pd(a, b, sum);
        I32x16: __m512i, 16 of u32, |x| _mm512_set1_epi32(x as i32), _mm512_loadu_si512, _mm512_storeu_si512,
            _mm512_add_epi32, |sum, a, b| _mm512_add_epi32(sum, _mm512_mullo_epi32(a, b));
        I32x8: __m256i, 8 of u32, |x| _mm256_set1_epi32(x as i32), _mm256_loadu_si256, _mm256_storeu_si256,
            _mm256_add_epi32, |sum, a, b| _mm256_add_epi32(sum, _mm256_mullo_epi32(a, b));
        I64x8: __m512i, 8 of u64, |x| _mm512_set1_epi64(x as i64), _mm512_loadu_si512, _mm512_storeu_si512,
            _mm512_add_epi64, |sum, a, b| _mm512_add_epi64(sum, _mm512_mullo_epi64(a, b));
        I64x4: __m256i, 4 of u64, |x| _mm256_set1_epi64x(x as i64), _mm256_loadu_si256, _mm256_storeu_si256,
            _mm256_add_epi64, |sum, a, b| _mm256_add_epi64(sum, mullo(a, b));
        /// Σ of four products of signed bytes; those of B have 128 added.
        I8x4x16: __m512i, 16 of u32, |x| _mm512_set1_epi32(x as i32), _mm512_loadu_si512, _mm512_storeu_si512,
            _mm512_add_epi32, |sum, a, b| _mm512_dpbusd_epi32(sum, b, a), start less_signed;
        /// Σ of four products of unsigned bytes; those of B have 128 subtracted.
        U8x4x16: __m512i, 16 of u32, |x| _mm512_set1_epi32(x as i32), _mm512_loadu_si512, _mm512_storeu_si512,
            _mm512_add_epi32, |sum, a, b| _mm512_dpbusd_epi32(sum, a, b), start more_unsigned;
        /// Σ of four products of signed bytes of A and unsigned ones of B.
        I8U8x4x16: __m512i, 16 of u32, |x| _mm512_set1_epi32(x as i32), _mm512_loadu_si512, _mm512_storeu_si512,
            _mm512_add_epi32, |sum, a, b| _mm512_dpbusd_epi32(sum, b, a);
        /// Σ of two products of numbers of 16 bits.
        I16x2x8: __m256i, 8 of u32, |x| _mm256_set1_epi32(x as i32), _mm256_loadu_si256, _mm256_storeu_si256,
            _mm256_add_epi32, |sum, a, b| _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    }

    /// The low halves of products of 64 bits.
    #[inline(always)]
    unsafe fn mullo(a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: for AVX2, as its only caller.
        unsafe {
            let high = |x| _mm256_srli_epi64::<32>(x);
            let crossed = _mm256_add_epi64(_mm256_mul_epu32(high(a), b), _mm256_mul_epu32(a, high(b)));
            _mm256_add_epi64(_mm256_mul_epu32(a, b), _mm256_slli_epi64::<32>(crossed))
        }
    }

    /// −128·Σ a, of signed bytes: what is too much in the products with B + 128.
    fn less_signed(row: &[u32]) -> u32 {
        let sum = row.iter().flat_map(|a| a.to_ne_bytes()).fold(0i32, |sum, x| sum + (x as i8) as i32);
        (sum * -128) as u32
    }

    /// 128·Σ a, of unsigned bytes: what is missing in the products with B − 128.
    fn more_unsigned(row: &[u32]) -> u32 {
        let sum = row.iter().flat_map(|a| a.to_ne_bytes()).fold(0u32, |sum, x| sum + x as u32);
        sum * 128
    }
}
#[cfg(target_arch = "x86_64")]
pub(super) use x86::*;
