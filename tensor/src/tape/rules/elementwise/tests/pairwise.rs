use castiron_kernels::pairwise::PairOp;
use castiron_kernels::pairwise::PairOp::*;

use super::{H, assert_near};
use crate::tape::Grad;
use crate::{Cpu, Rank1, Rank2, Tape, Tensor, Tracked, tensor};

type Matrix = Tensor<Rank2<2, 3, f64>>;
type Row = Tensor<Rank1<3, f64>>;

const OPS: [PairOp; 11] = [Add, Sub, Mul, Div, Pow, Rem, Fmod, DivFloor, Maximum, Minimum, Atan2];

fn matrix() -> Matrix {
    Tensor::from([[0.7, 2.1, 3.3], [1.4, 0.2, 5.9]])
}
fn row() -> Row {
    Tensor::from([1.2, -0.6, 2.5])
}

fn apply<G: Grad>(
    op: PairOp,
    a: &Tensor<[[f64; 3]; 2], Cpu, G>,
    b: &Tensor<[f64; 3], Cpu, G>,
) -> Tensor<[[f64; 3]; 2], Cpu, G> {
    Tensor::from_var(a.as_var().pair(op, &b.as_var()))
}

/// The gradient of `f` at [`matrix`] and [`row`] by finite differences.
fn differences(f: impl Fn(&Matrix, &Row) -> f64) -> (Matrix, Row) {
    let (mut da, mut db) = (Matrix::zeros(), Row::zeros());
    for j in 0..3 {
        for i in 0..2 {
            let at = |step: f64| {
                let mut a = matrix();
                a[i][j] += step;
                f(&a, &row())
            };
            da[i][j] = (at(H) - at(-H)) / (2.0 * H);
        }
        let at = |step: f64| {
            let mut b = row();
            b[j] += step;
            f(&matrix(), &b)
        };
        db[j] = (at(H) - at(-H)) / (2.0 * H);
    }
    (da, db)
}

/// Weights that tell the elements apart.
fn weights() -> Matrix {
    Tensor::from([[1.0, -0.5, 0.3], [0.8, 1.7, -1.1]])
}

/// ∂Σ w·(a ∘ b), on the tape of a and b.
fn gradients(
    op: PairOp,
    a: &Tensor<[[f64; 3]; 2], Cpu, Tracked>,
    b: &Tensor<[f64; 3], Cpu, Tracked>,
) -> (Tensor<[[f64; 3]; 2], Cpu, Tracked>, Tensor<[f64; 3], Cpu, Tracked>) {
    let gradients = (apply(op, a, b) * weights()).sum().backward_create_graph().unwrap();
    (gradients.get(a), gradients.get(b))
}

/// A number that depends on all first derivatives.
fn mixture(op: PairOp, a: &Matrix, b: &Row) -> f64 {
    let tape = Tape::new();
    let (da, db) = gradients(op, &tape.watch(a), &tape.watch(b));
    let weighted = da.detach() * weights();
    *weighted.sum() + *(db.detach() * row()).sum()
}

#[test]
fn first_derivatives_are_those_of_finite_differences() {
    for op in OPS {
        let tape = Tape::new();
        let (a, b) = (tape.watch(&matrix()), tape.watch(&row()));
        let got = (apply(op, &a, &b) * weights()).sum().backward().unwrap();
        let (da, db) = differences(|a, b| *(apply(op, a, b) * weights()).sum());
        assert_near(got.get(&a).as_flattened(), da.as_flattened(), 1e-7, &format!("{op:?}, a"));
        assert_near(&*got.get(&b), &*db, 1e-7, &format!("{op:?}, b"));
    }
}

#[test]
fn second_derivatives_are_those_of_finite_differences() {
    for op in OPS {
        let tape = Tape::new();
        let (a, b) = (tape.watch(&matrix()), tape.watch(&row()));
        let (da, db) = gradients(op, &a, &b);
        let got = ((da * weights()).sum() + (db * row()).sum()).backward().unwrap();
        let (want_a, want_b) = differences(|x, y| mixture(op, x, y));
        assert_near(got.get(&a).as_flattened(), want_a.as_flattened(), 1e-6, &format!("{op:?}, a"));
        assert_near(&*got.get(&b), &*want_b, 1e-6, &format!("{op:?}, b"));
    }
}

#[test]
fn operands_of_either_side_are_broadcast() {
    let tape = Tape::new();
    let (a, b) = (tape.watch(&tensor![2.0, 4.0]), tape.watch(&tensor![[1.0, 2.0], [3.0, 5.0]]));
    let gradients = (&a / &b).sum().backward().unwrap();
    assert_eq!(gradients.get(&a), tensor![1.0 + 1.0 / 3.0, 0.5 + 0.2]);
    assert_eq!(gradients.get(&b), tensor![[-2.0, -1.0], [-(2.0 / 3.0 / 3.0), -(4.0 / 5.0 / 5.0)]]);
}

#[test]
fn ties_share_and_nan_goes_through() {
    let tape = Tape::new();
    let a = tape.watch(&tensor![1.0, 2.0, -3.0, f32::NAN]);
    let b = tape.watch(&tensor![1.0, 5.0, -3.0, 1.0]);
    for (y, wins) in [(a.maximum(&b), 0.0), (a.minimum(&b), 1.0)] {
        let gradients = y.sum().backward().unwrap();
        assert_eq!(gradients.get(&a), tensor![0.5, wins, 0.5, 1.0]);
        assert_eq!(gradients.get(&b), tensor![0.5, 1.0 - wins, 0.5, 1.0]);
    }
}

#[test]
fn powers_of_zero_have_the_gradients_of_pytorch() {
    let tape = Tape::new();
    let a = tape.watch(&tensor![0.0, 0.0, 2.0, -2.0, 1.0]);
    let b = tape.watch(&tensor![0.0, 2.0, 0.0, 3.0, 5.0]);
    let gradients = a.pow(&b).sum().backward().unwrap();
    assert_eq!(gradients.get(&a), tensor![0.0, 0.0, 0.0, 12.0, 5.0]);
    let db = gradients.get(&b);
    assert_eq!(db[..3], [0.0, 0.0, 2f32.ln()]);
    assert!(db[3].is_nan() && db[4] == 0.0);
}
