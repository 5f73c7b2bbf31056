use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, Data, Random, gradient};

fn row(log: bool, x: &[f64]) -> Vec<f64> {
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - max).exp()).sum();
    x.iter().map(|x| x - max - sum.ln()).map(|y| if log { y } else { y.exp() }).collect()
}

fn all(args: &Args, x: &[f64]) -> Vec<f64> {
    if args.len == 0 { vec![] } else { x.chunks(args.len).flat_map(|x| row(args.log, x)).collect() }
}

fn inputs(len: usize) -> Vec<f32> {
    let mut random = Random::new(7);
    (0..len).map(|_| 10.0 * random.signed()).collect()
}

impl Checked for Softmax {
    fn cases() -> BoxedStrategy<Args> {
        let shape = prop_oneof![8 => (0..9usize, 0..80usize), 1 => Just((300, 17)), 1 => Just((3, 5001)), 1 => Just((2, 12_001))];
        (shape, any::<bool>()).prop_map(|((rows, len), log)| Args { rows, len, log }).boxed()
    }
    // Large enough that the exponentials themselves would overflow.
    fn fill(_: &Args, _: usize, len: usize, random: &mut Random) -> Data {
        let (shift, spread) = (200.0 * random.signed(), 20.0 * random.signed());
        // Sometimes there are impossible classes, and sometimes a NaN.
        let (rare, nan) = (random.below(3) == 0, random.below(8) == 0);
        let mut number = || match random.below(30) {
            0 if rare => f32::NEG_INFINITY,
            1 if nan => f32::NAN,
            _ => shift + spread * random.signed(),
        };
        Data::F32((0..len).map(|_| number()).collect())
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[1] = all(args, &memory[0]);
    }
}

impl Checked for SoftmaxBackward {
    fn cases() -> BoxedStrategy<Args> {
        let shape = prop_oneof![8 => (0..9usize, 0..40usize), 1 => Just((300, 17)), 1 => Just((2, 1100))];
        (shape, any::<bool>()).prop_map(|((rows, len), log)| Args { rows, len, log }).boxed()
    }
    fn every() -> Vec<Args> {
        // A row that several blocks of a GPU share.
        vec![Args { rows: 1, len: 4100, log: true }, Args { rows: 1, len: 4100, log: false }]
    }
    // y belongs to an x.
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        let x: Vec<f64> = inputs(len).into_iter().map(f64::from).collect();
        Data::F32(match i {
            0 => all(args, &x).into_iter().map(|y| y as f32).collect(),
            _ => (0..len).map(|_| random.signed()).collect(),
        })
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        // An x of which y is the result, as it was rounded.
        let x: Vec<f64> = memory[0].iter().map(|&y| if args.log { y } else { y.max(1e-30).ln() }).collect();
        for start in (0..x.len()).step_by(args.len.max(1)) {
            let part = start..start + args.len;
            let dx = gradient(&x[part.clone()], &memory[1][part.clone()], |x| row(args.log, x));
            memory[2][part].copy_from_slice(&dx);
        }
    }
}

#[test]
fn impossible_classes_have_probability_zero_and_nan_is_not_hidden() {
    let x = [f32::NEG_INFINITY, 1.0, 1.0, f32::NAN, 0.0, 0.0];
    let mut y = [0.0f32; 6];
    let args = Args { rows: 2, len: 3, log: false };
    Cpu::new().run::<Softmax>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
    assert_eq!(y[..3], [0.0, 0.5, 0.5]);
    assert!(y[3..].iter().all(|y| y.is_nan()));
}
