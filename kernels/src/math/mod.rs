//! Elementary functions: arithmetic without branches, tables and calls, over [`F32s`] numbers. Those are floats, or
//! registers of them with the instructions that a processor has: so the last bits depend on it, and on nothing
//! else.
//!
//! The results are right for zeros (with their signs), subnormal numbers, infinities and NaN. The largest errors
//! in units of the last place, as the tests measure them against double precision:
//!
//! | function | error |
//! |---|---|
//! | [`exp`], [`exp2`], [`ln`], [`acos`] | 1.1 |
//! | [`erf`], [`exp_m1`], [`ln_1p`], [`log2`], [`cosh`], [`softplus`] | 1.6 |
//! | [`sinh`], [`log10`], [`acosh`], [`atanh`], [`asinh`], [`atan`], [`asin`], [`sin`], [`cos`], [`tanh`], [`sigmoid`] | 2.5 |
//! | [`tan`] | 3.5 |
//! | [`erfc`], [`gelu`], also far to the left where they are almost zero | 6.5 |

mod circular;
mod error;
mod exponential;
mod f32s;
mod logarithm;
mod power;
#[cfg(test)]
mod tests;

pub use circular::{acos, asin, atan, cos, sin, tan};
pub(crate) use circular::{is_near, near_cos, near_sin, near_tan};
pub(crate) use error::gelu_derivative;
pub use error::{erf, erfc, gelu};
pub use exponential::{cosh, exp, exp_m1, exp2, sigmoid, sinh, tanh};
pub use f32s::F32s;
#[cfg(target_arch = "x86_64")]
pub(crate) use f32s::ROUND;
pub use logarithm::{acosh, asinh, atanh, ln, ln_1p, log2, log10, softplus};
pub(crate) use power::Exponent;

/// √x
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    // Both round correctly, so they agree to the bit; only the first is vectorised.
    #[cfg(feature = "std")]
    return x.sqrt();
    #[cfg(not(feature = "std"))]
    libm::sqrtf(x)
}

/// c₀ + c₁x + c₂x² + …, even and odd powers apart: so half as many operations wait for each other.
#[inline(always)]
fn polynomial<R: F32s, const N: usize>(coefficients: [f32; N], x: R) -> R {
    let square = x * x;
    let mut sums = [x.of(coefficients[N - 1]), x.of(coefficients[N - 2])];
    let mut i = N - 2;
    while i > 0 {
        i -= 1;
        let sum = &mut sums[(N - 1 - i) % 2];
        *sum = sum.mul_add(square, x.of(coefficients[i]));
    }
    // The last one was that of the even powers.
    let [even, odd] = if N % 2 == 1 { sums } else { [sums[1], sums[0]] };
    odd.mul_add(x, even)
}
