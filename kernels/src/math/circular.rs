//! Sine, cosine, tangent and their inverses.

use core::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::{polynomial, sqrt};

/// Below this, angles are reduced by vector instructions.
const FAR: f32 = 4e8;

/// Whether [`sin`], [`cos`] and [`tan`] of x are [`near_sin`], [`near_cos`] and [`near_tan`].
#[inline(always)]
pub(crate) fn is_near(x: f32) -> bool {
    x.abs() < FAR
}

/// x = n·π/2 + r with |r| ≤ π/4, in double precision.
#[derive(Clone, Copy)]
struct Angle {
    /// n in the low bits.
    quarter: u64,
    r: f64,
}

impl Angle {
    #[inline(always)]
    fn new(x: f32) -> Self {
        /// 1.5·2⁵², whose last place is 1.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        /// π/2 in two parts: a product of the first and n is exact.
        const HIGH: f64 = 1.570_796_310_901_641_8;
        const LOW: f64 = 1.589_325_477_352_819_7e-8;
        let x = x as f64;
        let sum = x * core::f64::consts::FRAC_2_PI + ROUND;
        let n = sum - ROUND;
        Angle { quarter: sum.to_bits(), r: (x - n * HIGH) - n * LOW }
    }

    /// sin r
    #[inline(always)]
    fn sin(self) -> f64 {
        let z = self.r * self.r;
        let tail = -1.666_666_664_162_652_4e-1
            + z * (8.333_329_385_889_463e-3
                + z * (-1.983_933_483_609_663_2e-4 + z * 2.718_311_493_989_822e-6));
        self.r * (1.0 + z * tail)
    }

    /// cos r
    #[inline(always)]
    fn cos(self) -> f64 {
        let z = self.r * self.r;
        let tail = -4.999_999_972_510_31e-1
            + z * (4.166_662_332_373_906e-2 + z * (-1.388_676_377_460_993e-3 + z * 2.439_044_879_627_774e-5));
        1.0 + z * tail
    }

    /// sin (r + n·π/2)
    #[inline(always)]
    fn turned(self, n: u64) -> f32 {
        let quarter = self.quarter.wrapping_add(n);
        let y = if quarter & 1 == 0 { self.sin() } else { self.cos() };
        f64::from_bits(y.to_bits() ^ ((quarter & 2) << 62)) as f32
    }
}

/// sin x for |x| < [`FAR`].
#[inline(always)]
pub(crate) fn near_sin(x: f32) -> f32 {
    Angle::new(x).turned(0)
}

/// cos x for |x| < [`FAR`].
#[inline(always)]
pub(crate) fn near_cos(x: f32) -> f32 {
    Angle::new(x).turned(1)
}

/// tan x for |x| < [`FAR`].
#[inline(always)]
pub(crate) fn near_tan(x: f32) -> f32 {
    let angle = Angle::new(x);
    let (sin, cos) = (angle.sin(), angle.cos());
    let y = if angle.quarter & 1 == 0 { sin / cos } else { -cos / sin };
    y as f32
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
pub fn atan(x: f32) -> f32 {
    const TAIL: [f32; 4] = [-0.333_329_4, 0.199_773_3, -0.138_728_47, 8.036_031e-2];
    let a = x.abs();
    // arctan a = π/2 − arctan 1/a = π/4 + arctan (a − 1)/(a + 1), whichever has the least argument.
    let (over, under, angle, low) = if a > 2.414_213_7 {
        (-1.0, a, FRAC_PI_2, FRAC_PI_2_LOW)
    } else if a > 0.414_213_57 {
        (a - 1.0, a + 1.0, FRAC_PI_4, 0.5 * FRAC_PI_2_LOW)
    } else {
        (a, 1.0, 0.0, 0.0)
    };
    let t = over / under;
    let square = t * t;
    (angle + (t + (t * square * polynomial(TAIL, square) + low))).copysign(x)
}

/// arcsin s = s + tail for an s of at most one half.
#[derive(Clone, Copy)]
struct Arcsine {
    s: f32,
    tail: f32,
    /// It is that of |x|. Else arcsin |x| = π/2 − 2·arcsin s.
    direct: bool,
}

impl Arcsine {
    #[inline(always)]
    fn new(x: f32) -> Self {
        const TAIL: [f32; 5] = [0.166_667_54, 7.495_233e-2, 4.547_834e-2, 2.414_1e-2, 4.223_053e-2];
        let a = x.abs();
        let direct = a <= 0.5;
        let square = if direct { a * a } else { 0.5 - 0.5 * a };
        let s = if direct { a } else { sqrt(square) };
        Arcsine { s, tail: s * square * polynomial(TAIL, square), direct }
    }
}

/// arcsin x
#[inline(always)]
pub fn asin(x: f32) -> f32 {
    let Arcsine { s, tail, direct } = Arcsine::new(x);
    let y = s + tail;
    (if direct { y } else { FRAC_PI_2 - (2.0 * y - FRAC_PI_2_LOW) }).copysign(x)
}

/// arccos x
#[inline(always)]
pub fn acos(x: f32) -> f32 {
    let Arcsine { s, tail, direct } = Arcsine::new(x);
    let double = 2.0 * (s + tail);
    let (beside, s, tail) =
        if x < 0.0 { (PI - (double - 2.0 * FRAC_PI_2_LOW), -s, -tail) } else { (double, s, tail) };
    if direct { FRAC_PI_2 - (s + (tail - FRAC_PI_2_LOW)) } else { beside }
}
