//! The registers of AVX-512 and AVX2.

use core::arch::x86_64::*;
use core::ops::Range;

use super::Vector;
use crate::gemm::{lanes, operand::transpose};

/// Functions that consist of the intrinsics of one instruction set.
macro_rules! functions {
    ($($(#[$meta:meta])* fn $name:ident($($args:tt)*) $(-> $result:ty)? { $($body:tt)* })*) => { $(
        $(#[$meta])*
        #[inline(always)]
        unsafe fn $name($($args)*) $(-> $result)? {
            // SAFETY: the caller grants the instructions, and the memory of the lanes that it asks for:
            // the masked instructions access no others.
            unsafe { $($body)* }
        }
    )* };
}

// SAFETY: the masked instructions access only the lanes of the mask.
unsafe impl Vector for __m512 {
    const N: usize = 16;
    const ACROSS: usize = 4;
    type Mask = __mmask16;

    #[inline(always)]
    unsafe fn mask(lanes: Range<isize>) -> Self::Mask {
        let below = |end: isize| (1u32 << end.clamp(0, 16)) - 1;
        (below(lanes.end) & !below(lanes.start)) as __mmask16
    }
    functions! {
        fn splat(x: f32) -> Self { _mm512_set1_ps(x) }
        fn load(from: *const f32) -> Self { _mm512_loadu_ps(from) }
        fn store(self, to: *mut f32) { _mm512_storeu_ps(to, self) }
        fn load_masked(from: *const f32, mask: Self::Mask) -> Self { _mm512_maskz_loadu_ps(mask, from) }
        fn store_masked(self, to: *mut f32, mask: Self::Mask) { _mm512_mask_storeu_ps(to, mask, self) }
        fn add(self, other: Self) -> Self { _mm512_add_ps(self, other) }
        fn fma(self, a: Self, b: Self) -> Self { _mm512_fmadd_ps(a, b, self) }
        fn min(self, other: Self) -> Self { _mm512_min_ps(self, other) }
        fn max(self, other: Self) -> Self { _mm512_max_ps(self, other) }
        fn sums(v: [Self; 4]) -> [f32; 4] {
            let pair = |a, b| _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
            let (a, b) = (pair(v[0], v[1]), pair(v[2], v[3]));
            let four = _mm512_add_ps(_mm512_shuffle_ps::<0x44>(a, b), _mm512_shuffle_ps::<0xEE>(a, b));
            let high = _mm512_extractf64x4_pd::<1>(_mm512_castps_pd(four));
            halves(_mm256_add_ps(_mm512_castps512_ps256(four), _mm256_castpd_ps(high)))
        }
        fn unzip(low: Self, high: Self) -> [Self; 2] {
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            [even, odd].map(|order| _mm512_permutex2var_ps(low, order, high))
        }
        fn zip(even: Self, odd: Self) -> [Self; 2] {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            [low, high].map(|order| _mm512_permutex2var_ps(even, order, odd))
        }
        fn compress(self, bits: u16) -> Self { _mm512_maskz_compress_ps(bits, self) }
        fn expand(self, bits: u16) -> Self { _mm512_maskz_expand_ps(bits, self) }
    }
    #[inline(always)]
    fn transpose(from: &[f32], line: usize, len: usize, to: &mut [f32]) {
        transpose::<lanes::Avx512, 16>(from, line, 16, len, to);
    }
}

// SAFETY: as above.
unsafe impl Vector for __m256 {
    const N: usize = 8;
    const ACROSS: usize = 2;
    type Mask = __m256i;

    functions! {
        fn mask(lanes: Range<isize>) -> Self::Mask {
            let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let below = |end: isize| _mm256_cmpgt_epi32(_mm256_set1_epi32(end.clamp(0, 8) as i32), lane);
            _mm256_andnot_si256(below(lanes.start), below(lanes.end))
        }
        fn splat(x: f32) -> Self { _mm256_set1_ps(x) }
        fn load(from: *const f32) -> Self { _mm256_loadu_ps(from) }
        fn store(self, to: *mut f32) { _mm256_storeu_ps(to, self) }
        fn load_masked(from: *const f32, mask: Self::Mask) -> Self { _mm256_maskload_ps(from, mask) }
        fn store_masked(self, to: *mut f32, mask: Self::Mask) { _mm256_maskstore_ps(to, mask, self) }
        fn add(self, other: Self) -> Self { _mm256_add_ps(self, other) }
        fn fma(self, a: Self, b: Self) -> Self { _mm256_fmadd_ps(a, b, self) }
        fn min(self, other: Self) -> Self { _mm256_min_ps(self, other) }
        fn max(self, other: Self) -> Self { _mm256_max_ps(self, other) }
        fn sums(v: [Self; 4]) -> [f32; 4] {
            let pair = |a, b| _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (a, b) = (pair(v[0], v[1]), pair(v[2], v[3]));
            halves(_mm256_add_ps(_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xEE>(a, b)))
        }
        fn unzip(low: Self, high: Self) -> [Self; 2] {
            // The halves of each side by side, then the lanes within.
            let a = _mm256_permute2f128_ps::<0x20>(low, high);
            let b = _mm256_permute2f128_ps::<0x31>(low, high);
            [_mm256_shuffle_ps::<0x88>(a, b), _mm256_shuffle_ps::<0xDD>(a, b)]
        }
        fn zip(even: Self, odd: Self) -> [Self; 2] {
            let (a, b) = (_mm256_unpacklo_ps(even, odd), _mm256_unpackhi_ps(even, odd));
            [_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b)]
        }
    }
    #[inline(always)]
    fn transpose(from: &[f32], line: usize, len: usize, to: &mut [f32]) {
        transpose::<lanes::Avx2, 8>(from, line, 8, len, to);
    }
}

functions! {
    /// The sum of the halves of a register.
    fn halves(v: __m256) -> [f32; 4] {
        let mut sums = [0.0; 4];
        let sum = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
        _mm_storeu_ps(sums.as_mut_ptr(), sum);
        sums
    }
}
