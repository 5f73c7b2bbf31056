//! The error function and the normal distribution.

use core::f32::consts::FRAC_1_SQRT_2;

use super::exponential::Reduced;
use super::{F32s, polynomial};

/// erf x
#[inline(always)]
pub fn erf<R: F32s>(x: R) -> R {
    const NEAR: [f32; 7] = [
        0.128_379_17,
        -0.376_126_32,
        0.112_836_875,
        -2.685_894e-2,
        5.199_906_4e-3,
        -8.130_011e-4,
        8.316_773e-5,
    ];
    // −ln(1 − erf a)/a − 1
    const FAR: [f32; 7] = [
        0.128_654_23,
        0.635_128_1,
        0.106_275_21,
        -2.379_502_4e-2,
        3.658_018_3e-3,
        -3.266_248_4e-4,
        1.161_252_7e-5,
    ];
    let a = x.abs();
    let near = a.mul_add(polynomial(NEAR, a * a), a);
    let is_near = a.below(0.93);
    // From 4 on it is 1.
    let a = a.at_most(4.0);
    let reduced = Reduced::new(-a.mul_add(polynomial(FAR, a), a));
    let far = x.of(1.0) - (reduced.exp_m1() + 1.0) * reduced.power(0.0);
    near.when(is_near, far).copysign(x)
}

/// e^(x²)·(1 − erf x) for x ≥ 0. No coefficient is negative, so that no digits are lost.
#[inline(always)]
fn scaled_erfc<R: F32s>(x: R) -> R {
    const OVER: [f32; 5] = [1.0, 1.240_870_6, 0.734_183_7, 0.230_449_42, 3.305_515_6e-2];
    const UNDER: [f32; 6] = [1.0, 2.369_250_3, 2.407_586_8, 1.330_184_3, 0.408_486_2, 5.858_808e-2];
    polynomial(OVER, x) / polynomial(UNDER, x)
}

/// e^(−x²·scale), where the scale is a power of two and x²·scale is at most −[`LOWEST`](super::exponential::LOWEST),
/// where it is zero. A rounded square would cost digits.
#[inline(always)]
fn bell<R: F32s>(x: R, scale: f32) -> R {
    let square = x * x;
    let lost = x.fused(x, -square);
    Reduced::of_sum(square * -scale, lost * -scale).exp()
}

/// Where [`bell`] is zero: √176, and the same for the scale ½.
const FAR: f32 = 13.26;
const FAR_NORMAL: f32 = 18.75;

/// 1 − erf x, accurate where that is almost zero.
#[inline(always)]
pub fn erfc<R: F32s>(x: R) -> R {
    let a = x.abs().at_most(FAR);
    let tail = bell(a, 1.0) * scaled_erfc(a);
    (x.of(2.0) - tail).when(x.below(0.0), tail)
}

/// x·Φ(x), where Φ(x) = (1 + erf(x/√2))/2 is the normal distribution.
#[inline(always)]
pub fn gelu<R: F32s>(x: R) -> R {
    let near = x.at_least(-FAR_NORMAL).at_most(FAR_NORMAL);
    let a = near.abs();
    // The factor that may be subnormal comes last.
    let tail = near * 0.5 * scaled_erfc(a * FRAC_1_SQRT_2) * bell(a, 0.5);
    // At −∞ the product is NaN, as in PyTorch.
    (x - tail).when(x.above(0.0), x.mul_add(x.of(0.0), tail))
}

/// Φ(x) + x·Φ′(x)
#[inline(always)]
pub(crate) fn gelu_derivative<R: F32s>(x: R) -> R {
    /// Φ′(0) = 1/√(2π)
    const DENSITY: f32 = 0.398_942_3;
    let a = x.abs().at_most(FAR_NORMAL);
    let tail = a.mul_add(a.of(-DENSITY), scaled_erfc(a * FRAC_1_SQRT_2) * 0.5) * bell(a, 0.5);
    (x.of(1.0) - tail).when(x.above(0.0), tail)
}
