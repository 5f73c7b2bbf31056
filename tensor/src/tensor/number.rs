//! The elements that operations are defined for.

use castiron_kernels::fill::Value;
use castiron_kernels::unary::Function;
use castiron_kernels::{Bool, Fault};

use crate::{Element, Error, bf16, f16};

/// Elements that can be added, subtracted and multiplied: all but booleans.
#[diagnostic::on_unimplemented(
    message = "there is no arithmetic of `{Self}`",
    label = "not numbers",
    note = "`x.cast::<f32>()` makes numbers of booleans"
)]
pub trait Number: Element {
    /// What a rounded division returns: a `T` for real numbers; for integers, which cannot be divided by zero, a
    /// `Result<T, Error>`.
    type Quotient<T>;
    #[doc(hidden)]
    fn quotient<T>(outcome: Result<T, Fault>) -> Self::Quotient<T>;
    /// The number as kernels take it.
    #[doc(hidden)]
    fn value(self) -> Value;
    /// x + n
    #[doc(hidden)]
    fn plus(self) -> Function;
    /// x − n
    #[doc(hidden)]
    fn minus(self) -> Function;
    /// n − x
    #[doc(hidden)]
    fn subtracted_from(self) -> Function;
    /// n·x
    #[doc(hidden)]
    fn times(self) -> Function;
    /// min(max(x, lower), upper)
    #[doc(hidden)]
    fn limits(lower: Option<Self>, upper: Option<Self>) -> Function;
}

/// Elements that approximate real numbers: f32, f64, bf16, f16.
#[diagnostic::on_unimplemented(
    message = "this needs real numbers, but the elements are `{Self}`",
    label = "not f32, f64, bf16 or f16",
    note = "`x.cast::<f32>()` makes real numbers; integers are divided by `div_trunc` and `div_floor`, which return an error where the divisor is zero"
)]
pub trait Real: Number {
    /// The number as f64, in which scalars are given to kernels.
    #[doc(hidden)]
    fn wide(self) -> f64;
    /// x / n
    #[doc(hidden)]
    fn over(self) -> Function {
        Function::DivScalar(self.wide())
    }
    /// n / x
    #[doc(hidden)]
    fn divided_by(self) -> Function {
        Function::RdivScalar(self.wide())
    }
}

/// Elements that are whole numbers: i64, i32, i8, u8.
#[diagnostic::on_unimplemented(
    message = "this needs integers, but the elements are `{Self}`",
    label = "not i64, i32, i8 or u8",
    note = "`x.cast::<i64>()` makes integers"
)]
pub trait Integer: Number {}

/// Elements that are bits: booleans and integers.
#[diagnostic::on_unimplemented(
    message = "there is no and, or, xor and not of `{Self}`",
    label = "neither booleans nor integers",
    note = "a comparison makes booleans: `x.gt(0.0) & x.lt(1.0)`"
)]
pub trait Bits: Element {
    /// !x
    #[doc(hidden)]
    const NOT: Function;
}
impl Bits for Bool {
    const NOT: Function = Function::LogicalNot;
}

macro_rules! real {
    ($($t:ty)*) => { $(
        impl Number for $t {
            type Quotient<T> = T;
            fn quotient<T>(outcome: Result<T, Fault>) -> T {
                outcome.unwrap_or_else(|fault| unreachable!("real numbers divide by zero: {fault}"))
            }
            fn value(self) -> Value {
                Value::Float(self.wide())
            }
            fn plus(self) -> Function {
                Function::AddScalar(self.wide())
            }
            fn minus(self) -> Function {
                Function::AddScalar(-self.wide())
            }
            fn subtracted_from(self) -> Function {
                Function::RsubScalar(self.wide())
            }
            fn times(self) -> Function {
                Function::MulScalar(self.wide())
            }
            fn limits(lower: Option<Self>, upper: Option<Self>) -> Function {
                Function::Clamp {
                    min: lower.map_or(f64::NEG_INFINITY, Real::wide),
                    max: upper.map_or(f64::INFINITY, Real::wide),
                }
            }
        }
        impl Real for $t {
            fn wide(self) -> f64 {
                self.into()
            }
        }
    )* };
}
real!(f32 f64 bf16 f16);

macro_rules! integer {
    ($($t:ty)*) => { $(
        impl Number for $t {
            type Quotient<T> = Result<T, Error>;
            fn quotient<T>(outcome: Result<T, Fault>) -> Result<T, Error> {
                outcome.map_err(Error::Operation)
            }
            fn value(self) -> Value {
                Value::Int(self.into())
            }
            fn plus(self) -> Function {
                Function::AddInt(self.into())
            }
            fn minus(self) -> Function {
                Function::AddInt(i64::from(self).wrapping_neg())
            }
            fn subtracted_from(self) -> Function {
                Function::RsubInt(self.into())
            }
            fn times(self) -> Function {
                Function::MulInt(self.into())
            }
            fn limits(lower: Option<Self>, upper: Option<Self>) -> Function {
                Function::ClampInt {
                    min: lower.map_or(i64::MIN, i64::from),
                    max: upper.map_or(i64::MAX, i64::from),
                }
            }
        }
        impl Integer for $t {}
        impl Bits for $t {
            const NOT: Function = Function::RsubInt(-1);
        }
    )* };
}
integer!(i8 u8 i32 i64);
