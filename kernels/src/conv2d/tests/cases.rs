//! Convolutions that operations are checked with, here and as quantized ones.

use proptest::prelude::*;

use super::*;

pub(crate) fn cases(activations: bool, largest: usize) -> BoxedStrategy<Args> {
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
        vec![Activation::Identity, Activation::Relu, Activation::Relu6, Activation::Gelu]
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

/// Convolutions that fill the register tiles in each way, of `images` images.
pub(crate) fn tiles(images: usize) -> Vec<Args> {
    let args = Args {
        images,
        groups: 1,
        in_channels: 1,
        out_channels: 6,
        input: [28, 28],
        kernel: [5, 5],
        stride: [1, 1],
        padding: [2, 2],
        dilation: [1, 1],
        bias: true,
        activation: Activation::Relu,
        residual: false,
        keep_pre: false,
    };
    let many = Args { in_channels: 6, out_channels: 16, input: [6, 9], padding: [0, 1], ..args };
    vec![
        Args { input: [11, 10], ..args },
        many,
        Args { groups: 2, out_channels: 12, input: [6, 18], ..many },
        Args { in_channels: 3, out_channels: 8, input: [9, 21], kernel: [7, 5], stride: [2, 2], ..args },
        Args { in_channels: 4, out_channels: 32, input: [5, 7], stride: [2, 1], dilation: [1, 2], ..args },
        Args { in_channels: 2, input: [2, 23], kernel: [2, 5], padding: [9, 2], ..args },
        Args { in_channels: 2, out_channels: 5, input: [5, 32], kernel: [3, 3], padding: [1, 1], ..args },
    ]
}

/// Calls `f(y, weight, x)` with the places of all products that a convolution sums up.
pub(crate) fn products(args: &Args, mut f: impl FnMut(usize, usize, usize)) {
    let [height, width] = args.output();
    let [kh, kw] = args.kernel;
    let (ins, outs) = (args.in_channels / args.groups, args.out_channels / args.groups);
    let mut y = 0;
    for image in 0..args.images {
        for o in 0..args.out_channels {
            for (i, j) in (0..height).flat_map(|i| (0..width).map(move |j| (i, j))) {
                for c in 0..ins {
                    for (u, v) in (0..kh).flat_map(|u| (0..kw).map(move |v| (u, v))) {
                        let py = (i * args.stride[0] + u * args.dilation[0]).checked_sub(args.padding[0]);
                        let px = (j * args.stride[1] + v * args.dilation[1]).checked_sub(args.padding[1]);
                        let (Some(py), Some(px)) = (py, px) else { continue };
                        if py < args.input[0] && px < args.input[1] {
                            let plane = image * args.in_channels + o / outs * ins + c;
                            let weight = ((o * ins + c) * kh + u) * kw + v;
                            f(y, weight, (plane * args.input[0] + py) * args.input[1] + px);
                        }
                    }
                }
                y += 1;
            }
        }
    }
}

/// The output channel of each element of y.
pub(crate) fn channels(args: &Args) -> impl Iterator<Item = usize> {
    let (channels, pixels) = (args.out_channels, args.output()[0] * args.output()[1]);
    (0..args.images * channels * pixels).map(move |y| y / pixels % channels)
}

/// Many channels, with a bias: `[images, groups, in_channels, out_channels]`.
pub(crate) fn wide(
    channels: [usize; 4],
    input: [usize; 2],
    kernel: usize,
    stride: usize,
    padding: [usize; 2],
) -> Args {
    let [images, groups, in_channels, out_channels] = channels;
    Args {
        images,
        groups,
        in_channels,
        out_channels,
        input,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding,
        dilation: [1, 1],
        bias: true,
        activation: Activation::Relu6,
        residual: false,
        keep_pre: false,
    }
}

/// Convolutions that Winograd's algorithm is used for, and so is their gradient.
pub(super) fn winograd_cases() -> [Args; 5] {
    [
        wide([1, 1, 32, 64], [14, 14], 3, 1, [1, 1]),
        // Not a multiple of four, and two images.
        wide([2, 1, 96, 32], [13, 17], 3, 1, [1, 1]).residual(),
        // Several tasks, several parts of the input channels.
        wide([1, 1, 160, 96], [18, 23], 3, 1, [0, 2]),
        wide([1, 1, 32, 32], [5, 90], 3, 1, [2, 0]).residual(),
        // Tasks of several images, and of parts of them.
        wide([5, 1, 512, 32], [7, 7], 3, 1, [1, 1]),
    ]
}

/// How far results may be off. The transforms of Winograd's algorithm round two to three times as much
/// as a plain sum does.
pub(super) fn tolerance(winograd: bool) -> f64 {
    if winograd { 1e-4 } else { 2e-5 }
}

/// Depthwise convolutions: every width of a plane around that of the registers, both strides and others, one and two
/// outputs for each input; with and without padded copies.
pub(crate) fn depthwise_cases() -> Vec<Args> {
    let plane =
        |input, stride| Args { activation: Activation::Relu, ..wide([2, 3, 3, 3], input, 3, stride, [1, 1]) };
    let mut cases = Vec::new();
    for stride in [1, 2] {
        cases.extend(
            [[1, 1], [2, 7], [7, 2], [5, 15], [4, 16], [3, 17], [1, 31], [6, 32], [5, 33], [2, 67]]
                .map(|input| plane(input, stride)),
        );
    }
    let large = Args { images: 1, ..plane([130, 127], 1) };
    let five = Args { kernel: [5, 5], padding: [2, 2], ..plane([9, 18], 1) };
    cases.extend([
        Args { residual: true, keep_pre: true, activation: Activation::Gelu, ..plane([8, 9], 2) },
        Args { out_channels: 6, ..plane([8, 9], 1) },
        Args { out_channels: 6, ..plane([8, 9], 2) },
        large,
        Args { stride: [2, 2], ..large },
        five,
        Args { stride: [2, 2], ..five },
        Args { stride: [3, 3], ..five },
        Args { dilation: [2, 1], padding: [2, 1], ..plane([9, 20], 1) },
    ]);
    cases
}
