use proptest::prelude::*;

use super::*;
use crate::DType;
use crate::activation::Activation;
use crate::check::{Checked, tolerance, weights};

fn conv(in_channels: usize, out_channels: usize, input: [usize; 2]) -> conv2d::Args {
    conv2d::Args {
        images: 1,
        groups: 1,
        in_channels,
        out_channels,
        input,
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        bias: true,
        activation: Activation::Identity,
        residual: false,
        keep_pre: false,
    }
}

/// As an image of so many channels and pixels that is blocked or not: where a channel's pixel is.
fn at(blocked: bool, channels: usize, area: usize, [image, channel, pixel]: [usize; 3]) -> usize {
    match blocked {
        false => (image * channels + channel) * area + pixel,
        true => {
            ((image * channels.div_ceil(BLOCK) + channel / BLOCK) * area + pixel) * BLOCK + channel % BLOCK
        }
    }
}

impl Checked for BlockedConv2d {
    fn dtype(args: &Args, i: usize) -> DType {
        if i == 0 { args.weight } else { DType::F32 }
    }
    fn cases() -> BoxedStrategy<Args> {
        let pair = |range: core::ops::Range<usize>| [range.clone(), range];
        let kind = prop::sample::select(vec![Kind::First, Kind::Pointwise, Kind::Depthwise]);
        let activation =
            prop::sample::select(vec![Activation::Identity, Activation::Relu, Activation::Relu6]);
        let window = (pair(1..5), pair(1..4), pair(0..3), pair(1..3));
        (kind, 1..3usize, (1..40usize, 1..70usize), pair(1..12), window, activation, any::<bool>(), weights())
            .prop_map(|(kind, images, (ins, outs), input, window, activation, residual, weight)| {
                let (kernel, stride, padding, dilation) = window;
                let ins = if kind == Kind::First { ins % 5 + 1 } else { ins };
                let general = conv2d::Args { images, activation, residual, ..conv(ins, outs, input) };
                let conv = match kind {
                    Kind::First => conv2d::Args {
                        kernel,
                        padding,
                        stride: [stride[0], stride[1].min(2)],
                        dilation: [dilation[0], 1],
                        ..general
                    },
                    Kind::Pointwise => general,
                    Kind::Depthwise => conv2d::Args {
                        groups: ins,
                        out_channels: ins,
                        kernel,
                        stride,
                        padding,
                        dilation,
                        ..general
                    },
                };
                Args { kind, conv, weight }
            })
            .prop_filter("no window fits", |args| !args.conv.output().contains(&0))
            .boxed()
    }
    fn every() -> Vec<Args> {
        // Parts of channels, and of pixels.
        let many = conv2d::Args { residual: true, ..conv(70, 200, [7, 7]) };
        let large = conv2d::Args { activation: Activation::Relu6, ..conv(33, 24, [61, 29]) };
        let first = conv2d::Args { kernel: [3, 3], stride: [2, 2], padding: [1, 1], ..conv(3, 32, [30, 33]) };
        let each = conv2d::Args { groups: 40, kernel: [3, 3], padding: [1, 1], ..conv(40, 40, [40, 27]) };
        vec![
            Args { kind: Kind::Pointwise, conv: many, weight: DType::F32 },
            Args { kind: Kind::Pointwise, conv: large, weight: DType::F32 },
            Args { kind: Kind::First, conv: first, weight: DType::F32 },
            Args { kind: Kind::Depthwise, conv: each, weight: DType::F32 },
            Args {
                kind: Kind::Depthwise,
                conv: conv2d::Args { padding: [9, 9], dilation: [3, 2], ..each },
                weight: DType::F32,
            },
        ]
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let [weight, bias, x, y, residual] = memory else { unreachable!() };
        convolve(args, [weight, bias, x, residual], y);
    }
}

impl Checked for BlockedExpand {
    fn dtype(args: &ExpandArgs, i: usize) -> DType {
        if [0, 2].contains(&i) { args.weight } else { DType::F32 }
    }
    fn cases() -> BoxedStrategy<ExpandArgs> {
        let pair = |range: core::ops::Range<usize>| [range.clone(), range];
        let limits = prop::sample::select(vec![Activation::Identity, Activation::Relu, Activation::Relu6]);
        let window = (pair(1..5), pair(1..4), pair(0..3), pair(1..3));
        (1..3usize, 1..40usize, 1..70usize, pair(1..12), window, [limits.clone(), limits], weights())
            .prop_map(
                |(images, ins, outs, input, (kernel, stride, padding, dilation), [first, last], weight)| {
                    let expand = conv2d::Args { images, activation: first, ..conv(ins, outs, input) };
                    let general = conv2d::Args { images, activation: last, ..conv(outs, outs, input) };
                    let each = conv2d::Args { groups: outs, kernel, stride, padding, dilation, ..general };
                    ExpandArgs { expand, each, weight }
                },
            )
            .prop_filter("no window fits", |args| !args.each.output().contains(&0))
            .boxed()
    }
    fn every() -> Vec<ExpandArgs> {
        // Several bands; then lines so long that they are cut.
        let of = |ins: usize, outs: usize, input: [usize; 2], stride: usize| {
            let window = conv2d::Args {
                kernel: [3, 3],
                padding: [1, 1],
                stride: [stride; 2],
                ..conv(outs, outs, input)
            };
            ExpandArgs {
                expand: conv(ins, outs, input),
                each: conv2d::Args { groups: outs, ..window },
                weight: DType::F32,
            }
        };
        vec![of(5, 40, [90, 70], 1), of(5, 40, [91, 70], 2), of(1, 17, [4, 2100], 1), of(1, 17, [5, 2100], 2)]
    }
    fn reference(args: &ExpandArgs, memory: &mut [Vec<f64>]) {
        let [expand, expand_bias, each, each_bias, x, y] = memory else { unreachable!() };
        let ([height, width], outs) = (args.each.input, padded(args.each.in_channels));
        let mut between = vec![0.0; args.each.images * outs * height * width];
        convolve(
            &Args { kind: Kind::Pointwise, conv: args.expand, weight: args.weight },
            [expand, expand_bias, x, &[]],
            &mut between,
        );
        convolve(
            &Args { kind: Kind::Depthwise, conv: args.each, weight: args.weight },
            [each, each_bias, &between, &[]],
            y,
        );
    }
}

fn convolve(args: &Args, [weights, bias, x, residual]: [&[f64]; 4], y: &mut [f64]) {
    let Args { kind, conv, .. } = *args;
    let ([height, width], [lines, columns]) = (conv.input, conv.output());
    let ([kh, kw], outs) = (conv.kernel, padded(conv.out_channels));
    let ins = if kind == Kind::Depthwise { 1 } else { conv.in_channels };
    for image in 0..conv.images {
        for o in 0..outs {
            for pixel in 0..lines * columns {
                let mut sum = bias[o];
                for (u, c, v) in (0..kh * ins * kw).map(|i| (i / kw / ins, i / kw % ins, i % kw)) {
                    let place = |d: usize, at: usize, tap: usize| {
                        (at * conv.stride[d] + tap * conv.dilation[d]).wrapping_sub(conv.padding[d])
                    };
                    let (i, j) = (place(0, pixel / columns, u), place(1, pixel % columns, v));
                    if i >= height || j >= width {
                        continue;
                    }
                    let channel = if kind == Kind::Depthwise { o } else { c };
                    let depth = (u * ins + c) * kw + v;
                    let weight = weights[(o / BLOCK * kh * ins * kw + depth) * BLOCK + o % BLOCK];
                    let from = [image, channel, i * width + j];
                    sum += weight * x[at(kind != Kind::First, conv.in_channels, height * width, from)];
                }
                let to = at(true, outs, lines * columns, [image, o, pixel]);
                sum += residual.get(to).unwrap_or(&0.0);
                let [low, high] = conv.activation.limits().unwrap();
                y[to] = sum.clamp(low.into(), high.into());
            }
        }
    }
}

impl Checked for Pack {
    fn dtype(args: &PackArgs, i: usize) -> DType {
        if i == 6 { args.weight } else { DType::F32 }
    }
    fn tolerance(args: &PackArgs) -> f64 {
        tolerance(args.weight)
    }
    fn cases() -> BoxedStrategy<PackArgs> {
        (1..40usize, 1..6usize, [1..4usize, 1..4], any::<bool>(), weights())
            .prop_map(|(outputs, inputs, kernel, bias, weight)| PackArgs {
                outputs,
                inputs,
                kernel,
                bias,
                eps: 2.0,
                weight,
            })
            .boxed()
    }
    fn reference(args: &PackArgs, memory: &mut [Vec<f64>]) {
        let ([kh, kw], ins) = (args.kernel, args.inputs);
        for o in 0..args.outputs {
            let bias = memory[1].get(o).copied().unwrap_or(0.0);
            let scale = memory[2][o] / (memory[5][o] + f64::from(args.eps)).sqrt();
            memory[7][o] = (bias - memory[4][o]) * scale + memory[3][o];
            for (c, u, v) in (0..ins * kh * kw).map(|i| (i / kw / kh, i / kw % kh, i % kw)) {
                let from = memory[0][((o * ins + c) * kh + u) * kw + v];
                let depth = (u * ins + c) * kw + v;
                memory[6][(o / BLOCK * kh * ins * kw + depth) * BLOCK + o % BLOCK] = scale * from;
            }
        }
    }
}

/// With TF32 allowed, on tensor cores.
#[cfg(feature = "cuda")]
#[test]
fn tf32_rounds_factors_of_blocks_too() {
    use crate::check::gpu::{error, gpu};
    let Some(gpu) = gpu() else { return };
    gpu.allow_tf32(true);
    let range = if gpu.properties().capability >= [8, 0] { 5e-5..1e-2 } else { 0.0..2e-5 };
    let first = conv2d::Args { kernel: [3, 3], padding: [1, 1], ..conv(3, 40, [12, 9]) };
    for (kind, conv) in [(Kind::Pointwise, conv(70, 200, [9, 8])), (Kind::First, first)] {
        for weight in [DType::F32, DType::Bf16] {
            let error = error::<BlockedConv2d>(&gpu, &Args { kind, conv, weight });
            assert!(range.contains(&error), "{error} off, for {kind:?} with {weight}");
        }
    }
}
