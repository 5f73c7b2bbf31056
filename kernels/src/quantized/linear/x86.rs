//! Dot products of bytes in vector registers.

use core::arch::x86_64::*;

use super::dots::{OUTPUTS, ROWS};

/// A register of bytes, or of sums.
///
/// # Safety
/// For callers: the processor has the instructions, and memory is there.
trait Bytes: Copy {
    /// Bytes of a register.
    const N: usize;
    unsafe fn zero() -> Self;
    /// The first `count` bytes, at most `N`, then zeros.
    unsafe fn unsigned(from: *const u8, count: usize) -> Self;
    unsafe fn signed(from: *const i8, count: usize) -> Self;
    /// self + the products of unsigned and signed bytes, some of them added up.
    unsafe fn dot(self, unsigned: Self, signed: Self) -> Self;
    /// The sums of a register, as four.
    unsafe fn four(self) -> __m128i;
}

impl Bytes for __m512i {
    const N: usize = 64;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller's promise. So below.
        unsafe { _mm512_setzero_si512() }
    }
    #[inline(always)]
    unsafe fn unsigned(from: *const u8, count: usize) -> Self {
        // SAFETY: as above; bytes that the mask does not name are not accessed.
        unsafe {
            if count >= 64 {
                _mm512_loadu_si512(from.cast())
            } else {
                _mm512_maskz_loadu_epi8((1u64 << count) - 1, from.cast())
            }
        }
    }
    #[inline(always)]
    unsafe fn signed(from: *const i8, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { Self::unsigned(from.cast(), count) }
    }
    #[inline(always)]
    unsafe fn dot(self, unsigned: Self, signed: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_dpbusd_epi32(self, unsigned, signed) }
    }
    #[inline(always)]
    unsafe fn four(self) -> __m128i {
        // SAFETY: as above.
        unsafe {
            let half = _mm512_extracti64x4_epi64::<1>(self);
            _mm256_add_epi32(_mm512_castsi512_si256(self), half).four()
        }
    }
}

impl Bytes for __m256i {
    /// As numbers of 16 bits.
    const N: usize = 16;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: as above.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn unsigned(from: *const u8, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_cvtepu8_epi16(first(from, count)) }
    }
    #[inline(always)]
    unsafe fn signed(from: *const i8, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_cvtepi8_epi16(first(from.cast(), count)) }
    }
    #[inline(always)]
    unsafe fn dot(self, unsigned: Self, signed: Self) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_add_epi32(self, _mm256_madd_epi16(unsigned, signed)) }
    }
    #[inline(always)]
    unsafe fn four(self) -> __m128i {
        // SAFETY: as above.
        unsafe { _mm_add_epi32(_mm256_castsi256_si128(self), _mm256_extracti128_si256::<1>(self)) }
    }
}

/// The first `count` of sixteen bytes, then zeros.
#[inline(always)]
unsafe fn first(from: *const u8, count: usize) -> __m128i {
    let mut bytes = [0u8; 16];
    // SAFETY: the caller's promise; no more than sixteen are copied.
    unsafe {
        if count >= 16 {
            return _mm_loadu_si128(from.cast());
        }
        core::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), count);
        _mm_loadu_si128(bytes.as_ptr().cast())
    }
}

/// # Safety
/// The processor has the instructions of `V`.
#[inline(always)]
unsafe fn dots<V: Bytes, const R: usize>(
    x: [&[u8]; R],
    weight: &[&[i8]; OUTPUTS],
    sums: &mut [[i32; OUTPUTS]],
) {
    let len = weight[0].len();
    assert!(x.iter().all(|x| x.len() == len) && weight.iter().all(|w| w.len() == len) && sums.len() >= R);
    // SAFETY: the caller's promise; every slice has `len` bytes.
    unsafe {
        let mut totals = [[V::zero(); 4]; R];
        for at in (0..len).step_by(V::N) {
            let count = len - at;
            let mut rows = [V::zero(); R];
            let mut r = 0;
            while r < R {
                rows[r] = V::unsigned(x[r].as_ptr().add(at), count);
                r += 1;
            }
            let mut i = 0;
            while i < 4 {
                let w = V::signed(weight[i].as_ptr().add(at), count);
                let mut r = 0;
                while r < R {
                    totals[r][i] = totals[r][i].dot(rows[r], w);
                    r += 1;
                }
                i += 1;
            }
        }
        let mut r = 0;
        while r < R {
            let [a, b, c, d] =
                [totals[r][0].four(), totals[r][1].four(), totals[r][2].four(), totals[r][3].four()];
            let all = _mm_hadd_epi32(_mm_hadd_epi32(a, b), _mm_hadd_epi32(c, d));
            _mm_storeu_si128(sums[r].as_mut_ptr().cast(), all);
            r += 1;
        }
    }
}

/// # Safety
/// As above.
#[inline(always)]
unsafe fn rows<V: Bytes>(x: &[&[u8]; ROWS], weight: &[&[i8]; OUTPUTS], sums: &mut [[i32; OUTPUTS]; ROWS]) {
    // SAFETY: the caller's promise.
    unsafe {
        match x {
            [a, []] => dots::<V, 1>([a], weight, sums),
            _ => dots::<V, ROWS>(*x, weight, sums),
        }
    }
}

/// For processors with AVX512-VNNI.
pub(super) fn vnni(x: &[&[u8]; ROWS], weight: &[&[i8]; OUTPUTS], sums: &mut [[i32; OUTPUTS]; ROWS]) {
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma")]
    fn run(x: &[&[u8]; ROWS], weight: &[&[i8]; OUTPUTS], sums: &mut [[i32; OUTPUTS]; ROWS]) {
        // SAFETY: compiled for these instructions.
        unsafe { rows::<__m512i>(x, weight, sums) }
    }
    // SAFETY: chosen where the processor has these instructions.
    unsafe { run(x, weight, sums) }
}

/// For processors with AVX2.
pub(super) fn avx2(x: &[&[u8]; ROWS], weight: &[&[i8]; OUTPUTS], sums: &mut [[i32; OUTPUTS]; ROWS]) {
    #[target_feature(enable = "avx2,fma")]
    fn run(x: &[&[u8]; ROWS], weight: &[&[i8]; OUTPUTS], sums: &mut [[i32; OUTPUTS]; ROWS]) {
        // SAFETY: compiled for these instructions.
        unsafe { rows::<__m256i>(x, weight, sums) }
    }
    // SAFETY: as above.
    unsafe { run(x, weight, sums) }
}
