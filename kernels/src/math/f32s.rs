//! What elementary functions are written over.

use core::ops::{Add, Div, Mul, Neg, Sub};

use super::sqrt;

/// Added to a number that is not too large, it leaves the nearest whole one in the last bits: 1.5·2²³, whose last
/// place is 1.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// Where the exponent of a number begins.
const EXPONENT: u32 = 23;

/// The bits of a fraction.
const FRACTION: u32 = 0x007F_FFFF;

/// √½
const ROOT_HALF: u32 = 0x3F35_04F3;

/// A float, or a register of them: arithmetic without branches.
pub trait F32s:
    Copy
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f32, Output = Self>
    + Sub<f32, Output = Self>
    + Mul<f32, Output = Self>
{
    /// The outcome of a comparison.
    type Choice: Copy;

    /// This number, as `self` has it: in all lanes.
    fn of(self, x: f32) -> Self;
    /// self·a + b, rounded once or twice, whatever is faster.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// self·a + b, of which the product is exact.
    fn fused(self, a: Self, b: Self) -> Self;
    /// √self, rounded correctly.
    fn sqrt(self) -> Self;
    /// |self|
    fn abs(self) -> Self;
    /// Its magnitude and another's sign.
    fn copysign(self, sign: Self) -> Self;
    /// Whether it is less, and none of both NaN.
    fn less(self, than: Self) -> Self::Choice;
    /// Whether a bit of its representation is set.
    fn bit<const I: u32>(self) -> Self::Choice;
    /// `self` where that is so, and `other` elsewhere.
    fn when(self, choice: Self::Choice, other: Self) -> Self;
    /// The lesser; NaN if `self` is.
    fn at_most(self, most: f32) -> Self;
    /// The greater; NaN if `self` is.
    fn at_least(self, least: f32) -> Self;
    /// 2ⁿ for a whole number n from −127, where it is zero, to 127.
    fn power_of_two(self) -> Self;
    /// self·2ⁿ, rounded once, for a whole number n from −254, where it is zero, to 129.
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        // Two factors that are neither subnormal nor infinite.
        let half = (n * 0.5 + ROUND) - ROUND;
        self * half.power_of_two() * (n - half).power_of_two()
    }
    /// k and m with self = 2ᵏ·m, k being whole and m from √½ to √2. For zero k is −∞, for infinity it is that, for
    /// NaN and what is negative one of both is NaN.
    fn split(self) -> [Self; 2];
    /// Whether it is less than a number.
    #[inline(always)]
    fn below(self, x: f32) -> Self::Choice {
        self.less(self.of(x))
    }
    /// Whether it is greater than a number.
    #[inline(always)]
    fn above(self, x: f32) -> Self::Choice {
        self.of(x).less(self)
    }
}

impl F32s for f32 {
    type Choice = bool;

    #[inline(always)]
    fn of(self, x: f32) -> f32 {
        x
    }
    #[inline(always)]
    fn mul_add(self, a: f32, b: f32) -> f32 {
        self * a + b
    }
    #[inline(always)]
    fn fused(self, a: f32, b: f32) -> f32 {
        (self as f64 * a as f64 + b as f64) as f32
    }
    #[inline(always)]
    fn sqrt(self) -> f32 {
        sqrt(self)
    }
    #[inline(always)]
    fn abs(self) -> f32 {
        f32::abs(self)
    }
    #[inline(always)]
    fn copysign(self, sign: f32) -> f32 {
        f32::copysign(self, sign)
    }
    #[inline(always)]
    fn less(self, than: f32) -> bool {
        self < than
    }
    #[inline(always)]
    fn bit<const I: u32>(self) -> bool {
        self.to_bits() & (1 << I) != 0
    }
    #[inline(always)]
    fn when(self, choice: bool, other: f32) -> f32 {
        if choice { self } else { other }
    }
    #[inline(always)]
    fn at_most(self, most: f32) -> f32 {
        if self > most { most } else { self }
    }
    #[inline(always)]
    fn at_least(self, least: f32) -> f32 {
        if self < least { least } else { self }
    }
    #[inline(always)]
    fn power_of_two(self) -> f32 {
        f32::from_bits((self + (ROUND + 127.0)).to_bits() << EXPONENT)
    }
    #[inline(always)]
    fn split(self) -> [f32; 2] {
        let subnormal = self < f32::MIN_POSITIVE;
        let (x, shift) = if subnormal { (self * 8_388_608.0, 23.0) } else { (self, 0.0) };
        let above = x.to_bits().wrapping_sub(ROOT_HALF);
        let k = (above as i32 >> EXPONENT) as f32 - shift;
        let k = if self == 0.0 { f32::NEG_INFINITY } else { k };
        let k = if self < 0.0 { f32::NAN } else { k };
        // Infinity and NaN are their own logarithms.
        let k = if self < f32::INFINITY { k } else { self };
        [k, f32::from_bits((above & FRACTION) + ROOT_HALF)]
    }
}
