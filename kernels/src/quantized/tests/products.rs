//! Convolutions and linear layers.

use proptest::prelude::*;

use super::*;
use crate::activation::Activation;
use crate::check::Checked;
use crate::conv2d::tests::{channels, depthwise_cases, products, tiles, wide};
use crate::{Cpu, DType, Raw, conv2d};

impl Checked for QuantizedConv2d {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(_: &conv2d::Args, i: usize) -> DType {
        [DType::I8, DType::I32, DType::F32, DType::U8, DType::U8, DType::U8][i]
    }
    fn fill(args: &conv2d::Args, i: usize, len: usize, random: &mut Random) -> Data {
        parameters(i, len, args.in_per_group() * args.kernel[0] * args.kernel[1], random)
    }
    fn cases() -> BoxedStrategy<conv2d::Args> {
        conv2d::tests::cases(false, 24)
    }
    fn every() -> Vec<conv2d::Args> {
        let pointwise = [
            wide([1, 1, 40, 13], [14, 14], 1, 1, [0, 0]),
            wide([1, 1, 130, 33], [7, 7], 1, 1, [0, 0]),
            wide([3, 1, 16, 70], [9, 13], 1, 1, [0, 0]),
            wide([2, 1, 3, 20], [33, 30], 3, 2, [1, 1]),
            wide([2, 1, 24, 38], [7, 7], 3, 1, [1, 1]),
            wide([1, 2, 18, 20], [15, 14], 3, 2, [1, 1]),
        ];
        // Depths of several blocks, and one that has no kernel; more columns, and larger planes, than are packed at a time.
        let large = [
            wide([1, 1, 1100, 20], [5, 5], 1, 1, [0, 0]),
            wide([1, 1, 8200, 1], [2, 2], 1, 1, [0, 0]),
            wide([1, 1, 9, 40], [70, 61], 1, 1, [0, 0]),
            wide([1, 1, 3, 2], [30, 300], 3, 1, [1, 1]),
            wide([1, 1, 140, 1], [28, 300], 3, 1, [1, 1]),
        ];
        let lenet = conv2d::Args { input: [28, 28], ..tiles(2)[0] };
        [&pointwise[..], &large, &tiles(2), &[lenet], &depthwise_cases()].concat()
    }
    fn reference(args: &conv2d::Args, memory: &mut [Vec<f64>]) {
        let [weight, bias, scale, points, x, y] = memory else { panic!("six arguments") };
        // The zero point is what padding is, and so what it contributes is that of all weights.
        let depth = weight.len() / args.out_channels;
        let all = |o: usize| weight[o * depth..][..depth].iter().sum::<f64>();
        let mut sums: Vec<f64> = channels(args).map(|o| bias[o] + points[0] * all(o)).collect();
        products(args, |y, w, at| sums[y] += weight[w] * (x[at] - points[0]));
        for ((y, sum), o) in y.iter_mut().zip(sums).zip(channels(args)) {
            *y = byte(round(scale[o], sum), points);
        }
    }
}

impl Checked for QuantizedLinear {
    const TOLERANCE: f64 = 0.0;
    const ISAS: &[Isa] = ISAS;
    fn dtype(args: &LinearArgs, i: usize) -> DType {
        let y = if args.wide { DType::I32 } else { DType::U8 };
        [DType::I8, DType::I32, DType::F32, DType::U8, DType::U8, y][i]
    }
    fn fill(args: &LinearArgs, i: usize, len: usize, random: &mut Random) -> Data {
        match i {
            // Sums are kept as they are, if nothing leaves 32 bits on the way.
            2 if args.wide => Data::F32((0..len).map(|_| 0.01 * 8f32.powf(random.signed())).collect()),
            _ => parameters(i, len, args.inputs, random),
        }
    }
    fn cases() -> BoxedStrategy<LinearArgs> {
        (0..20usize, prop_oneof![0..300usize, Just(1280)], 0..90usize, any::<bool>())
            .prop_map(|(rows, inputs, outputs, wide)| LinearArgs {
                rows,
                inputs,
                outputs,
                activation: Activation::Relu,
                wide,
            })
            .boxed()
    }
    fn every() -> Vec<LinearArgs> {
        let of = |rows, inputs, outputs, wide| {
            let activation = Activation::Identity;
            LinearArgs { rows, inputs, outputs, activation, wide }
        };
        vec![
            of(1, 400, 120, false),
            of(1, 84, 10, true),
            of(1, 1280, 1000, true),
            of(1, 4099, 5, false),
            of(64, 400, 120, false),
            of(37, 129, 65, true),
            // Several tasks, several lines of packed weights; nothing to sum up.
            of(150, 70, 40, false),
            of(17, 4100, 33, false),
            of(20, 0, 5, false),
        ]
    }
    fn reference(args: &LinearArgs, memory: &mut [Vec<f64>]) {
        let [weight, bias, scale, points, x, y] = memory else { panic!("six arguments") };
        for (i, y) in y.iter_mut().enumerate() {
            let (row, o) = (i / args.outputs, i % args.outputs);
            let (x, w) = (&x[row * args.inputs..], &weight[o * args.inputs..][..args.inputs]);
            let sum = bias[o] + w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
            let multiple = round(scale[o], sum);
            *y = if args.wide { multiple as f64 } else { byte(multiple, points) };
        }
    }
}

/// Whatever sizes are asked for: windows far apart, images without pixels, windows that fit nowhere.
#[test]
fn odd_sizes_do_no_harm() {
    let plain = wide([1, 1, 4, 4], [4, 16], 1, 1, [0, 0]);
    let few = conv2d::Args { in_channels: 1, kernel: [2, 1], ..plain };
    let many = wide([16, 1, 32, 32], [1, 10], 3, 1, [0, 0]);
    let odd = [
        conv2d::Args { groups: 4, stride: [3, 1 << 28], ..plain },
        conv2d::Args { stride: [3, 1 << 28], ..plain },
        conv2d::Args { groups: 4, input: [5, 0], kernel: [3, 1], ..plain },
        conv2d::Args { padding: [1 << 27, 1], dilation: [1 << 28, 1], ..few },
        conv2d::Args { kernel: [2, 2], padding: [1 << 27, 1], dilation: [1 << 28, 1], ..few },
        conv2d::Args { images: 0, ..many },
        conv2d::Args { input: [0, 0], padding: [1, 1], ..many },
    ];
    for args in odd {
        for isa in ISAS {
            let [x, y, weight, _] = args.sizes();
            let (weight, bias, factors) =
                (vec![1i8; weight], vec![5i32; args.out_channels], vec![1f32; args.out_channels]);
            let (points, x, mut y) = ([9u8, 1, 0, 255], vec![7u8; x], vec![0u8; y]);
            let cpu = Cpu::new().with_isa(*isa);
            cpu.run::<QuantizedConv2d>(
                &args,
                &mut [
                    Raw::read_slice(&weight),
                    Raw::read_slice(&bias),
                    Raw::read_slice(&factors),
                    Raw::read(&points),
                    Raw::read_slice(&x),
                    Raw::write_slice(&mut y),
                ],
            );
            assert_eq!(cpu.take_fault(), None, "{args:?}");
            assert!(!y.contains(&0), "{args:?}");
        }
    }
}
