//! Ties, zeros, infinities, NaN, and nothing at all.

use castiron::{Shape, Tape, Tensor, flat, tensor};

use crate::{Taped, close};

fn gradient<S: Shape<Elem = f64>>(x: &Tensor<S>, f: impl Fn(&Taped<S>) -> Taped<f64>) -> Tensor<S> {
    let tape = Tape::new();
    let x = tape.watch(x);
    f(&x).backward().expect("one tape").get(&x)
}

#[test]
fn ties_share_or_the_first_has_all() {
    let x = tensor![f64; [1.0, 3.0, 3.0], [2.0, 2.0, 2.0]];
    assert_eq!(gradient(&x, |x| x.max()), tensor![f64; [0.0, 0.5, 0.5], [0.0, 0.0, 0.0]]);
    assert_eq!(gradient(&x, |x| x.min()), tensor![f64; [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]);
    let third = 1.0 / 3.0;
    assert_eq!(
        gradient(&x, |x| x.amax_axis::<1>().sum()),
        tensor![f64; [0.0, 0.5, 0.5], [third, third, third]]
    );
    assert_eq!(gradient(&x, |x| x.max_axis::<1>().0.sum()), tensor![f64; [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]);
    assert_eq!(
        gradient(&x, |x| x.norm_p_axis::<1>(f64::INFINITY).sum()),
        tensor![f64; [0.0, 0.5, 0.5], [third, third, third]]
    );
    assert_eq!((*x.argmax(), *x.argmin_axis::<0>()), (1, [0, 1, 1]));
}

#[test]
fn nan_is_the_greatest_and_the_least() {
    let x = tensor![f64; [1.0, f64::NAN, 3.0], [4.0, 2.0, 2.0]];
    assert!(x.max().is_nan() && x.min().is_nan() && x.median().is_nan());
    assert!(x.sum().is_nan() && x.mean().is_nan() && x.std().is_nan() && x.logsumexp().is_nan());
    assert_eq!((*x.argmax(), *x.argmin()), (1, 1));
    let (values, indices) = x.max_axis::<1>();
    assert!(values[0].is_nan() && values[1] == 4.0 && *indices == [1, 0]);
    let (values, indices) = x.median_axis::<1>();
    assert!(values[0].is_nan() && values[1] == 2.0 && *indices == [1, 2]);
    assert_eq!(gradient(&x, |x| x.max())[0], [0.0, 1.0, 0.0]);
    let (sorted, _) = x.sort::<1>();
    assert!(sorted[0][..2] == [1.0, 3.0] && sorted[0][2].is_nan());
    assert!(x.sort_descending::<1>().0[0][0].is_nan());
    let p = x.softmax::<1>();
    assert!(p[0].iter().all(|p| p.is_nan()) && p[1].iter().all(|p| p.is_finite()));
    assert_eq!(x.any_axis::<1>().map(|any| any.get()), [true, true]);
}

#[test]
fn zeros_have_no_direction() {
    let x = tensor![f64; [0.0, 0.0], [3.0, 4.0]];
    let want = tensor![f64; [0.0, 0.0], [0.6, 0.8]];
    close(flat(&*gradient(&x, |x| x.norm_axis::<1>().sum())), flat(&*want), 1e-15);
    close(flat(&*gradient(&x, |x| x.norm_p_axis::<1>(1.0).sum()))[..2].as_ref(), &[0.0, 0.0], 0.0);
    close(flat(&*gradient(&x, |x| x.norm_p_axis::<1>(1.5).sum()))[..2].as_ref(), &[0.0, 0.0], 0.0);
    let constant = tensor![f64; 2.0, 2.0];
    assert_eq!((*constant.std(), gradient(&constant, |x| x.std())), (0.0, tensor![f64; 0.0, 0.0]));
    // One number has no variance that could be estimated.
    assert!(tensor![f64; 2.0].var().is_nan() && *tensor![f64; 2.0].var_correction(0) == 0.0);
    assert_eq!(*tensor![f64; 0.0, 2.0, -1.0].norm_p(0.0), 2.0);
}

#[test]
fn infinities() {
    let low = f64::NEG_INFINITY;
    let x = tensor![f64; [low, low], [f64::INFINITY, 0.0], [1000.0, 1000.0], [-1000.0, low]];
    let y = x.logsumexp_axis::<1>();
    close(&*y, &[low, f64::INFINITY, 1000.0 + 2.0_f64.ln(), -1000.0], 1e-15);
    let dx = gradient(&x, |x| x.logsumexp_axis::<1>().sum());
    assert_eq!((dx[0], dx[3]), ([0.0, 0.0], [1.0, 0.0]));
    // y itself has no more digits than that.
    close(&dx[2], &[0.5, 0.5], 1e-13);
    let p = x.softmax::<1>();
    assert_eq!((p[2], p[3]), ([0.5, 0.5], [1.0, 0.0]));
}

#[test]
fn equal_elements_stay_in_order() {
    let x = tensor![f64; 2.0, 1.0, 2.0, 1.0];
    assert_eq!(*x.argsort::<0>(), [1, 3, 0, 2]);
    assert_eq!(*x.argsort_descending::<0>(), [0, 2, 1, 3]);
}

#[test]
fn nothing() {
    let x = Tensor::<[[f64; 3]; 0]>::zeros();
    assert_eq!((*x.sum(), *x.prod(), *x.norm(), *x.logsumexp()), (0.0, 1.0, 0.0, f64::NEG_INFINITY));
    assert_eq!(*x.norm_p(f64::INFINITY), 0.0);
    assert!(x.mean().is_nan() && x.var().is_nan() && x.std().is_nan());
    assert_eq!((*x.sum_axis::<0>(), *x.prod_axis::<0>()), ([0.0; 3], [1.0; 3]));
    assert!(x.mean_axis::<0>().iter().all(|x| x.is_nan()));
    assert!(!x.any().get() && x.all().get());
    assert_eq!(*x.logsumexp_axis::<0>(), [f64::NEG_INFINITY; 3]);
    // The other axis is not empty.
    assert!(x.amax_axis::<1>().is_empty());
    assert_eq!((x.softmax::<0>(), x.softmax::<1>()), (x.clone(), x.clone()));
    assert_eq!((x.cumsum::<0>(), x.cumprod::<1>(), x.sort::<0>().0), (x.clone(), x.clone(), x.clone()));
    let between = Tensor::<[[[f64; 2]; 3]; 0]>::zeros();
    assert_eq!(*between.sum_axes::<0, 2>(), [0.0; 3]);
    assert_eq!(*between.prod_axes::<0, 2>(), [1.0; 3]);
    assert_eq!(gradient(&x, |x| x.sum()), x);
    assert_eq!(gradient(&x, |x| x.prod()), x);
    assert_eq!(gradient(&x, |x| x.logsumexp()), x);
    assert_eq!(gradient(&x, |x| x.mse_loss(x)), x);
    let none = Tensor::<[i64; 0]>::zeros();
    assert!(x.cross_entropy(&none).is_ok_and(|loss| loss.is_nan()));
}
