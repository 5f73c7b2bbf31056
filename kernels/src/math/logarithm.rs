//! ln x and what follows from it.

use core::f32::consts::{LN_2, LOG2_E, LOG10_E};

use super::exponential::{LN_2_HIGH, LN_2_LOW};
use super::{F32s, exp, polynomial};

/// log₁₀ 2 in two parts, as [`LN_2_HIGH`] and [`LN_2_LOW`] are those of ln 2.
const LOG10_2_HIGH: f32 = 0.301_025_4;
const LOG10_2_LOW: f32 = 4.605_039e-6;

/// x = 2ᵏ·(1 + f), where 1 + f is from √½ to √2.
#[derive(Clone, Copy)]
struct Reduced<R> {
    k: R,
    f: R,
}

impl<R: F32s> Reduced<R> {
    #[inline(always)]
    fn new(x: R) -> Self {
        let [k, m] = x.split();
        Reduced { k, f: m - 1.0 }
    }

    /// 1 + x, without the rounding of that sum.
    #[inline(always)]
    fn of_one_and(x: R) -> Self {
        let sum = x + 1.0;
        let [k, m] = sum.split();
        let lost = x - (sum - 1.0);
        // 2⁻ᵏ, or 0 where nothing was lost: below, x is as small as the last place, and above it is large.
        let inverse = (-k.at_least(-126.0).at_most(127.0)).power_of_two();
        let f = lost.mul_add(inverse, m - 1.0);
        // Not where infinities are subtracted.
        Reduced { k, f: f.when(x.below(f32::MAX), m - 1.0) }
    }

    /// ln(1 + f) − f
    #[inline(always)]
    fn curve(self) -> R {
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
        (self.f * square).mul_add(polynomial(TAIL, self.f), square * -0.5)
    }

    #[inline(always)]
    fn ln(self) -> R {
        let Reduced { k, f } = self;
        k.mul_add(k.of(LN_2_HIGH), f + k.mul_add(k.of(LN_2_LOW), self.curve()))
    }
}

/// ln x
#[inline(always)]
pub fn ln<R: F32s>(x: R) -> R {
    Reduced::new(x).ln()
}

/// log₂ x
#[inline(always)]
pub fn log2<R: F32s>(x: R) -> R {
    let reduced = Reduced::new(x);
    let (f, curve, more) = (reduced.f, reduced.curve(), x.of(LOG2_E - 1.0));
    // ln(1 + f)·log₂e, of which the whole part is added last.
    (curve.mul_add(more, f * more) + curve) + f + reduced.k
}

/// log₁₀ x
#[inline(always)]
pub fn log10<R: F32s>(x: R) -> R {
    let reduced = Reduced::new(x);
    let k = reduced.k;
    let y = (reduced.f + reduced.curve()).mul_add(x.of(LOG10_E), k * LOG10_2_LOW);
    k.mul_add(k.of(LOG10_2_HIGH), y)
}

/// ln(1 + x), accurate for small x.
#[inline(always)]
pub fn ln_1p<R: F32s>(x: R) -> R {
    // Minus zero stays.
    let y = Reduced::of_one_and(x).ln();
    y.when(x.below(0.0), y.when(x.above(0.0), x))
}

/// ln(1 + eˣ), which does not overflow.
#[inline(always)]
pub fn softplus<R: F32s>(x: R) -> R {
    x.at_least(0.0) + Reduced::of_one_and(exp(-x.abs())).ln()
}

/// From here on arsinh x and arcosh x are ln 2x, whose argument may overflow.
const FAR: f32 = 1e9;

/// arsinh x
#[inline(always)]
pub fn asinh<R: F32s>(x: R) -> R {
    let a = x.abs();
    let square = a * a;
    let near = a + square / ((square + 1.0).sqrt() + 1.0);
    let far = a.above(FAR);
    (ln_1p(a.when(far, near)) + x.of(LN_2).when(far, x.of(0.0))).copysign(x)
}

/// arcosh x
#[inline(always)]
pub fn acosh<R: F32s>(x: R) -> R {
    let over = x - 1.0;
    let near = over + (over * (over + 2.0)).sqrt();
    let far = x.above(FAR);
    ln_1p(x.of(f32::NAN).when(x.below(1.0), x.when(far, near))) + x.of(LN_2).when(far, x.of(0.0))
}

/// artanh x
#[inline(always)]
pub fn atanh<R: F32s>(x: R) -> R {
    let a = x.abs();
    (ln_1p(a * 2.0 / (x.of(1.0) - a)) * 0.5).copysign(x)
}
