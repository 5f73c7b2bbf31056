//! Vector registers. LLVM forms them from arrays in most loops, but not reliably in a register tile,
//! where everything depends on it.

/// A few floats that the processor handles at once.
pub(crate) trait Lanes: Copy {
    /// How many.
    const N: usize;
    fn splat(x: f32) -> Self;
    fn load(from: &[f32]) -> Self;
    /// self + a·b
    fn fma(self, a: Self, b: Self) -> Self;
    fn store(self, to: &mut [f32]);
    /// Packs lines that start at `lines` side by side: `to[d * stride + l]` ← `from[lines[l] + d]` for
    /// [`Self::SIDE`] l and as many d.
    fn transpose(from: &[f32], lines: &[usize; 8], to: &mut [f32], stride: usize);
    /// The side of the square that [`Self::transpose`] transposes.
    const SIDE: usize;
}

macro_rules! lanes {
    (
        $(#[$meta:meta])*
        $name:ident: $register:ty, $n:literal, $splat:ident, $load:ident, $store:ident,
        |$sum:ident, $a:ident, $b:ident| $fma:expr, side $side:literal $transpose:expr
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub(crate) struct $name($register);
        impl Lanes for $name {
            const N: usize = $n;
            const SIDE: usize = $side;
            #[inline(always)]
            fn splat(x: f32) -> Self {
                // SAFETY: used only in functions that are compiled for these instructions, which run
                // only where `Isa::detect` found them. So below.
                $name(unsafe { $splat(x) })
            }
            #[inline(always)]
            fn load(from: &[f32]) -> Self {
                let from = &from[..$n];
                // SAFETY: as above; the slice has as many floats as are loaded.
                $name(unsafe { $load(from.as_ptr()) })
            }
            #[inline(always)]
            fn fma(self, a: Self, b: Self) -> Self {
                let ($sum, $a, $b) = (self.0, a.0, b.0);
                // SAFETY: as above.
                $name(unsafe { $fma })
            }
            #[inline(always)]
            fn store(self, to: &mut [f32]) {
                let to = &mut to[..$n];
                // SAFETY: as above; the slice has as many floats as are stored.
                unsafe { $store(to.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn transpose(from: &[f32], lines: &[usize; 8], to: &mut [f32], stride: usize) {
                $transpose(from, lines, to, stride);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::Lanes;

    lanes! {
        /// Sixteen floats.
        Avx512: __m512, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps,
        |sum, a, b| _mm512_fmadd_ps(a, b, sum), side 8 transpose8
    }
    lanes! {
        /// Eight floats.
        Avx2: __m256, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps,
        |sum, a, b| _mm256_fmadd_ps(a, b, sum), side 8 transpose8
    }
    lanes! {
        /// Four floats: what every x86-64 has.
        Portable: __m128, 4, _mm_set1_ps, _mm_loadu_ps, _mm_storeu_ps,
        |sum, a, b| _mm_add_ps(sum, _mm_mul_ps(a, b)), side 4 super::transpose4
    }

    #[inline(always)]
    fn transpose8(from: &[f32], lines: &[usize; 8], to: &mut [f32], stride: usize) {
        let furthest = lines.iter().fold(0, |max, &line| line.max(max));
        assert!(from.len() >= furthest.saturating_add(8) && to.len() >= 7 * stride + 8);
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        // SAFETY: used only where `Isa::detect` found AVX2; the slices reach to the ends of the lines.
        unsafe {
            for half in 0..2 {
                // Four k of line i below, of line i + 4 above.
                let pair = |i: usize| {
                    let at = |line: usize| _mm_loadu_ps(from.add(lines[line] + 4 * half));
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
            }
        }
    }
}
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512, Portable};

#[cfg(any(test, not(target_arch = "x86_64")))]
mod array {
    /// Four floats, in whatever LLVM makes of them.
    #[derive(Clone, Copy)]
    pub(crate) struct Portable([f32; 4]);
    impl super::Lanes for Portable {
        const N: usize = 4;
        const SIDE: usize = 4;
        #[inline(always)]
        fn splat(x: f32) -> Self {
            Portable([x; 4])
        }
        #[inline(always)]
        fn load(from: &[f32]) -> Self {
            let from = &from[..4];
            Portable([from[0], from[1], from[2], from[3]])
        }
        #[inline(always)]
        fn fma(self, a: Self, b: Self) -> Self {
            let (s, a, b) = (self.0, a.0, b.0);
            Portable([s[0] + a[0] * b[0], s[1] + a[1] * b[1], s[2] + a[2] * b[2], s[3] + a[3] * b[3]])
        }
        #[inline(always)]
        fn store(self, to: &mut [f32]) {
            to[..4].copy_from_slice(&self.0);
        }
        #[inline(always)]
        fn transpose(from: &[f32], lines: &[usize; 8], to: &mut [f32], stride: usize) {
            super::transpose4(from, lines, to, stride);
        }
    }
}
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use array::Portable;

#[inline(always)]
fn transpose4(from: &[f32], lines: &[usize; 8], to: &mut [f32], stride: usize) {
    let x: [&[f32]; 4] = core::array::from_fn(|l| &from[lines[l]..][..4]);
    for d in 0..4 {
        to[d * stride..][..4].copy_from_slice(&[x[0][d], x[1][d], x[2][d], x[3][d]]);
    }
}

#[cfg(test)]
mod tests {
    use super::{Lanes, Portable, array};

    /// The registers of other processors are arrays here, so that every target's code is tested on this one.
    #[test]
    fn arrays_do_what_registers_do() {
        fn all<V: Lanes>(x: &[f32]) -> Vec<f32> {
            let (mut sum, mut square) = ([0.0; 4], [0.0; 24]);
            V::splat(x[0]).fma(V::load(&x[1..]), V::load(&x[5..])).store(&mut sum);
            V::transpose(x, &[0, 7, 3, 11, 0, 0, 0, 0], &mut square, 6);
            [&sum[..], &square].concat()
        }
        let x: Vec<f32> = (0..15).map(|i| (i * i) as f32 * 0.25 - 3.0).collect();
        assert_eq!(all::<array::Portable>(&x), all::<Portable>(&x));
        assert_eq!((Portable::N, Portable::SIDE), (array::Portable::N, array::Portable::SIDE));
    }
}
