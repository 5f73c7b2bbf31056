//! The elementary functions: vectorised for f32, one by one for f64.

use core::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::Function;
use super::cpu::Bounds;
use crate::Isa;
use crate::cpu::{map, map_pairs, multiversion};
use crate::element::Float;

/// The loops over elementary functions.
pub(super) trait Curves: Float {
    /// y ← f(x), or y ← f(y) where x is empty.
    fn curve(isa: Isa, function: Function, x: &[Self], y: &mut [Self]);
    /// dx ← dy·f′(x), or dx ← dx·f′(x) where dy is empty.
    fn slope(isa: Isa, function: Function, x: &[Self], dy: &[Self], dx: &mut [Self]);
}
impl Curves for f32 {
    fn curve(isa: Isa, function: Function, x: &[f32], y: &mut [f32]) {
        match function {
            Function::PowScalar(_) | Function::RpowScalar(_) | Function::RemScalar(_) => {
                calls(function, x, y)
            }
            _ => curve_vectors(isa, function, x, y),
        }
    }
    fn slope(isa: Isa, function: Function, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        slope_vectors(isa, function, x, dy, dx);
    }
}
impl Curves for f64 {
    fn curve(_: Isa, function: Function, x: &[f64], y: &mut [f64]) {
        match function {
            Function::PowScalar(_) | Function::RpowScalar(_) | Function::RemScalar(_) => {
                calls(function, x, y)
            }
            _ => curves(function, x, y),
        }
    }
    fn slope(_: Isa, function: Function, x: &[f64], dy: &[f64], dx: &mut [f64]) {
        slopes(function, x, dy, dx);
    }
}

multiversion! {
    fn curve_vectors(isa, function: Function, x: &[f32], y: &mut [f32]) {
        curves(function, x, y)
    }
}

multiversion! {
    fn slope_vectors(isa, function: Function, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        slopes(function, x, dy, dx)
    }
}

/// y ← f(x), in blocks where these are vectors.
#[inline(always)]
fn each<F: Float>(x: &[F], y: &mut [F], f: impl Fn(F) -> F) {
    if F::VECTORS { map(x, y, f) } else { one_by_one(x, y, f) }
}

/// dx ← f(dy, x), likewise.
#[inline(always)]
fn each_pair<F: Float>(dy: &[F], x: &[F], dx: &mut [F], f: impl Fn(F, F) -> F) {
    if F::VECTORS {
        map_pairs(dy, x, dx, f);
    } else {
        for (i, (dx, x)) in dx.iter_mut().zip(x).enumerate() {
            *dx = f(*dy.get(i).unwrap_or(dx), *x);
        }
    }
}

#[inline(always)]
fn one_by_one<F: Float>(x: &[F], y: &mut [F], f: impl Fn(F) -> F) {
    for (i, y) in y.iter_mut().enumerate() {
        *y = f(*x.get(i).unwrap_or(y));
    }
}

/// Functions that are calls for all types.
fn calls<F: Float>(function: Function, x: &[F], y: &mut [F]) {
    match function {
        Function::PowScalar(s) => {
            let s = F::from_f64(s);
            one_by_one(x, y, |x| x.pow(s))
        }
        Function::RpowScalar(s) => {
            let s = F::from_f64(s);
            one_by_one(x, y, |x| s.pow(x))
        }
        Function::RemScalar(s) => {
            let s = F::from_f64(s);
            one_by_one(x, y, |x| x.rem(s))
        }
        _ => {}
    }
}

/// Functions of angles, of which only those that are near are vectorised.
#[inline(always)]
fn turns<F: Float>(function: Function, x: &[F], y: &mut [F]) {
    if (if x.is_empty() { &*y } else { x }).iter().fold(true, |all, x| all & x.is_near()) {
        match function {
            Function::Sin => each(x, y, F::near_sin),
            Function::Cos => each(x, y, F::near_cos),
            _ => each(x, y, F::near_tan),
        }
    } else {
        match function {
            Function::Sin => one_by_one(x, y, F::sin),
            Function::Cos => one_by_one(x, y, F::cos),
            _ => one_by_one(x, y, F::tan),
        }
    }
}

// Named functions rather than closures of them: those that are long would not be inlined, and so not vectorised.
#[inline(always)]
fn curves<F: Float>(function: Function, x: &[F], y: &mut [F]) {
    match function {
        Function::Exp => each(x, y, F::exp),
        Function::Exp2 => each(x, y, F::exp2),
        Function::Expm1 => each(x, y, F::exp_m1),
        Function::Log => each(x, y, F::ln),
        Function::Log2 => each(x, y, F::log2),
        Function::Log10 => each(x, y, F::log10),
        Function::Log1p => each(x, y, F::ln_1p),
        Function::Sin | Function::Cos | Function::Tan => turns(function, x, y),
        Function::Asin => each(x, y, F::asin),
        Function::Acos => each(x, y, F::acos),
        Function::Atan => each(x, y, F::atan),
        Function::Sinh => each(x, y, F::sinh),
        Function::Cosh => each(x, y, F::cosh),
        Function::Tanh => each(x, y, F::tanh),
        Function::Asinh => each(x, y, F::asinh),
        Function::Acosh => each(x, y, F::acosh),
        Function::Atanh => each(x, y, F::atanh),
        Function::Erf => each(x, y, F::erf),
        Function::Erfc => each(x, y, F::erfc),
        Function::Sigmoid => each(x, y, F::sigmoid),
        Function::Silu => each(x, y, |x| x.mul(x.sigmoid())),
        Function::Softplus => each(x, y, F::softplus),
        Function::LogSigmoid => each(x, y, log_sigmoid),
        Function::Mish => each(x, y, |x| x.mul(tanh_of_softplus(x))),
        Function::Elu(alpha) => {
            let alpha = F::from_f64(alpha);
            each(x, y, |x| if x > F::ZERO { x } else { alpha.mul(x.exp_m1()) })
        }
        Function::Gelu => each(x, y, F::gelu),
        // (1 + tanh u)/2 = σ(2u), which does not cancel to the left.
        Function::GeluTanh => each(x, y, |x| x.mul(double(gelu_inner(x)).sigmoid())),
        _ => {}
    }
}

#[inline(always)]
fn slopes<F: Float>(function: Function, x: &[F], dy: &[F], dx: &mut [F]) {
    let (number, one) = (F::from_f64, F::ONE);
    match function {
        Function::Sin | Function::Cos => {
            let cos = matches!(function, Function::Sin);
            if x.iter().fold(true, |all, x| all & x.is_near()) {
                if cos {
                    each_pair(dy, x, dx, |dy, x| dy.mul(x.near_cos()))
                } else {
                    each_pair(dy, x, dx, |dy, x| dy.mul(x.near_sin()).neg())
                }
            } else {
                for (i, (dx, x)) in dx.iter_mut().zip(x).enumerate() {
                    *dx = dy.get(i).unwrap_or(dx).mul(if cos { x.cos() } else { x.sin().neg() });
                }
            }
        }
        Function::Sinh => each_pair(dy, x, dx, |dy, x| dy.mul(x.cosh())),
        Function::Cosh => each_pair(dy, x, dx, |dy, x| dy.mul(x.sinh())),
        Function::Elu(alpha) => {
            let alpha = number(alpha);
            each_pair(dy, x, dx, |dy, x| if x > F::ZERO { dy } else { dy.mul(alpha.mul(x.exp())) })
        }
        Function::Gelu => each_pair(dy, x, dx, |dy, x| dy.mul(x.gelu_derivative())),
        Function::GeluTanh => {
            let (scale, cubic) = (number(GELU_SCALE), number(3.0 * GELU_CUBIC));
            each_pair(dy, x, dx, |dy, x| {
                let s = double(gelu_inner(x)).sigmoid();
                let inner = double(scale.mul(one.add(cubic.mul(x.mul(x)))));
                dy.mul(s.add(x.mul(s.mul(one.sub(s))).mul(inner)))
            })
        }
        Function::Silu => each_pair(dy, x, dx, |dy, x| {
            let s = x.sigmoid();
            dy.mul(s.mul(one.add(x.mul(one.sub(s)))))
        }),
        Function::Softplus => each_pair(dy, x, dx, |dy, x| dy.mul(x.sigmoid())),
        Function::LogSigmoid => each_pair(dy, x, dx, |dy, x| dy.mul(x.neg().sigmoid())),
        Function::Mish => each_pair(dy, x, dx, |dy, x| {
            let t = tanh_of_softplus(x);
            dy.mul(t.add(x.mul(x.sigmoid()).mul(one.sub(t.mul(t)))))
        }),
        Function::Erf | Function::Erfc => {
            let erf = matches!(function, Function::Erf);
            let scale = number(if erf { FRAC_2_SQRT_PI } else { -FRAC_2_SQRT_PI });
            each_pair(dy, x, dx, |dy, x| dy.mul(scale.mul(x.mul(x).neg().exp())))
        }
        _ => {}
    }
}

/// −ln(1 + e⁻ˣ)
#[inline(always)]
fn log_sigmoid<F: Float>(x: F) -> F {
    // A difference: far to the right it is zero, not minus zero.
    F::ZERO.sub(x.neg().softplus())
}

/// tanh ln(1 + eˣ) = n/(n + 2) with n = eˣ·(eˣ + 2)
#[inline(always)]
fn tanh_of_softplus<F: Float>(x: F) -> F {
    let two = F::from_f64(2.0);
    // From here on it is 1, and n does not overflow.
    let e = x.at_most(F::from_f64(20.0)).exp();
    let n = e.mul(e.add(two));
    n.div(n.add(two))
}

/// √(2/π)
const GELU_SCALE: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
const GELU_CUBIC: f64 = 0.044_715;

/// √(2/π)·(x + 0.044715·x³)
#[inline(always)]
fn gelu_inner<F: Float>(x: F) -> F {
    F::from_f64(GELU_SCALE).mul(x.add(F::from_f64(GELU_CUBIC).mul(x.mul(x).mul(x))))
}

#[inline(always)]
fn double<F: Float>(x: F) -> F {
    x.add(x)
}
