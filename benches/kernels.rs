//! Kernels, one thread: `cargo bench --bench kernels`. Throughput of products and convolutions is in floating-point
//! operations (shown as elements) per second. `benches/peers` compares with other libraries.

use castiron::castiron_kernels::activation::Activation;
use castiron::castiron_kernels::conv2d::{Conv2d, Conv2dBackwardInput, Conv2dBackwardWeight};
use castiron::castiron_kernels::gemm::{Bias, Gemm, View};
use castiron::castiron_kernels::half::{bf16, f16};
use castiron::castiron_kernels::layer_norm::{self, LayerNorm, LayerNormBackward};
use castiron::castiron_kernels::packed_linear::{PackArgs, PackLinear, PackedLinear};
use castiron::castiron_kernels::pool2d::{MaxPool2d, MaxPool2dBackward};
use castiron::castiron_kernels::softmax::Softmax;
use castiron::castiron_kernels::unary::{Function, Unary};
use castiron::castiron_kernels::{Cpu, DType, Mode, Op, Precision, Raw, Spec};
use castiron::castiron_kernels::{conv2d, gemm, packed_linear, pool2d, softmax, unary};
use castiron::prelude::*;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};

/// Numbers that start at a cache line, or with the second number of one.
struct Numbers {
    memory: Vec<f32>,
    start: usize,
}

impl Numbers {
    fn new(len: usize, aligned: bool) -> Self {
        Self::of(DType::F32, len, aligned)
    }

    /// The memory of `len` floats with numbers of this type: two side by side, if they have 16 bits.
    fn of(dtype: DType, len: usize, aligned: bool) -> Self {
        let number = |i: usize| ((i * 37 + 11) % 101) as f32 / 50.0 - 1.0;
        let pair = |bits: fn(f32) -> u16, i: usize| {
            f32::from_bits(u32::from(bits(number(2 * i))) | u32::from(bits(number(2 * i + 1))) << 16)
        };
        let word = |i: usize| match dtype {
            DType::Bf16 => pair(|x| bf16::from_f32(x).to_bits(), i),
            DType::F16 => pair(|x| f16::from_f32(x).to_bits(), i),
            _ => number(i),
        };
        let mut memory: Vec<f32> = (0..len + 32).map(word).collect();
        let start = memory.as_ptr().align_offset(64) + usize::from(!aligned);
        memory.truncate(start + len);
        Numbers { memory, start }
    }

    fn floats(&self) -> &[f32] {
        &self.memory[self.start..]
    }

    fn floats_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.start..]
    }
}

/// Measures an operation that takes `N` arguments, all of them floats or halves.
fn bench<O: Op, const N: usize>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: String,
    args: &O::Args,
    aligned: bool,
) {
    let (cpu, spec) = (Cpu::new(), Spec::of::<O>(args));
    let mut memory: [_; N] = core::array::from_fn(|i| {
        let item = &spec.items()[i];
        Numbers::of(item.float.unwrap_or(DType::F32), item.bytes / 4, aligned)
    });
    group.bench_function(name, |bench| {
        bench.iter(|| {
            let mut modes = spec.items().iter().map(|access| access.mode);
            let mut raws = memory.each_mut().map(|numbers| match modes.next() {
                Some(Mode::Read) => Raw::read_slice(numbers.floats()),
                _ => Raw::write_slice(numbers.floats_mut()),
            });
            cpu.run::<O>(args, &mut raws);
        });
    });
    assert_eq!(cpu.take_fault(), None);
}

fn products(c: &mut Criterion) {
    let mut group = c.benchmark_group("product");
    let squares = [32, 64, 128, 256, 512, 1024].map(|n| [n; 3]);
    for [m, k, n] in squares.into_iter().chain([[1, 784, 128], [64, 784, 128], [128, 512, 512]]) {
        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        let (name, args) = (format!("{m}x{k}x{n}"), gemm::Args::new(m, n, k));
        bench::<Gemm, 6>(&mut group, name.clone(), &args, true);
        bench::<Gemm, 6>(&mut group, format!("{name} unaligned"), &args, false);
    }
    group.finish();
}

/// Linear layers of prepared models, whose weights are packed.
fn linear_layers(c: &mut Criterion) {
    let (mut group, cpu) = (c.benchmark_group("packed linear layer"), Cpu::new());
    let mlp = [1, 2, 8, 64, 512].map(|rows| [rows, 784, 128]);
    for [rows, inputs, outputs] in mlp.into_iter().chain([[64, 128, 10], [1, 1024, 1024], [64, 1024, 1024]]) {
        group.throughput(Throughput::Elements((2 * rows * inputs * outputs) as u64));
        for weight in [DType::F32, DType::Bf16] {
            let numbers = |bytes: usize| Numbers::new(bytes / 4, true);
            let (plain, mut packed) =
                (numbers(4 * outputs * inputs), numbers(weight.size() * outputs * inputs));
            let (x, bias, mut y) =
                (numbers(4 * rows * inputs), numbers(4 * outputs), numbers(4 * rows * outputs));
            let mut memory = [Raw::read_slice(plain.floats()), Raw::write_slice(packed.floats_mut())];
            cpu.run::<PackLinear>(&PackArgs { outputs, inputs, weight }, &mut memory);
            let args = packed_linear::Args {
                rows,
                inputs,
                outputs,
                bias: true,
                activation: Activation::Relu,
                residual: false,
                weight,
            };
            group.bench_function(format!("{rows}x{inputs}x{outputs}, weights of {weight}"), |bench| {
                bench.iter(|| {
                    let [x, packed, bias] = [&x, &packed, &bias].map(|of| Raw::read_slice(of.floats()));
                    let y = Raw::write_slice(y.floats_mut());
                    cpu.run::<PackedLinear>(&args, &mut [x, packed, bias, y, Raw::none()]);
                });
            });
        }
    }
    assert_eq!(cpu.take_fault(), None);
    group.finish();
}

/// What kinds of layers LeNet-5, ResNet-18 and MobileNetV2 have.
fn convolutions(c: &mut Criterion) {
    let mut group = c.benchmark_group("convolution");
    // Channels, side of the image; channels, side of the kernel; stride, padding, groups.
    for (name, images, [channels, side], [out_channels, kernel], [stride, padding, groups]) in [
        ("LeNet-5, first", 64, [1, 28], [6, 5], [1, 2, 1]),
        ("LeNet-5, second", 64, [6, 14], [16, 5], [1, 0, 1]),
        ("ResNet-18, first", 1, [3, 224], [64, 7], [2, 3, 1]),
        ("ResNet-18, 3x3 at 56x56", 1, [64, 56], [64, 3], [1, 1, 1]),
        ("ResNet-18, 3x3 at 7x7", 1, [512, 7], [512, 3], [1, 1, 1]),
        ("MobileNetV2, 1x1 at 56x56", 1, [24, 56], [144, 1], [1, 0, 1]),
        ("MobileNetV2, 1x1 at 7x7", 1, [960, 7], [160, 1], [1, 0, 1]),
        ("MobileNetV2, depthwise at 56x56", 1, [144, 56], [144, 3], [1, 1, 144]),
        ("MobileNetV2, depthwise with stride 2", 1, [96, 112], [96, 3], [2, 1, 96]),
    ] {
        let args = conv2d::Args {
            images,
            groups,
            in_channels: channels,
            out_channels,
            input: [side; 2],
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding; 2],
            dilation: [1; 2],
            bias: true,
            activation: Activation::Identity,
            residual: false,
            keep_pre: false,
        };
        let [height, width] = args.output();
        let outputs = images * out_channels * height * width;
        group.throughput(Throughput::Elements((2 * outputs * channels / groups * kernel * kernel) as u64));
        bench::<Conv2d, 6>(&mut group, format!("{name}, forward"), &args, true);
        bench::<Conv2dBackwardInput, 3>(&mut group, format!("{name}, backward to the input"), &args, true);
        bench::<Conv2dBackwardWeight, 4>(&mut group, format!("{name}, backward to the weight"), &args, true);
    }
    group.finish();
}

/// Layers of f32 beside layers of bf16 and f16.
fn halves(c: &mut Criterion) {
    let mut group = c.benchmark_group("halves");
    layers_of::<f32>(&mut group);
    layers_of::<bf16>(&mut group);
    layers_of::<f16>(&mut group);
    group.finish();
}

fn layers_of<E: Precision>(group: &mut BenchmarkGroup<'_, WallTime>) {
    for [rows, inputs, outputs] in [[1, 1024, 1024], [64, 784, 128], [512, 1024, 1024]] {
        group.throughput(Throughput::Elements((2 * rows * inputs * outputs) as u64));
        let name = |pass: &str| format!("linear {rows}x{inputs}x{outputs} of {}, {pass}", E::DTYPE);
        let forward = gemm::Args::new(rows, outputs, inputs)
            .b(View::transposed(inputs))
            .bias(Bias::PerColumn)
            .activation(Activation::Relu);
        let to_weight = gemm::Args::new(outputs, inputs, rows).a(View::transposed(outputs)).accumulate(true);
        bench::<E::Op<Gemm>, 6>(group, name("forward"), &forward, true);
        let to_input = gemm::Args::new(rows, inputs, outputs);
        bench::<E::Op<Gemm>, 6>(group, name("backward to the input"), &to_input, true);
        bench::<E::Gradient<Gemm>, 6>(group, name("backward to the weight"), &to_weight, true);
    }
    let args = conv2d::Args {
        images: 8,
        groups: 1,
        in_channels: 64,
        out_channels: 64,
        input: [28; 2],
        kernel: [3; 2],
        stride: [1; 2],
        padding: [1; 2],
        dilation: [1; 2],
        bias: true,
        activation: Activation::Identity,
        residual: false,
        keep_pre: false,
    };
    group.throughput(Throughput::Elements(2 * 8 * 64 * 64 * 9 * 28 * 28));
    let name = |pass: &str| format!("3x3, 64 channels at 28x28, of {}, {pass}", E::DTYPE);
    bench::<E::Op<Conv2d>, 6>(group, name("forward"), &args, true);
    bench::<E::Op<Conv2dBackwardInput>, 3>(group, name("backward to the input"), &args, true);
    bench::<E::Gradient<Conv2dBackwardWeight>, 4>(group, name("backward to the weight"), &args, true);
}

/// Tensors whose memory is new for each result: from 2 MiB on it lies on large pages.
fn new_memory(c: &mut Criterion) {
    fn exp<const N: usize>(group: &mut BenchmarkGroup<'_, WallTime>) {
        let x = Tensor::<Rank1<N>>::full(0.5);
        group.throughput(Throughput::Elements(N as u64));
        group.bench_function(format!("exp of {N}"), |bench| bench.iter(|| x.exp()));
    }
    let mut group = c.benchmark_group("eager");
    exp::<100_000>(&mut group);
    exp::<1_000_000>(&mut group);
    exp::<10_000_000>(&mut group);
    group.finish();
}

fn passes(c: &mut Criterion) {
    let mut group = c.benchmark_group("pass over memory");
    for [rows, len] in [[64, 10], [64, 1000], [4096, 256]] {
        group.throughput(Throughput::Elements((rows * len) as u64));
        let args = softmax::Args { rows, len, log: false };
        bench::<Softmax, 2>(&mut group, format!("softmax of {rows}x{len}"), &args, true);
    }
    for [samples, len] in [[256, 64], [128, 768], [2048, 768]] {
        group.throughput(Throughput::Elements((samples * len) as u64));
        let forward = layer_norm::Args { samples, ..layer_norm::Args::new(len, 1e-5) };
        bench::<LayerNorm, 4>(&mut group, format!("layer norm of {samples}x{len}"), &forward, true);
        let backward = layer_norm::BackwardArgs { forward, input_gradient: true };
        let name = format!("layer norm of {samples}x{len}, backward");
        bench::<LayerNormBackward, 6>(&mut group, name, &backward, true);
    }

    for (name, function) in [("exp", Function::Exp), ("tanh", Function::Tanh), ("GELU", Function::Gelu)] {
        for len in [1_000, 100_000, 10_000_000] {
            group.throughput(Throughput::Elements(len as u64));
            let args = unary::Args { function, dtype: DType::F32, len, in_place: false };
            bench::<Unary, 2>(&mut group, format!("{name} of {len}"), &args, true);
        }
    }
    // The first pooling of ResNet-18.
    let args = pool2d::Args { planes: 64, input: [112; 2], kernel: [3; 2], stride: [2; 2], padding: [1; 2] };
    group.throughput(Throughput::Elements(64 * 112 * 112));
    bench::<MaxPool2d, 2>(&mut group, "max-pool 3x3, stride 2".into(), &args, true);
    bench::<MaxPool2dBackward, 3>(&mut group, "max-pool 3x3, stride 2, backward".into(), &args, true);

    // A million parameters, their gradients and two moments: 16 MB.
    type Model = Linear<Rank1<1024>, 1024>;
    let (mut model, gradient) = (init::<Model>(0), init::<Model>(1));
    let mut updater = Updater::new(&model, Adam::new(1e-3)).expect("memory");
    group.throughput(Throughput::Elements((1024 * 1025) as u64));
    group.bench_function("Adam", |bench| {
        bench.iter(|| updater.step(&mut model, &gradient).expect("a step"));
    });
    group.finish();
}

criterion_group!(benches, products, linear_layers, convolutions, halves, passes, new_memory);
criterion_main!(benches);
