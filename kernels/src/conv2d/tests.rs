use proptest::prelude::*;

use super::*;
use crate::check::{Checked, gradient};

fn cases(activations: bool, largest: usize) -> BoxedStrategy<Args> {
    let pair = |range: core::ops::Range<usize>| [range.clone(), range];
    // Groups, and the channels of each: depthwise ones among them.
    let channels = prop_oneof![
        3 => (Just(1usize), 1..4usize, 1..5usize),
        1 => (2..4usize, 1..4usize, 1..4usize),
        1 => (1..5usize, Just(1), 1..3usize)
    ];
    let stride = prop_oneof![2 => Just([1usize, 1]), 1 => pair(1..4)];
    let dilation = prop_oneof![2 => Just([1usize, 1]), 1 => pair(1..4)];
    let activation = if activations {
        vec![Activation::Identity, Activation::Relu, Activation::Gelu]
    } else {
        vec![Activation::Identity]
    };
    let rest = (prop::sample::select(activation), any::<bool>(), any::<bool>(), any::<bool>());
    (1..4usize, channels, pair(1..largest), pair(1..6), stride, pair(0..3), dilation, rest)
        .prop_map(|(images, (groups, ins, outs), input, kernel, stride, padding, dilation, rest)| {
            let (activation, bias, keep_pre, residual) = rest;
            let (in_channels, out_channels) = (groups * ins, groups * outs);
            Args {
                images,
                groups,
                in_channels,
                out_channels,
                input,
                kernel,
                stride,
                padding,
                dilation,
                bias,
                activation,
                residual,
                keep_pre,
            }
        })
        .prop_filter("no window fits", |args| !args.output().contains(&0))
        .boxed()
}

/// w ∗ x + bias
fn convolve(args: &Args, weight: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let [height, width] = args.output();
    let [kh, kw] = args.kernel;
    let (ins, outs) = (args.in_channels / args.groups, args.out_channels / args.groups);
    let mut y = Vec::new();
    for image in 0..args.images {
        for o in 0..args.out_channels {
            for (i, j) in (0..height).flat_map(|i| (0..width).map(move |j| (i, j))) {
                let mut sum = if args.bias { bias[o] } else { 0.0 };
                for c in 0..ins {
                    for (u, v) in (0..kh).flat_map(|u| (0..kw).map(move |v| (u, v))) {
                        let py = (i * args.stride[0] + u * args.dilation[0]).checked_sub(args.padding[0]);
                        let px = (j * args.stride[1] + v * args.dilation[1]).checked_sub(args.padding[1]);
                        let (Some(py), Some(px)) = (py, px) else { continue };
                        if py < args.input[0] && px < args.input[1] {
                            let plane = image * args.in_channels + o / outs * ins + c;
                            sum += weight[((o * ins + c) * kh + u) * kw + v]
                                * x[(plane * args.input[0] + py) * args.input[1] + px];
                        }
                    }
                }
                y.push(sum);
            }
        }
    }
    y
}

impl Checked for Conv2d {
    fn cases() -> BoxedStrategy<Args> {
        let flags = [any::<bool>(), any::<bool>()];
        let large = (1..3usize, 20..40usize, 1..20usize, 20..50usize, flags).prop_map(
            |(images, ins, outs, side, [bias, residual])| Args {
                images,
                groups: 1,
                in_channels: ins,
                out_channels: outs,
                input: [side, 9],
                kernel: [3, 3],
                stride: [1, 1],
                padding: [1, 1],
                dilation: [1, 1],
                bias,
                activation: Activation::Relu,
                residual,
                keep_pre: false,
            },
        );
        prop_oneof![8 => cases(true, 24), 1 => large].boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let mut z = convolve(args, &memory[0], &memory[1], &memory[2]);
        if args.residual {
            z.iter_mut().zip(&memory[5]).for_each(|(z, r)| *z += r);
        }
        memory[3] = z
            .iter()
            .map(|&z| match args.activation {
                Activation::Relu => z.max(0.0),
                Activation::Gelu => 0.5 * z * (1.0 + libm::erf(z / 2f64.sqrt())),
                _ => z,
            })
            .collect();
        if args.keep_pre {
            memory[4] = z;
        }
    }
}

impl Checked for Conv2dBackwardInput {
    fn cases() -> BoxedStrategy<Args> {
        // Channels enough that their windows are packed, and not added up.
        let wide = cases(false, 5).prop_map(|args| Args {
            images: 1,
            groups: 1,
            in_channels: 33,
            out_channels: 1 + args.out_channels % 3,
            ..args
        });
        prop_oneof![4 => cases(false, 8), 1 => wide].boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let args = Args { bias: false, ..*args };
        memory[2] = gradient(&memory[2], &memory[1], |x| convolve(&args, &memory[0], &[], x));
    }
}

impl Checked for Conv2dBackwardWeight {
    fn cases() -> BoxedStrategy<Args> {
        cases(false, 14)
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let (x, dy) = (&memory[0], &memory[1]);
        let dweight = gradient(&memory[2], dy, |weight| convolve(args, weight, &memory[3], x));
        let dbias = gradient(&memory[3], dy, |bias| convolve(args, &memory[2], bias, x));
        memory[2].iter_mut().zip(dweight).for_each(|(sum, gradient)| *sum += gradient);
        memory[3].iter_mut().zip(dbias).for_each(|(sum, gradient)| *sum += gradient);
    }
}
