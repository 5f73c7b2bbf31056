//! [`Float`]: the elementary functions of f32 and f64, the same on every platform.

use super::stored::Compute;

macro_rules! functions {
    ($($(#[$meta:meta])* $name:ident($($arg:ident),*) = $single:path, $double:path;)*) => {
        /// What functions of floats are written over.
        pub(crate) trait Float: Compute {
            $($(#[$meta])* fn $name(self $(, $arg: Self)*) -> Self;)*
        }
        impl Float for f32 {
            $(#[inline(always)]
            fn $name(self $(, $arg: Self)*) -> Self {
                $single(self $(, $arg)*)
            })*
        }
        impl Float for f64 {
            $(#[inline(always)]
            fn $name(self $(, $arg: Self)*) -> Self {
                $double(self $(, $arg)*)
            })*
        }
    };
}

functions! {
    /// eˣ
    exp() = libm::expf, libm::exp;
    /// 2ˣ
    exp2() = libm::exp2f, libm::exp2;
    /// eˣ − 1
    exp_m1() = libm::expm1f, libm::expm1;
    /// ln x
    ln() = libm::logf, libm::log;
    /// log₂ x
    log2() = libm::log2f, libm::log2;
    /// log₁₀ x
    log10() = libm::log10f, libm::log10;
    /// ln(1 + x)
    ln_1p() = libm::log1pf, libm::log1p;
    /// sin x
    sin() = libm::sinf, libm::sin;
    /// cos x
    cos() = libm::cosf, libm::cos;
    /// tan x
    tan() = libm::tanf, libm::tan;
    /// arcsin x
    asin() = libm::asinf, libm::asin;
    /// arccos x
    acos() = libm::acosf, libm::acos;
    /// arctan x
    atan() = libm::atanf, libm::atan;
    /// The angle of the point (x, self).
    atan2(x) = libm::atan2f, libm::atan2;
    /// sinh x
    sinh() = libm::sinhf, libm::sinh;
    /// cosh x
    cosh() = libm::coshf, libm::cosh;
    /// tanh x
    tanh() = libm::tanhf, libm::tanh;
    /// arsinh x
    asinh() = libm::asinhf, libm::asinh;
    /// arcosh x
    acosh() = libm::acoshf, libm::acosh;
    /// artanh x
    atanh() = libm::atanhf, libm::atanh;
    /// erf x
    erf() = libm::erff, libm::erf;
    /// 1 − erf x
    erfc() = libm::erfcf, libm::erfc;
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
