//! Gradients, and gradients of gradients, against finite differences.

use castiron::{Tape, Tensor, bf16, tensor};

use crate::{Block, check, check_once, numbers};

fn x() -> Tensor<Block> {
    numbers(1)
}

#[test]
fn sums_and_means() {
    check(&x(), |x| x.sum_axes::<0, 2>());
    check(&x(), |x| x.square().sum_axis::<1>());
    check(&x(), |x| x.square().mean_axes::<0, 2>());
    check(&x(), |x| x.square().mean());
}

#[test]
fn products() {
    check(&x(), |x| x.prod());
    check(&x(), |x| x.prod_axis::<1>());
    check(&x(), |x| x.prod_axes::<0, 2>());
    check(&x(), |x| x.prod_keep_axes::<1, 2>());
    // The product of the others, which a division by zero would not give.
    check(&tensor![f64; [2.0, 0.0, -1.5], [0.0, 0.0, 3.0]], |x| x.prod_axis::<1>());
}

#[test]
fn spreads() {
    check(&x(), |x| x.var());
    check(&x(), |x| x.var_axes::<0, 2>());
    check(&x(), |x| x.var_correction_axis::<1>(0));
    check(&x(), |x| x.std());
    check(&x(), |x| x.std_keep::<2>());
    check(&x(), |x| x.std_correction_axes::<0, 1>(0));
}

#[test]
fn norms() {
    check(&x(), |x| x.norm());
    check(&x(), |x| x.norm_axes::<0, 2>());
    check_once(&x(), |x| x.norm_p_axis::<0>(1.0));
    check_once(&x(), |x| x.norm_p_axis::<1>(3.0));
    check_once(&x(), |x| x.norm_p_axes::<0, 2>(f64::INFINITY));
}

#[test]
fn exponentials() {
    check(&x(), |x| x.logsumexp());
    check(&x(), |x| x.logsumexp_axes::<0, 2>());
    check(&x(), |x| x.softmax::<1>());
    check(&x(), |x| x.softmax::<-1>());
    check(&x(), |x| x.log_softmax::<0>());
    check(&x(), |x| x.log_softmax::<2>());
}

#[test]
fn running() {
    check(&x(), |x| x.square().cumsum::<1>());
    check(&x(), |x| x.cumprod::<0>());
    check(&x(), |x| x.cumprod::<2>());
    // None, one, two and three zeros.
    let zeros =
        tensor![f64; [2.0, -1.0, 3.0, 0.5], [2.0, 0.0, 3.0, 4.0], [0.0, 5.0, 0.0, 6.0], [0.0, 0.0, 0.0, 1.0]];
    check(&zeros, |x| x.cumprod::<1>());
}

#[test]
fn extremes_and_order() {
    check_once(&x(), |x| x.max());
    check_once(&x(), |x| x.amin_axes::<0, 2>());
    check_once(&x(), |x| x.max_axis::<1>().0);
    check_once(&x(), |x| x.min_keep::<0>().0);
    check_once(&x(), |x| x.median_axis::<2>().0);
    check(&x(), |x| x.square().sort::<1>().0);
    check(&x(), |x| x.square().sort_descending::<0>().0);
    check(&x(), |x| x.square().topk::<2, 3>().0);
    check(&x(), |x| x.square().topk_smallest::<0, 1>().0);
}

/// In 16 bits the gradient is that of f32, rounded.
#[test]
fn halves() {
    let numbers = numbers::<[f64; 6]>(1).map(bf16::from_f64);
    let tape = Tape::new();
    let half = tape.watch(&Tensor::from(numbers));
    let wide = tape.watch(&Tensor::from(numbers.map(bf16::to_f32)));
    macro_rules! compare {
        ($x:ident: $($f:expr;)*) => { $({
            let $x = &wide;
            let want = $f.backward().expect("one tape").get($x);
            let $x = &half;
            let got = $f.backward().expect("one tape").get($x);
            for (got, want) in got.iter().map(|x| x.to_f32()).zip(want.iter()) {
                assert!((got - want).abs() <= 0.02 * want.abs() + 4e-3, "{}: {got} {want}", stringify!($f));
            }
        })* };
    }
    compare!(x:
        x.mean();
        x.var();
        x.std();
        x.norm();
        x.prod();
        x.max();
        x.logsumexp();
        x.softmax::<0>().amax();
        x.log_softmax::<0>().amin();
        x.cumprod::<0>().sum();
        x.cumsum::<0>().sum();
        x.sort::<0>().0.cumsum::<0>().sum();
    );
}
