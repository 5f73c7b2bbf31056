use proptest::prelude::*;

use super::*;
use crate::Raw;
use crate::check::{Checked, Data, Random, gradient};
use crate::cross_entropy::tests::scaled_step;

fn cases(most: usize) -> BoxedStrategy<Args> {
    use RegressionLoss::*;
    let loss = prop::sample::select(vec![
        MeanSquared,
        MeanAbsolute,
        Huber(1.0),
        Huber(0.25),
        BinaryCrossEntropyWithLogits,
    ]);
    let len = prop_oneof![8 => 1..100usize, 1 => Just(most)];
    (loss, len).prop_map(|(loss, len)| Args { loss, len, scaled: false }).boxed()
}

/// Targets are zero or one, or anything between; x keeps clear of the kinks at distances 0 and δ.
fn fill(i: usize, len: usize, random: &mut Random) -> Data {
    let grid = |n: usize, random: &mut Random| random.below(n + 1) as f32 / n as f32;
    Data::F32(match i {
        0 => (0..len).map(|_| (grid(80, random) - 0.5) * 8.0 + 0.013).collect(),
        _ => (0..len).map(|_| grid(20, random)).collect(),
    })
}

fn mean(args: &Args, x: &[f64], t: &[f64]) -> f64 {
    let loss = |(x, t): (&f64, &f64)| match args.loss {
        RegressionLoss::MeanSquared => (x - t).powi(2),
        RegressionLoss::MeanAbsolute => (x - t).abs(),
        RegressionLoss::Huber(delta) => {
            let (d, delta) = ((x - t).abs(), delta as f64);
            if d <= delta { d * d / 2.0 } else { delta * (d - delta / 2.0) }
        }
        RegressionLoss::BinaryCrossEntropyWithLogits => {
            let p = 1.0 / (1.0 + (-x).exp());
            -t * p.ln() - (1.0 - t) * (1.0 - p).ln()
        }
    };
    x.iter().zip(t).map(loss).sum::<f64>() / args.len as f64
}

impl Checked for Regression {
    fn cases() -> BoxedStrategy<Args> {
        cases(30_001)
    }
    fn fill(_: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        fill(i, len, random)
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[2][0] = mean(args, &memory[0], &memory[1]);
    }
}

impl Checked for RegressionBackward {
    fn cases() -> BoxedStrategy<Args> {
        (cases(200), any::<bool>()).prop_map(|(args, scaled)| Args { scaled, ..args }).boxed()
    }
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        if i == 3 && args.scaled { scaled_step() } else { fill(i, len, random) }
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let target = memory[1].clone();
        let scale = if args.scaled { 8.0 } else { 1.0 };
        memory[2] = gradient(&memory[0], &[scale], |x| vec![mean(args, x, &target)]);
    }
}

#[test]
fn the_binary_cross_entropy_is_stable() {
    let (x, target, mut loss) = ([200.0f32, -200.0], [0.0f32, 0.0], [0.0f32]);
    let args = Args { loss: RegressionLoss::BinaryCrossEntropyWithLogits, len: 2, scaled: false };
    let arguments = &mut [Raw::read(&x), Raw::read(&target), Raw::write(&mut loss)];
    Cpu::new().run::<Regression>(&args, arguments);
    assert_eq!(loss, [100.0]);
}
