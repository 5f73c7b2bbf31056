//! What is computed from padded copies is what is computed without: in several bands, at all strides.

use super::*;
use crate::Raw;
use crate::check::Random;
use crate::conv2d::{Conv2d, Conv2dBackwardInput, Conv2dBackwardWeight};

fn random(len: usize, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..len).map(|_| random.signed()).collect()
}

fn close(got: &[f32], want: &[f32], args: &Args) {
    let off = got
        .iter()
        .zip(want)
        .fold(0.0f32, |off, (got, want)| off.max((got - want).abs() / (1.0 + want.abs())));
    assert!(got.len() == want.len() && off < 1e-4, "{off} off, for {args:?}");
}

#[test]
fn padded_copies_change_nothing() {
    let plain = Args {
        images: 2,
        groups: 3,
        in_channels: 3,
        out_channels: 3,
        input: [70, 90],
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        dilation: [1, 1],
        bias: true,
        activation: Activation::Identity,
        residual: false,
        keep_pre: false,
    };
    let five = Args { kernel: [5, 5], padding: [2, 2], ..plain };
    let cases = [
        plain,
        five,
        Args { stride: [2, 2], ..plain },
        Args { stride: [2, 2], input: [71, 93], ..five },
        Args { stride: [1, 2], ..five },
        Args { stride: [2, 1], dilation: [2, 3], ..plain },
        Args { stride: [3, 3], ..five },
        Args { kernel: [1, 1], padding: [3, 3], input: [7, 5], ..plain },
        Args { kernel: [8, 7], padding: [3, 3], dilation: [1, 2], ..plain },
        Args { input: [7, 7], ..plain },
        Args { input: [14, 14], stride: [2, 2], ..plain },
        Args { out_channels: 6, ..plain },
        Args { input: [3, 5000], ..plain },
    ];
    for args in cases {
        let [x_len, y_len, weight_len, bias_len] = args.sizes();
        let (x, dy, weight) = (random(x_len, 1), random(y_len, 2), random(weight_len, 3));
        let bias = random(bias_len, 4);
        let [from, to, taps] = [args.input, args.output(), args.kernel].map(|[h, w]| h * w);
        let (mut want_y, mut want_dx) = (vec![0.0; y_len], vec![0.0; x_len]);
        let mut want_dweight = vec![0.0; weight_len];
        for at in 0..y_len / to {
            let (channel, source) = (at % args.out_channels, at / args.out_per_group() * from);
            let y = &mut want_y[at * to..][..to];
            y.fill(bias[channel]);
            let weight = &weight[channel * taps..][..taps];
            let (x, dx) = (&x[source..][..from], &mut want_dx[source..][..from]);
            direct::correlate(Isa::Portable, args, weight, x, y);
            direct::spread(Isa::Portable, args, weight, &dy[at * to..][..to], dx);
            let dweight = &mut want_dweight[channel * taps..][..taps];
            direct::correlation(Isa::Portable, args, x, &dy[at * to..][..to], dweight);
        }
        for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
            let cpu = Cpu::new().with_isa(isa);
            for activation in [Activation::Identity, Activation::Relu, Activation::Relu6, Activation::Tanh] {
                let args = Args { activation, ..args };
                let (mut y, none): (_, &[f32]) = (vec![f32::NAN; y_len], &[]);
                let memory = [Raw::read_slice(&weight), Raw::read_slice(&bias), Raw::read_slice(&x)];
                let [w, b, source] = memory;
                let outputs =
                    [Raw::write_slice(&mut y), Raw::write_slice::<f32>(&mut []), Raw::read_slice(none)];
                let [to, z, residual] = outputs;
                cpu.run::<Conv2d>(&args, &mut [w, b, source, to, z, residual]);
                let want: Vec<f32> = want_y.iter().map(|y| activation.apply(*y)).collect();
                close(&y, &want, &args);
            }
            let (mut dx, mut dweight) = (vec![f32::NAN; x_len], vec![0.0f32; weight_len]);
            let mut dbias = vec![0.0f32; bias_len];
            let memory = &mut [Raw::read_slice(&weight), Raw::read_slice(&dy), Raw::write_slice(&mut dx)];
            cpu.run::<Conv2dBackwardInput>(&args, memory);
            close(&dx, &want_dx, &args);
            let [x, dy] = [&x, &dy].map(|data| Raw::read_slice(data));
            let memory = &mut [x, dy, Raw::write_slice(&mut dweight), Raw::write_slice(&mut dbias)];
            cpu.run::<Conv2dBackwardWeight>(&args, memory);
            // Sums of thousands of products, in another order.
            let scale = (args.images as f32 * to as f32).sqrt();
            let [got, want] =
                [&dweight, &want_dweight].map(|d| d.iter().map(|d| d / scale).collect::<Vec<_>>());
            close(&got, &want, &args);
            assert_eq!(cpu.take_fault(), None);
        }
    }
}
