//! Every form of every reduction against a plain loop.

use castiron::{Bool, Tensor, bf16, f16, flat, tensor};

use crate::{Block, close, numbers};

const DIMS: [usize; 3] = [2, 3, 4];

/// The elements that become one when `axes` are reduced, for each that is left.
fn groups(x: &[f64], axes: &[usize]) -> Vec<Vec<f64>> {
    let size = |axis: usize| if axes.contains(&axis) { 1 } else { DIMS[axis] };
    let mut groups = vec![Vec::new(); size(0) * size(1) * size(2)];
    for (i, &x) in x.iter().enumerate() {
        let at = [i / 12, i / 4 % 3, i % 4];
        let place = (0..3).fold(0, |place, axis| place * size(axis) + at[axis] % size(axis));
        groups[place].push(x);
    }
    groups
}

fn naive(x: &[f64], axes: &[usize], f: fn(&[f64]) -> f64) -> Vec<f64> {
    groups(x, axes).iter().map(|group| f(group)).collect()
}

macro_rules! forms {
    ($naive:expr; $all:ident $axis:ident $keep:ident $axes:ident $keep_axes:ident ($($arg:expr)?)) => {{
        let (x, f): (Tensor<Block>, fn(&[f64]) -> f64) = (numbers(1), $naive);
        let all = flat(&*x);
        let check = |got: &[f64], axes: &[usize]| close(got, &naive(all, axes, f), 1e-12);
        check(&[*x.$all($($arg)?)], &[0, 1, 2]);
        check(flat(&*x.$axis::<0>($($arg)?)), &[0]);
        check(flat(&*x.$axis::<1>($($arg)?)), &[1]);
        check(flat(&*x.$axis::<-1>($($arg)?)), &[2]);
        check(flat(&*x.$keep::<0>($($arg)?)), &[0]);
        check(flat(&*x.$keep::<-2>($($arg)?)), &[1]);
        check(flat(&*x.$keep::<2>($($arg)?)), &[2]);
        check(flat(&*x.$axes::<0, 1>($($arg)?)), &[0, 1]);
        check(flat(&*x.$axes::<0, 2>($($arg)?)), &[0, 2]);
        check(flat(&*x.$axes::<-2, -1>($($arg)?)), &[1, 2]);
        check(flat(&*x.$keep_axes::<0, -1>($($arg)?)), &[0, 2]);
        check(flat(&*x.$keep_axes::<1, 2>($($arg)?)), &[1, 2]);
    }};
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}
fn squares(x: &[f64]) -> f64 {
    x.iter().map(|v| (v - mean(x)).powi(2)).sum()
}

#[test]
fn every_form() {
    forms!(|x| x.iter().sum(); sum sum_axis sum_keep sum_axes sum_keep_axes ());
    forms!(|x| x.iter().product(); prod prod_axis prod_keep prod_axes prod_keep_axes ());
    forms!(mean; mean mean_axis mean_keep mean_axes mean_keep_axes ());
    forms!(|x| squares(x) / (x.len() - 1) as f64; var var_axis var_keep var_axes var_keep_axes ());
    forms!(|x| (squares(x) / (x.len() - 1) as f64).sqrt(); std std_axis std_keep std_axes std_keep_axes ());
    forms!(|x| squares(x) / x.len() as f64; var_correction var_correction_axis var_correction_keep
        var_correction_axes var_correction_keep_axes (0));
    forms!(|x| (squares(x) / x.len() as f64).sqrt(); std_correction std_correction_axis std_correction_keep
        std_correction_axes std_correction_keep_axes (0));
    forms!(|x| x.iter().map(|x| x * x).sum::<f64>().sqrt(); norm norm_axis norm_keep norm_axes norm_keep_axes ());
    forms!(|x| x.iter().map(|x| x.abs()).sum(); norm_p norm_p_axis norm_p_keep norm_p_axes norm_p_keep_axes (1.0));
    forms!(|x| x.iter().map(|x| x.abs().powi(3)).sum::<f64>().cbrt();
        norm_p norm_p_axis norm_p_keep norm_p_axes norm_p_keep_axes (3.0));
    forms!(|x| x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        norm_p norm_p_axis norm_p_keep norm_p_axes norm_p_keep_axes (f64::INFINITY));
    forms!(|x| x.iter().map(|x| x.exp()).sum::<f64>().ln();
        logsumexp logsumexp_axis logsumexp_keep logsumexp_axes logsumexp_keep_axes ());
    forms!(|x| x.iter().copied().fold(f64::MIN, f64::max); amax amax_axis amax_keep amax_axes amax_keep_axes ());
    forms!(|x| x.iter().copied().fold(f64::MAX, f64::min); amin amin_axis amin_keep amin_axes amin_keep_axes ());
}

#[test]
fn kept_axes_broadcast_back() {
    let x = numbers::<Block>(2);
    let y = &x - x.mean_keep_axes::<0, 2>();
    assert!(y.mean_axes::<0, 2>().iter().all(|m| m.abs() < 1e-15));
    let y = &x - x.mean_keep_axes::<1, 2>().mean_keep::<0>();
    assert!((*y.mean()).abs() < 1e-15 && y.mean_axis::<0>()[0][0].abs() > 1e-3);
    let again: Tensor<[[f64; 4]; 3]> = x.sum_keep::<0>().sum_axis::<0>();
    assert_eq!(again, x.sum_axis::<0>());
}

#[test]
fn integers_and_masks_are_summed_in_i64() {
    let x = tensor![i8; 100, 100, -3];
    assert_eq!((*x.sum(), *x.prod()), (197, -30_000));
    assert_eq!(*tensor![i32; i32::MAX, 1].cumsum::<0>(), [i64::from(i32::MAX), i64::from(i32::MAX) + 1]);
    assert_eq!(*tensor![u8; 200, 200].cumprod::<0>(), [200, 40_000]);
    let mask = Tensor::<[Bool; 3]>::from([true, false, true].map(Bool::from));
    assert_eq!(*mask.sum(), 2);
    let (values, indices) = tensor![i64; 3, 9, 9].max_axis::<0>();
    assert_eq!((*values, *indices), (9, 1));
}

/// Sums in between have more digits, and more room, than the elements.
#[test]
fn halves_are_rounded_once() {
    let mut x = Tensor::<[[[f16; 4]; 3]; 2]>::zeros();
    x.iter_mut().flatten().flatten().for_each(|x| *x = f16::from_f32(30_000.0));
    assert_eq!(x.mean().to_f32(), 30_000.0);
    assert_eq!(x.mean_axes::<0, 2>().map(f16::to_f32), [30_000.0; 3]);
    assert_eq!(x.std().to_f32(), 0.0);
    let mut x = Tensor::<[[[bf16; 8]; 1]; 33]>::zeros();
    x.iter_mut().flatten().flatten().for_each(|x| *x = bf16::ONE);
    assert_eq!(x.sum_axes::<0, 2>()[0].to_f32(), 264.0);
    let x = Tensor::<[f16; 2]>::from([300.0, 400.0].map(f16::from_f32));
    assert_eq!(x.norm().to_f32(), 500.0);
}

#[test]
fn running() {
    let x = tensor![f64; 1.0, -2.0, 3.0];
    assert_eq!(*x.cumsum::<0>(), [1.0, -1.0, 2.0]);
    assert_eq!(*x.cumprod::<-1>(), [1.0, -2.0, -6.0]);
    let x = numbers::<Block>(3);
    let (sums, products) = (x.cumsum::<1>(), x.cumprod::<0>());
    assert!((sums[1][2][3] - (x[1][0][3] + x[1][1][3] + x[1][2][3])).abs() < 1e-15);
    assert!((products[1][2][3] - x[0][2][3] * x[1][2][3]).abs() < 1e-15);
}

#[test]
fn softmax_along_any_axis() {
    fn rows<const N: usize>(x: &Tensor<[[f64; N]; 3]>, p: &[[f64; N]; 3]) {
        for (x, p) in x.iter().zip(p) {
            let sum: f64 = x.iter().map(|x| x.exp()).sum();
            close(p, &x.map(|x| x.exp() / sum), 1e-14);
        }
    }
    let x = numbers::<[[f64; 4]; 3]>(4);
    rows(&x, &x.softmax::<1>());
    rows(&x, &x.log_softmax::<-1>().exp());
    let down = x.softmax::<0>();
    assert!(down.sum_axis::<0>().iter().all(|s| (s - 1.0).abs() < 1e-15));
    assert!((down[1][2] / down[0][2] - (x[1][2] - x[0][2]).exp()).abs() < 1e-14);
    // The kernels of f32, and 16 bits by way of them.
    let x = tensor![[1.0, 2.0], [1e4, -1e4]];
    assert_eq!(x.softmax::<1>()[1], [1.0, 0.0]);
    assert_eq!(x.log_softmax::<1>()[1], [0.0, -2e4]);
    let half = Tensor::<[bf16; 2]>::from([bf16::ONE; 2]).softmax::<0>();
    assert_eq!(half.map(bf16::to_f32), [0.5; 2]);
}
