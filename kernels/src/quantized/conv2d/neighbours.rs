//! Dot products of windows side by side with the lines of one kernel.

use core::arch::x86_64::*;

/// Lines of windows that are computed at once, as they have lines of the image in common.
pub(super) const LINES: usize = 4;

/// A padded plane, or a part of it, and the weights.
pub(super) struct Plane<'a> {
    pub(super) x: &'a [u8],
    /// Bytes from one line to the next.
    pub(super) pitch: usize,
    /// Lines and columns of windows.
    pub(super) windows: [usize; 2],
    /// From one to the next; 1 or 2 along a line.
    pub(super) stride: [usize; 2],
    /// Lines of a window, and words of each.
    pub(super) kernel: [usize; 2],
    pub(super) words: &'a [i32],
}

/// sums\[i\]\[j\] ← the sum over the window at (i, j), with words of `group` taps. What follows may be overwritten.
pub(super) fn sums(group: usize, plane: &Plane<'_>, sums: &mut [i32]) {
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx2,fma")]
    fn avx512(plane: &Plane<'_>, sums: &mut [i32]) {
        // SAFETY: compiled for these instructions.
        unsafe { plane.sums::<__m512i>(sums) }
    }
    #[target_feature(enable = "avx2,fma")]
    fn avx2(plane: &Plane<'_>, sums: &mut [i32]) {
        // SAFETY: compiled for these instructions.
        unsafe { plane.sums::<__m256i>(sums) }
    }
    // SAFETY: chosen where the processor has these instructions.
    unsafe { if group == <__m512i as Taps>::GROUP { avx512(plane, sums) } else { avx2(plane, sums) } }
}

/// A register of sums or of taps.
///
/// # Safety
/// For callers: the processor has the instructions, and memory is there.
trait Taps: Copy {
    /// Windows of a register, and taps of each.
    const N: usize;
    const GROUP: usize;
    /// Bytes that `windows` reads.
    const REACH: usize;
    unsafe fn zero() -> Self;
    /// The first taps of windows that are `STRIDE` apart, 1 or 2.
    unsafe fn windows<const STRIDE: usize>(from: *const u8) -> Self;
    /// self + the dot products of windows with weights.
    unsafe fn dot(self, windows: Self, weights: i32) -> Self;
    unsafe fn store(self, to: *mut i32);
}

impl Taps for __m512i {
    const N: usize = 16;
    const GROUP: usize = 4;
    const REACH: usize = 64;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller's promise. So below.
        unsafe { _mm512_setzero_si512() }
    }
    #[inline(always)]
    unsafe fn windows<const STRIDE: usize>(from: *const u8) -> Self {
        // SAFETY: as above. Each quarter gets the sixteen bytes in which its four windows are.
        unsafe {
            let x = _mm512_loadu_si512(from.cast());
            let (quarters, taps) = if STRIDE == 1 {
                let quarters = _mm512_setr_epi32(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6);
                (quarters, _mm_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6))
            } else {
                let quarters = _mm512_setr_epi32(0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9);
                (quarters, _mm_setr_epi8(0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9))
            };
            _mm512_shuffle_epi8(_mm512_permutexvar_epi32(quarters, x), _mm512_broadcast_i32x4(taps))
        }
    }
    #[inline(always)]
    unsafe fn dot(self, windows: Self, weights: i32) -> Self {
        // SAFETY: as above.
        unsafe { _mm512_dpbusd_epi32(self, windows, _mm512_set1_epi32(weights)) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut i32) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(to.cast(), self) }
    }
}

impl Taps for __m256i {
    const N: usize = 8;
    const GROUP: usize = 2;
    const REACH: usize = 16;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: as above.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn windows<const STRIDE: usize>(from: *const u8) -> Self {
        // SAFETY: as above.
        unsafe {
            let x = _mm_loadu_si128(from.cast());
            let pairs = _mm_setr_epi8(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8);
            _mm256_cvtepu8_epi16(if STRIDE == 1 { _mm_shuffle_epi8(x, pairs) } else { x })
        }
    }
    #[inline(always)]
    unsafe fn dot(self, windows: Self, weights: i32) -> Self {
        // SAFETY: as above.
        unsafe { _mm256_add_epi32(self, _mm256_madd_epi16(windows, _mm256_set1_epi32(weights))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut i32) {
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(to.cast(), self) }
    }
}

impl Plane<'_> {
    /// # Safety
    /// The processor has the instructions of `V`.
    #[inline(always)]
    unsafe fn sums<V: Taps>(&self, sums: &mut [i32]) {
        // SAFETY: the caller's promise.
        unsafe {
            match (self.stride, self.kernel) {
                ([1, 1], [3, _]) => self.lines::<V, 1, 3>(sums),
                ([1, 1], [5, _]) => self.lines::<V, 1, 5>(sums),
                ([2, 2], [3, _]) => self.lines::<V, 2, 3>(sums),
                ([_, 1], _) => self.lines::<V, 1, 0>(sums),
                _ => self.lines::<V, 2, 0>(sums),
            }
        }
    }

    /// For windows of `HEIGHT` lines that are `STRIDE` apart both ways; or, if it is zero, of any number of lines that
    /// are any number apart.
    ///
    /// # Safety
    /// As above.
    #[inline(always)]
    unsafe fn lines<V: Taps, const STRIDE: usize, const HEIGHT: usize>(&self, sums: &mut [i32]) {
        let ([lines, columns], [height, groups]) = (self.windows, self.kernel);
        let (height, down) = if HEIGHT > 0 { (HEIGHT, STRIDE) } else { (height, self.stride[0]) };
        let rows = (LINES - 1) * down + height;
        let last_line = (lines - 1) / LINES * LINES * down + rows - 1;
        let last_column = (columns - 1) / V::N * V::N;
        let reach = last_column * STRIDE + (groups - 1) * V::GROUP + V::REACH;
        assert!(self.x.len() >= last_line * self.pitch + reach && self.words.len() >= height * groups);
        assert!(sums.len() >= (lines - 1) * columns + last_column + V::N);
        for line in (0..lines).step_by(LINES) {
            let count = LINES.min(lines - line);
            // From right to left: what is stored beyond the end of a line is overwritten by the next.
            for column in (0..columns).step_by(V::N).rev() {
                // SAFETY: all is within what was asserted.
                unsafe {
                    let mut totals = [V::zero(); LINES];
                    for group in 0..groups {
                        let from = self.x.as_ptr().add(line * down * self.pitch + column * STRIDE);
                        let mut row = 0;
                        while row < rows {
                            let windows = V::windows::<STRIDE>(from.add(row * self.pitch + group * V::GROUP));
                            let mut l = 0;
                            while l < LINES {
                                let u = row.wrapping_sub(l * down);
                                if u < height {
                                    totals[l] =
                                        totals[l].dot(windows, *self.words.get_unchecked(u * groups + group));
                                }
                                l += 1;
                            }
                            row += 1;
                        }
                    }
                    let mut l = 0;
                    while l < LINES {
                        if l < count {
                            totals[l].store(sums.as_mut_ptr().add((line + l) * columns + column));
                        }
                        l += 1;
                    }
                }
            }
        }
    }
}
