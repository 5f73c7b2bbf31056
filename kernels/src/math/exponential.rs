//! eˣ and what follows from it.

use core::f32::consts::{LN_2, LOG2_E};

use super::f32s::ROUND;
use super::{F32s, polynomial};

/// ln 2 in two parts: a product of the first and n is exact.
pub(super) const LN_2_HIGH: f32 = 0.693_145_75;
pub(super) const LN_2_LOW: f32 = 1.428_606_8e-6;

/// x = n·ln 2 + r with |r| ≤ ln 2/2, so that eˣ = 2ⁿ·eʳ.
#[derive(Clone, Copy)]
pub(super) struct Reduced<R> {
    n: R,
    r: R,
}

impl<R: F32s> Reduced<R> {
    /// |x| is at most 176.
    #[inline(always)]
    pub(super) fn new(x: R) -> Self {
        let n = x.mul_add(x.of(LOG2_E), x.of(ROUND)) - ROUND;
        Reduced { n, r: n.mul_add(n.of(-LN_2_LOW), n.mul_add(n.of(-LN_2_HIGH), x)) }
    }

    /// x + low, where low is much smaller.
    #[inline(always)]
    pub(super) fn of_sum(x: R, low: R) -> Self {
        let Reduced { n, r } = Self::new(x);
        Reduced { n, r: r + low }
    }

    /// x·ln 2, so that n is the whole number nearest to x.
    #[inline(always)]
    fn of_power(x: R) -> Self {
        let n = (x + ROUND) - ROUND;
        Reduced { n, r: (x - n) * LN_2 }
    }

    /// eʳ − 1
    #[inline(always)]
    pub(super) fn exp_m1(self) -> R {
        const TAIL: [f32; 6] = [0.5, 0.166_666_67, 4.166_634e-2, 8.333_271e-3, 1.394_206e-3, 1.991_503_2e-4];
        (self.r * self.r).mul_add(polynomial(TAIL, self.r), self.r)
    }

    /// 2ⁿ⁻ᵏ, where n − k is within −127..=127; at the lower end it is zero.
    #[inline(always)]
    pub(super) fn power(self, k: f32) -> R {
        (self.n - k).power_of_two()
    }

    /// eˣ, which may be subnormal or infinite, for n from −254 to 129.
    #[inline(always)]
    pub(super) fn exp(self) -> R {
        (self.exp_m1() + 1.0).scale(self.n)
    }
}

/// From −104 on eˣ is zero, but to round to it takes long where that is done by multiplication: an exponent far below,
/// as of a masked element, must not be slow. Here [`F32s::scale`] multiplies by zero.
pub(super) const LOWEST: f32 = -176.0;

/// eˣ
#[inline(always)]
pub fn exp<R: F32s>(x: R) -> R {
    Reduced::new(x.at_least(LOWEST).at_most(89.0)).exp()
}

/// 2ˣ
#[inline(always)]
pub fn exp2<R: F32s>(x: R) -> R {
    Reduced::of_power(x.at_least(-254.0).at_most(129.0)).exp()
}

/// eˣ − 1, accurate for small x.
#[inline(always)]
pub fn exp_m1<R: F32s>(x: R) -> R {
    // The sign is for minus zero.
    (fraction_of_exp_m1(x.at_least(-20.0).at_most(89.0), 1.0, 0.5) * 2.0).copysign(x)
}

/// (eˣ − 1)·part, where that is 2⁻ᵏ, for x from −20 to (127 + k)·ln 2, above which it is infinite.
#[inline(always)]
fn fraction_of_exp_m1<R: F32s>(x: R, k: f32, part: f32) -> R {
    let reduced = Reduced::new(x);
    let power = reduced.power(k);
    power.mul_add(reduced.exp_m1(), power - part)
}

/// tanh x
#[inline(always)]
pub fn tanh<R: F32s>(x: R) -> R {
    // Beyond ±10 it is ±1.
    let m = fraction_of_exp_m1(x.abs().at_most(10.0) * 2.0, 0.0, 1.0);
    (m / (m + 2.0)).copysign(x)
}

/// sinh x
#[inline(always)]
pub fn sinh<R: F32s>(x: R) -> R {
    // A quarter, since eˣ overflows before sinh x does.
    let quarter = fraction_of_exp_m1(x.abs().at_most(89.5), 2.0, 0.25);
    ((quarter + quarter / (quarter * 4.0 + 1.0)) * 2.0).copysign(x)
}

/// cosh x
#[inline(always)]
pub fn cosh<R: F32s>(x: R) -> R {
    let reduced = Reduced::new(x.abs().at_most(89.5));
    let quarter = (reduced.exp_m1() + 1.0) * reduced.power(2.0);
    (quarter + x.of(0.0625) / quarter) * 2.0
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
pub fn sigmoid<R: F32s>(x: R) -> R {
    // Of e⁻ˣ and eˣ the one that does not overflow.
    let e = exp(-x.abs());
    e.when(x.below(0.0), x.of(1.0)) / (e + 1.0)
}
