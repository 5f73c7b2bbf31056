use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Random, gradient};
use crate::{Isa, Mode, Raw};

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
fn tiles(images: usize) -> Vec<Args> {
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

/// Many channels, with a bias: `[images, groups, in_channels, out_channels]`.
fn wide(channels: [usize; 4], input: [usize; 2], kernel: usize, stride: usize, padding: [usize; 2]) -> Args {
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

/// A gradient of many channels would take too long to check whole: here are some of its elements.
#[test]
fn gradients_of_many_channels() {
    for args in winograd_cases().map(|args| Args { bias: false, residual: false, ..args }) {
        assert!(winograd::applies(&args) && winograd::of_gradient(&args).is_some());
        let [x, y, weight, _] = args.sizes();
        let mut random = Random::new(5);
        let mut fill = |len: usize| (0..len).map(|_| random.signed()).collect::<Vec<f32>>();
        let (weight, dy) = (fill(weight), fill(y));
        let widen = |x: &[f32]| x.iter().map(|x| *x as f64).collect::<Vec<f64>>();
        let places: Vec<usize> = (0..6).map(|i| (i * 7919 + i * i) % x).collect();
        let want: Vec<f64> = places
            .iter()
            .map(|&place| {
                let mut one = vec![0.0; x];
                one[place] = 1.0;
                let y = convolve(&args, &widen(&weight), &[], &one);
                y.iter().zip(&dy).map(|(y, dy)| y * *dy as f64).sum()
            })
            .collect();
        for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
            let mut dx = vec![f32::NAN; x];
            let mut memory = [Raw::read_slice(&weight), Raw::read_slice(&dy), Raw::write_slice(&mut dx)];
            Cpu::new().with_isa(isa).run::<Conv2dBackwardInput>(&args, &mut memory);
            assert!(dx.iter().all(|x| x.is_finite()));
            for (&place, want) in places.iter().zip(&want) {
                let error = (dx[place] as f64 - want).abs() / (1.0 + want.abs());
                assert!(error < tolerance(true), "{isa:?}: {} should be {want}, {args:?}", dx[place]);
            }
        }
    }
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
        [&direct[..], &winograd_cases(), &tiles(3), &lenet].concat()
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
        let mut z = convolve(args, &memory[0], &memory[1], &memory[2]);
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
    fn every() -> Vec<Args> {
        tiles(2)
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
    fn every() -> Vec<Args> {
        tiles(2)
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let (x, dy) = (&memory[0], &memory[1]);
        let dweight = gradient(&memory[2], dy, |weight| convolve(args, weight, &memory[3], x));
        let dbias = gradient(&memory[3], dy, |bias| convolve(args, &memory[2], bias, x));
        memory[2].iter_mut().zip(dweight).for_each(|(sum, gradient)| *sum += gradient);
        memory[3].iter_mut().zip(dbias).for_each(|(sum, gradient)| *sum += gradient);
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
