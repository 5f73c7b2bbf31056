//! The functions of integers.

use super::Function;
use super::cpu::Bounds;
use crate::cpu::{map, multiversion};
use crate::element::{Compute, Number, Stored, dispatch};
use crate::{DType, Isa};

/// The function with its number as one of the element type: limits the nearest, others by their low bits.
pub(super) fn with_numbers_of<T: Stored>(function: Function) -> Function {
    let low = |s: i64| T::Wide::from_i64(s).to_i64();
    let nearest = |s: i64| s.clamp(T::Wide::LOWEST.to_i64(), T::Wide::HIGHEST.to_i64());
    match function {
        Function::AddInt(s) => Function::AddInt(low(s)),
        Function::MulInt(s) => Function::MulInt(low(s)),
        Function::RsubInt(s) => Function::RsubInt(low(s)),
        Function::DivInt(s) => Function::DivInt(low(s)),
        Function::RemInt(s) => Function::RemInt(low(s)),
        Function::PowInt(s) => Function::PowInt(low(s)),
        Function::ClampInt { min, max } => Function::ClampInt { min: nearest(min), max: nearest(max) },
        other => other,
    }
}

/// Whether integers are divided by zero, or by a number of which the elements' low bits are zero.
pub(super) fn divides_by_zero(function: Function, dtype: DType) -> bool {
    dispatch!(dtype, T => {
        matches!(with_numbers_of::<T>(function), Function::DivInt(0) | Function::RemInt(0))
    })
}

/// y ← f(x), or y ← f(y) where x is empty.
pub(super) fn apply<C: Compute>(isa: Isa, function: Function, x: &[C], y: &mut [C]) {
    let number = C::from_i64;
    match function {
        Function::DivInt(s) => {
            let s = number(s);
            map(x, y, |x| x.div(s))
        }
        Function::RemInt(s) => {
            let s = number(s);
            map(x, y, |x| x.rem(s))
        }
        Function::PowInt(s) => {
            let s = number(s);
            map(x, y, |x| x.pow(s))
        }
        _ => vectors(isa, function, x, y),
    }
}

multiversion! {
    fn vectors<C: Compute>(isa, function: Function, x: &[C], y: &mut [C]) {
        let number = C::from_i64;
        match function {
            Function::Neg => map(x, y, |x| x.neg()),
            Function::Abs => map(x, y, |x| x.abs()),
            Function::Sign => map(x, y, |x| x.sign()),
            Function::Square => map(x, y, |x| x.mul(x)),
            Function::Relu => map(x, y, |x| x.at_least(C::ZERO)),
            Function::AddInt(s) => {
                let s = number(s);
                map(x, y, |x| x.add(s))
            }
            Function::MulInt(s) => {
                let s = number(s);
                map(x, y, |x| x.mul(s))
            }
            Function::RsubInt(s) => {
                let s = number(s);
                map(x, y, |x| s.sub(x))
            }
            Function::ClampInt { min, max } => {
                let (min, max) = (number(min), number(max));
                map(x, y, |x| x.at_least(min).at_most(max))
            }
            _ => {}
        }
    }
}
