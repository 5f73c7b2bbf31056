//! ln x and what follows from it.

use core::f32::consts::{LN_2, LOG2_E, LOG10_E};

use super::exponential::{LN_2_HIGH, LN_2_LOW};
use super::{exp, polynomial, sqrt};

/// √½
const ROOT_HALF: u32 = 0x3F35_04F3;

/// The bits of a fraction.
const FRACTION: u32 = 0x007F_FFFF;

/// log₁₀ 2 in two parts, as [`LN_2_HIGH`] and [`LN_2_LOW`] are those of ln 2.
const LOG10_2_HIGH: f32 = 0.301_025_4;
const LOG10_2_LOW: f32 = 4.605_039e-6;

/// x = 2ᵏ·(1 + f), where 1 + f is from √½ to √2.
#[derive(Clone, Copy)]
struct Reduced {
    k: f32,
    f: f32,
}

impl Reduced {
    /// x is positive and finite.
    #[inline(always)]
    fn new(x: f32) -> Self {
        let subnormal = x < f32::MIN_POSITIVE;
        let (x, shift) = if subnormal { (x * 8_388_608.0, 23.0) } else { (x, 0.0) };
        let above = x.to_bits().wrapping_sub(ROOT_HALF);
        let fraction = f32::from_bits((above & FRACTION) + ROOT_HALF);
        Reduced { k: (above as i32 >> 23) as f32 - shift, f: fraction - 1.0 }
    }

    /// 1 + x, without the rounding of that sum.
    #[inline(always)]
    fn of_one_and(x: f32) -> Self {
        let sum = 1.0 + x;
        let lost = x - (sum - 1.0);
        let above = sum.to_bits().wrapping_sub(ROOT_HALF);
        let fraction = f32::from_bits((above & FRACTION) + ROOT_HALF);
        let power = (above & !FRACTION) as i32;
        // 2⁻ᵏ, or 0 where that is subnormal: nothing was lost there.
        let inverse = f32::from_bits(0x3F80_0000i32.wrapping_sub(power).max(0) as u32);
        let f = (fraction - 1.0) + lost * inverse;
        Reduced { k: (power >> 23) as f32, f: if power == 0 { x } else { f } }
    }

    /// ln(1 + f) − f
    #[inline(always)]
    fn curve(self) -> f32 {
        const TAIL: [f32; 8] = [
            0.333_333_3,
            -0.250_008_23,
            0.200_012_27,
            -0.166_233_57,
            0.142_017_62,
            -0.131_601_94,
            0.127_615_5,
            -7.634_43e-2,
        ];
        let square = self.f * self.f;
        self.f * square * polynomial(TAIL, self.f) - 0.5 * square
    }

    #[inline(always)]
    fn ln(self) -> f32 {
        (self.f + (self.curve() + self.k * LN_2_LOW)) + self.k * LN_2_HIGH
    }
}

/// `y`, which is right for numbers above `pole`, where it goes to −∞; below there is none.
#[inline(always)]
fn with_ends(x: f32, pole: f32, y: f32) -> f32 {
    let y = if x == pole { f32::NEG_INFINITY } else { y };
    let y = if x < pole { f32::NAN } else { y };
    // Infinity and NaN are their own logarithms.
    if x < f32::INFINITY { y } else { x }
}

/// ln x
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    with_ends(x, 0.0, Reduced::new(x).ln())
}

/// log₂ x
#[inline(always)]
pub fn log2(x: f32) -> f32 {
    let reduced = Reduced::new(x);
    let curve = reduced.curve();
    // ln(1 + f)·log₂e, of which the whole part is added last.
    let y = ((curve * (LOG2_E - 1.0) + reduced.f * (LOG2_E - 1.0)) + curve) + reduced.f;
    with_ends(x, 0.0, y + reduced.k)
}

/// log₁₀ x
#[inline(always)]
pub fn log10(x: f32) -> f32 {
    let reduced = Reduced::new(x);
    let y = (reduced.f + reduced.curve()) * LOG10_E + reduced.k * LOG10_2_LOW;
    with_ends(x, 0.0, y + reduced.k * LOG10_2_HIGH)
}

/// ln(1 + x), accurate for small x.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    let y = with_ends(x, -1.0, Reduced::of_one_and(x).ln());
    // Minus zero stays.
    if x == 0.0 { x } else { y }
}

/// ln(1 + eˣ), which does not overflow.
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    // `max` hides a NaN, the logarithm does not.
    x.max(0.0) + Reduced::of_one_and(exp(-x.abs())).ln()
}

/// From here on arsinh x and arcosh x are ln 2x, whose argument may overflow.
const FAR: f32 = 1e9;

/// arsinh x
#[inline(always)]
pub fn asinh(x: f32) -> f32 {
    let a = x.abs();
    let near = a + a * a / (1.0 + sqrt(1.0 + a * a));
    let (argument, added) = if a > FAR { (a, LN_2) } else { (near, 0.0) };
    (ln_1p(argument) + added).copysign(x)
}

/// arcosh x
#[inline(always)]
pub fn acosh(x: f32) -> f32 {
    let over = x - 1.0;
    let near = over + sqrt(over * (over + 2.0));
    let (argument, added) = if x > FAR { (x, LN_2) } else { (near, 0.0) };
    ln_1p(if x < 1.0 { f32::NAN } else { argument }) + added
}

/// artanh x
#[inline(always)]
pub fn atanh(x: f32) -> f32 {
    let a = x.abs();
    (0.5 * ln_1p(2.0 * a / (1.0 - a))).copysign(x)
}
