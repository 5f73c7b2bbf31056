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
    fn byte(&self, sum: i32) -> u8 {
        self.points.byte(self.factor.times(sum.wrapping_add(self.bias)))
    }
}

/// Bytes of sums that come in groups of `group`, from one to the next `stride`. There are as many groups as it takes for
/// y; with AVX2 they are multiples of 16, with AVX-512 of 32.
pub(super) fn round(isa: Isa, round: &Round, sums: &[i32], [group, stride]: [usize; 2], y: &mut [u8]) {
    for (y, sums) in y.chunks_mut(group).zip(sums.chunks(stride)) {
        match isa {
            // SAFETY: `Isa::detect` found the features.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { x86::avx512(round, sums, y) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { x86::avx2(round, sums, y) },
            _ => y.iter_mut().zip(sums).for_each(|(y, sum)| *y = round.byte(*sum)),
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::Round;

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
    unsafe fn group<V: Lanes>(round: &Round, sums: &[i32], y: &mut [u8]) {
        let (factor, points) = (round.factor, round.points);
        let twice = 2 * points.y as i16 + 1;
        let limits = [points.low as u8, points.high as u8];
        // SAFETY: the caller's promise; two registers of sums and of bytes are within the slices or the buffer.
        unsafe {
            let (bias, multiplier) = (V::splat(round.bias), V::splat(factor.multiplier));
            let left = _mm_cvtsi32_si128(factor.left as i32);
            // One bit less, for what is added to be rounded.
            let right = _mm_cvtsi32_si128(factor.right as i32 - 1);
            let (least, greatest) = (V::splat(i32::MIN >> factor.left), V::splat(i32::MAX >> factor.left));
            for (y, sums) in y.chunks_mut(2 * V::N).zip(sums.chunks_exact(2 * V::N)) {
                let mut x = [V::load(sums.as_ptr()), V::load(sums.as_ptr().add(V::N))];
                let mut i = 0;
                while i < 2 {
                    x[i] = x[i].add(bias);
                    if factor.left > 0 {
                        x[i] = x[i].clamp(least, greatest).left(left);
                    }
                    x[i] = x[i].high(multiplier).right(right);
                    i += 1;
                }
                if y.len() == 2 * V::N {
                    V::store(x, twice, limits, y.as_mut_ptr());
                } else {
                    let mut bytes = [0; 32];
                    V::store(x, twice, limits, bytes.as_mut_ptr());
                    y.copy_from_slice(&bytes[..y.len()]);
                }
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    pub(super) fn avx512(round: &Round, sums: &[i32], y: &mut [u8]) {
        // SAFETY: compiled for AVX-512.
        unsafe { group::<__m512i>(round, sums, y) }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2(round: &Round, sums: &[i32], y: &mut [u8]) {
        // SAFETY: compiled for AVX2.
        unsafe { group::<__m256i>(round, sums, y) }
    }
}
