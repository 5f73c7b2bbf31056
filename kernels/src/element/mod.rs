//! The element types as types: what a kernel that takes its [`DType`](crate::DType) at run time is written over.
//!
//! [`dispatch!`] goes from the value to the type. Arithmetic is done in [`Element::Wide`]: the type itself, but
//! f32 for the 16-bit floats (which are rounded once, when the result is stored) and u8 for booleans.

mod float;
mod half_bits;
mod stored;

pub(crate) use float::Float;
pub(crate) use stored::{BLOCK, Compute, Stored, load, loaded, store};

use half::{bf16, f16};

use crate::{Bool, Plain};

/// Evaluates an expression with `$t` being the type of `$dtype`: `dispatch!(dtype, T => work::<T>(x))`.
macro_rules! dispatch {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => $crate::element::with!($t = f32, $body),
            $crate::DType::F64 => $crate::element::with!($t = f64, $body),
            $crate::DType::Bf16 => $crate::element::with!($t = $crate::half::bf16, $body),
            $crate::DType::F16 => $crate::element::with!($t = $crate::half::f16, $body),
            $crate::DType::I8 => $crate::element::with!($t = i8, $body),
            $crate::DType::U8 => $crate::element::with!($t = u8, $body),
            $crate::DType::I32 => $crate::element::with!($t = i32, $body),
            $crate::DType::I64 => $crate::element::with!($t = i64, $body),
            $crate::DType::Bool => $crate::element::with!($t = $crate::Bool, $body),
        }
    };
}
pub(crate) use dispatch;

macro_rules! with {
    ($t:ident = $type:ty, $body:expr) => {{
        type $t = $type;
        $body
    }};
}
pub(crate) use with;

/// What a tensor holds.
pub(crate) trait Element: Plain + Copy {
    /// What it is computed in.
    type Wide: Number;
    /// Exact.
    fn widen(self) -> Self::Wide;
    /// Rounds to nearest, ties to even; to [`Bool`]: whether it is not zero.
    fn narrow(wide: Self::Wide) -> Self;
}

/// What arithmetic is done in: f32, f64, i8, u8, i32, i64. Integers wrap around, and nothing panics.
pub(crate) trait Number: Element<Wide = Self> + PartialOrd + Default {
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// −∞, or the least integer.
    const LOWEST: Self;
    /// ∞, or the greatest integer.
    const HIGHEST: Self;
    /// Whether it is a floating-point type.
    const FLOAT: bool;
    /// a + b
    fn add(self, b: Self) -> Self;
    /// a − b
    fn sub(self, b: Self) -> Self;
    /// a·b
    fn mul(self, b: Self) -> Self;
    /// a / b, integers towards zero; an integer divided by zero gives zero.
    fn div(self, b: Self) -> Self;
    /// The remainder with the sign of the divisor, as `torch.remainder`; of integers by zero: zero.
    fn rem(self, b: Self) -> Self;
    /// The remainder with the sign of the dividend, as `torch.fmod`; of integers by zero: zero.
    fn fmod(self, b: Self) -> Self;
    /// The greatest whole number that is not above a / b; of integers by zero: zero.
    fn div_floor(self, b: Self) -> Self;
    /// aᵇ; negative powers of integers are zero but for those of 1 and −1, as in PyTorch.
    fn pow(self, b: Self) -> Self;
    /// −a
    fn neg(self) -> Self;
    /// |a|
    fn abs(self) -> Self;
    /// Whether it is NaN.
    fn is_nan(self) -> bool;
    /// Integers above 2⁵³ are rounded.
    fn to_f64(self) -> f64;
    /// Floats towards zero, those out of range to the nearest, NaN to 0.
    fn to_i64(self) -> i64;
    /// Rust's `as`.
    fn from_f64(value: f64) -> Self;
    /// Rust's `as`.
    fn from_i64(value: i64) -> Self;

    /// The greater; NaN if either is NaN, as `torch.maximum`.
    #[inline(always)]
    fn maximum(self, b: Self) -> Self {
        if self > b || self.is_nan() { self } else { b }
    }
    /// The lesser; NaN if either is NaN, as `torch.minimum`.
    #[inline(always)]
    fn minimum(self, b: Self) -> Self {
        if self < b || self.is_nan() { self } else { b }
    }
}

macro_rules! itself {
    ($($t:ty),*) => { $(
        impl Element for $t {
            type Wide = $t;
            #[inline(always)]
            fn widen(self) -> $t {
                self
            }
            #[inline(always)]
            fn narrow(wide: $t) -> $t {
                wide
            }
        }
    )* };
}
itself!(f32, f64, i8, u8, i32, i64);

macro_rules! narrow {
    ($($t:ty, $wide:ty, $widen:expr, $narrow:expr;)*) => { $(
        impl Element for $t {
            type Wide = $wide;
            #[inline(always)]
            fn widen(self) -> $wide {
                $widen(self)
            }
            #[inline(always)]
            fn narrow(wide: $wide) -> $t {
                $narrow(wide)
            }
        }
    )* };
}
narrow! {
    bf16, f32, half_bits::bf16_to_f32, half_bits::f32_to_bf16;
    f16, f32, half_bits::f16_to_f32, half_bits::f32_to_f16;
    Bool, u8, |b: Bool| b.get() as u8, |n: u8| Bool::from(n != 0);
}

macro_rules! conversions {
    ($t:ident) => {
        #[inline(always)]
        fn to_f64(self) -> f64 {
            self as f64
        }
        #[inline(always)]
        fn to_i64(self) -> i64 {
            self as i64
        }
        #[inline(always)]
        fn from_f64(value: f64) -> Self {
            value as $t
        }
        #[inline(always)]
        fn from_i64(value: i64) -> Self {
            value as $t
        }
    };
}

macro_rules! float {
    ($t:ident, $fmod:path, $round:path, $pow:path) => {
        impl Number for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const LOWEST: Self = $t::NEG_INFINITY;
            const HIGHEST: Self = $t::INFINITY;
            const FLOAT: bool = true;
            conversions!($t);
            #[inline(always)]
            fn add(self, b: Self) -> Self {
                self + b
            }
            #[inline(always)]
            fn sub(self, b: Self) -> Self {
                self - b
            }
            #[inline(always)]
            fn mul(self, b: Self) -> Self {
                self * b
            }
            #[inline(always)]
            fn div(self, b: Self) -> Self {
                self / b
            }
            #[inline(always)]
            fn rem(self, b: Self) -> Self {
                let r = $fmod(self, b);
                if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r }
            }
            #[inline(always)]
            fn fmod(self, b: Self) -> Self {
                $fmod(self, b)
            }
            #[inline(always)]
            fn div_floor(self, b: Self) -> Self {
                if b == 0.0 {
                    return self / b;
                }
                // Without the remainder the quotient is whole but for rounding, so that it cannot be rounded to
                // the wrong side.
                let r = $fmod(self, b);
                let quotient = $round((self - r) / b);
                let floor = if r != 0.0 && (r < 0.0) != (b < 0.0) { quotient - 1.0 } else { quotient };
                // What is left without the remainder may be a zero, whose sign says nothing.
                if floor == 0.0 { floor.copysign(self / b) } else { floor }
            }
            #[inline(always)]
            fn pow(self, b: Self) -> Self {
                $pow(self, b)
            }
            #[inline(always)]
            fn neg(self) -> Self {
                -self
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $t::is_nan(self)
            }
        }
    };
}
float!(f32, libm::fmodf, libm::rintf, libm::powf);
float!(f64, libm::fmod, libm::rint, libm::pow);

macro_rules! integer {
    ($t:ident, $abs:expr) => {
        impl Number for $t {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            const LOWEST: Self = $t::MIN;
            const HIGHEST: Self = $t::MAX;
            const FLOAT: bool = false;
            conversions!($t);
            #[inline(always)]
            fn add(self, b: Self) -> Self {
                self.wrapping_add(b)
            }
            #[inline(always)]
            fn sub(self, b: Self) -> Self {
                self.wrapping_sub(b)
            }
            #[inline(always)]
            fn mul(self, b: Self) -> Self {
                self.wrapping_mul(b)
            }
            #[inline(always)]
            fn div(self, b: Self) -> Self {
                if b == 0 { 0 } else { self.wrapping_div(b) }
            }
            #[inline(always)]
            fn rem(self, b: Self) -> Self {
                // The remainder is less than the divisor, so that the sum does not wrap around.
                let r = if b == 0 { 0 } else { self.wrapping_rem(b) };
                #[allow(unused_comparisons)]
                if r != 0 && (r < 0) != (b < 0) { r + b } else { r }
            }
            #[inline(always)]
            fn fmod(self, b: Self) -> Self {
                if b == 0 { 0 } else { self.wrapping_rem(b) }
            }
            #[inline(always)]
            fn div_floor(self, b: Self) -> Self {
                let (quotient, r) = (self.div(b), self.fmod(b));
                // A quotient that is not whole is far from the least number.
                #[allow(unused_comparisons)]
                if r != 0 && (r < 0) != (b < 0) { quotient - 1 } else { quotient }
            }
            #[inline(always)]
            fn pow(self, b: Self) -> Self {
                #[allow(unused_comparisons)]
                if b < 0 {
                    return match self {
                        1 => 1,
                        // −1, which no unsigned number is with a negative power.
                        _ if self.wrapping_add(1) == 0 => {
                            if b % 2 == 0 {
                                1
                            } else {
                                self
                            }
                        }
                        _ => 0,
                    };
                }
                let (mut base, mut power, mut result) = (self, b, 1);
                while power > 0 {
                    if power % 2 == 1 {
                        result = base.mul(result);
                    }
                    base = base.mul(base);
                    power /= 2;
                }
                result
            }
            #[inline(always)]
            fn neg(self) -> Self {
                self.wrapping_neg()
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $abs(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                false
            }
        }
    };
}
integer!(i8, i8::wrapping_abs);
integer!(u8, core::convert::identity);
integer!(i32, i32::wrapping_abs);
integer!(i64, i64::wrapping_abs);
