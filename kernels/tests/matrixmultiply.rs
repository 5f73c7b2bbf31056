//! Products by the crate `matrixmultiply`, as the feature of this name has them computed, against float64.

use castiron_kernels::activation::Activation;
use castiron_kernels::gemm::{Args, Bias, Gemm, View};
use castiron_kernels::{Cpu, Raw};
use proptest::prelude::*;

/// `rows` × `columns`, stored by rows or by columns, with a gap between them.
fn view(rows: usize, columns: usize, transposed: bool, gap: usize) -> View {
    match transposed {
        true => View { row: 1, column: rows + gap, batch: [0, rows * columns + gap * columns] },
        false => View { row: columns + gap, column: 1, batch: [0, rows * columns + gap * rows] },
    }
}

fn cases() -> impl Strategy<Value = Args> {
    let size = || prop_oneof![1..6usize, 1..40usize];
    let bias = prop::sample::select(vec![Bias::None, Bias::PerRow, Bias::PerColumn]);
    let activation = prop::sample::select(vec![Activation::Identity, Activation::Relu, Activation::Tanh]);
    let sizes = (size(), size(), prop_oneof![Just(0usize), 1..300usize], 1..4usize);
    (sizes, bias, activation, any::<[bool; 6]>(), [0..3usize, 0..3usize, 0..3usize]).prop_map(
        |((m, n, k, products), bias, activation, [a, b, c, keep_pre, residual, accumulate], gaps)| {
            Args::new(m, n, k)
                .batch([1, products])
                .a(view(m, k, a, gaps[0]))
                .b(view(k, n, b, gaps[1]))
                .c(view(m, n, c, gaps[2]))
                .bias(bias)
                .activation(activation)
                .keep_pre(keep_pre && !accumulate)
                .residual(residual && !accumulate)
                .accumulate(accumulate)
                .scale(0.5)
        },
    )
}

/// Numbers in (-1, 1).
fn numbers(len: usize, seed: &mut u32) -> Vec<f32> {
    let next = |_| {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(next).collect()
}

proptest! {
    #[test]
    fn products_are_those_of_float64(args in cases(), mut seed in any::<u32>()) {
        let Args { m, n, k, .. } = args;
        let span = |view: View, rows: usize, columns: usize| match rows * columns {
            0 => 0,
            _ => (rows - 1) * view.row + (columns - 1) * view.column + (args.batch[1] - 1) * view.batch[1] + 1,
        };
        let (a, b) = (numbers(span(args.a, m, k), &mut seed), numbers(span(args.b, k, n), &mut seed));
        let bias = match args.bias {
            Bias::PerRow if !args.accumulate => numbers(m, &mut seed),
            Bias::PerColumn if !args.accumulate => numbers(n, &mut seed),
            _ => Vec::new(),
        };
        let of_c = span(args.c, m, n);
        let residual = numbers(if args.residual { of_c } else { 0 }, &mut seed);
        let before = numbers(of_c, &mut seed);
        let (mut c, mut pre) = (before.clone(), vec![0.0f32; if args.keep_pre { of_c } else { 0 }]);
        Cpu::new().run::<Gemm>(&args, &mut [
            Raw::read_slice(&a),
            Raw::read_slice(&b),
            Raw::read_slice(&bias),
            Raw::write_slice(&mut c),
            Raw::write_slice(&mut pre),
            Raw::read_slice(&residual),
        ]);

        for (product, i, j) in (0..args.batch[1] * m * n).map(|at| (at / (m * n), at / n % m, at % n)) {
            let at = |view: View, i: usize, j: usize| product * view.batch[1] + i * view.row + j * view.column;
            let term = |p: usize| a[at(args.a, i, p)] as f64 * b[at(args.b, p, j)] as f64;
            let sum = 0.5 * (0..k).map(term).sum::<f64>();
            let to = at(args.c, i, j);
            let added = match args.bias {
                _ if args.accumulate => before[to],
                Bias::None => 0.0,
                Bias::PerRow => bias[i],
                Bias::PerColumn => bias[j],
            };
            let z = sum + added as f64 + residual.get(to).copied().unwrap_or(0.0) as f64;
            let want = match args.activation {
                _ if args.accumulate => z,
                Activation::Relu => z.max(0.0),
                Activation::Tanh => z.tanh(),
                _ => z,
            };
            prop_assert!((c[to] as f64 - want).abs() < 2e-5, "C[{i}, {j}]: {} should be {want}", c[to]);
            if let Some(pre) = pre.get(to) {
                prop_assert!((*pre as f64 - z).abs() < 2e-5, "before the activation: {pre} should be {z}");
            }
        }
    }
}
