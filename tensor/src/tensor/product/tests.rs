use super::*;
use crate::tensor::gradients::{check, squares};
use crate::{Element, Rank1, Rank2, Rank3, Rank4, Tape, bf16, flat, set_num_threads, shape};

/// A·B by the definition.
fn naive(a: &[f64], a_dims: &[usize], b: &[f64], b_dims: &[usize]) -> Vec<f64> {
    let (m, k) = match a_dims {
        [k] => (1, *k),
        [.., m, k] => (*m, *k),
        [] => unreachable!(),
    };
    let n = if b_dims.len() == 1 { 1 } else { b_dims[b_dims.len() - 1] };
    let (all_a, all_b) = (a.len() / (m * k), b.len() / (k * n));
    let mut c = Vec::new();
    for batch in 0..all_a.max(all_b) {
        // The side with fewer matrices is the inner part of the batch.
        let (a, b) = (&a[batch % all_a * m * k..], &b[batch % all_b * k * n..]);
        for i in 0..m {
            for j in 0..n {
                c.push((0..k).map(|l| a[i * k + l] * b[l * n + j]).sum());
            }
        }
    }
    c
}

fn value<S, T>(tolerance: f64)
where
    S: Matmul<T>,
    T: Shape<Elem = S::Elem>,
    S::Elem: Into<f64>,
{
    let whole = |x: &[f64]| x.iter().map(|x| (x * 4.0).round()).collect::<Vec<f64>>();
    let (a, b) = (Tensor::<S::With<f64>>::randn(2), Tensor::<T::With<f64>>::randn(3));
    let (a, b) = (whole(flat(&*a)), whole(flat(&*b)));
    let array = |x: &[f64], dims| {
        crate::array::Array::from_slice(x, crate::array::Dims::new(dims)).cast(S::Elem::DTYPE)
    };
    let (x, y) = (array(&a, S::DIMS), array(&b, T::DIMS));
    let product = super::super::create::tensor::<S, crate::Cpu>(x)
        .matmul(&super::super::create::tensor::<T, crate::Cpu>(y));
    let want = naive(&a, S::DIMS, &b, T::DIMS);
    assert_eq!(flat(&*product).len(), want.len());
    for (got, want) in flat(&*product).iter().zip(want) {
        let got: f64 = (*got).into();
        assert!((got - want).abs() <= tolerance * want.abs(), "{got} {want}");
    }
}

fn gradient<S, T>()
where
    S: Matmul<T> + Shape<Elem = f64>,
    T: Shape<Elem = f64>,
{
    let (a, b) = (Tensor::<S>::randn(2), Tensor::<T>::randn(3));
    check(&a, |a| squares(&a.matmul(&b)));
    check(&b, |b| squares(&a.matmul(b)));
}

macro_rules! all {
    ($e:ty: $f:ident($($arg:expr)?)) => { {
        type V = Rank1<3, $e>;
        type A = Rank2<4, 3, $e>;
        type B = Rank2<3, 2, $e>;
        $f::<V, V>($($arg)?);
        $f::<V, B>($($arg)?);
        $f::<V, [B; 2]>($($arg)?);
        $f::<V, [[B; 2]; 3]>($($arg)?);
        $f::<A, V>($($arg)?);
        $f::<A, B>($($arg)?);
        $f::<A, [B; 2]>($($arg)?);
        $f::<A, [[B; 2]; 3]>($($arg)?);
        $f::<[A; 2], V>($($arg)?);
        $f::<[A; 2], B>($($arg)?);
        $f::<[A; 2], [B; 2]>($($arg)?);
        $f::<[A; 2], [[B; 2]; 3]>($($arg)?);
        $f::<[[A; 2]; 3], V>($($arg)?);
        $f::<[[A; 2]; 3], B>($($arg)?);
        $f::<[[A; 2]; 3], [B; 2]>($($arg)?);
        $f::<[[A; 2]; 3], [[B; 2]; 3]>($($arg)?);
        $f::<[[A; 1]; 3], [B; 1]>($($arg)?);
        $f::<[A; 1], [[B; 1]; 3]>($($arg)?);
        $f::<[[E<$e>; 1]; 1], Rank2<1, 1, $e>>($($arg)?);
    } };
}
type E<T> = Rank1<1, T>;

#[test]
fn products_are_those_of_the_definition() {
    // Whole numbers: every element type is exact, but for the rounding of the result.
    all!(f32: value(0.0));
    all!(f64: value(0.0));
    all!(i32: value(0.0));
    all!(i8: value(0.0));
    all!(bf16: value(1.0 / 256.0));
    value::<Rank2<37, 70>, Rank2<70, 45>>(0.0);
    value::<Rank3<5, 17, 33>, Rank3<5, 33, 9>>(0.0);
}

#[test]
fn products_of_nothing_are_zero() {
    assert_eq!(*Tensor::<Rank2<0, 3>>::ones().matmul(&Tensor::<Rank2<3, 2>>::ones()), [[0.0; 2]; 0]);
    assert_eq!(*Tensor::<Rank2<2, 0>>::ones().matmul(&Tensor::<Rank2<0, 3>>::ones()), [[0.0; 3]; 2]);
    assert_eq!(
        *Tensor::<Rank2<2, 0, f64>>::ones().matmul(&Tensor::<Rank2<0, 3, f64>>::ones()),
        [[0.0; 3]; 2]
    );
    let bias = Tensor::<Rank1<3>>::ones();
    assert_eq!(*Tensor::<Rank2<2, 0>>::ones().linear(&Tensor::<Rank2<3, 0>>::ones(), &bias), [[1.0; 3]; 2]);
}

#[test]
fn gradients_are_those_of_differences() {
    all!(f64: gradient());
    let (a, b) = (Tensor::<Rank1<4, f64>>::randn(0), Tensor::<Rank1<3, f64>>::randn(1));
    check(&a, |a| squares(&a.outer(&b)));
    check(&b, |b| squares(&a.outer(b)));
    check(&a, |a| squares(&a.dot(a)));
    // Both sides at once: the second derivative has mixed terms.
    check(&Tensor::<Rank2<3, 3, f64>>::randn(4), |x| squares(&x.matmul(x)));
    check(&Tensor::<Rank3<2, 2, 2, f64>>::randn(5), |x| squares(&x.bmm(x)));
}

#[test]
fn linear_is_its_composition() {
    let (w, b) = (Tensor::<Rank2<2, 3, f64>>::randn(0), Tensor::<Rank1<2, f64>>::randn(1));
    let x = Tensor::<Rank3<2, 4, 3, f64>>::randn(2);
    let transposed: Tensor<Rank2<3, 2, f64>> =
        Tensor::from_var(crate::tape::Var::constant(w.array().permute(&[1, 0])));
    assert_eq!(x.linear(&w, &b), &x.matmul(&transposed) + &b);
    check(&x, |x| squares(&x.linear(&w, &b)));
    check(&w, |w| squares(&x.linear(w, &b)));
    check(&b, |b| squares(&x.linear(&w, b)));
    let one = Tensor::<Rank1<3, f64>>::randn(3);
    check(&one, |x| squares(&x.linear(&w, &b)));
    check(&w, |w| squares(&one.linear(w, &b)));
    // f32 has the bias in the same pass.
    let (w, b) = (Tensor::<Rank2<2, 3>>::randn(0), Tensor::<Rank1<2>>::randn(1));
    let tape = Tape::new();
    let (w, b, x) = (tape.watch(&w), tape.watch(&b), tape.watch(&Tensor::<shape![4, 3]>::randn(2)));
    let y = x.linear(&w, &b);
    for (i, y) in y.iter().enumerate() {
        for (j, y) in y.iter().enumerate() {
            let want = b[j] + (0..3).map(|k| x[i][k] * w[j][k]).sum::<f32>();
            assert!((y - want).abs() < 1e-5, "{y} {want}");
        }
    }
    let gradients = y.sum().backward().unwrap();
    assert_eq!(*gradients.get(&b), [4.0; 2]);
}

#[test]
fn threads_do_not_change_a_bit() {
    let run = |threads| {
        set_num_threads(threads).unwrap();
        let tape = Tape::new();
        let a = tape.watch(&Tensor::<Rank4<2, 3, 65, 130>>::randn(0));
        let b = tape.watch(&Tensor::<Rank2<130, 67>>::randn(1));
        let c = tape.watch(&Tensor::<Rank3<3, 67, 66>>::randn(2));
        let y = a.matmul(&b).matmul(&c);
        let gradients = y.square().sum().backward().unwrap();
        let wide = Tensor::<Rank2<70, 301, f64>>::randn(3).matmul(&Tensor::<Rank2<301, 75, f64>>::randn(4));
        set_num_threads(1).unwrap();
        assert!(flat(&*y).iter().all(|y| *y != 0.0) && wide.iter().flatten().all(|y| *y != 0.0));
        (y.detach(), gradients.get(&a), gradients.get(&b), gradients.get(&c), wide)
    };
    assert!(run(1) == run(4));
}
