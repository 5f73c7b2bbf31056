//! Reductions, running sums, sorting, softmax and losses: values against plain loops in f64, gradients and gradients of
//! gradients against finite differences, and what happens at ties, zeros, infinities, NaN and where there is nothing.

mod edges;
mod gradients;
mod losses;
mod order;
mod values;

use castiron::{Cpu, Rank3, Shape, Tape, Tensor, Tracked, flat, flat_mut};

/// The shape of most tests.
pub type Block = Rank3<2, 3, 4, f64>;
/// On a tape.
pub type Taped<S> = Tensor<S, Cpu, Tracked>;

/// Numbers without ties or pattern, about between −2 and 2, none near zero.
pub fn numbers<S: Shape<Elem = f64>>(seed: usize) -> Tensor<S> {
    let mut x = Tensor::<S>::zeros();
    for (i, x) in flat_mut(&mut *x).iter_mut().enumerate() {
        let k = (i + 1) * 7919 + seed * 104_729;
        *x = ((k % 1999) as f64 + 211.0) / 1100.0 * if k.is_multiple_of(3) { -1.0 } else { 1.0 };
    }
    x
}

/// Asserts that all numbers are as close as `tolerance` says, relatively or absolutely; NaN equals NaN.
#[track_caller]
pub fn close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let same = g == w || g.is_nan() && w.is_nan();
        assert!(same || (g - w).abs() <= tolerance * w.abs().max(1.0), "{i}: got {g}, want {w}");
    }
}

/// d(Σ w·f)/dx by the tape.
fn gradient<S, T>(x: &Tensor<S>, w: &Tensor<T>, f: &impl Fn(&Taped<S>) -> Taped<T>) -> Tensor<S>
where
    S: Shape<Elem = f64>,
    T: Shape<Elem = f64>,
{
    let tape = Tape::new();
    let x = tape.watch(x);
    f(&x).backward_with(w).expect("one tape").get(&x)
}

/// What `f` says of each element, moved up and down by `H`, as a central difference.
fn differences<S: Shape<Elem = f64>>(x: &Tensor<S>, f: impl Fn(&Tensor<S>) -> f64) -> Vec<f64> {
    const H: f64 = 1e-5;
    (0..S::LEN)
        .map(|i| {
            let moved = |by: f64| {
                let mut x = x.clone();
                flat_mut(&mut *x)[i] += by;
                f(&x)
            };
            (moved(H) - moved(-H)) / (2.0 * H)
        })
        .collect()
}

fn dot<S: Shape<Elem = f64>>(a: &S, b: &S) -> f64 {
    flat(a).iter().zip(flat(b)).map(|(a, b)| a * b).sum()
}

/// The gradient of `f` at `x`, weighted so that no two of its numbers count alike, against finite differences.
#[track_caller]
pub fn check_once<S, T>(x: &Tensor<S>, f: impl Fn(&Taped<S>) -> Taped<T>)
where
    S: Shape<Elem = f64>,
    T: Shape<Elem = f64>,
{
    let w = numbers::<T>(5);
    let value = |x: &Tensor<S>| dot(&*f(&Tape::new().watch(x)), &*w);
    close(flat(&*gradient(x, &w, &f)), &differences(x, value), 1e-7);
}

/// [`check_once`], and the gradient of the gradient.
#[track_caller]
pub fn check<S, T>(x: &Tensor<S>, f: impl Fn(&Taped<S>) -> Taped<T>)
where
    S: Shape<Elem = f64>,
    T: Shape<Elem = f64>,
{
    check_once(x, &f);
    let (w, v) = (numbers::<T>(5), numbers::<S>(8));
    let tape = Tape::new();
    let watched = tape.watch(x);
    let y = (f(&watched) * &w).sum();
    let dx = y.backward_create_graph().expect("one tape").get(&watched);
    close(flat(&*dx), flat(&*gradient(x, &w, &f)), 1e-12);
    let ddx = (dx * &v).sum().backward().expect("kept").get(&watched);
    let value = |x: &Tensor<S>| dot(&*gradient(x, &w, &f), &*v);
    close(flat(&*ddx), &differences(x, value), 1e-7);
}
