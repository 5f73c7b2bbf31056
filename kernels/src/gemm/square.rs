//! Squares of a matrix, transposed in registers: `to[d * stride + l]` ← `lines[l][d]`.

/// Four by four, in whatever LLVM makes of it. Of the lines, only the first four are read.
///
/// # Safety
/// Four floats of these lines can be read, and four written at each of four strides.
#[inline(always)]
pub(super) unsafe fn square4(lines: [*const f32; 8], to: *mut f32, stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let at = |line: *const f32| *line.cast::<[f32; 4]>();
        let x = [at(lines[0]), at(lines[1]), at(lines[2]), at(lines[3])];
        let mut d = 0;
        while d < 4 {
            *to.add(d * stride).cast() = [x[0][d], x[1][d], x[2][d], x[3][d]];
            d += 1;
        }
    }
}

/// Eight by eight. Registers of sixteen floats would be no faster: these use all ports of the processor.
///
/// # Safety
/// The processor has AVX2; eight floats of the lines can be read, and eight written at each of eight strides.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) unsafe fn square8(lines: [*const f32; 8], to: *mut f32, stride: usize) {
    use core::arch::x86_64::*;
    // SAFETY: the caller's promise.
    unsafe {
        let mut half = 0;
        while half < 2 {
            // Four k of line i below, of line i + 4 above.
            let pair = |i: usize| {
                let at = |line: usize| _mm_loadu_ps(lines[line].add(4 * half));
                _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(at(i)), at(i + 4))
            };
            let (r0, r1, r2, r3) = (pair(0), pair(1), pair(2), pair(3));
            let (t0, t1) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
            let (t2, t3) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
            let at = to.add(4 * half * stride);
            _mm256_storeu_ps(at, _mm256_shuffle_ps::<0x44>(t0, t2));
            _mm256_storeu_ps(at.add(stride), _mm256_shuffle_ps::<0xEE>(t0, t2));
            _mm256_storeu_ps(at.add(2 * stride), _mm256_shuffle_ps::<0x44>(t1, t3));
            _mm256_storeu_ps(at.add(3 * stride), _mm256_shuffle_ps::<0xEE>(t1, t3));
            half += 1;
        }
    }
}
