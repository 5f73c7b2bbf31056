//! Sine, cosine, tangent and their inverses.

use core::f32::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI};

use super::f32s::ROUND;
use super::{F32s, polynomial};

/// Below this, angles are reduced by vector instructions: up to 2¹⁶ quarters.
const FAR: f32 = 1e5;

/// Below this, sin x and tan x are x; minus zero too.
const TINY: f32 = 1e-4;

/// Whether [`sin`], [`cos`] and [`tan`] of x are [`near_sin`], [`near_cos`] and [`near_tan`].
#[inline(always)]
pub(crate) fn is_near(x: f32) -> bool {
    x.abs() < FAR
}

/// x = n·π/2 + r + low with |r| ≤ π/4.
#[derive(Clone, Copy)]
struct Angle<R> {
    /// n in the last bits.
    quarter: R,
    r: R,
    low: R,
}

impl<R: F32s> Angle<R> {
    #[inline(always)]
    fn new(x: R) -> Self {
        /// π/2 in three parts, of which the first is the float below it.
        const PARTS: [f32; 3] = [f32::from_bits(FRAC_PI_2.to_bits() - 1), 7.549_789_4e-8, 5.390_303e-15];
        let [a, b, c] = PARTS.map(|part| x.of(-part));
        let quarter = x.mul_add(x.of(FRAC_2_PI), x.of(ROUND));
        let n = quarter - ROUND;
        // The first is exact, since both are of about the same size.
        Angle { quarter, r: n.fused(b, n.fused(a, x)), low: n * c }
    }

    /// sin (r + low)
    #[inline(always)]
    fn sin(self) -> R {
        const TAIL: [f32; 3] = [-0.166_666_55, 8.332_161e-3, -1.951_529_6e-4];
        let square = self.r * self.r;
        (self.r * square).mul_add(polynomial(TAIL, square), self.low) + self.r
    }

    /// cos (r + low)
    #[inline(always)]
    fn cos(self) -> R {
        const TAIL: [f32; 4] = [-0.5, 4.166_664_6e-2, -1.388_731_6e-3, 2.443_315_7e-5];
        let square = self.r * self.r;
        square.mul_add(polynomial(TAIL, square), self.r * -self.low) + 1.0
    }

    /// sin (r + low + n·π/2)
    #[inline(always)]
    fn turned(self, n: f32) -> R {
        let quarter = self.quarter + n;
        let y = self.cos().when(quarter.bit::<0>(), self.sin());
        (-y).when(quarter.bit::<1>(), y)
    }
}

/// sin x where [`is_near`].
#[inline(always)]
pub(crate) fn near_sin<R: F32s>(x: R) -> R {
    x.when(x.abs().below(TINY), Angle::new(x).turned(0.0))
}

/// cos x, likewise.
#[inline(always)]
pub(crate) fn near_cos<R: F32s>(x: R) -> R {
    Angle::new(x).turned(1.0)
}

/// tan x, likewise.
#[inline(always)]
pub(crate) fn near_tan<R: F32s>(x: R) -> R {
    let angle = Angle::new(x);
    let (sin, cos, odd) = (angle.sin(), angle.cos(), angle.quarter.bit::<0>());
    x.when(x.abs().below(TINY), (-cos).when(odd, sin) / sin.when(odd, cos))
}

/// sin x
pub fn sin(x: f32) -> f32 {
    if is_near(x) { near_sin(x) } else { libm::sinf(x) }
}

/// cos x
pub fn cos(x: f32) -> f32 {
    if is_near(x) { near_cos(x) } else { libm::cosf(x) }
}

/// tan x
pub fn tan(x: f32) -> f32 {
    if is_near(x) { near_tan(x) } else { libm::tanf(x) }
}

/// What π/2 lacks.
const FRAC_PI_2_LOW: f32 = -4.371_139e-8;

/// arctan x
#[inline(always)]
pub fn atan<R: F32s>(x: R) -> R {
    const TAIL: [f32; 4] = [-0.333_329_4, 0.199_773_3, -0.138_728_47, 8.036_031e-2];
    let a = x.abs();
    // arctan a = π/2 − arctan 1/a = π/4 + arctan (a − 1)/(a + 1), whichever has the least argument.
    let (far, middle) = (a.above(2.414_213_7), a.above(0.414_213_57));
    let choose = |far_one: R, middle_one: R, near: R| far_one.when(far, middle_one.when(middle, near));
    let number = |x: f32| a.of(x);
    let t = choose(number(-1.0), a - 1.0, a) / choose(a, a + 1.0, number(1.0));
    let angle = choose(number(FRAC_PI_2), number(FRAC_PI_4), number(0.0));
    let low = choose(number(FRAC_PI_2_LOW), number(0.5 * FRAC_PI_2_LOW), number(0.0));
    let square = t * t;
    (angle + (t + (t * square).mul_add(polynomial(TAIL, square), low))).copysign(x)
}

/// arcsin s = s + tail for an s of at most one half.
#[derive(Clone, Copy)]
struct Arcsine<R: F32s> {
    s: R,
    tail: R,
    /// It is not that of |x|, and arcsin |x| = π/2 − 2·arcsin s.
    indirect: R::Choice,
}

impl<R: F32s> Arcsine<R> {
    #[inline(always)]
    fn new(x: R) -> Self {
        const TAIL: [f32; 5] = [0.166_667_54, 7.495_233e-2, 4.547_834e-2, 2.414_1e-2, 4.223_053e-2];
        let a = x.abs();
        let indirect = a.above(0.5);
        let square = a.mul_add(a.of(-0.5), a.of(0.5)).when(indirect, a * a);
        let s = square.sqrt().when(indirect, a);
        Arcsine { s, tail: s * square * polynomial(TAIL, square), indirect }
    }
}

/// arcsin x
#[inline(always)]
pub fn asin<R: F32s>(x: R) -> R {
    let Arcsine { s, tail, indirect } = Arcsine::new(x);
    let y = s + tail;
    (x.of(FRAC_PI_2) - (y * 2.0 - FRAC_PI_2_LOW)).when(indirect, y).copysign(x)
}

/// arccos x
#[inline(always)]
pub fn acos<R: F32s>(x: R) -> R {
    let Arcsine { s, tail, indirect } = Arcsine::new(x);
    let double = (s + tail) * 2.0;
    let left = x.below(0.0);
    let beside = (x.of(PI) - (double - 2.0 * FRAC_PI_2_LOW)).when(left, double);
    let (s, tail) = ((-s).when(left, s), (-tail).when(left, tail));
    beside.when(indirect, x.of(FRAC_PI_2) - (s + (tail - FRAC_PI_2_LOW)))
}
