use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Data, Random, gradient};

pub(crate) fn reference(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::LeakyRelu(slope) => {
            if x > 0.0 {
                x
            } else {
                slope as f64 * x
            }
        }
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
        Activation::Gelu => 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())),
        Activation::GeluTanh => {
            0.5 * x * (1.0 + ((2.0 / core::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
        }
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Sqrt => x.sqrt(),
    }
}

fn cases() -> BoxedStrategy<Args> {
    use Activation::*;
    let activation = prop::sample::select(vec![
        Identity,
        Relu,
        Relu6,
        LeakyRelu(0.01),
        LeakyRelu(0.2),
        Sigmoid,
        Tanh,
        Gelu,
        GeluTanh,
        Silu,
        Sqrt,
    ]);
    let len = prop_oneof![1..70usize, Just(40_000)];
    (activation, len).prop_map(|(activation, len)| Args { activation, len, in_place: false }).boxed()
}

/// Inputs on both sides of every kink, and never so near that 16-bit floats round them to it; of a root, which only positive numbers have.
fn inputs(activation: Activation, len: usize, random: &mut Random) -> Vec<f32> {
    (0..len)
        .map(|_| 8.0 * random.signed())
        .map(|x| if x.abs() < 1e-3 || (x - 6.0).abs() < 0.02 { 0.5 } else { x })
        .map(|x| if activation == Activation::Sqrt { x.abs() } else { x })
        .collect()
}

impl Checked for Activate {
    fn cases() -> BoxedStrategy<Args> {
        cases()
    }
    fn fill(args: &Args, _: usize, len: usize, random: &mut Random) -> Data {
        Data::F32(inputs(args.activation, len, random))
    }
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        Some((Args { in_place: true, ..*args }, [0, 1]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        memory[1] = memory[0].iter().map(|&x| reference(args.activation, x)).collect();
    }
}

impl Checked for ActivateBackward {
    fn cases() -> BoxedStrategy<Args> {
        cases().prop_map(|args| Args { len: args.len.min(500), ..args }).boxed()
    }
    // x and y must belong together: both are made from the same draws.
    fn fill(args: &Args, i: usize, len: usize, random: &mut Random) -> Data {
        let mut shared = Random::new(7);
        let x = inputs(args.activation, len, &mut shared);
        Data::F32(match i {
            0 => x,
            1 => x.into_iter().map(|x| reference(args.activation, x as f64) as f32).collect(),
            _ => (0..len).map(|_| random.signed()).collect(),
        })
    }
    fn in_place(args: &Args) -> Option<(Args, [usize; 2])> {
        Some((Args { in_place: true, ..*args }, [2, 3]))
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let x: Vec<f64> =
            inputs(args.activation, args.len, &mut Random::new(7)).into_iter().map(f64::from).collect();
        for i in 0..args.len {
            let f = |x: &[f64]| vec![reference(args.activation, x[0])];
            memory[3][i] = gradient(&x[i..=i], &memory[2][i..=i], f)[0];
        }
    }
}

/// As PyTorch's: a NaN that an activation hides is found much later, or never.
#[test]
fn nan_passes_through_every_fused_activation() {
    use crate::conv2d::{self, Conv2d};
    use crate::gemm::{self, Gemm};
    use crate::{Cpu, Isa, Raw};

    let activations = [Activation::Relu, Activation::Relu6, Activation::LeakyRelu(0.1)];
    for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
        let cpu = Cpu::new().with_isa(isa);
        for activation in activations {
            let (x, mut y) = ([f32::NAN; 70], [0.0f32; 70]);
            let args = Args { activation, len: 70, in_place: false };
            cpu.run::<Activate>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
            assert!(y.iter().all(|y| y.is_nan()), "{isa:?} {activation:?}");

            for [m, n, k] in [[1, 20, 40], [40, 70, 30]] {
                for b in [gemm::View::row_major(n), gemm::View::transposed(k)] {
                    let (a, w, mut c) = (vec![f32::NAN; m * k], vec![1.0f32; k * n], vec![0.0f32; m * n]);
                    let args = gemm::Args::new(m, n, k).b(b).activation(activation);
                    let none = || Raw::none();
                    let memory = &mut [
                        Raw::read_slice(&a),
                        Raw::read_slice(&w),
                        none(),
                        Raw::write_slice(&mut c),
                        none(),
                        none(),
                    ];
                    cpu.run::<Gemm>(&args, memory);
                    assert!(c.iter().all(|c| c.is_nan()), "{isa:?} {activation:?} {m}x{n}x{k}");
                }
            }

            // Few channels, many by 1×1 and by 3×3, and one per group.
            for (groups, channels, kernel, side) in
                [(1, 2, 3, 9), (1, 40, 1, 9), (1, 64, 3, 28), (40, 40, 3, 9)]
            {
                let args = conv2d::Args {
                    images: 1,
                    groups,
                    in_channels: channels,
                    out_channels: channels,
                    input: [side; 2],
                    kernel: [kernel; 2],
                    stride: [1; 2],
                    padding: [0; 2],
                    dilation: [1; 2],
                    bias: false,
                    activation,
                    residual: false,
                    keep_pre: false,
                };
                let [height, width] = args.output();
                let x = vec![f32::NAN; channels * side * side];
                let weight = vec![1.0f32; channels * (channels / groups) * kernel * kernel];
                let mut y = vec![0.0f32; channels * height * width];
                let none = || Raw::none();
                let memory = &mut [
                    Raw::read_slice(&weight),
                    none(),
                    Raw::read_slice(&x),
                    Raw::write_slice(&mut y),
                    none(),
                    none(),
                ];
                cpu.run::<Conv2d>(&args, memory);
                assert!(
                    y.iter().all(|y| y.is_nan()),
                    "{isa:?} {activation:?} {channels}/{groups} {kernel}×{kernel}"
                );
            }
            assert!(cpu.take_fault().is_none());
        }
    }
}
