//! Many sums into bytes.

use super::{Factor, Points};
use crate::Isa;

/// How the sums of an output channel become bytes.
#[derive(Clone, Copy)]
pub(super) struct Round {
    /// Added to each sum.
    pub(super) bias: i32,
    pub(super) factor: Factor,
    pub(super) points: Points,
}

impl Round {
    #[inline(always)]
    pub(super) fn multiple(&self, sum: i32) -> i32 {
        self.factor.times(sum.wrapping_add(self.bias))
    }

    #[inline(always)]
    pub(super) fn byte(&self, sum: i32) -> u8 {
        self.points.byte(self.multiple(sum))
    }
}

/// Bytes of sums that come in groups of `group`, from one to the next `stride`. There are as many groups as it takes for
/// y; with AVX2 they are multiples of 16, with AVX-512 of 32.
pub(super) fn round(isa: Isa, round: &Round, sums: &[i32], groups: [usize; 2], y: &mut [u8]) {
    match isa {
        // SAFETY: `Isa::detect` found the features.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { x86::avx512(round, sums, groups, y) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { x86::avx2(round, sums, groups, y) },
        _ => {
            for (y, sums) in y.chunks_mut(groups[0]).zip(sums.chunks(groups[1])) {
                y.iter_mut().zip(sums).for_each(|(y, sum)| *y = round.byte(*sum));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::Round;
    use crate::quantized::short;

    /// A few sums.
    ///
    /// # Safety
    /// For callers: the processor has the instructions, and memory is there.
    trait Lanes: Copy {
        const N: usize;
        unsafe fn load(from: *const i32) -> Self;
        unsafe fn splat(x: i32) -> Self;
        unsafe fn add(self, other: Self) -> Self;
        unsafe fn clamp(self, least: Self, greatest: Self) -> Self;
        unsafe fn left(self, count: __m128i) -> Self;
        unsafe fn right(self, count: __m128i) -> Self;
        /// The upper halves of products of 64 bits.
        unsafe fn high(self, multiplier: Self) -> Self;
        /// Stores (x + twice) / 2 of two registers as bytes within limits.
        unsafe fn store(x: [Self; 2], twice: i16, limits: [u8; 2], to: *mut u8);
    }

    impl Lanes for __m512i {
        const N: usize = 16;
        #[inline(always)]
        unsafe fn load(from: *const i32) -> Self {
            // SAFETY: the caller's promise. So below.
            unsafe { _mm512_loadu_si512(from.cast()) }
        }
        #[inline(always)]
        unsafe fn splat(x: i32) -> Self {
            // SAFETY: as above.
            unsafe { _mm512_set1_epi32(x) }
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            // SAFETY: as above.
            unsafe { _mm512_add_epi32(self, other) }
        }
        #[inline(always)]
        unsafe fn clamp(self, least: Self, greatest: Self) -> Self {
            // SAFETY: as above.
            unsafe { _mm512_min_epi32(_mm512_max_epi32(self, least), greatest) }
        }
        #[inline(always)]
        unsafe fn left(self, count: __m128i) -> Self {
            // SAFETY: as above.
            unsafe { _mm512_sll_epi32(self, count) }
        }
        #[inline(always)]
        unsafe fn right(self, count: __m128i) -> Self {
            // SAFETY: as above.
            unsafe { _mm512_sra_epi32(self, count) }
        }
        #[inline(always)]
        unsafe fn high(self, multiplier: Self) -> Self {
            // SAFETY: as above.
            unsafe {
                let even = _mm512_mul_epi32(self, multiplier);
                let odd = _mm512_mul_epi32(_mm512_srli_epi64::<32>(self), multiplier);
                let places = _mm512_setr_epi32(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
                _mm512_permutex2var_epi32(even, places, odd)
            }
        }
        #[inline(always)]
        unsafe fn store([a, b]: [Self; 2], twice: i16, [low, high]: [u8; 2], to: *mut u8) {
            // SAFETY: as above.
            unsafe {
                let words = _mm512_adds_epi16(_mm512_packs_epi32(a, b), _mm512_set1_epi16(twice));
                let words = _mm512_srai_epi16::<1>(words);
                // In each quarter, four of `a` and then four of `b`.
                let places = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0);
                let bytes = _mm512_permutexvar_epi32(places, _mm512_packus_epi16(words, words));
                let bytes = _mm256_max_epu8(_mm512_castsi512_si256(bytes), _mm256_set1_epi8(low as i8));
                _mm256_storeu_si256(to.cast(), _mm256_min_epu8(bytes, _mm256_set1_epi8(high as i8)));
            }
        }
    }

    impl Lanes for __m256i {
        const N: usize = 8;
        #[inline(always)]
        unsafe fn load(from: *const i32) -> Self {
            // SAFETY: as above.
            unsafe { _mm256_loadu_si256(from.cast()) }
        }
        #[inline(always)]
        unsafe fn splat(x: i32) -> Self {
            // SAFETY: as above.
            unsafe { _mm256_set1_epi32(x) }
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            // SAFETY: as above.
            unsafe { _mm256_add_epi32(self, other) }
        }
        #[inline(always)]
        unsafe fn clamp(self, least: Self, greatest: Self) -> Self {
            // SAFETY: as above.
            unsafe { _mm256_min_epi32(_mm256_max_epi32(self, least), greatest) }
        }
        #[inline(always)]
        unsafe fn left(self, count: __m128i) -> Self {
            // SAFETY: as above.
            unsafe { _mm256_sll_epi32(self, count) }
        }
        #[inline(always)]
        unsafe fn right(self, count: __m128i) -> Self {
            // SAFETY: as above.
            unsafe { _mm256_sra_epi32(self, count) }
        }
        #[inline(always)]
        unsafe fn high(self, multiplier: Self) -> Self {
            // SAFETY: as above.
            unsafe {
                let even = _mm256_mul_epi32(self, multiplier);
                let odd = _mm256_mul_epi32(_mm256_srli_epi64::<32>(self), multiplier);
                _mm256_blend_epi32::<0b1010_1010>(_mm256_srli_epi64::<32>(even), odd)
            }
        }
        #[inline(always)]
        unsafe fn store([a, b]: [Self; 2], twice: i16, [low, high]: [u8; 2], to: *mut u8) {
            // SAFETY: as above.
            unsafe {
                let words = _mm256_adds_epi16(_mm256_packs_epi32(a, b), _mm256_set1_epi16(twice));
                let words = _mm256_srai_epi16::<1>(words);
                // In each half, four of `a` and then four of `b`.
                let places = _mm256_setr_epi32(0, 4, 1, 5, 0, 0, 0, 0);
                let bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(words, words), places);
                let bytes = _mm_max_epu8(_mm256_castsi256_si128(bytes), _mm_set1_epi8(low as i8));
                _mm_storeu_si128(to.cast(), _mm_min_epu8(bytes, _mm_set1_epi8(high as i8)));
            }
        }
    }

    /// # Safety
    /// The processor has the instructions of these lanes.
    #[inline(always)]
    unsafe fn rows<V: Lanes>(round: &Round, sums: &[i32], [group, stride]: [usize; 2], y: &mut [u8]) {
        // Sums that one step reads, and bytes that it writes.
        let step = 2 * V::N;
        let Some(last) = y.len().checked_sub(1) else { return };
        assert!(group.is_multiple_of(step) && group <= stride);
        assert!(sums.len() >= last / group * stride + (last % group / step + 1) * step);
        // SAFETY: the caller's promise; a group begins wherever one ends, and all of them are as long as asserted.
        unsafe {
            if round.factor.left == 0 {
                steps::<V, false>(round, sums.as_ptr(), [group, stride], y);
            } else {
                steps::<V, true>(round, sums.as_ptr(), [group, stride], y);
            }
        }
    }

    /// # Safety
    /// As above; and as many sums are there as `rows` asserts.
    #[inline(always)]
    unsafe fn steps<V: Lanes, const LEFT: bool>(
        round: &Round,
        mut sums: *const i32,
        [group, stride]: [usize; 2],
        y: &mut [u8],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let constants = Constants::<V>::new(round);
            for y in y.chunks_mut(group) {
                let mut at = sums;
                let mut steps = y.chunks_exact_mut(2 * V::N);
                for y in &mut steps {
                    constants.step::<LEFT>(at, y.as_mut_ptr());
                    at = at.add(2 * V::N);
                }
                let rest = steps.into_remainder();
                if !rest.is_empty() {
                    let mut bytes = [0; 32];
                    constants.step::<LEFT>(at, bytes.as_mut_ptr());
                    short::copy(&bytes[..rest.len()], rest);
                }
                sums = sums.wrapping_add(stride);
            }
        }
    }

    /// A [`Round`] in registers.
    #[derive(Clone, Copy)]
    struct Constants<V> {
        bias: V,
        least: V,
        greatest: V,
        left: __m128i,
        multiplier: V,
        right: __m128i,
        twice: i16,
        limits: [u8; 2],
    }

    impl<V: Lanes> Constants<V> {
        /// # Safety
        /// The processor has the instructions of these lanes. So below.
        #[inline(always)]
        unsafe fn new(&Round { bias, factor, points }: &Round) -> Self {
            // SAFETY: the caller's promise.
            unsafe {
                Constants {
                    bias: V::splat(bias),
                    least: V::splat(i32::MIN >> factor.left),
                    greatest: V::splat(i32::MAX >> factor.left),
                    left: _mm_cvtsi32_si128(factor.left as i32),
                    multiplier: V::splat(factor.multiplier),
                    // One bit less, for what is added to be rounded.
                    right: _mm_cvtsi32_si128(factor.right as i32 - 1),
                    twice: 2 * points.y as i16 + 1,
                    limits: [points.low as u8, points.high as u8],
                }
            }
        }

        /// Two registers of sums into as many bytes.
        ///
        /// # Safety
        /// As above, and both are there.
        #[inline(always)]
        unsafe fn step<const LEFT: bool>(&self, from: *const i32, to: *mut u8) {
            // SAFETY: the caller's promise.
            unsafe {
                let mut x = [V::load(from), V::load(from.add(V::N))];
                let mut i = 0;
                while i < 2 {
                    x[i] = x[i].add(self.bias);
                    if LEFT {
                        x[i] = x[i].clamp(self.least, self.greatest).left(self.left);
                    }
                    x[i] = x[i].high(self.multiplier).right(self.right);
                    i += 1;
                }
                V::store(x, self.twice, self.limits, to);
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    pub(super) fn avx512(round: &Round, sums: &[i32], groups: [usize; 2], y: &mut [u8]) {
        // SAFETY: compiled for AVX-512.
        unsafe { rows::<__m512i>(round, sums, groups, y) }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2(round: &Round, sums: &[i32], groups: [usize; 2], y: &mut [u8]) {
        // SAFETY: compiled for AVX2.
        unsafe { rows::<__m256i>(round, sums, groups, y) }
    }
}
