//! For tests: gradients of first and second order, against central differences.

use crate::tape::Tracked;
use crate::{Cpu, Shape, Tape, Tensor, flat, flat_mut};

type Number = Tensor<f64, Cpu, Tracked>;

/// Σ y²: what gives even a linear operation a second derivative.
pub(super) fn squares<S: Shape<Elem = f64>>(y: &Tensor<S, Cpu, Tracked>) -> Number {
    Tensor::from_var(y.as_var().times(&y.as_var()).sum())
}

/// Checks the gradient of `f` at `x`, and that of ⟨gradient, v⟩ for a random v.
pub(super) fn check<S: Shape<Elem = f64>>(x: &Tensor<S>, f: impl Fn(&Tensor<S, Cpu, Tracked>) -> Number) {
    let v = Tensor::<S>::randn(1);
    let slope = |x: &Tensor<S, Cpu, Tracked>| -> Number {
        let dx = f(x).backward_create_graph().unwrap().get(x);
        Tensor::from_var(dx.as_var().times(&v.as_var()).sum())
    };
    compare(x, &f);
    compare(x, &slope);
}

fn compare<S: Shape<Elem = f64>>(x: &Tensor<S>, f: &dyn Fn(&Tensor<S, Cpu, Tracked>) -> Number) {
    let tape = Tape::new();
    let tracked = tape.watch(x);
    let got = f(&tracked).backward().unwrap().get(&tracked);
    assert!(flat(&*got).iter().any(|x| *x != 0.0), "a gradient of zeros shows nothing");
    for i in 0..S::LEN {
        let at = |by: f64| {
            let mut x = x.clone();
            flat_mut(&mut *x)[i] += by;
            *f(&Tape::new().watch(&x))
        };
        let h = 1e-4;
        let want = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        let got = flat(&*got)[i];
        assert!((got - want).abs() <= 1e-7 * (1.0 + want.abs()), "{i}: got {got}, by differences {want}");
    }
}
