//! [`Float`]: functions of f32 and f64.

use super::stored::Compute;
use crate::math;

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
    /// ln x
    ln() = math::ln, libm::log;
    /// sin x
    sin() = math::sin, libm::sin;
    /// cos x
    cos() = math::cos, libm::cos;
    /// tan x
    tan() = math::tan, libm::tan;
    /// The angle of the point (x, self).
    atan2(x) = libm::atan2f, libm::atan2;
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
