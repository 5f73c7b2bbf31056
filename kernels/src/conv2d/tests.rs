use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Random, gradient};
use crate::{Mode, Raw};

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
fn winograd_cases() -> [Args; 5] {
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
fn tolerance(winograd: bool) -> f64 {
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

impl Checked for Conv2d {
    fn tolerance(args: &Args) -> f64 {
        tolerance(winograd::applies(args))
    }
    fn every() -> Vec<Args> {
        let direct = [
            // A few columns beyond whole registers; rows beyond whole tiles; a stride.
            wide([1, 1, 40, 13], [14, 14], 1, 1, [0, 0]),
            wide([2, 1, 24, 38], [7, 7], 3, 1, [1, 1]).residual(),
            wide([1, 2, 18, 20], [15, 14], 3, 2, [1, 1]),
            // Rows are cut, and so is the depth.
            wide([1, 1, 530, 515], [7, 7], 1, 1, [0, 0]),
            wide([1, 1, 810, 340], [9, 8], 1, 1, [0, 0]).residual(),
            wide([1, 1, 90, 9], [12, 5], 3, 1, [1, 1]).keep_pre(),
        ];
        assert!(!direct.iter().any(winograd::applies) && winograd_cases().iter().all(winograd::applies));
        let lenet = Args { input: [28, 28], ..tiles(2)[0] };
        let lenet = [lenet, Args { keep_pre: true, residual: true, ..lenet }];
        [&direct[..], &winograd_cases(), &tiles(3), &lenet, &depthwise_cases()].concat()
    }
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
        let mut z: Vec<f64> = channels(args).map(|o| memory[1].get(o).copied().unwrap_or(0.0)).collect();
        products(args, |y, weight, x| z[y] += memory[0][weight] * memory[2][x]);
        if args.residual {
            z.iter_mut().zip(&memory[5]).for_each(|(z, r)| *z += r);
        }
        memory[3] = z
            .iter()
            .map(|&z| match args.activation {
                Activation::Relu => z.max(0.0),
                Activation::Relu6 => z.clamp(0.0, 6.0),
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
    fn tolerance(args: &Args) -> f64 {
        tolerance(winograd::of_gradient(args).is_some())
    }
    fn every() -> Vec<Args> {
        let plain =
            |args: Args| Args { bias: false, residual: false, activation: Activation::Identity, ..args };
        let winograd = winograd_cases().map(plain);
        assert!(winograd.iter().all(|args| winograd::of_gradient(args).is_some()));
        let products = [
            // Pixels: a few columns beyond whole registers, rows beyond whole tiles, groups.
            wide([1, 1, 13, 40], [14, 14], 1, 1, [0, 0]),
            wide([2, 1, 70, 24], [7, 7], 1, 1, [0, 0]),
            wide([1, 2, 38, 36], [5, 10], 1, 1, [0, 0]),
            wide([1, 1, 130, 800], [7, 7], 1, 1, [0, 0]),
            // Columns added to windows, with parts of channels.
            wide([1, 1, 24, 38], [7, 7], 3, 1, [1, 1]),
            wide([2, 1, 21, 20], [15, 14], 3, 2, [1, 1]),
            wide([1, 2, 36, 20], [15, 14], 3, 2, [1, 1]),
            wide([1, 1, 40, 33], [9, 12], 1, 2, [0, 0]),
        ];
        [
            &winograd[..],
            &products.map(plain),
            &tiles(2),
            &depthwise_cases().into_iter().map(plain).collect::<Vec<_>>(),
        ]
        .concat()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let mut dx = vec![0.0; memory[2].len()];
        products(args, |y, weight, x| dx[x] += memory[0][weight] * memory[1][y]);
        memory[2] = dx;
    }
}

impl Checked for Conv2dBackwardWeight {
    fn tolerance(args: &Args) -> f64 {
        tolerance(winograd::applies_to_weight(args))
    }
    fn cases() -> BoxedStrategy<Args> {
        cases(false, 14)
    }
    fn every() -> Vec<Args> {
        let plain = |args: Args| Args { residual: false, activation: Activation::Identity, ..args };
        let winograd = winograd_cases().to_vec();
        [tiles(2), depthwise_cases(), winograd].concat().into_iter().map(plain).collect()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let [x, dy, dweight, dbias] = memory else { panic!("four buffers") };
        products(args, |y, weight, at| dweight[weight] += x[at] * dy[y]);
        if args.bias {
            channels(args).zip(&*dy).for_each(|(o, dy)| dbias[o] += dy);
        }
    }
}

/// The references of both gradients list the same products as that of the forward pass: here they are compared with
/// its differences.
#[test]
fn references_are_gradients() {
    let plain = wide([2, 2, 4, 6], [4, 5], 3, 2, [1, 0]);
    for args in [plain, Args { stride: [1, 3], dilation: [2, 1], padding: [2, 1], ..plain }] {
        let args = Args { activation: Activation::Identity, ..args };
        let mut random = Random::new(6);
        let mut fill = |len: usize| (0..len).map(|_| random.signed() as f64).collect::<Vec<f64>>();
        let [weight, bias, x, dy] = {
            let [x, y, weight, bias] = args.sizes();
            [weight, bias, x, y].map(&mut fill)
        };
        let forward = |weight: &[f64], bias: &[f64], x: &[f64]| {
            let mut memory = [weight, bias, x, &[], &[], &[]].map(<[f64]>::to_vec);
            Conv2d::reference(&args, &mut memory);
            let [_, _, _, y, ..] = memory;
            y
        };
        let mut input = [weight.clone(), dy.clone(), vec![0.0; x.len()]];
        Conv2dBackwardInput::reference(&args, &mut input);
        let mut weights = [x.clone(), dy.clone(), vec![0.0; weight.len()], vec![0.0; bias.len()]];
        Conv2dBackwardWeight::reference(&args, &mut weights);
        let want = [
            gradient(&x, &dy, |x| forward(&weight, &bias, x)),
            gradient(&weight, &dy, |weight| forward(weight, &bias, &x)),
            gradient(&bias, &dy, |bias| forward(&weight, bias, &x)),
        ];
        for (got, want) in [&input[2], &weights[2], &weights[3]].into_iter().zip(&want) {
            assert!(got.len() == want.len() && got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }
}

/// Whatever sizes are asked for: numbers that wrap, images without pixels, windows that fit nowhere.
#[test]
fn odd_sizes_do_no_harm() {
    fn run<O: Op<Args = Args>>(args: &Args, absurd: bool) {
        let spec = Spec::of::<O>(args);
        let mut buffers: Vec<_> = spec
            .items()
            .iter()
            .map(|access| vec![0.5f32; if absurd { 64 } else { access.bytes / 4 }])
            .collect();
        let memory = buffers.iter_mut().zip(spec.items()).map(|(buffer, access)| {
            if access.mode == Mode::Read { Raw::read_slice(buffer) } else { Raw::write_slice(buffer) }
        });
        let cpu = Cpu::new();
        cpu.run::<O>(args, &mut memory.collect::<Vec<_>>());
        assert_eq!(cpu.take_fault().is_some(), absurd, "{args:?}");
    }
    let plain = wide([1, 1, 4, 4], [4, 16], 1, 1, [0, 0]);
    let few = Args { in_channels: 1, kernel: [2, 1], ..plain };
    let many = wide([16, 1, 32, 32], [1, 10], 3, 1, [0, 0]);
    let absurd = [
        Args { groups: 4, stride: [3, usize::MAX / 3 * 2 + 1], ..plain },
        Args { padding: [1 << 59, 1], dilation: [1 << 60, 1], ..few },
        Args { kernel: [2, 2], padding: [1 << 59, 1], dilation: [1 << 60, 1], ..few },
    ];
    let odd = [
        Args { groups: 4, stride: [3, 1 << 28], ..plain },
        Args { groups: 4, input: [5, 0], kernel: [3, 1], ..plain },
        Args { padding: [1 << 27, 1], dilation: [1 << 28, 1], ..few },
        Args { kernel: [2, 2], padding: [1 << 27, 1], dilation: [1 << 28, 1], ..few },
        many,
        Args { images: 0, ..many },
        Args { input: [0, 0], padding: [1, 1], ..many },
    ];
    for (args, absurd) in odd.iter().map(|args| (args, false)).chain(absurd.iter().map(|args| (args, true))) {
        run::<Conv2d>(args, absurd);
        run::<Conv2dBackwardInput>(args, absurd);
        run::<Conv2dBackwardWeight>(args, absurd);
    }
}

/// With TF32 allowed, on tensor cores: as near as 10 bits of mantissa let them, and no nearer.
#[cfg(feature = "cuda")]
#[test]
fn tf32_rounds_factors_to_ten_bits() {
    use crate::check::gpu::{error, gpu};
    let Some(gpu) = gpu() else { return };
    gpu.allow_tf32(true);
    let range = if gpu.properties().capability >= [8, 0] { 5e-5..1e-2 } else { 0.0..2e-5 };
    let forward = wide([3, 1, 40, 136], [13, 14], 3, 1, [1, 1]);
    for args in [forward.residual(), wide([2, 2, 24, 80], [9, 7], 3, 2, [0, 2])] {
        let error = error::<Conv2d>(&gpu, &args);
        assert!(range.contains(&error), "{error} off, for {args:?}");
    }
    for args in [wide([2, 1, 12, 16], [7, 9], 3, 1, [1, 1]), wide([1, 2, 24, 20], [6, 5], 2, 2, [1, 0])] {
        let args = Args { activation: Activation::Identity, ..args };
        for error in [error::<Conv2dBackwardInput>(&gpu, &args), error::<Conv2dBackwardWeight>(&gpu, &args)] {
            assert!(range.contains(&error), "{error} off, for {args:?}");
        }
    }
}

/// A grid is 65,535 blocks deep. Nothing but the size of one channel is large, since the emulated GPU is slow.
#[cfg(feature = "cuda")]
#[test]
fn a_gpu_has_more_groups_than_a_grid_is_deep() {
    use crate::check::gpu::{error, gpu};
    let Some(gpu) = gpu() else { return };
    let groups = 65_536;
    let args = |ins, outs| Args {
        images: 1,
        groups,
        in_channels: groups * ins,
        out_channels: groups * outs,
        input: [1, 1],
        kernel: [1, 1],
        padding: [0, 0],
        bias: false,
        activation: Activation::Identity,
        ..tiles(1)[0]
    };
    assert!(error::<Conv2d>(&gpu, &args(1, 9)) < 1e-5);
    assert!(error::<Conv2dBackwardInput>(&gpu, &args(9, 1)) < 1e-5);
    assert!(error::<Conv2dBackwardWeight>(&gpu, &args(1, 9)) < 1e-5);
}
