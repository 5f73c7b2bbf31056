use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, gradient};

/// With statistics, a weight and a bias or without them.
fn kind() -> impl Strategy<Value = [bool; 3]> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(centred, weight, bias)| [centred, weight, bias])
}

fn with(
    [samples, groups, channels, pixels]: [usize; 4],
    eps: f32,
    [centred, weight, bias]: [bool; 3],
) -> Args {
    Args { samples, groups, channels, pixels, eps, centred, weight, bias }
}

fn small() -> impl Strategy<Value = [usize; 4]> {
    let pixels = prop_oneof![Just(1usize), 1..12usize];
    (1..6usize, 1..4usize, 1..6usize, pixels).prop_map(|(n, g, c, p)| [n, g, c, p])
}

fn row(args: &Args, x: &[f64]) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = if args.centred { x.iter().sum::<f64>() / n } else { 0.0 };
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    x.iter().map(|x| (x - mean) / (variance + args.eps as f64).sqrt()).collect()
}

fn normalized(args: &Args, weight: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let rows = x.chunks(args.len().max(1)).flat_map(|x| row(args, x));
    let channel = |i: usize| i / args.pixels % (args.groups * args.channels);
    let y = rows
        .enumerate()
        .map(|(i, y)| y * weight.get(channel(i)).unwrap_or(&1.0) + bias.get(channel(i)).unwrap_or(&0.0));
    y.collect()
}

impl Checked for LayerNorm {
    const TOLERANCE: f64 = 1e-4;
    fn cases() -> BoxedStrategy<Args> {
        let large = prop::sample::select(vec![
            [300, 1, 17, 1],
            [3, 1, 5001, 1],
            [1, 2, 3, 2100],
            [40, 5, 2, 9],
            [7, 3, 70, 1],
            [2, 1, 0, 1],
            [0, 1, 5, 1],
        ]);
        let sizes = prop_oneof![4 => small(), 1 => large];
        (sizes, kind()).prop_map(|(sizes, kind)| with(sizes, 1e-5, kind)).boxed()
    }
    // Off zero, where a variance from squares alone would lose its digits. Not those of short rows, which may have hardly
    // any variance, so that the rounding of their mean is large beside it.
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        let shift = if i == 2 && args.centred && args.len() > 4 { 20.0 } else { 0.0 };
        // Rows of one number have no variance: what is left of them is rounding.
        let spread = if args.len() < 2 && i == 2 { 0.0 } else { 1.0 };
        Data::F32((0..len).map(|_| shift + spread * random.signed()).collect())
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[3] = normalized(args, &memory[0], &memory[1], &memory[2]);
    }
}

impl Checked for LayerNormBackward {
    const TOLERANCE: f64 = 1e-4;
    fn cases() -> BoxedStrategy<BackwardArgs> {
        // More than a block of rows, registers and a task of columns.
        let large = prop::sample::select(vec![
            [70, 1, 9, 1],
            [5, 2, 70, 1],
            [3, 1, 2, 70],
            [66, 2, 3, 1],
            [2, 0, 3, 1],
        ]);
        let sizes = prop_oneof![6 => small(), 1 => large];
        let case =
            |(sizes, kind, input_gradient)| BackwardArgs { forward: with(sizes, 1e-2, kind), input_gradient };
        (sizes, kind(), any::<bool>()).prop_map(case).boxed()
    }
    fn every() -> Vec<BackwardArgs> {
        // Columns that several blocks of a GPU share.
        vec![BackwardArgs { forward: with([300, 1, 3, 1], 1e-2, [true; 3]), input_gradient: true }]
    }
    // Numbers that 16-bit floats have too.
    fn fill(_: &BackwardArgs, _: usize, len: usize, random: &mut Random) -> Data {
        Data::F32((0..len).map(|_| (128.0 * random.signed()).round() / 64.0).collect())
    }
    fn reference(args: &BackwardArgs, memory: &mut [Vec<f64>]) {
        let (args, wanted) = (&args.forward, args.input_gradient);
        let (weight, x, dy) = (memory[0].clone(), memory[1].clone(), memory[2].clone());
        let bias = vec![0.0; memory[5].len()];
        if wanted {
            // A row has no influence on others.
            let (len, channels) = (args.len(), args.channels);
            for (i, part) in (0..x.len()).step_by(len.max(1)).map(|start| start..start + len).enumerate() {
                let first = i % args.groups * channels;
                let weight = if weight.is_empty() { &[][..] } else { &weight[first..first + channels] };
                let one = Args { samples: 1, groups: 1, ..*args };
                let dx = gradient(&x[part.clone()], &dy[part.clone()], |x| normalized(&one, weight, &[], x));
                memory[3][part].copy_from_slice(&dx);
            }
        }
        let dweight = gradient(&weight, &dy, |weight| normalized(args, weight, &bias, &x));
        let dbias = gradient(&bias, &dy, |bias| normalized(args, &weight, bias, &x));
        memory[4].iter_mut().zip(dweight).for_each(|(to, value)| *to += value);
        memory[5].iter_mut().zip(dbias).for_each(|(to, value)| *to += value);
    }
}
