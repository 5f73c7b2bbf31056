//! Vector registers for kernels that work on pointers, with masks for lines that are seldom as long as whole
//! registers; and how such a kernel is compiled for the registers of every instruction set.

mod portable;
mod wide;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use wide::{Registers, Wide};

use core::ops::Range;

use half::bf16;

use crate::Isa;

/// A few floats that the processor handles at once.
///
/// # Safety
/// For implementations: memory is accessed only at the lanes that are asked for. For callers: the
/// functions are called only within [`Kernel::run`], as [`run`] compiles it for these registers, and
/// pointers are valid at those lanes.
pub(crate) unsafe trait Vector: Copy {
    /// How many.
    const N: usize;
    /// Most vectors side by side in a register tile.
    const ACROSS: usize;
    /// Some of the lanes.
    type Mask: Copy;
    /// The outcome of comparing lanes.
    type Choice: Copy;

    /// The lanes of a range, which may begin before the first and end behind the last.
    unsafe fn mask(lanes: Range<isize>) -> Self::Mask;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// As many numbers of 16 bits, widened.
    unsafe fn load_bf16(from: *const bf16) -> Self;
    /// Twice as many: those at even places, and the others.
    unsafe fn load_pairs(from: *const bf16) -> [Self; 2];
    /// Asks for a line of the first-level cache, which need not exist.
    #[inline(always)]
    fn prefetch<T>(_: *const T) {}
    /// Zero in the other lanes, whose memory is not accessed.
    unsafe fn load_masked(from: *const f32, mask: Self::Mask) -> Self;
    unsafe fn store_masked(self, to: *mut f32, mask: Self::Mask);
    /// Those of `rest` in the other lanes.
    unsafe fn load_or(from: *const f32, mask: Self::Mask, rest: Self) -> Self;
    /// The first `count` floats, then zeros.
    #[inline(always)]
    unsafe fn load_first(from: *const f32, count: usize) -> Self {
        // SAFETY: the caller's promise. So below.
        unsafe { Self::load_masked(from, Self::mask(0..count as isize)) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe { self.store_masked(to, Self::mask(0..count as isize)) }
    }
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn neg(self) -> Self;
    /// self + a·b
    unsafe fn fma(self, a: Self, b: Self) -> Self;
    /// The smaller of both, `other` where one is not a number.
    unsafe fn min(self, other: Self) -> Self;
    /// The larger of both, `other` where one is not a number.
    unsafe fn max(self, other: Self) -> Self;
    /// Within `limits`, the least and the greatest; NaN stays NaN.
    #[inline(always)]
    unsafe fn clamp(self, [low, high]: [f32; 2]) -> Self {
        // SAFETY: as above.
        unsafe { Self::splat(high).min(Self::splat(low).max(self)) }
    }
    /// The largest lane; any if one is not a number.
    unsafe fn largest(self) -> f32;
    /// The sum of the lanes.
    unsafe fn sum(self) -> f32;
    /// The sums over the lanes of four vectors.
    unsafe fn sums(vectors: [Self; 4]) -> [f32; 4];
    /// Of `low` and `high` side by side, the lanes with even numbers, and the others.
    unsafe fn unzip(low: Self, high: Self) -> [Self; 2];
    /// Lanes of `even` and `odd` by turns: undoes [`Self::unzip`].
    unsafe fn zip(even: Self, odd: Self) -> [Self; 2];
    /// Moves the lanes whose bits are set to the front. Sixteen floats have this and [`Self::expand`].
    #[inline(always)]
    unsafe fn compress(self, _bits: u16) -> Self {
        self
    }
    /// Moves the first lanes to where bits are set, with zeros elsewhere.
    #[inline(always)]
    unsafe fn expand(self, _bits: u16) -> Self {
        self
    }
    /// Whether it is greater than a maximum, or not a number.
    unsafe fn replaces(self, max: Self) -> Self::Choice;
    unsafe fn equal(self, other: Self) -> Self::Choice;
    // As in [`F32s`](crate::math::F32s):
    unsafe fn fused(self, a: Self, b: Self) -> Self;
    unsafe fn sqrt(self) -> Self;
    unsafe fn abs(self) -> Self;
    unsafe fn copysign(self, sign: Self) -> Self;
    unsafe fn less(self, than: Self) -> Self::Choice;
    unsafe fn bit<const I: u32>(self) -> Self::Choice;
    unsafe fn when(self, choice: Self::Choice, other: Self) -> Self;
    unsafe fn power_of_two(self) -> Self;
    unsafe fn scale(self, n: Self) -> Self;
    unsafe fn split(self) -> [Self; 2];
    /// √x within a unit of the last place, from the least normal number to the largest one: others count as these.
    #[inline(always)]
    unsafe fn quick_sqrt(self) -> Self {
        // SAFETY: as above.
        unsafe { self.sqrt() }
    }
    /// self/by within a unit of the last place, where `by` and its inverse are normal numbers.
    #[inline(always)]
    unsafe fn quick_div(self, by: Self) -> Self {
        // SAFETY: as above.
        unsafe { self.div(by) }
    }
    /// `to[i]`\[l\] ← `from[l * line + i]` for i < `len` and the lanes l.
    fn transpose(from: &[f32], line: usize, len: usize, to: &mut [f32]);
}

/// Code that is written once for the registers of every instruction set.
pub(crate) trait Kernel {
    /// To be marked `#[inline(always)]`, like all that it calls with vectors: a closure that is not inlined,
    /// as in a `map`, would be compiled without their instructions.
    ///
    /// # Safety
    /// The processor has the registers.
    unsafe fn run<V: Vector>(self);
}

/// How many floats a register of this instruction set has.
pub(crate) fn lanes(isa: Isa) -> usize {
    match isa {
        Isa::Avx512 => 16,
        Isa::Avx2 => 8,
        Isa::Portable => 4,
    }
}

/// Runs the version of a kernel for this instruction set.
pub(crate) fn run<K: Kernel>(isa: Isa, kernel: K) {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
    fn avx512<K: Kernel>(kernel: K) {
        // SAFETY: compiled for AVX-512.
        unsafe { kernel.run::<core::arch::x86_64::__m512>() }
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn avx2<K: Kernel>(kernel: K) {
        // SAFETY: compiled for AVX2 and FMA.
        unsafe { kernel.run::<core::arch::x86_64::__m256>() }
    }
    // Not inlined, so that what is left here is but a jump.
    #[inline(never)]
    fn portable<K: Kernel>(kernel: K) {
        // SAFETY: arrays are on every processor.
        unsafe { kernel.run::<[f32; 4]>() }
    }
    match isa {
        // SAFETY: `Isa::detect` returns a variant only where the processor has its features.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { avx512(kernel) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { avx2(kernel) },
        _ => portable(kernel),
    }
}
