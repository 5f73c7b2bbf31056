mod cases;
#[cfg(feature = "cuda")]
mod gpu;

use proptest::prelude::*;

pub(crate) use cases::{cases, channels, depthwise_cases, products, tiles, wide};
use cases::{tolerance, winograd_cases};

use super::*;
use crate::check::{Checked, Random, gradient};
use crate::{Mode, Raw};

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
