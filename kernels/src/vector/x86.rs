//! The registers of AVX-512 and AVX2.

use core::arch::x86_64::*;
use core::f32::consts::{FRAC_1_SQRT_2, SQRT_2};
use core::ops::Range;

use half::bf16;

use super::Vector;
use crate::gemm::{lanes, operand::transpose};
use crate::math::ROUND;

/// Functions that consist of the intrinsics of one instruction set.
macro_rules! functions {
    ($($(#[$meta:meta])* fn $name:ident $(<const $i:ident: u32>)? ($($args:tt)*) $(-> $result:ty)? {
        $($body:tt)*
    })*) => { $(
        $(#[$meta])*
        #[inline(always)]
        unsafe fn $name $(<const $i: u32>)? ($($args)*) $(-> $result)? {
            // SAFETY: the caller grants the instructions, and the memory of the lanes that it asks for:
            // the masked instructions access no others.
            unsafe { $($body)* }
        }
    )* };
}

functions! {
    /// The lower halves of words as the upper halves of floats, and the upper ones.
    fn pairs512(pairs: __m512i) -> [__m512; 2] {
        let odd = _mm512_and_si512(pairs, _mm512_set1_epi32(-0x10000));
        [_mm512_castsi512_ps(_mm512_slli_epi32::<16>(pairs)), _mm512_castsi512_ps(odd)]
    }
}

// SAFETY: the masked instructions access only the lanes of the mask.
unsafe impl Vector for __m512 {
    const N: usize = 16;
    const ACROSS: usize = 4;
    type Mask = __mmask16;
    type Choice = __mmask16;

    #[inline(always)]
    fn prefetch<T>(at: *const T) {
        // SAFETY: any address may be asked for.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    unsafe fn mask(lanes: Range<isize>) -> Self::Mask {
        let below = |end: isize| (1u32 << end.clamp(0, 16)) - 1;
        (below(lanes.end) & !below(lanes.start)) as __mmask16
    }
    functions! {
        fn splat(x: f32) -> Self { _mm512_set1_ps(x) }
        fn load(from: *const f32) -> Self { _mm512_loadu_ps(from) }
        fn store(self, to: *mut f32) { _mm512_storeu_ps(to, self) }
        fn load_bf16(from: *const bf16) -> Self {
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()))))
        }
        fn load_pairs(from: *const bf16) -> [Self; 2] { pairs512(_mm512_loadu_si512(from.cast())) }
        fn load_masked(from: *const f32, mask: Self::Mask) -> Self { _mm512_maskz_loadu_ps(mask, from) }
        fn store_masked(self, to: *mut f32, mask: Self::Mask) { _mm512_mask_storeu_ps(to, mask, self) }
        fn load_or(from: *const f32, mask: Self::Mask, rest: Self) -> Self {
            _mm512_mask_loadu_ps(rest, mask, from)
        }
        fn largest(self) -> f32 { _mm512_reduce_max_ps(self) }
        fn sum(self) -> f32 { _mm512_reduce_add_ps(self) }
        fn quick_sqrt(self) -> Self {
            // The first fourteen bits of 1/√x, and a step of Newton's.
            let x = self.clamp([f32::MIN_POSITIVE, f32::MAX]);
            let inverse = _mm512_rsqrt14_ps(x);
            let root = _mm512_mul_ps(x, inverse);
            let half = _mm512_set1_ps(0.5);
            let rest = _mm512_fnmadd_ps(root, _mm512_mul_ps(inverse, half), half);
            _mm512_fmadd_ps(root, rest, root)
        }
        fn quick_div(self, by: Self) -> Self {
            // Likewise.
            let inverse = _mm512_rcp14_ps(by);
            let quotient = _mm512_mul_ps(self, inverse);
            _mm512_fmadd_ps(_mm512_fnmadd_ps(by, quotient, self), inverse, quotient)
        }
        fn add(self, other: Self) -> Self { _mm512_add_ps(self, other) }
        fn sub(self, other: Self) -> Self { _mm512_sub_ps(self, other) }
        fn mul(self, other: Self) -> Self { _mm512_mul_ps(self, other) }
        fn div(self, other: Self) -> Self { _mm512_div_ps(self, other) }
        fn neg(self) -> Self { _mm512_xor_ps(self, _mm512_set1_ps(-0.0)) }
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
        fn replaces(self, max: Self) -> __mmask16 {
            _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self, max) | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self, self)
        }
        fn equal(self, other: Self) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self, other) }
        fn fused(self, a: Self, b: Self) -> Self { _mm512_fmadd_ps(self, a, b) }
        fn sqrt(self) -> Self { _mm512_sqrt_ps(self) }
        fn abs(self) -> Self { _mm512_abs_ps(self) }
        fn copysign(self, sign: Self) -> Self {
            // The sign's bit of the second operand, all others of the third.
            let choose = |bit, sign, x| _mm512_ternarylogic_epi32::<0xCA>(bit, sign, x);
            let bits = |v| _mm512_castps_si512(v);
            _mm512_castsi512_ps(choose(_mm512_set1_epi32(i32::MIN), bits(sign), bits(self)))
        }
        fn less(self, than: Self) -> __mmask16 { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self, than) }
        fn bit<const I: u32>(self) -> __mmask16 {
            _mm512_test_epi32_mask(_mm512_castps_si512(self), _mm512_set1_epi32(1 << I))
        }
        fn when(self, choice: __mmask16, other: Self) -> Self { _mm512_mask_blend_ps(choice, other, self) }
        fn power_of_two(self) -> Self {
            let n = _mm512_castps_si512(_mm512_add_ps(self, _mm512_set1_ps(ROUND + 127.0)));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(n))
        }
        fn scale(self, n: Self) -> Self {
            // To round to zero takes long, so that is left out.
            let not_zero = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(n, _mm512_set1_ps(-151.0));
            _mm512_maskz_scalef_ps(not_zero, self, n)
        }
        fn split(self) -> [Self; 2] {
            let k = _mm512_getexp_ps(self);
            let m = _mm512_getmant_ps::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_NAN>(self);
            let large = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(m, _mm512_set1_ps(SQRT_2));
            let k = _mm512_mask_add_ps(k, large, k, _mm512_set1_ps(1.0));
            [k, _mm512_mask_mul_ps(m, large, m, _mm512_set1_ps(0.5))]
        }
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
    /// The lanes whose signs are set.
    type Choice = __m256;

    functions! {
        fn mask(lanes: Range<isize>) -> Self::Mask {
            let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let below = |end: isize| _mm256_cmpgt_epi32(_mm256_set1_epi32(end.clamp(0, 8) as i32), lane);
            _mm256_andnot_si256(below(lanes.start), below(lanes.end))
        }
        fn splat(x: f32) -> Self { _mm256_set1_ps(x) }
        fn load(from: *const f32) -> Self { _mm256_loadu_ps(from) }
        fn store(self, to: *mut f32) { _mm256_storeu_ps(to, self) }
        fn load_bf16(from: *const bf16) -> Self {
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(_mm_loadu_si128(from.cast()))))
        }
        fn load_pairs(from: *const bf16) -> [Self; 2] {
            let pairs = _mm256_loadu_si256(from.cast());
            let odd = _mm256_and_si256(pairs, _mm256_set1_epi32(-0x10000));
            [_mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs)), _mm256_castsi256_ps(odd)]
        }
        fn load_masked(from: *const f32, mask: Self::Mask) -> Self { _mm256_maskload_ps(from, mask) }
        fn store_masked(self, to: *mut f32, mask: Self::Mask) { _mm256_maskstore_ps(to, mask, self) }
        fn load_or(from: *const f32, mask: Self::Mask, rest: Self) -> Self {
            _mm256_blendv_ps(rest, _mm256_maskload_ps(from, mask), _mm256_castsi256_ps(mask))
        }
        fn largest(self) -> f32 {
            let four = _mm_max_ps(_mm256_castps256_ps128(self), _mm256_extractf128_ps::<1>(self));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        }
        fn sum(self) -> f32 {
            let four = _mm_add_ps(_mm256_castps256_ps128(self), _mm256_extractf128_ps::<1>(self));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
        fn add(self, other: Self) -> Self { _mm256_add_ps(self, other) }
        fn sub(self, other: Self) -> Self { _mm256_sub_ps(self, other) }
        fn mul(self, other: Self) -> Self { _mm256_mul_ps(self, other) }
        fn div(self, other: Self) -> Self { _mm256_div_ps(self, other) }
        fn neg(self) -> Self { _mm256_xor_ps(self, _mm256_set1_ps(-0.0)) }
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
        fn replaces(self, max: Self) -> __m256 {
            let greater = _mm256_cmp_ps::<_CMP_GT_OQ>(self, max);
            _mm256_or_ps(greater, _mm256_cmp_ps::<_CMP_UNORD_Q>(self, self))
        }
        fn equal(self, other: Self) -> __m256 { _mm256_cmp_ps::<_CMP_EQ_OQ>(self, other) }
        fn fused(self, a: Self, b: Self) -> Self { _mm256_fmadd_ps(self, a, b) }
        fn sqrt(self) -> Self { _mm256_sqrt_ps(self) }
        fn abs(self) -> Self { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self) }
        fn copysign(self, sign: Self) -> Self {
            let bit = _mm256_set1_ps(-0.0);
            _mm256_or_ps(_mm256_andnot_ps(bit, self), _mm256_and_ps(bit, sign))
        }
        fn less(self, than: Self) -> __m256 { _mm256_cmp_ps::<_CMP_LT_OQ>(self, than) }
        fn bit<const I: u32>(self) -> __m256 {
            let to_sign = _mm_cvtsi32_si128(31 - I as i32);
            _mm256_castsi256_ps(_mm256_sll_epi32(_mm256_castps_si256(self), to_sign))
        }
        fn when(self, choice: __m256, other: Self) -> Self { _mm256_blendv_ps(other, self, choice) }
        fn power_of_two(self) -> Self {
            let n = _mm256_castps_si256(_mm256_add_ps(self, _mm256_set1_ps(ROUND + 127.0)));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(n))
        }
        fn scale(self, n: Self) -> Self {
            let half = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(n.mul(Self::splat(0.5)));
            self.mul(half.power_of_two()).mul(n.sub(half).power_of_two())
        }
        fn split(self) -> [Self; 2] {
            let root_half = _mm256_set1_epi32(FRAC_1_SQRT_2.to_bits() as i32);
            let subnormal = self.less(Self::splat(f32::MIN_POSITIVE));
            let x = self.mul(Self::splat(8_388_608.0)).when(subnormal, self);
            let above = _mm256_sub_epi32(_mm256_castps_si256(x), root_half);
            let k = _mm256_cvtepi32_ps(_mm256_srai_epi32::<23>(above));
            let k = k.sub(Self::splat(23.0)).when(subnormal, k);
            let zero = _mm256_cmp_ps::<_CMP_EQ_OQ>(self, Self::splat(0.0));
            let k = Self::splat(f32::NEG_INFINITY).when(zero, k);
            let k = Self::splat(f32::NAN).when(self.less(Self::splat(0.0)), k);
            let k = k.when(self.less(Self::splat(f32::INFINITY)), self);
            let fraction = _mm256_and_si256(above, _mm256_set1_epi32(0x007F_FFFF));
            [k, _mm256_castsi256_ps(_mm256_add_epi32(fraction, root_half))]
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
