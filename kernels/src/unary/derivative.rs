//! dx ← dy·f′.

use core::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LN_2, LN_10};

use super::Function;
use super::cpu::{Bounds, Curves};
use crate::Isa;
use crate::cpu::{map, map_pairs, multiversion};
use crate::element::Float;

/// dx ← dy·f′, or dx ← dx·f′ where dy is empty, from what [`Function::kept`] says.
pub(super) fn chain<F: Float>(isa: Isa, function: Function, kept: &[F], dy: &[F], dx: &mut [F]) {
    use Function::*;
    match function {
        Sin | Cos | Sinh | Cosh | Elu(_) | Gelu | GeluTanh | Silu | Softplus | Mish | LogSigmoid | Erf
        | Erfc => from_input(function, kept, dy, dx),
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

fn from_input<F: Float>(function: Function, x: &[F], dy: &[F], dx: &mut [F]) {
    let (number, one) = (F::from_f64, F::ONE);
    let (half, root) = (number(0.5), number(FRAC_1_SQRT_2));
    match function {
        Function::Sin => map_pairs(dy, x, dx, |dy, x| dy.mul(x.cos())),
        Function::Cos => map_pairs(dy, x, dx, |dy, x| dy.mul(x.sin()).neg()),
        Function::Sinh => map_pairs(dy, x, dx, |dy, x| dy.mul(x.cosh())),
        Function::Cosh => map_pairs(dy, x, dx, |dy, x| dy.mul(x.sinh())),
        Function::Elu(alpha) => {
            let alpha = number(alpha);
            map_pairs(dy, x, dx, |dy, x| if x > F::ZERO { dy } else { dy.mul(alpha.mul(x.exp())) })
        }
        Function::Gelu => {
            // The density of the normal distribution: 1/√(2π) = (2/√π)·(1/√2)/2.
            let density = number(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
            map_pairs(dy, x, dx, |dy, x| {
                let density = density.mul(half.neg().mul(x).mul(x).exp());
                dy.mul(half.mul(one.add(x.mul(root).erf())).add(x.mul(density)))
            })
        }
        Function::GeluTanh => {
            let (scale, cubic) = (number(GELU_SCALE), number(3.0 * GELU_CUBIC));
            map_pairs(dy, x, dx, |dy, x| {
                let t = gelu_inner(x).tanh();
                let inner = scale.mul(one.add(cubic.mul(x.mul(x))));
                dy.mul(half.mul(one.add(t)).add(half.mul(x).mul(one.sub(t.mul(t))).mul(inner)))
            })
        }
        Function::Silu => map_pairs(dy, x, dx, |dy, x| {
            let s = x.sigmoid();
            dy.mul(s.mul(one.add(x.mul(one.sub(s)))))
        }),
        Function::Softplus => map_pairs(dy, x, dx, |dy, x| dy.mul(x.sigmoid())),
        Function::LogSigmoid => map_pairs(dy, x, dx, |dy, x| dy.mul(x.neg().sigmoid())),
        Function::Mish => map_pairs(dy, x, dx, |dy, x| {
            let t = x.softplus().tanh();
            dy.mul(t.add(x.mul(x.sigmoid()).mul(one.sub(t.mul(t)))))
        }),
        Function::Erf | Function::Erfc => {
            let erf = matches!(function, Function::Erf);
            let scale = number(if erf { FRAC_2_SQRT_PI } else { -FRAC_2_SQRT_PI });
            map_pairs(dy, x, dx, |dy, x| dy.mul(scale.mul(x.mul(x).neg().exp())))
        }
        _ => {}
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

/// √(2/π)
const GELU_SCALE: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
const GELU_CUBIC: f64 = 0.044_715;

/// √(2/π)·(x + 0.044715·x³)
#[inline(always)]
pub(super) fn gelu_inner<F: Float>(x: F) -> F {
    F::from_f64(GELU_SCALE).mul(x.add(F::from_f64(GELU_CUBIC).mul(x.mul(x).mul(x))))
}
