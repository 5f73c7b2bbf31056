//! Elementary functions: plain arithmetic without branches, tables and calls, so that loops over them are
//! vectorised. Without fused multiply-adds too, so that every platform and instruction set, with and without
//! `std`, gives the same bits.
//!
//! The results are right for zeros (with their signs), subnormal numbers, infinities and NaN. The largest errors
//! in units of the last place, as the tests measure them against double precision:
//!
//! | function | error |
//! |---|---|
//! | [`exp`], [`exp2`], [`ln`], [`acos`], [`sin`], [`cos`], [`tan`] | 1.1 |
//! | [`erf`], [`exp_m1`], [`ln_1p`], [`log2`], [`cosh`], [`softplus`] | 1.6 |
//! | [`sinh`], [`log10`], [`acosh`], [`atanh`], [`asinh`], [`atan`], [`asin`], [`tanh`], [`sigmoid`] | 2.5 |
//! | [`erfc`], [`gelu`], also far to the left where they are almost zero | 6.5 |

mod circular;
mod error;
mod exponential;
mod logarithm;
#[cfg(test)]
mod tests;

pub use circular::{acos, asin, atan, cos, sin, tan};
pub(crate) use circular::{is_near, near_cos, near_sin, near_tan};
pub(crate) use error::gelu_derivative;
pub use error::{erf, erfc, gelu};
pub use exponential::{cosh, exp, exp_m1, exp2, sigmoid, sinh, tanh};
pub use logarithm::{acosh, asinh, atanh, ln, ln_1p, log2, log10, softplus};

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
fn polynomial<const N: usize>(coefficients: [f32; N], x: f32) -> f32 {
    let square = x * x;
    let mut sums = [coefficients[N - 1], coefficients[N - 2]];
    let mut i = N - 2;
    while i > 0 {
        i -= 1;
        let sum = &mut sums[(N - 1 - i) % 2];
        *sum = *sum * square + coefficients[i];
    }
    // The last one was that of the even powers.
    let [even, odd] = if N % 2 == 1 { sums } else { [sums[1], sums[0]] };
    even + odd * x
}

/// The lesser; NaN if x is.
#[inline(always)]
fn at_most(x: f32, most: f32) -> f32 {
    if x > most { most } else { x }
}

/// The greater; NaN if x is.
#[inline(always)]
fn at_least(x: f32, least: f32) -> f32 {
    if x < least { least } else { x }
}
