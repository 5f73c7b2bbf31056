//! Vector registers. LLVM forms them from arrays in most loops, but not reliably in a register tile,
//! where everything depends on it.

use crate::sure::holds;

/// A few floats that the processor handles at once.
pub(crate) trait Lanes: Copy {
    /// How many.
    const N: usize;
    fn splat(x: f32) -> Self;
    fn load(from: &[f32]) -> Self;
    /// The first floats of a register that `from` does not fill; the others are zero.
    fn load_part(from: &[f32]) -> Self;
    /// The sum of the floats of each register.
    fn sum8(of: [Self; 8]) -> [f32; 8];
    /// self + a·b
    fn fma(self, a: Self, b: Self) -> Self;
    fn store(self, to: &mut [f32]);
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// The smaller of both, `other` where one is not a number.
    fn min(self, other: Self) -> Self;
    /// The larger of both, `other` where one is not a number.
    fn max(self, other: Self) -> Self;
    /// Within `limits`, the least and the greatest; NaN stays NaN.
    #[inline(always)]
    fn clamp(self, limits: [f32; 2]) -> Self {
        Self::splat(limits[1]).min(Self::splat(limits[0]).max(self))
    }
    /// # Safety
    /// All floats from `from` on can be read.
    unsafe fn read(from: *const f32) -> Self;
    /// Whether [`Self::read_first`] and [`Self::write_first`] touch just the first `count` floats; else
    /// `count` must be [`Self::N`].
    const MASKS: bool;
    /// The first `count` floats from `from` on; what the others are does not matter.
    ///
    /// # Safety
    /// These can be read.
    unsafe fn read_first(from: *const f32, count: usize) -> Self;
    /// # Safety
    /// The first `count` floats from `to` on can be written.
    unsafe fn write_first(self, to: *mut f32, count: usize);
    /// Asks for the cache line at `at`, if there is one, in the first-level cache.
    fn prefetch(at: *const f32);
    /// The same in the second-level cache.
    fn prefetch_far(at: *const f32);
    /// Packs lines that start at `lines` side by side: `to[d * stride + l]` ← `from[lines[l] + d]` for
    /// [`Self::SIDE`] l and as many d.
    #[inline(always)]
    fn transpose(from: &[f32], lines: &[usize; 8], to: &mut [f32], stride: usize) {
        let furthest = lines.iter().fold(0, |max, &line| line.max(max));
        let last = (Self::SIDE - 1) * stride;
        if !holds(from.len() >= furthest.saturating_add(Self::SIDE) && to.len() >= last + Self::SIDE) {
            return;
        }
        // SAFETY: the slices reach to the ends of the lines.
        unsafe { Self::square(lines.map(|line| from.as_ptr().add(line)), to.as_mut_ptr(), stride) };
    }
    /// [`Self::transpose`] of lines by their addresses.
    ///
    /// # Safety
    /// So many floats can be read from each of the first [`Self::SIDE`] lines on, and written.
    unsafe fn square(lines: [*const f32; 8], to: *mut f32, stride: usize);
    /// The side of the square that [`Self::transpose`] transposes.
    const SIDE: usize;
}

#[cfg(target_arch = "x86_64")]
macro_rules! lanes {
    (
        $(#[$meta:meta])*
        $name:ident: $register:ty, $n:literal, $splat:ident, $load:ident, $store:ident,
        |$sum:ident, $a:ident, $b:ident| $fma:expr, $add:ident, $mul:ident, $min:ident, $max:ident,
        first $masks:literal $read_first:expr, $write_first:expr, part $part:expr, sum8 $sum8:expr,
        side $side:literal $square:path
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
            fn load_part(from: &[f32]) -> Self {
                // SAFETY: as above.
                $name(unsafe { $part(from) })
            }
            #[inline(always)]
            fn sum8(of: [Self; 8]) -> [f32; 8] {
                // SAFETY: as above.
                unsafe { $sum8(of.map(|lanes| lanes.0)) }
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
            lanes! { two $add add, $mul mul, $min min, $max max }
            #[inline(always)]
            unsafe fn read(from: *const f32) -> Self {
                // SAFETY: as above; and the caller's promise. So below.
                $name(unsafe { $load(from) })
            }
            const MASKS: bool = $masks;
            #[inline(always)]
            unsafe fn read_first(from: *const f32, count: usize) -> Self {
                // SAFETY: as above.
                $name(unsafe { $read_first(from, count) })
            }
            #[inline(always)]
            unsafe fn write_first(self, to: *mut f32, count: usize) {
                // SAFETY: as above.
                unsafe { $write_first(to, count, self.0) }
            }
            #[inline(always)]
            fn prefetch(at: *const f32) {
                // SAFETY: any address may be asked for.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
            }
            #[inline(always)]
            fn prefetch_far(at: *const f32) {
                // SAFETY: as above.
                unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
            }
            #[inline(always)]
            unsafe fn square(lines: [*const f32; 8], to: *mut f32, stride: usize) {
                // SAFETY: as above.
                unsafe { $square(lines, to, stride) }
            }
        }
    };
    (two $($intrinsic:ident $name:ident),*) => { $(
        #[inline(always)]
        fn $name(self, other: Self) -> Self {
            // SAFETY: as above.
            Self(unsafe { $intrinsic(self.0, other.0) })
        }
    )* };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::super::square::{square4, square8};
    use super::Lanes;

    lanes! {
        /// Sixteen floats.
        Avx512: __m512, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps,
        |sum, a, b| _mm512_fmadd_ps(a, b, sum), _mm512_add_ps, _mm512_mul_ps, _mm512_min_ps, _mm512_max_ps,
        first true |from, count| _mm512_maskz_loadu_ps(mask(count), from),
        |to, count, x| _mm512_mask_storeu_ps(to, mask(count), x), part part16, sum8 sum8_of_16,
        side 8 square8
    }
    lanes! {
        /// Eight floats.
        Avx2: __m256, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps,
        |sum, a, b| _mm256_fmadd_ps(a, b, sum), _mm256_add_ps, _mm256_mul_ps, _mm256_min_ps, _mm256_max_ps,
        first false |from, _| _mm256_loadu_ps(from), |to, _, x| _mm256_storeu_ps(to, x), part part8,
        sum8 sum8_of_8, side 8 square8
    }
    lanes! {
        /// Four floats: what every x86-64 has.
        Portable: __m128, 4, _mm_set1_ps, _mm_loadu_ps, _mm_storeu_ps,
        |sum, a, b| _mm_add_ps(sum, _mm_mul_ps(a, b)), _mm_add_ps, _mm_mul_ps, _mm_min_ps, _mm_max_ps,
        first false |from, _| _mm_loadu_ps(from), |to, _, x| _mm_storeu_ps(to, x), part part4,
        sum8 sum8_of_4, side 4 square4
    }

    /// The first `count` of sixteen.
    #[inline(always)]
    fn mask(count: usize) -> __mmask16 {
        ((1u32 << count) - 1) as __mmask16
    }

    /// # Safety
    /// The processor has AVX-512F.
    #[inline(always)]
    unsafe fn part16(from: &[f32]) -> __m512 {
        // SAFETY: what the mask leaves out is not read.
        unsafe { _mm512_maskz_loadu_ps(mask(from.len().min(16)), from.as_ptr()) }
    }

    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    unsafe fn part8(from: &[f32]) -> __m256 {
        const MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
        let mask = &MASKS[8 - from.len().min(8)..][..8];
        // SAFETY: `mask` has eight numbers; what they leave out is not read.
        unsafe { _mm256_maskload_ps(from.as_ptr(), _mm256_loadu_si256(mask.as_ptr().cast())) }
    }

    #[inline(always)]
    unsafe fn part4(from: &[f32]) -> __m128 {
        let mut part = [0.0; 4];
        part.iter_mut().zip(from).for_each(|(to, x)| *to = *x);
        // SAFETY: four floats.
        unsafe { _mm_loadu_ps(part.as_ptr()) }
    }

    /// # Safety
    /// The processor has AVX-512F and AVX2.
    #[inline(always)]
    unsafe fn sum8_of_16(of: [__m512; 8]) -> [f32; 8] {
        // SAFETY: as the caller promises.
        unsafe {
            let half = |x: __m512| {
                let high = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(x)));
                _mm256_add_ps(_mm512_castps512_ps256(x), high)
            };
            sum8_of_8([
                half(of[0]),
                half(of[1]),
                half(of[2]),
                half(of[3]),
                half(of[4]),
                half(of[5]),
                half(of[6]),
                half(of[7]),
            ])
        }
    }

    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    unsafe fn sum8_of_8(of: [__m256; 8]) -> [f32; 8] {
        // SAFETY: as the caller promises.
        unsafe {
            let pairs = |i: usize| _mm256_hadd_ps(of[i], of[i + 1]);
            let (low, high) = (_mm256_hadd_ps(pairs(0), pairs(2)), _mm256_hadd_ps(pairs(4), pairs(6)));
            // Each holds the sums of the lower halves of four registers, then those of the upper halves.
            let lower = _mm256_permute2f128_ps::<0x20>(low, high);
            let upper = _mm256_permute2f128_ps::<0x31>(low, high);
            let mut sums = [0.0; 8];
            _mm256_storeu_ps(sums.as_mut_ptr(), _mm256_add_ps(lower, upper));
            sums
        }
    }

    #[inline(always)]
    unsafe fn sum8_of_4(of: [__m128; 8]) -> [f32; 8] {
        let sum = |x: __m128| {
            let mut lanes = [0.0; 4];
            // SAFETY: four floats.
            unsafe { _mm_storeu_ps(lanes.as_mut_ptr(), x) };
            (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
        };
        of.map(sum)
    }
}
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512, Portable};

#[cfg(any(test, not(target_arch = "x86_64")))]
mod array {
    use crate::sure::holds;

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
            let four = from.first_chunk();
            holds(four.is_some());
            Portable(*four.unwrap_or(&[0.0; 4]))
        }
        #[inline(always)]
        fn load_part(from: &[f32]) -> Self {
            let mut part = [0.0; 4];
            part.iter_mut().zip(from).for_each(|(to, x)| *to = *x);
            Portable(part)
        }
        #[inline(always)]
        fn sum8(of: [Self; 8]) -> [f32; 8] {
            of.map(|Portable(x)| (x[0] + x[1]) + (x[2] + x[3]))
        }
        #[inline(always)]
        fn fma(self, a: Self, b: Self) -> Self {
            let (s, a, b) = (self.0, a.0, b.0);
            Portable([s[0] + a[0] * b[0], s[1] + a[1] * b[1], s[2] + a[2] * b[2], s[3] + a[3] * b[3]])
        }
        #[inline(always)]
        fn store(self, to: &mut [f32]) {
            let four = to.first_chunk_mut();
            holds(four.is_some());
            if let Some(four) = four {
                *four = self.0;
            }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Portable(core::array::from_fn(|i| self.0[i] + other.0[i]))
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Portable(core::array::from_fn(|i| self.0[i] * other.0[i]))
        }
        #[inline(always)]
        fn min(self, other: Self) -> Self {
            let min = |i: usize| if self.0[i] < other.0[i] { self.0[i] } else { other.0[i] };
            Portable(core::array::from_fn(min))
        }
        #[inline(always)]
        fn max(self, other: Self) -> Self {
            let max = |i: usize| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] };
            Portable(core::array::from_fn(max))
        }
        #[inline(always)]
        unsafe fn read(from: *const f32) -> Self {
            // SAFETY: the caller's promise; the address of a float suffices for an array of them.
            Portable(unsafe { *from.cast() })
        }
        const MASKS: bool = false;
        #[inline(always)]
        unsafe fn read_first(from: *const f32, _: usize) -> Self {
            // SAFETY: the caller's promise.
            unsafe { Self::read(from) }
        }
        #[inline(always)]
        unsafe fn write_first(self, to: *mut f32, _: usize) {
            // SAFETY: as above.
            unsafe { *to.cast() = self.0 }
        }
        #[inline(always)]
        fn prefetch(_: *const f32) {}
        #[inline(always)]
        fn prefetch_far(_: *const f32) {}
        #[inline(always)]
        unsafe fn square(lines: [*const f32; 8], to: *mut f32, stride: usize) {
            // SAFETY: the caller's promise.
            unsafe { super::super::square::square4(lines, to, stride) }
        }
    }
}
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use array::Portable;

#[cfg(test)]
mod tests {
    use super::{Lanes, Portable, array};

    /// The registers of other processors are arrays here, so that every target's code is tested on this one.
    #[test]
    fn arrays_do_what_registers_do() {
        fn all<V: Lanes>(x: &[f32]) -> Vec<f32> {
            let (mut sum, mut square) = ([0.0; 4], [0.0; 24]);
            V::splat(x[0]).fma(V::load(&x[1..]), V::load(&x[5..])).store(&mut sum);
            let (a, b) = (V::load(&x[2..]), V::load(&x[9..]));
            let mut two = [[0.0; 4]; 4];
            for (to, x) in two.iter_mut().zip([a.add(b), a.mul(b), a.min(b), a.max(b)]) {
                x.store(to);
            }
            V::transpose(x, &[0, 7, 3, 11, 0, 0, 0, 0], &mut square, 6);
            let part = V::load_part(&x[..3]);
            let sums = V::sum8(core::array::from_fn(|i| V::load(&x[i..]).fma(part, part)));
            [&sum[..], two.as_flattened(), &square, &sums].concat()
        }
        let x: Vec<f32> = (0..15).map(|i| (i * i) as f32 * 0.25 - 3.0).collect();
        assert_eq!(all::<array::Portable>(&x), all::<Portable>(&x));
        assert_eq!((Portable::N, Portable::SIDE), (array::Portable::N, array::Portable::SIDE));
    }
}
