use proptest::prelude::*;

use super::*;
use crate::check::{Checked, Random, tolerance_of_sum};
use crate::{DType, Isa, Raw};

/// A view of a matrix of `sizes`, with either order of strides and perhaps gaps, in elements.
fn view(sizes: [usize; 2], batch: [usize; 2], transposed: bool, gap: usize, swapped: bool) -> View {
    let [rows, columns] = sizes;
    let (view, len) = if transposed {
        (View { row: 1, column: rows + gap, batch: [0; 2] }, (rows + gap) * columns)
    } else {
        (View { row: columns + gap, column: 1, batch: [0; 2] }, (columns + gap) * rows)
    };
    view.batched(if swapped { [len, len * batch[0]] } else { [len * batch[1], len] })
}

impl Checked for Gemm {
    fn tolerance(args: &Args) -> f64 {
        // Where C stays in place from matrix to matrix of a batch, their products are added.
        let products = (0..2).filter(|&d| args.c.batch[d] == 0).map(|d| args.batch[d]).product::<usize>();
        tolerance_of_sum(DType::F32, args.k * products)
    }
    fn every() -> Vec<Args> {
        // Scalar products of a few rows, by one thread and by several; and activations with a rectangle of C.
        let dots = [[8, 600, 1030], [5, 2000, 40], [8, 3, 5000]];
        let dots = dots.map(|[m, n, k]| Args::new(m, n, k).b(View::transposed(k)));
        let relu6 = Args::new(33, 50, 70).bias(Bias::PerRow).activation(Activation::Relu6);
        // Tiles of several threads, panels of B and ranges of k; B packed across its rows.
        let cut = Args::new(60, 530, 530).b(View::transposed(530));
        [&dots[..], &[relu6, relu6.residual(true), cut, cut.a(View::transposed(60))]].concat()
    }
    fn cases() -> BoxedStrategy<Args> {
        let size = || prop_oneof![1..6usize, 1..70usize, 14..=16usize, 31..=33usize];
        let depth = prop_oneof![Just(0usize), 1..40usize, 230..260usize, Just(500), Just(600)];
        let batch = prop_oneof![3 => Just([1, 1]), 1 => [1..3usize, 1..4usize]];
        let flag = any::<bool>;
        let layout = || (flag(), prop_oneof![Just(0), 0..5usize], flag());
        let bias = prop::sample::select(vec![Bias::None, Bias::PerRow, Bias::PerColumn]);
        let activation = prop::sample::select(vec![
            Activation::Identity,
            Activation::Relu,
            Activation::Relu6,
            Activation::Tanh,
        ]);
        let sizes = (size(), size(), depth, batch);
        (sizes, [layout(), layout(), layout()], bias, activation, [flag(), flag(), flag(), flag(), flag()])
            .prop_map(
                |(
                    (m, n, k, batch),
                    [a, b, c],
                    bias,
                    activation,
                    [keep, accumulate, scaled, shared, added],
                )| {
                    let mut args = Args::new(m, n, k).batch(batch).bias(bias).activation(activation);
                    args = args.residual(added);
                    args = args.keep_pre(keep).accumulate(accumulate).scale(if scaled { 0.25 } else { 1.0 });
                    args.a = view([m, k], batch, a.0, a.1, a.2);
                    args.b = view([k, n], batch, b.0, b.1, b.2);
                    args.c = view([m, n], batch, c.0, c.1, c.2);
                    if shared {
                        args.b.batch[0] = 0;
                    }
                    if shared && accumulate {
                        args.c.batch[1] = 0;
                        args.c.batch[0] = m * n * 3 + 100 + 10 * (m + n);
                    }
                    args
                },
            )
            .boxed()
    }
    fn reference(args: &Args, memory: &mut [Vec<f64>]) {
        let at = |v: View, i: usize, j: usize, b: [usize; 2]| {
            i * v.row + j * v.column + b[0] * v.batch[0] + b[1] * v.batch[1]
        };
        for b in (0..args.batch[0]).flat_map(|b0| (0..args.batch[1]).map(move |b1| [b0, b1])) {
            for (i, j) in (0..args.m).flat_map(|i| (0..args.n).map(move |j| (i, j))) {
                let product = |p: usize| memory[0][at(args.a, i, p, b)] * memory[1][at(args.b, p, j, b)];
                let sum = args.scale as f64 * (0..args.k).map(product).sum::<f64>();
                let to = at(args.c, i, j, b);
                if args.accumulate {
                    memory[3][to] += sum;
                    continue;
                }
                let z =
                    sum + match args.bias {
                        Bias::None => 0.0,
                        Bias::PerRow => memory[2][i],
                        Bias::PerColumn => memory[2][j],
                    } + if args.residual { memory[5][to] } else { 0.0 };
                if args.keep_pre {
                    memory[4][to] = z;
                }
                memory[3][to] = match args.activation {
                    Activation::Relu => z.max(0.0),
                    Activation::Relu6 => z.clamp(0.0, 6.0),
                    Activation::Tanh => z.tanh(),
                    _ => z,
                };
            }
        }
    }
}

#[test]
fn agrees_with_matrixmultiply() {
    let mut random = Random::new(1);
    // Panels of B packed and read in place, several ranges of k, narrow last strips.
    let sizes = [
        [300, 300, 300],
        [130, 400, 257],
        [121, 385, 241],
        [1, 300, 300],
        [300, 2, 299],
        [150, 260, 1100],
        [40, 300, 600],
        [60, 1030, 70],
    ];
    for [m, n, k] in sizes {
        let mut matrix = |len: usize| -> Vec<f32> { (0..len).map(|_| random.signed()).collect() };
        let (a, b) = (matrix(m * k), matrix(k * n));
        let mut want = vec![0.0f32; m * n];
        // SAFETY: the three matrices are dense and row-major, of these sizes.
        unsafe {
            let (a, b, c) = (a.as_ptr(), b.as_ptr(), want.as_mut_ptr());
            matrixmultiply::sgemm(m, k, n, 1.0, a, k as isize, 1, b, n as isize, 1, 0.0, c, n as isize, 1);
        }
        for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
            let mut got = vec![f32::NAN; m * n];
            let mut raws = [
                Raw::read_slice(&a),
                Raw::read_slice(&b),
                Raw::none(),
                Raw::write_slice(&mut got),
                Raw::none(),
                Raw::none(),
            ];
            let cpu = Cpu::new().with_isa(isa);
            cpu.run::<Gemm>(&Args::new(m, n, k), &mut raws);
            assert_eq!(cpu.take_fault(), None);
            let error = got.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(error < 1e-4, "{isa:?} {m}×{n}×{k}: {error} off");
        }
    }
}

#[test]
fn elements_of_c_do_not_share_a_place() {
    let cpu = Cpu::new();
    let (a, b, mut c) = ([1.0f32; 4], [1.0f32; 4], [0.0f32; 4]);
    let args = Args::new(2, 2, 2).c(View { row: 0, column: 1, batch: [0; 2] });
    let mut raws = [Raw::read(&a), Raw::read(&b), Raw::none(), Raw::write(&mut c), Raw::none(), Raw::none()];
    cpu.run::<Gemm>(&args, &mut raws);
    assert!(matches!(cpu.take_fault(), Some(crate::Fault::Memory { argument: 3, .. })));
}

/// With TF32 allowed, tiles of every size, each order of memory, with factors read four at a time or one by one, are as
/// near as 10 bits of mantissa let them; and no nearer, where tensor cores have it.
#[cfg(feature = "cuda")]
#[test]
fn tf32_rounds_factors_to_ten_bits() {
    let Some(gpu) = crate::check::gpu::gpu() else { return };
    gpu.allow_tf32(true);
    let sizes = [[264, 136, 72], [261, 135, 71], [68, 72, 520], [63, 61, 600], [20, 300, 40], [19, 301, 39]];
    let orders = [[false, false], [false, true], [true, false], [true, true]];
    let dense = sizes.into_iter().flat_map(|[m, n, k]| {
        orders.map(|[a, b]| {
            Args::new(m, n, k).a(view([m, k], [1, 1], a, 0, false)).b(view([k, n], [1, 1], b, 0, false))
        })
    });
    let batched = |batch: [usize; 2]| {
        let (m, n, k) = (40, 48, 36);
        let args = Args::new(m, n, k).batch([2, 3]).accumulate(true).scale(0.5);
        args.a(View::row_major(k).batched([3 * m * k, m * k]))
            .b(View::row_major(n).batched([3 * k * n, k * n]))
            .c(View::row_major(n).batched(batch))
    };
    let rest = [
        batched([3 * 40 * 48, 40 * 48]),
        batched([0, 0]),
        Args::new(70, 80, 90).bias(Bias::PerRow).activation(Activation::Relu).residual(true).keep_pre(true),
    ];
    for args in dense.chain(rest) {
        let error = crate::check::gpu::error::<Gemm>(&gpu, &args);
        let tensor_cores = gpu.properties().capability >= [8, 0];
        let range = if tensor_cores { 5e-5..1e-2 } else { 0.0..2e-5 };
        assert!(range.contains(&error), "{error} off, for {args:?}");
    }
}
