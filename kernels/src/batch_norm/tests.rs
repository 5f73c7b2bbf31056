use proptest::prelude::*;

use super::*;
use crate::activation::tests::reference as activated;
use crate::check::{Checked, Data, Random, gradient, tolerance, weights};
use crate::{DType, Raw};

fn small() -> BoxedStrategy<Args> {
    let pixels = prop_oneof![Just(1usize), 1..12usize];
    (1..6usize, 1..5usize, pixels)
        .prop_map(|(images, channels, pixels)| Args { images, ..Args::new(channels, pixels, 1e-2) })
        .boxed()
}

fn cases() -> BoxedStrategy<Args> {
    let large = prop::sample::select(vec![
        (300, 130, 1),
        (3, 5, 1000),
        (5, 3, 2500),
        (40, 65, 9),
        (1, 1, 1),
        (2, 0, 3),
    ]);
    let large =
        large.prop_map(|(images, channels, pixels)| Args { images, ..Args::new(channels, pixels, 1e-5) });
    let activation = prop::sample::select(vec![Activation::Identity, Activation::Relu, Activation::Silu]);
    (prop_oneof![4 => small(), 1 => large], activation, any::<bool>())
        .prop_map(|(args, activation, residual)| Args { activation, residual, ..args })
        .boxed()
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

/// The sum with the residual, if there is one, and the activation.
fn finish(args: &Args, mut y: Vec<f64>, residual: &[f64]) -> Vec<f64> {
    y.iter_mut().zip(residual).for_each(|(y, r)| *y += r);
    y.into_iter().map(|y| activated(args.activation, y)).collect()
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
        let y = normalize(args, &memory[0], &memory[1], &mean, &variance, &memory[2]);
        memory[4] = finish(args, y, &memory[3]);
        (memory[5], memory[6]) = (mean, variance);
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
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        Some((Args { in_place: true, ..*args }, [4, 6]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let y = normalize(args, &memory[0], &memory[1], &memory[2], &memory[3], &memory[4]);
        memory[6] = finish(args, y, &memory[5]);
    }
}

fn backward_cases() -> BoxedStrategy<BackwardArgs> {
    let wide = Just(Args { images: 3, ..Args::new(70, 1, 1e-2) });
    (prop_oneof![6 => small(), 1 => wide], any::<bool>(), any::<bool>())
        .prop_map(|(Args { images, channels, pixels, eps, .. }, input_gradient, parameter_gradients)| {
            let in_place = false;
            BackwardArgs { images, channels, pixels, eps, input_gradient, parameter_gradients, in_place }
        })
        .boxed()
}

/// Channels that several blocks of a GPU share.
fn every_backward() -> Vec<BackwardArgs> {
    let args = |(images, channels, pixels)| BackwardArgs {
        images,
        channels,
        pixels,
        eps: 1e-2,
        input_gradient: true,
        parameter_gradients: true,
        in_place: false,
    };
    [(300, 2, 1), (3, 1, 1400)].map(args).into()
}

/// Numbers that 16-bit floats have too.
fn inputs(args: &Args) -> Vec<f64> {
    let mut random = Random::new(7);
    (0..args.elements()).map(|_| (128.0 * random.signed()).round() as f64 / 64.0).collect()
}

/// The gradients that both backwards give, of `forward(weight, bias, x)`.
fn gradients(
    args: &BackwardArgs,
    memory: &mut [Vec<f64>],
    forward: impl Fn(&[f64], &[f64], &[f64]) -> Vec<f64>,
) {
    let (weight, x, dy) = (memory[0].clone(), inputs(&args.forward()), memory[2].clone());
    let bias = vec![0.0; args.channels];
    if args.input_gradient {
        memory[5] = gradient(&x, &dy, |x| forward(&weight, &bias, x));
    }
    let dweight = gradient(&weight, &dy, |weight| forward(weight, &bias, &x));
    let dbias = gradient(&bias, &dy, |bias| forward(&weight, bias, &x));
    for (sum, gradient) in [(6, dweight), (7, dbias)] {
        memory[sum].iter_mut().zip(gradient).for_each(|(sum, gradient)| *sum += gradient);
    }
}

impl Checked for BatchNormBackward {
    const TOLERANCE: f64 = 5e-5;
    fn cases() -> BoxedStrategy<BackwardArgs> {
        backward_cases()
    }
    fn every() -> Vec<BackwardArgs> {
        every_backward()
    }
    fn in_place(args: &BackwardArgs) -> Option<(BackwardArgs, [usize; 2])> {
        args.input_gradient.then_some((BackwardArgs { in_place: true, ..*args }, [2, 5]))
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
    fn every() -> Vec<BackwardArgs> {
        every_backward()
    }
    fn in_place(args: &BackwardArgs) -> Option<(BackwardArgs, [usize; 2])> {
        args.input_gradient.then_some((BackwardArgs { in_place: true, ..*args }, [2, 5]))
    }
    fn fill(args: &BackwardArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            1 if len > 0 => Data::F32(inputs(&args.forward()).into_iter().map(|x| x as f32).collect()),
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

impl Checked for FoldBatchNorm {
    fn cases() -> BoxedStrategy<FoldArgs> {
        let per_output = prop_oneof![1..40usize, Just(0usize), Just(1500)];
        (0..70usize, per_output, any::<bool>(), weights())
            .prop_map(|(outputs, per_output, bias, to)| FoldArgs { outputs, per_output, bias, eps: 1e-3, to })
            .boxed()
    }
    fn dtype(args: &FoldArgs, i: usize) -> DType {
        if i == 6 { args.to } else { DType::F32 }
    }
    fn tolerance(args: &FoldArgs) -> f64 {
        tolerance(args.to)
    }
    fn fill(_: &FoldArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            5 => positive(len, random),
            _ => Data::F32((0..len).map(|_| random.signed()).collect()),
        }
    }
    // What the folded layer gives is what the layer and the batch norm after it gave. The layer maps a
    // pixel to a pixel, so the folded bias is what both give to zero, and the folded weight of input i is
    // by how much that changes where input i is one.
    fn reference(args: &FoldArgs, memory: &mut [Vec<f64>]) {
        let (n, k) = (args.outputs, args.per_output);
        let norm = Args::new(n, 1, args.eps);
        let both = |input: Option<usize>| {
            let z = |o: usize| {
                input.map_or(0.0, |i| memory[0][o * k + i]) + if args.bias { memory[1][o] } else { 0.0 }
            };
            let z: Vec<f64> = (0..n).map(z).collect();
            normalize(&norm, &memory[2], &memory[3], &memory[4], &memory[5], &z)
        };
        let bias = both(None);
        let mut weight = vec![0.0; n * k];
        for i in 0..k {
            for (o, y) in both(Some(i)).into_iter().enumerate() {
                weight[o * k + i] = y - bias[o];
            }
        }
        (memory[6], memory[7]) = (weight, bias);
    }
}

/// Images without pixels have no gradients, and nothing to normalise.
#[test]
fn without_pixels_nothing_is_added() {
    let (cpu, nothing): (_, [f32; 0]) = (Cpu::new(), []);
    let (weight, bias, mut mean, mut variance) = ([1.0f32; 3], [2.0f32; 3], [9.0f32; 3], [9.0f32; 3]);
    let args = Args { images: 2, ..Args::new(3, 0, 1e-5) };
    cpu.run::<BatchNorm>(
        &args,
        &mut [
            Raw::read(&weight),
            Raw::read(&bias),
            Raw::read(&nothing),
            Raw::none(),
            Raw::write_slice::<f32>(&mut []),
            Raw::write(&mut mean),
            Raw::write(&mut variance),
        ],
    );
    // As PyTorch's mean of nothing.
    assert!(mean.iter().chain(&variance).all(|x| x.is_nan()));
    let args = BackwardArgs {
        images: 2,
        channels: 3,
        pixels: 0,
        eps: 1e-5,
        input_gradient: true,
        parameter_gradients: true,
        in_place: false,
    };
    let (mean, variance, mut dweight, mut dbias) = ([0.0f32; 3], [1.0f32; 3], [5.0f32; 3], [6.0f32; 3]);
    let [mut batch_mean, mut batch_variance] = [[0.0f32; 3]; 2];
    cpu.run::<BatchNormBackward>(
        &args,
        &mut [
            Raw::read(&weight),
            Raw::read(&nothing),
            Raw::read(&nothing),
            Raw::read(&mean),
            Raw::read(&variance),
            Raw::write_slice::<f32>(&mut []),
            Raw::write(&mut dweight),
            Raw::write(&mut dbias),
            Raw::write(&mut batch_mean),
            Raw::write(&mut batch_variance),
        ],
    );
    assert_eq!((dweight, dbias), ([5.0; 3], [6.0; 3]));
    assert!(cpu.take_fault().is_none());
}
