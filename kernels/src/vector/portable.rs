//! What every processor has, in whatever registers LLVM finds for it.

use core::array;
use core::ops::Range;

use half::bf16;

use super::Vector;
use crate::element::Element;
use crate::gemm::{lanes, operand::transpose};
use crate::math::F32s;

// SAFETY: a lane that is not in a mask is skipped.
unsafe impl Vector for [f32; 4] {
    const N: usize = 4;
    const ACROSS: usize = 2;
    type Mask = [bool; 4];
    type Choice = [bool; 4];

    #[inline(always)]
    unsafe fn mask(lanes: Range<isize>) -> Self::Mask {
        array::from_fn(|i| lanes.contains(&(i as isize)))
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        [x; 4]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's, here and below.
        unsafe { from.cast::<Self>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const bf16) -> Self {
        // SAFETY: the caller's.
        array::from_fn(|i| unsafe { from.add(i).read().widen() })
    }
    #[inline(always)]
    unsafe fn load_pairs(from: *const bf16) -> [Self; 2] {
        // SAFETY: the caller's.
        [0, 1].map(|odd| array::from_fn(|i| unsafe { from.add(2 * i + odd).read().widen() }))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's.
        unsafe { to.cast::<Self>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn load_masked(from: *const f32, mask: Self::Mask) -> Self {
        if mask == [true; 4] {
            // SAFETY: all lanes are in the mask.
            return unsafe { Self::load(from) };
        }
        // SAFETY: lanes of the mask.
        each(|i| if mask[i] { unsafe { from.wrapping_add(i).read() } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f32, mask: Self::Mask) {
        if mask == [true; 4] {
            // SAFETY: all lanes are in the mask.
            return unsafe { self.store(to) };
        }
        // SAFETY: as above, for the lanes of the mask.
        unsafe { store_some(&self, to, mask) }
    }
    #[inline(always)]
    unsafe fn load_or(from: *const f32, mask: Self::Mask, rest: Self) -> Self {
        // SAFETY: lanes of the mask.
        each(|i| if mask[i] { unsafe { from.wrapping_add(i).read() } } else { rest[i] })
    }
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        self.into_iter().fold(self[0], |max, x| if x > max { x } else { max })
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        (self[0] + self[1]) + (self[2] + self[3])
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        each(|i| self[i] + other[i])
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        each(|i| self[i] - other[i])
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        each(|i| self[i] * other[i])
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        each(|i| self[i] / other[i])
    }
    #[inline(always)]
    unsafe fn neg(self) -> Self {
        each(|i| -self[i])
    }
    #[inline(always)]
    unsafe fn fma(self, a: Self, b: Self) -> Self {
        each(|i| self[i] + a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        each(|i| if self[i] < other[i] { self[i] } else { other[i] })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        each(|i| if self[i] > other[i] { self[i] } else { other[i] })
    }
    #[inline(always)]
    unsafe fn sums(vectors: [Self; 4]) -> [f32; 4] {
        // SAFETY: the caller's.
        vectors.map(|v| unsafe { v.sum() })
    }
    #[inline(always)]
    unsafe fn unzip(a: Self, b: Self) -> [Self; 2] {
        [[a[0], a[2], b[0], b[2]], [a[1], a[3], b[1], b[3]]]
    }
    #[inline(always)]
    unsafe fn zip(a: Self, b: Self) -> [Self; 2] {
        [[a[0], b[0], a[1], b[1]], [a[2], b[2], a[3], b[3]]]
    }
    #[inline(always)]
    unsafe fn replaces(self, max: Self) -> [bool; 4] {
        array::from_fn(|i| self[i] > max[i] || self[i].is_nan())
    }
    #[inline(always)]
    unsafe fn equal(self, other: Self) -> [bool; 4] {
        array::from_fn(|i| self[i] == other[i])
    }
    #[inline(always)]
    unsafe fn fused(self, a: Self, b: Self) -> Self {
        each(|i| self[i].fused(a[i], b[i]))
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        each(|i| F32s::sqrt(self[i]))
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        each(|i| self[i].abs())
    }
    #[inline(always)]
    unsafe fn copysign(self, sign: Self) -> Self {
        each(|i| self[i].copysign(sign[i]))
    }
    #[inline(always)]
    unsafe fn less(self, than: Self) -> [bool; 4] {
        array::from_fn(|i| self[i] < than[i])
    }
    #[inline(always)]
    unsafe fn bit<const I: u32>(self) -> [bool; 4] {
        self.map(|x| x.bit::<I>())
    }
    #[inline(always)]
    unsafe fn when(self, choice: [bool; 4], other: Self) -> Self {
        each(|i| self[i].when(choice[i], other[i]))
    }
    #[inline(always)]
    unsafe fn power_of_two(self) -> Self {
        each(|i| self[i].power_of_two())
    }
    #[inline(always)]
    unsafe fn scale(self, n: Self) -> Self {
        each(|i| self[i].scale(n[i]))
    }
    #[inline(always)]
    unsafe fn split(self) -> [Self; 2] {
        let parts = self.map(F32s::split);
        [0, 1].map(|part| each(|i| parts[i][part]))
    }
    #[inline(always)]
    fn transpose(from: &[f32], line: usize, len: usize, to: &mut [f32]) {
        transpose::<lanes::Portable, 4>(from, line, 4, len, to);
    }
}

#[inline(always)]
fn each(lane: impl Fn(usize) -> f32) -> [f32; 4] {
    [lane(0), lane(1), lane(2), lane(3)]
}

/// Not inlined: it is rare, and large.
///
/// # Safety
/// The lanes of the mask may be written.
#[inline(never)]
unsafe fn store_some(lanes: &[f32; 4], to: *mut f32, mask: [bool; 4]) {
    for (i, lane) in lanes.iter().enumerate() {
        if mask[i] {
            // SAFETY: a lane of the mask.
            unsafe { to.wrapping_add(i).write(*lane) }
        }
    }
}
