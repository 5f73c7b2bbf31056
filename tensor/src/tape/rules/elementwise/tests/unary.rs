use castiron_kernels::unary::{Function, Kept};

use super::super::derivative::chain;
use super::{H, Vector, assert_near};
use crate::array::Array;
use crate::tape::Var;
use crate::{Tape, Tensor, Tracked, bf16, tensor};
use Function::*;

const FUNCTIONS: [Function; 68] = [
    Neg,
    Abs,
    Sign,
    Floor,
    Ceil,
    Round,
    Trunc,
    Frac,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sqrt,
    Rsqrt,
    Recip,
    Square,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Sigmoid,
    Relu,
    Relu6,
    LeakyRelu(0.1),
    LeakyRelu(-0.1),
    Elu(1.0),
    Elu(0.5),
    Gelu,
    GeluTanh,
    Silu,
    Softplus,
    Mish,
    LogSigmoid,
    Hardsigmoid,
    Hardswish,
    Erf,
    Erfc,
    AddScalar(1.5),
    MulScalar(-2.5),
    DivScalar(3.0),
    RsubScalar(2.0),
    RdivScalar(3.0),
    PowScalar(0.0),
    PowScalar(1.0),
    PowScalar(2.0),
    PowScalar(3.0),
    PowScalar(-1.0),
    PowScalar(-2.0),
    PowScalar(0.5),
    PowScalar(-0.5),
    PowScalar(2.7),
    PowScalar(5.0),
    RpowScalar(1.5),
    RpowScalar(0.0),
    RemScalar(1.7),
    Clamp { min: -1.0, max: 1.5 },
    Clamp { min: f64::NEG_INFINITY, max: 0.5 },
];

/// Points where the function is smooth.
fn points(f: Function) -> Vector<7> {
    match f {
        Log | Log2 | Log10 | Sqrt | Rsqrt | PowScalar(_) | Log1p | Recip | RdivScalar(_) | RpowScalar(_) => {
            Tensor::from([0.2, 0.6, 0.9, 1.3, 2.1, 3.4, 5.3])
        }
        Acosh => Tensor::from([1.2, 1.4, 1.9, 2.3, 3.1, 4.4, 6.3]),
        Asin | Acos | Atanh => Tensor::from([-0.85, -0.5, -0.1, 0.05, 0.3, 0.6, 0.8]),
        _ => Tensor::from([-4.2, -2.1, -0.7, 0.3, 1.1, 2.6, 6.6]),
    }
}

/// What the derivative follows from.
fn kept(f: Function, x: &Array) -> Option<Array> {
    match f.kept() {
        Kept::Nothing => None,
        Kept::Input => Some(x.clone()),
        Kept::Output => Some(x.unary(f)),
    }
}

fn fused(f: Function, x: &Vector<7>, dy: &Vector<7>) -> Vector<7> {
    let x = x.array();
    Tensor::from_var(Var::constant(Array::unary_backward(f, kept(f, &x).as_ref(), dy.array())))
}

fn apply<G: crate::tape::Grad>(
    f: Function,
    x: &Tensor<[f64; 7], crate::Cpu, G>,
) -> Tensor<[f64; 7], crate::Cpu, G> {
    Tensor::from_var(x.as_var().unary(f))
}

/// (g(x + h) − g(x − h)) / 2h
fn slope(g: impl Fn(&Vector<7>) -> Vector<7>, x: &Vector<7>) -> Vector<7> {
    (g(&(x + H)) - g(&(x - H))) / (2.0 * H)
}

#[test]
fn fused_kernels_equal_the_compositions() {
    let dy: Vector<7> = Tensor::from([1.0, -2.0, 0.5, 3.0, -0.25, 1.5, 2.0]);
    for f in FUNCTIONS {
        let x = points(f);
        let dy_var = Var::constant(dy.array());
        let kept = kept(f, &x.array()).map_or_else(|| dy_var.clone(), Var::constant);
        let composed: Vector<7> = Tensor::from_var(chain(f, &kept, &dy_var));
        let fused = fused(f, &x, &dy);
        assert_near(&*composed, &*fused, 1e-13, &format!("{f:?}"));
    }
}

#[test]
fn first_derivatives_are_those_of_finite_differences() {
    for f in FUNCTIONS {
        let (tape, x) = (Tape::new(), points(f));
        let on_tape = tape.watch(&x);
        let got = apply(f, &on_tape).sum().backward().unwrap().get(&on_tape);
        assert_near(&*got, &*slope(|x| apply(f, x), &x), 1e-7, &format!("{f:?}"));
    }
}

#[test]
fn second_derivatives_are_those_of_finite_differences() {
    let ones: Vector<7> = Tensor::from([1.0; 7]);
    for f in FUNCTIONS {
        let (tape, x) = (Tape::new(), points(f));
        let on_tape = tape.watch(&x);
        let first: Tensor<_, _, Tracked> =
            apply(f, &on_tape).sum().backward_create_graph().unwrap().get(&on_tape);
        assert_near(&*first, &*fused(f, &x, &ones), 1e-13, &format!("{f:?}, first"));
        let got = first.sum().backward().unwrap().get(&on_tape);
        assert_near(&*got, &*slope(|x| fused(f, x, &ones), &x), 1e-6, &format!("{f:?}, second"));
    }
}

#[test]
fn the_memory_of_a_gradient_is_used_again_only_if_nobody_else_has_it() {
    let tape = Tape::new();
    let x = tape.watch(&tensor![1.0, 2.0]);
    let y = &x * 3.0;
    let z = y.square();
    let gradients = z.sum().backward().unwrap();
    assert_eq!(gradients.get(&z), tensor![1.0, 1.0]);
    assert_eq!(gradients.get(&y), tensor![6.0, 12.0]);
    assert_eq!(gradients.get(&x), tensor![18.0, 36.0]);
}

#[test]
fn what_does_not_count_leaves_no_nan_behind() {
    // e¹⁰⁰⁰ is infinite, but x > 0 does not take it.
    let tape = Tape::new();
    let x = tape.watch(&tensor![1000.0, -1.0]);
    let first = x.elu(1.0).sum().backward_create_graph().unwrap().get(&x);
    assert_eq!(first, tensor![1.0, (-1f32).exp()]);
    assert_eq!(first.sum().backward().unwrap().get(&x), tensor![0.0, (-1f32).exp()]);
    // The infinite gradient of a clamped root.
    let x = tape.watch(&tensor![-1.0, 4.0]);
    assert_eq!(x.relu().sqrt().sum().backward().unwrap().get(&x), tensor![0.0, 0.25]);
}

#[test]
fn small_floats_have_gradients_of_their_own_type() {
    let tape = Tape::new();
    let x = tape.watch(&tensor![bf16; bf16::from_f32(1.5), bf16::from_f32(-2.0)]);
    let y = x.square().cast::<f32>();
    let got = y.sum().backward().unwrap().get(&x);
    assert_eq!(got, tensor![bf16; bf16::from_f32(3.0), bf16::from_f32(-4.0)]);
}
