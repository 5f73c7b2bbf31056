//! What formulas of elementary functions are written over: registers of f32, and f64 one by one.

use core::ops::{Add, Div, Mul, Neg, Sub};

use crate::math::{self, F32s};

macro_rules! functions {
    ($($name:ident = $single:path, $double:path;)*) => {
        /// A number that has these functions.
        pub(super) trait Elementary:
            Copy
            + Neg<Output = Self>
            + Add<Output = Self>
            + Sub<Output = Self>
            + Mul<Output = Self>
            + Div<Output = Self>
        {
            /// This number, as `self` has it.
            fn number(self, x: f64) -> Self;
            /// `self` where x > 0, `other` elsewhere.
            fn where_positive(self, x: Self, other: Self) -> Self;
            /// The lesser; NaN if `self` is.
            fn no_more_than(self, most: f64) -> Self;
            $(fn $name(self) -> Self;)*
        }
        impl<R: F32s> Elementary for R {
            #[inline(always)]
            fn number(self, x: f64) -> Self {
                self.of(x as f32)
            }
            #[inline(always)]
            fn where_positive(self, x: Self, other: Self) -> Self {
                self.when(x.above(0.0), other)
            }
            #[inline(always)]
            fn no_more_than(self, most: f64) -> Self {
                self.at_most(most as f32)
            }
            $(#[inline(always)]
            fn $name(self) -> Self {
                $single(self)
            })*
        }
        impl Elementary for f64 {
            fn number(self, x: f64) -> Self {
                x
            }
            fn where_positive(self, x: Self, other: Self) -> Self {
                if x > 0.0 { self } else { other }
            }
            fn no_more_than(self, most: f64) -> Self {
                if self > most { most } else { self }
            }
            $(fn $name(self) -> Self {
                $double(self)
            })*
        }
    };
}

// Of f32 only those angles that `math::is_near`.
functions! {
    exp = math::exp, libm::exp;
    exp2 = math::exp2, libm::exp2;
    exp_m1 = math::exp_m1, libm::expm1;
    ln = math::ln, libm::log;
    log2 = math::log2, libm::log2;
    log10 = math::log10, libm::log10;
    ln_1p = math::ln_1p, libm::log1p;
    sin = math::near_sin, libm::sin;
    cos = math::near_cos, libm::cos;
    tan = math::near_tan, libm::tan;
    asin = math::asin, libm::asin;
    acos = math::acos, libm::acos;
    atan = math::atan, libm::atan;
    sinh = math::sinh, libm::sinh;
    cosh = math::cosh, libm::cosh;
    tanh = math::tanh, libm::tanh;
    asinh = math::asinh, libm::asinh;
    acosh = math::acosh, libm::acosh;
    atanh = math::atanh, libm::atanh;
    erf = math::erf, libm::erf;
    erfc = math::erfc, libm::erfc;
    sigmoid = math::sigmoid, double::sigmoid;
    softplus = math::softplus, double::softplus;
    gelu = math::gelu, double::gelu;
    gelu_derivative = math::gelu_derivative, double::gelu_derivative;
}

/// What `libm` has in parts.
mod double {
    use core::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

    pub(super) fn sigmoid(x: f64) -> f64 {
        let e = libm::exp(-x.abs());
        if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
    }
    pub(super) fn softplus(x: f64) -> f64 {
        (if x < 0.0 { 0.0 } else { x }) + libm::log1p(libm::exp(-x.abs()))
    }
    /// Φ(x)
    fn normal(x: f64) -> f64 {
        0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
    }
    pub(super) fn gelu(x: f64) -> f64 {
        // Not −∞·0.
        if x < -40.0 { -0.0 } else { x * normal(x) }
    }
    pub(super) fn gelu_derivative(x: f64) -> f64 {
        // Φ′(0) = 1/√(2π) = (2/√π)·(1/√2)/2; beyond ±40 the product with Φ′ is zero.
        let density = 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * libm::exp(-0.5 * x * x);
        normal(x) + x.clamp(-40.0, 40.0) * density
    }
}
