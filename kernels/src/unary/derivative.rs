//! dx ← dy·f′.

use core::f64::consts::{LN_2, LN_10};

use super::Function;
use super::cpu::Bounds;
use super::curves::Curves;
use crate::Isa;
use crate::cpu::{map, map_pairs, multiversion};
use crate::element::Float;

/// dx ← dy·f′, or dx ← dx·f′ where dy is empty, from what [`Function::kept`] says.
pub(super) fn chain<F: Curves>(isa: Isa, function: Function, kept: &[F], dy: &[F], dx: &mut [F]) {
    use Function::*;
    match function {
        Sin | Cos | Sinh | Cosh | Elu(_) | Gelu | GeluTanh | Silu | Softplus | Mish | LogSigmoid | Erf
        | Erfc => F::slope(isa, function, kept, dy, dx),
        PowScalar(s) => power(s, kept, dy, dx),
        _ => quick(isa, function, kept, dy, dx),
    }
}

multiversion! {
    /// Those without elementary functions.
    fn quick<F: Float>(isa, function: Function, kept: &[F], dy: &[F], dx: &mut [F]) {
        let (number, one) = (F::from_f64, F::ONE);
        match function {
            Function::AddScalar(_) | Function::RemScalar(_) | Function::Frac => map(dy, dx, |dy| dy),
            Function::Neg | Function::RsubScalar(_) => map(dy, dx, |dy| dy.neg()),
            Function::MulScalar(s) => {
                let s = number(s);
                map(dy, dx, |dy| dy.mul(s))
            }
            Function::DivScalar(s) => {
                let s = number(s);
                map(dy, dx, |dy| dy.div(s))
            }
            Function::Exp => map_pairs(dy, kept, dx, |dy, y| dy.mul(y)),
            Function::Exp2 => {
                let s = number(LN_2);
                map_pairs(dy, kept, dx, |dy, y| dy.mul(y.mul(s)))
            }
            Function::RpowScalar(s) => {
                // The power of zero is zero all around.
                let s = if s == 0.0 { F::ZERO } else { number(s).ln() };
                map_pairs(dy, kept, dx, |dy, y| dy.mul(y.mul(s)))
            }
            Function::Expm1 => map_pairs(dy, kept, dx, |dy, y| dy.mul(y.add(one))),
            Function::Sqrt => map_pairs(dy, kept, dx, |dy, y| dy.div(y.add(y))),
            Function::Rsqrt => {
                let s = number(-0.5);
                map_pairs(dy, kept, dx, |dy, y| dy.mul(s.mul(y.mul(y).mul(y))))
            }
            Function::Recip => map_pairs(dy, kept, dx, |dy, y| dy.mul(y.mul(y)).neg()),
            Function::Tan => map_pairs(dy, kept, dx, |dy, y| dy.mul(one.add(y.mul(y)))),
            Function::Tanh => map_pairs(dy, kept, dx, |dy, y| dy.mul(one.sub(y.mul(y)))),
            Function::Sigmoid => map_pairs(dy, kept, dx, |dy, y| dy.mul(y.mul(one.sub(y)))),
            Function::Relu => map_pairs(dy, kept, dx, |dy, y| if y > F::ZERO { dy } else { F::ZERO }),
            Function::Relu6 => {
                let six = number(6.0);
                map_pairs(dy, kept, dx, |dy, y| if y > F::ZERO && y < six { dy } else { F::ZERO })
            }
            Function::LeakyRelu(slope) => {
                let slope = number(slope);
                map_pairs(dy, kept, dx, |dy, kept| if kept > F::ZERO { dy } else { dy.mul(slope) })
            }
            Function::Abs => map_pairs(dy, kept, dx, |dy, x| dy.mul(x.sign())),
            Function::Square => map_pairs(dy, kept, dx, |dy, x| dy.mul(x.add(x))),
            Function::RdivScalar(s) => {
                let s = number(-s);
                map_pairs(dy, kept, dx, |dy, x| dy.mul(s.div(x.mul(x))))
            }
            Function::Clamp { min, max } => {
                let (min, max) = (number(min), number(max));
                map_pairs(dy, kept, dx, |dy, x| if x > min && x < max { dy } else { F::ZERO })
            }
            Function::Log => map_pairs(dy, kept, dx, |dy, x| dy.div(x)),
            Function::Log2 => {
                let s = number(LN_2);
                map_pairs(dy, kept, dx, |dy, x| dy.div(x.mul(s)))
            }
            Function::Log10 => {
                let s = number(LN_10);
                map_pairs(dy, kept, dx, |dy, x| dy.div(x.mul(s)))
            }
            Function::Log1p => map_pairs(dy, kept, dx, |dy, x| dy.div(one.add(x))),
            // (1 − x)(1 + x), which is exact near ±1.
            Function::Asin => map_pairs(dy, kept, dx, |dy, x| dy.div(one.sub(x).mul(one.add(x)).sqrt())),
            Function::Acos => map_pairs(dy, kept, dx, |dy, x| dy.div(one.sub(x).mul(one.add(x)).sqrt()).neg()),
            Function::Atan => map_pairs(dy, kept, dx, |dy, x| dy.div(one.add(x.mul(x)))),
            Function::Asinh => map_pairs(dy, kept, dx, |dy, x| dy.div(one.add(x.mul(x)).sqrt())),
            Function::Acosh => map_pairs(dy, kept, dx, |dy, x| dy.div(x.sub(one).mul(x.add(one)).sqrt())),
            Function::Atanh => map_pairs(dy, kept, dx, |dy, x| dy.div(one.sub(x).mul(one.add(x)))),
            Function::Hardsigmoid => {
                let (three, six) = (number(3.0), number(6.0));
                map_pairs(dy, kept, dx, |dy, x| if x.abs() < three { dy.div(six) } else { F::ZERO })
            }
            Function::Hardswish => {
                let (three, half) = (number(3.0), number(0.5));
                map_pairs(dy, kept, dx, |dy, x| {
                    let inner = if x >= three { dy } else { dy.mul(x.div(three).add(half)) };
                    if x <= three.neg() { F::ZERO } else { inner }
                })
            }
            // Steps, and what is defined for integers alone.
            _ => map(dy, dx, |_| F::ZERO),
        }
    }
}

/// s·xˢ⁻¹; zero where s is, for x = 0 too.
fn power<F: Float>(s: f64, x: &[F], dy: &[F], dx: &mut [F]) {
    let (scale, less) = (F::from_f64(s), F::from_f64(s - 1.0));
    if s == 0.0 {
        map(dy, dx, |_| F::ZERO);
    } else if s == 1.0 {
        map(dy, dx, |dy| dy);
    } else if s == 2.0 {
        map_pairs(dy, x, dx, |dy, x| dy.mul(x.add(x)));
    } else if s == 3.0 {
        map_pairs(dy, x, dx, |dy, x| dy.mul(scale.mul(x.mul(x))));
    } else {
        map_pairs(dy, x, dx, |dy, x| dy.mul(scale.mul(x.pow(less))));
    }
}
