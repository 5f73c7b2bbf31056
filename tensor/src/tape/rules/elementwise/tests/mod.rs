//! Derivatives against finite differences, of the first and the second order, and fused kernels against the
//! compositions.

mod pairwise;
mod unary;

use crate::{Rank1, Tensor};

type Vector<const N: usize> = Tensor<Rank1<N, f64>>;

const H: f64 = 1e-5;

/// Whether both are the same but for rounding.
#[track_caller]
fn assert_near(got: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len());
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let error = (g - w).abs() / w.abs().max(1.0);
        assert!(error < tolerance, "{what}, element {i}: got {g}, want {w}");
    }
}
