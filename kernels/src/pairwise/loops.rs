//! The loops: each function once for each of the types that are computed in.

use super::PairOp;
use crate::cpu::{map_pairs, multiversion};
use crate::element::{Compute, Float};
use crate::{Bool, Isa};

/// The baseline has vector instructions for these.
macro_rules! bitwise {
    ($a:expr, $b:expr, $y:expr, $op:tt) => {
        map_pairs($a, $b, $y, |a, b| a $op b)
    };
}

/// The functions of two elements that do not compare.
pub(super) trait Arithmetic: Compute {
    /// y ← a ∘ b, or y ← y ∘ b where a is empty. A function that is not defined leaves y as it is.
    fn combine(isa: Isa, op: PairOp, a: &[Self], b: &[Self], y: &mut [Self]);
}

impl Arithmetic for f32 {
    fn combine(isa: Isa, op: PairOp, a: &[f32], b: &[f32], y: &mut [f32]) {
        floats(isa, op, a, b, y);
    }
}
impl Arithmetic for f64 {
    fn combine(isa: Isa, op: PairOp, a: &[f64], b: &[f64], y: &mut [f64]) {
        floats(isa, op, a, b, y);
    }
}
impl Arithmetic for i32 {
    fn combine(isa: Isa, op: PairOp, a: &[i32], b: &[i32], y: &mut [i32]) {
        match op {
            PairOp::And => bitwise!(a, b, y, &),
            PairOp::Or => bitwise!(a, b, y, |),
            PairOp::Xor => bitwise!(a, b, y, ^),
            _ => numbers(isa, op, a, b, y),
        }
    }
}
impl Arithmetic for i64 {
    fn combine(isa: Isa, op: PairOp, a: &[i64], b: &[i64], y: &mut [i64]) {
        match op {
            PairOp::And => bitwise!(a, b, y, &),
            PairOp::Or => bitwise!(a, b, y, |),
            PairOp::Xor => bitwise!(a, b, y, ^),
            _ => numbers(isa, op, a, b, y),
        }
    }
}

fn floats<F: Float>(isa: Isa, op: PairOp, a: &[F], b: &[F], y: &mut [F]) {
    match op {
        PairOp::Atan2 => map_pairs(a, b, y, |a, b| a.atan2(b)),
        _ => numbers(isa, op, a, b, y),
    }
}

fn numbers<C: Compute>(isa: Isa, op: PairOp, a: &[C], b: &[C], y: &mut [C]) {
    match op {
        PairOp::Pow => map_pairs(a, b, y, |a, b| a.pow(b)),
        PairOp::Rem => map_pairs(a, b, y, |a, b| a.rem(b)),
        PairOp::Fmod => map_pairs(a, b, y, |a, b| a.fmod(b)),
        PairOp::DivFloor => map_pairs(a, b, y, |a, b| a.div_floor(b)),
        _ => vectors(isa, op, a, b, y),
    }
}

multiversion! {
    fn vectors<C: Compute>(isa, op: PairOp, a: &[C], b: &[C], y: &mut [C]) {
        match op {
            PairOp::Add => map_pairs(a, b, y, |a, b| a.add(b)),
            PairOp::Sub => map_pairs(a, b, y, |a, b| a.sub(b)),
            PairOp::Mul => map_pairs(a, b, y, |a, b| a.mul(b)),
            PairOp::Div => map_pairs(a, b, y, |a, b| a.div(b)),
            PairOp::Maximum => map_pairs(a, b, y, |a, b| a.maximum(b)),
            PairOp::Minimum => map_pairs(a, b, y, |a, b| a.minimum(b)),
            _ => {}
        }
    }
}

multiversion! {
    /// y ← whether a and b compare so.
    pub(super) fn compare<C: Compute>(isa, op: PairOp, a: &[C], b: &[C], y: &mut [Bool]) {
        match op {
            PairOp::Eq => each(a, b, y, |a, b| a == b),
            PairOp::Ne => each(a, b, y, |a, b| a != b),
            PairOp::Lt => each(a, b, y, |a, b| a < b),
            PairOp::Le => each(a, b, y, |a, b| a <= b),
            // The other way round the same, NaN too.
            PairOp::Gt => each(b, a, y, |b, a| b < a),
            PairOp::Ge => each(b, a, y, |b, a| b <= a),
            _ => {}
        }
    }
}

#[inline(always)]
fn each<C: Compute>(a: &[C], b: &[C], y: &mut [Bool], f: impl Fn(C, C) -> bool) {
    for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
        *y = Bool::from(f(*a, *b));
    }
}
