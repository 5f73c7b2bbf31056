//! Losses against plain loops, and their gradients.

use castiron::{Cpu, Error, Fault, Tensor, Tracked, flat, tensor};

use crate::{Taped, check, check_once, close, numbers};

type Logits = [[f64; 4]; 3];

fn logits() -> Tensor<Logits> {
    numbers(3)
}

fn negative_log(x: &[f64; 4], label: usize) -> f64 {
    x.iter().map(|x| x.exp()).sum::<f64>().ln() - x[label]
}

#[test]
fn regression() {
    let (x, t) = (logits(), numbers::<Logits>(9));
    let pairs = || flat(&*x).iter().zip(flat(&*t));
    close(&[*x.mse_loss(&t)], &[pairs().map(|(x, t)| (x - t).powi(2)).sum::<f64>() / 12.0], 1e-14);
    close(&[*x.l1_loss(&t)], &[pairs().map(|(x, t)| (x - t).abs()).sum::<f64>() / 12.0], 1e-14);
    check_once(&x, |x| x.mse_loss(&t));
    check_once(&x, |x| x.l1_loss(&t));
    // The target may be what is differentiated.
    check_once(&t, |t| x.mse_loss(t));
}

#[test]
fn classes() {
    let x = logits();
    let labels = tensor![i64; 3, 0, 1];
    let want = (0..3).map(|i| negative_log(&x[i], labels[i] as usize)).sum::<f64>() / 3.0;
    let loss = |x: &Taped<Logits>| x.cross_entropy(&labels).expect("labels are classes");
    close(&[*x.cross_entropy(&labels).expect("labels are classes")], &[want], 1e-14);
    close(&[*x.log_softmax::<1>().nll_loss(&labels).expect("labels are classes")], &[want], 1e-14);
    check(&x, loss);
    // −100 does not count.
    let labels = tensor![i64; -100, 0, 1];
    let want = (1..3).map(|i| negative_log(&x[i], labels[i] as usize)).sum::<f64>() / 2.0;
    close(&[*x.cross_entropy(&labels).expect("labels are classes")], &[want], 1e-14);
    check_once(&x, |x: &Tensor<Logits, Cpu, Tracked>| x.cross_entropy(&labels).expect("labels are classes"));
}

#[test]
fn a_label_that_is_no_class_is_an_error() {
    for wrong in [4, -1] {
        let loss = logits().cross_entropy(&tensor![i64; 0, wrong, 1]);
        assert!(
            matches!(loss, Err(Error::Operation(Fault::Index { row: 1, got, limit: 4, .. })) if got == wrong)
        );
    }
}

#[test]
fn two_classes() {
    let (x, t) = (logits(), numbers::<Logits>(9).softmax::<1>());
    let one = |(x, t): (&f64, &f64)| (1.0 + x.exp()).ln() - t * x;
    let want = flat(&*x).iter().zip(flat(&*t)).map(one).sum::<f64>() / 12.0;
    close(&[*x.binary_cross_entropy_with_logits(&t)], &[want], 1e-14);
    check_once(&x, |x| x.binary_cross_entropy_with_logits(&t));
    // Far from zero nothing overflows or cancels.
    let far =
        tensor![f64; 800.0, -800.0, 30.0].binary_cross_entropy_with_logits(&tensor![f64; 1.0, 0.0, 1.0]);
    assert!((*far * 3.0 / (-30.0_f64).exp() - 1.0).abs() < 1e-10);
}
