use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, gradient};

fn small() -> BoxedStrategy<Args> {
    let pixels = prop_oneof![Just(1usize), 1..12usize];
    (1..6usize, 1..5usize, pixels)
        .prop_map(|(images, channels, pixels)| Args { images, channels, pixels, eps: 1e-2 })
        .boxed()
}

fn cases() -> BoxedStrategy<Args> {
    let large = prop::sample::select(vec![(300, 130, 1), (3, 5, 1000), (40, 65, 9), (1, 1, 1), (2, 0, 3)]);
    let large = large.prop_map(|(images, channels, pixels)| Args { images, channels, pixels, eps: 1e-5 });
    prop_oneof![4 => small(), 1 => large].boxed()
}

fn channel(args: &Args, i: usize) -> usize {
    i / args.pixels % args.channels
}

fn statistics(args: &Args, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = (args.images * args.pixels) as f64;
    let (mut mean, mut variance) = (vec![0.0; args.channels], vec![0.0; args.channels]);
    for (i, x) in x.iter().enumerate() {
        mean[channel(args, i)] += x / n;
    }
    for (i, x) in x.iter().enumerate() {
        variance[channel(args, i)] += (x - mean[channel(args, i)]).powi(2) / n;
    }
    (mean, variance)
}

fn normalize(
    args: &Args,
    weight: &[f64],
    bias: &[f64],
    mean: &[f64],
    variance: &[f64],
    x: &[f64],
) -> Vec<f64> {
    let y = |(i, x): (usize, &f64)| {
        let c = channel(args, i);
        (x - mean[c]) / (variance[c] + args.eps as f64).sqrt() * weight[c] + bias[c]
    };
    x.iter().enumerate().map(y).collect()
}

fn positive(len: usize, random: &mut Random) -> Data {
    Data::F32((0..len).map(|_| random.signed().abs() + 0.1).collect())
}

impl Checked for BatchNorm {
    const TOLERANCE: f64 = 1e-4;
    fn cases() -> BoxedStrategy<Args> {
        cases()
    }
    // Off zero, where a variance from squares alone would lose its digits.
    fn fill(_: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        let shift = if i == 2 { 20.0 } else { 0.0 };
        Data::F32((0..len).map(|_| shift + random.signed()).collect())
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let (mean, variance) = statistics(args, &memory[2]);
        memory[3] = normalize(args, &memory[0], &memory[1], &mean, &variance, &memory[2]);
        (memory[4], memory[5]) = (mean, variance);
    }
}

impl Checked for BatchNormInfer {
    fn cases() -> BoxedStrategy<Args> {
        cases()
    }
    fn fill(_: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            3 => positive(len, random),
            _ => Data::F32((0..len).map(|_| random.signed()).collect()),
        }
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[5] = normalize(args, &memory[0], &memory[1], &memory[2], &memory[3], &memory[4]);
    }
}

fn backward_cases() -> BoxedStrategy<BackwardArgs> {
    let wide = Just(Args { images: 3, channels: 70, pixels: 1, eps: 1e-2 });
    (prop_oneof![6 => small(), 1 => wide], any::<bool>())
        .prop_map(|(Args { images, channels, pixels, eps }, input_gradient)| BackwardArgs {
            images,
            channels,
            pixels,
            eps,
            input_gradient,
        })
        .boxed()
}

fn inputs(args: &Args) -> Vec<f64> {
    let mut random = Random::new(7);
    (0..args.elements()).map(|_| (2.0 * random.signed()) as f64).collect()
}

/// The gradients that both backwards give, of `forward(weight, bias, x)`.
fn gradients(
    args: &BackwardArgs,
    memory: &mut [Vec<f64>],
    forward: impl Fn(&[f64], &[f64], &[f64]) -> Vec<f64>,
) {
    let (weight, x, dy) = (memory[0].clone(), memory[1].clone(), memory[2].clone());
    let bias = vec![0.0; args.channels];
    if args.input_gradient {
        memory[5] = gradient(&x, &dy, |x| forward(&weight, &bias, x));
    }
    let dweight = gradient(&weight, &dy, |weight| forward(weight, &bias, &x));
    let dbias = gradient(&bias, &dy, |bias| forward(&weight, bias, &x));
    for c in 0..args.channels {
        memory[6][c] += dweight[c];
        memory[7][c] += dbias[c];
    }
}

impl Checked for BatchNormBackward {
    const TOLERANCE: f64 = 5e-5;
    fn cases() -> BoxedStrategy<BackwardArgs> {
        backward_cases()
    }
    // Mean and variance belong to x.
    fn fill(args: &BackwardArgs, i: usize, len: usize, random: &mut Random) -> Data {
        let x = inputs(&args.forward());
        let (mean, variance) = statistics(&args.forward(), &x);
        let narrow = |values: Vec<f64>| Data::F32(values.into_iter().map(|v| v as f32).collect());
        match i {
            1 => narrow(x),
            3 => narrow(mean),
            4 => narrow(variance),
            _ => Data::F32((0..len).map(|_| random.signed()).collect()),
        }
    }
    fn reference(args: &BackwardArgs, memory: &mut [Vec<f64>]) {
        let forward = &args.forward();
        gradients(args, memory, |weight, bias, x| {
            let (mean, variance) = statistics(forward, x);
            normalize(forward, weight, bias, &mean, &variance, x)
        });
        let (mean, variance) = statistics(forward, &memory[1]);
        let n = (args.images * args.pixels) as f64;
        memory[8] = mean;
        memory[9] = variance.into_iter().map(|v| if n > 1.0 { v * n / (n - 1.0) } else { v }).collect();
    }
}

impl Checked for BatchNormFrozenBackward {
    fn cases() -> BoxedStrategy<BackwardArgs> {
        backward_cases()
    }
    fn fill(_: &BackwardArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            4 => positive(len, random),
            _ => Data::F32((0..len).map(|_| random.signed()).collect()),
        }
    }
    fn reference(args: &BackwardArgs, memory: &mut [Vec<f64>]) {
        let (mean, variance) = (memory[3].clone(), memory[4].clone());
        let forward = &args.forward();
        gradients(args, memory, |weight, bias, x| normalize(forward, weight, bias, &mean, &variance, x));
    }
}
