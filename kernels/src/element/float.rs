//! [`Float`]: the elementary functions of f32 and f64, the same on every platform.

use super::stored::Compute;
use crate::math;

macro_rules! functions {
    ($($(#[$meta:meta])* $name:ident($($arg:ident),*) = $single:path, $double:path;)*) => {
        /// What functions of floats are written over.
        pub(crate) trait Float: Compute {
            /// Whether loops over the elementary functions are vectorised.
            const VECTORS: bool;
            /// Whether [`Float::near_sin`] and the like are defined.
            fn is_near(self) -> bool;
            $($(#[$meta])* fn $name(self $(, $arg: Self)*) -> Self;)*
        }
        impl Float for f32 {
            const VECTORS: bool = true;
            #[inline(always)]
            fn is_near(self) -> bool {
                math::is_near(self)
            }
            $(#[inline(always)]
            fn $name(self $(, $arg: Self)*) -> Self {
                $single(self $(, $arg)*)
            })*
        }
        impl Float for f64 {
            const VECTORS: bool = false;
            #[inline(always)]
            fn is_near(self) -> bool {
                true
            }
            $(#[inline(always)]
            fn $name(self $(, $arg: Self)*) -> Self {
                $double(self $(, $arg)*)
            })*
        }
    };
}

functions! {
    /// eˣ
    exp() = math::exp, libm::exp;
    /// 2ˣ
    exp2() = math::exp2, libm::exp2;
    /// eˣ − 1
    exp_m1() = math::exp_m1, libm::expm1;
    /// ln x
    ln() = math::ln, libm::log;
    /// log₂ x
    log2() = math::log2, libm::log2;
    /// log₁₀ x
    log10() = math::log10, libm::log10;
    /// ln(1 + x)
    ln_1p() = math::ln_1p, libm::log1p;
    /// sin x
    sin() = math::sin, libm::sin;
    /// cos x
    cos() = math::cos, libm::cos;
    /// tan x
    tan() = math::tan, libm::tan;
    /// sin x, for few angles, but vectorised.
    near_sin() = math::near_sin, libm::sin;
    /// cos x, likewise.
    near_cos() = math::near_cos, libm::cos;
    /// tan x, likewise.
    near_tan() = math::near_tan, libm::tan;
    /// arcsin x
    asin() = math::asin, libm::asin;
    /// arccos x
    acos() = math::acos, libm::acos;
    /// arctan x
    atan() = math::atan, libm::atan;
    /// The angle of the point (x, self).
    atan2(x) = libm::atan2f, libm::atan2;
    /// sinh x
    sinh() = math::sinh, libm::sinh;
    /// cosh x
    cosh() = math::cosh, libm::cosh;
    /// tanh x
    tanh() = math::tanh, libm::tanh;
    /// arsinh x
    asinh() = math::asinh, libm::asinh;
    /// arcosh x
    acosh() = math::acosh, libm::acosh;
    /// artanh x
    atanh() = math::atanh, libm::atanh;
    /// erf x
    erf() = math::erf, libm::erf;
    /// 1 − erf x
    erfc() = math::erfc, libm::erfc;
    /// 1 / (1 + e⁻ˣ)
    sigmoid() = math::sigmoid, double::sigmoid;
    /// ln(1 + eˣ), which does not overflow.
    softplus() = math::softplus, double::softplus;
    /// x·Φ(x) with the normal distribution Φ.
    gelu() = math::gelu, double::gelu;
    /// Its derivative.
    gelu_derivative() = math::gelu_derivative, double::gelu_derivative;
    /// √x
    sqrt() = rounded::sqrtf, rounded::sqrt;
    /// The greatest whole number that is not greater.
    floor() = rounded::floorf, rounded::floor;
    /// The least whole number that is not less.
    ceil() = rounded::ceilf, rounded::ceil;
    /// The nearest whole number, ties to even.
    round() = rounded::rintf, rounded::rint;
    /// Towards zero.
    trunc() = rounded::truncf, rounded::trunc;
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

/// Functions whose results are exact or correctly rounded, so that `std` (which is vectorised) and `libm` agree
/// to the bit.
mod rounded {
    macro_rules! rounded {
        ($($single:ident, $double:ident = $method:ident;)*) => { $(
            #[inline(always)]
            pub(super) fn $single(x: f32) -> f32 {
                #[cfg(feature = "std")]
                return x.$method();
                #[cfg(not(feature = "std"))]
                libm::$single(x)
            }
            #[inline(always)]
            pub(super) fn $double(x: f64) -> f64 {
                #[cfg(feature = "std")]
                return x.$method();
                #[cfg(not(feature = "std"))]
                libm::$double(x)
            }
        )* };
    }
    rounded! {
        sqrtf, sqrt = sqrt;
        floorf, floor = floor;
        ceilf, ceil = ceil;
        rintf, rint = round_ties_even;
        truncf, trunc = trunc;
    }
}
