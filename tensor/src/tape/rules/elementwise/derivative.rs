//! The derivative of every function of one number, in operations that have derivatives themselves.

use core::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LN_2, LN_10};

use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use crate::tape::Var;

/// √(2/π)
const GELU_SCALE: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
const GELU_CUBIC: f64 = 0.044_715;

/// dy·f′, given of x and y = f(x) the one that [`Function::kept`] names. The fused kernel is tested against this.
///
/// What is zero is chosen, not multiplied: infinite gradients of what does not count must not become NaN.
pub(super) fn chain(f: Function, kept: &Var, dy: &Var) -> Var {
    use Function::*;
    let (x, y) = (kept, kept);
    let apply = |f: Function| x.unary(f);
    match f {
        Neg | RsubScalar(_) => dy.neg(),
        AddScalar(_) | RemScalar(_) | Frac => dy.clone(),
        MulScalar(s) => dy.scale(s),
        DivScalar(s) => dy.unary(DivScalar(s)),
        RdivScalar(s) => dy.times(&x.square().unary(RdivScalar(-s))),
        Abs => dy.times(&apply(Sign)),
        Square => dy.times(&x.scale(2.0)),
        Exp => dy.times(y),
        Exp2 => dy.times(&y.scale(LN_2)),
        Expm1 => dy.times(&y.shift(1.0)),
        Log => dy.over(x),
        Log2 => dy.over(&x.scale(LN_2)),
        Log10 => dy.over(&x.scale(LN_10)),
        Log1p => dy.over(&x.shift(1.0)),
        Sqrt => dy.over(&y.scale(2.0)),
        Rsqrt => dy.times(&y.unary(PowScalar(3.0)).scale(-0.5)),
        Recip => dy.times(&y.square()).neg(),
        Sin => dy.times(&apply(Cos)),
        Cos => dy.times(&apply(Sin)).neg(),
        Tan => dy.times(&y.square().shift(1.0)),
        // (1 − x)(1 + x) is exact near ±1.
        Asin => dy.over(&apply(RsubScalar(1.0)).times(&x.shift(1.0)).unary(Sqrt)),
        Acos => dy.over(&apply(RsubScalar(1.0)).times(&x.shift(1.0)).unary(Sqrt)).neg(),
        Atan => dy.over(&x.square().shift(1.0)),
        Sinh => dy.times(&apply(Cosh)),
        Cosh => dy.times(&apply(Sinh)),
        Tanh => dy.times(&y.square().unary(RsubScalar(1.0))),
        Asinh => dy.over(&x.square().shift(1.0).unary(Sqrt)),
        Acosh => dy.over(&x.shift(-1.0).times(&x.shift(1.0)).unary(Sqrt)),
        Atanh => dy.over(&apply(RsubScalar(1.0)).times(&x.shift(1.0))),
        Erf => dy.times(&x.square().neg().unary(Exp).scale(FRAC_2_SQRT_PI)),
        Erfc => dy.times(&x.square().neg().unary(Exp).scale(-FRAC_2_SQRT_PI)),
        PowScalar(s) => power(s, x, dy),
        // The power of zero is zero all around.
        RpowScalar(s) => dy.times(&y.scale(if s == 0.0 { 0.0 } else { s.ln() })),
        Sigmoid | Relu | Relu6 | LeakyRelu(_) | Elu(_) | Gelu | GeluTanh | Silu | Softplus | Mish
        | LogSigmoid | Hardsigmoid | Hardswish => activation(f, kept, dy),
        Clamp { min, max } => within(x, min, max, dy),
        // Steps, and what there is of integers and booleans alone.
        Sign | Floor | Ceil | Round | Trunc => dy.zeros_like(),
        AddInt(_) | MulInt(_) | RsubInt(_) | DivInt(_) | RemInt(_) | PowInt(_) => dy.zeros_like(),
        ClampInt { .. } | LogicalNot => dy.zeros_like(),
    }
}

/// dy·s·xˢ⁻¹; zero where s is, for x = 0 too.
fn power(s: f64, x: &Var, dy: &Var) -> Var {
    if s == 0.0 {
        dy.zeros_like()
    } else if s == 1.0 {
        dy.clone()
    } else if s == 2.0 {
        dy.times(&x.scale(2.0))
    } else {
        dy.times(&x.unary(Function::PowScalar(s - 1.0)).scale(s))
    }
}

/// The functions between the layers of networks.
fn activation(f: Function, kept: &Var, dy: &Var) -> Var {
    use Function::*;
    let (x, y) = (kept, kept);
    let positive = || kept.compare_number(PairOp::Gt, 0.0);
    match f {
        Sigmoid => dy.times(&y.times(&y.unary(RsubScalar(1.0)))),
        Relu => Var::select(&positive(), dy, &dy.number(0.0)),
        Relu6 => within(y, 0.0, 6.0, dy),
        LeakyRelu(slope) => Var::select(&positive(), dy, &dy.scale(slope)),
        Elu(alpha) => {
            let positive = positive();
            // Of what does not count the exponential is not taken, lest it overflow.
            let negative = Var::select(&positive, &x.number(0.0), x);
            Var::select(&positive, dy, &dy.times(&negative.unary(Exp).scale(alpha)))
        }
        Gelu => {
            let normal = x.scale(FRAC_1_SQRT_2).unary(Erf).shift(1.0).scale(0.5);
            let density = x.square().scale(-0.5).unary(Exp).scale(0.5 * GELU_SCALE);
            dy.times(&normal.plus(x.times(&density)))
        }
        GeluTanh => {
            let cubic = x.square().scale(GELU_CUBIC);
            let t = x.times(&cubic.shift(1.0)).scale(GELU_SCALE).unary(Tanh);
            let inner = cubic.scale(3.0).shift(1.0).scale(GELU_SCALE);
            let slope = x.times(&t.square().unary(RsubScalar(1.0))).times(&inner);
            dy.times(&t.shift(1.0).plus(slope).scale(0.5))
        }
        Silu => {
            let s = x.unary(Sigmoid);
            dy.times(&s.times(&x.times(&s.unary(RsubScalar(1.0))).shift(1.0)))
        }
        Softplus => dy.times(&x.unary(Sigmoid)),
        LogSigmoid => dy.times(&x.neg().unary(Sigmoid)),
        Mish => {
            let t = x.unary(Softplus).unary(Tanh);
            let slope = x.times(&x.unary(Sigmoid)).times(&t.square().unary(RsubScalar(1.0)));
            dy.times(&t.plus(slope))
        }
        Hardsigmoid => within(x, -3.0, 3.0, &dy.unary(DivScalar(6.0))),
        Hardswish => {
            let slope = dy.times(&x.unary(DivScalar(3.0)).shift(0.5));
            let inner = Var::select(&x.compare_number(PairOp::Ge, 3.0), dy, &slope);
            Var::select(&x.compare_number(PairOp::Le, -3.0), &dy.number(0.0), &inner)
        }
        other => unreachable!("{other:?} is not one of them"),
    }
}

/// dy where min < x < max, else 0.
fn within(x: &Var, min: f64, max: f64, dy: &Var) -> Var {
    let above = x.compare_number(PairOp::Gt, min);
    let inside = above.compare(PairOp::And, &x.compare_number(PairOp::Lt, max));
    Var::select(&inside, dy, &dy.number(0.0))
}
