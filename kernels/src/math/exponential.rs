//! eˣ and what follows from it.

use core::f32::consts::{LN_2, LOG2_E};

use super::{at_least, at_most, polynomial};

/// What n is counted from in [`Reduced::count`].
const ZERO: u32 = 254;

/// Added to a number that is not too large, it leaves the nearest whole one in the last bits: 1.5·2²³, whose last
/// place is 1, and [`ZERO`].
const ROUND: f32 = 12_582_912.0 + ZERO as f32;

/// ln 2 in two parts: a product of the first and n is exact.
pub(super) const LN_2_HIGH: f32 = 0.693_359_4;
pub(super) const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Where the exponent of a number begins.
const EXPONENT: u32 = 23;

/// x = n·ln 2 + r with |r| ≤ ln 2/2, so that eˣ = 2ⁿ·eʳ.
#[derive(Clone, Copy)]
pub(super) struct Reduced {
    /// n + [`ZERO`] in the low nine bits; those above are [`ROUND`]'s.
    count: u32,
    r: f32,
}

impl Reduced {
    /// |x| is at most 176.
    #[inline(always)]
    pub(super) fn new(x: f32) -> Self {
        let sum = x * LOG2_E + ROUND;
        let n = sum - ROUND;
        Reduced { count: sum.to_bits(), r: (x - n * LN_2_HIGH) - n * LN_2_LOW }
    }

    /// x + low, where low is much smaller.
    #[inline(always)]
    pub(super) fn of_sum(x: f32, low: f32) -> Self {
        let Reduced { count, r } = Self::new(x);
        Reduced { count, r: r + low }
    }

    /// x·ln 2, so that n is the whole number nearest to x.
    #[inline(always)]
    fn of_power(x: f32) -> Self {
        let sum = x + ROUND;
        Reduced { count: sum.to_bits(), r: (x - (sum - ROUND)) * LN_2 }
    }

    /// eʳ − 1
    #[inline(always)]
    pub(super) fn exp_m1(self) -> f32 {
        const TAIL: [f32; 6] = [0.5, 0.166_666_67, 4.166_634e-2, 8.333_271e-3, 1.394_206e-3, 1.991_503_2e-4];
        self.r + self.r * self.r * polynomial(TAIL, self.r)
    }

    /// 2ⁿ⁻ᵏ, where n − k is within −127..=128; the ends are 0 and ∞.
    #[inline(always)]
    pub(super) fn power(self, k: u32) -> f32 {
        f32::from_bits((self.count - (ZERO - 127) - k) << EXPONENT)
    }

    /// eˣ, which may be subnormal or infinite, for n from −254 to 129.
    #[inline(always)]
    pub(super) fn exp(self) -> f32 {
        // Two factors that are neither subnormal nor infinite, so that the result is rounded once; but both are
        // zero at the lower end.
        let half = self.count >> 1;
        let (first, second) = (half << EXPONENT, (self.count - half) << EXPONENT);
        (1.0 + self.exp_m1()) * f32::from_bits(first) * f32::from_bits(second)
    }
}

/// Here [`Reduced::exp`] multiplies by zero. From −104 on eˣ is zero, but to round to it takes long: an exponent far
/// below, as of a masked element, must not be slow.
pub(super) const LOWEST: f32 = -176.0;

/// eˣ
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    Reduced::new(at_most(at_least(x, LOWEST), 89.0)).exp()
}

/// 2ˣ
#[inline(always)]
pub fn exp2(x: f32) -> f32 {
    Reduced::of_power(at_most(at_least(x, -254.0), 129.0)).exp()
}

/// eˣ − 1, accurate for small x.
#[inline(always)]
pub fn exp_m1(x: f32) -> f32 {
    // The sign is for minus zero.
    (2.0 * fraction_of_exp_m1(at_most(at_least(x, -20.0), 89.0), 1)).copysign(x)
}

/// (eˣ − 1)/2ᵏ, for x from −20 to (127 + k)·ln 2, above which it is infinite.
#[inline(always)]
fn fraction_of_exp_m1(x: f32, k: u32) -> f32 {
    let reduced = Reduced::new(x);
    let power = reduced.power(k);
    power * reduced.exp_m1() + (power - f32::from_bits((127 - k) << EXPONENT))
}

/// tanh x
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // Beyond ±10 it is ±1.
    let m = fraction_of_exp_m1(2.0 * at_most(x.abs(), 10.0), 0);
    (m / (m + 2.0)).copysign(x)
}

/// sinh x
#[inline(always)]
pub fn sinh(x: f32) -> f32 {
    // A quarter, since eˣ overflows before sinh x does.
    let quarter = fraction_of_exp_m1(at_most(x.abs(), 89.5), 2);
    (2.0 * (quarter + quarter / (4.0 * quarter + 1.0))).copysign(x)
}

/// cosh x
#[inline(always)]
pub fn cosh(x: f32) -> f32 {
    let reduced = Reduced::new(at_most(x.abs(), 89.5));
    let quarter = (1.0 + reduced.exp_m1()) * reduced.power(2);
    2.0 * (quarter + 0.0625 / quarter)
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    // Of e⁻ˣ and eˣ the one that does not overflow.
    let e = exp(-x.abs());
    (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
}
