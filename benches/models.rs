//! Models on one thread: `cargo bench --bench models`. Throughput is in samples (elements) per second. `benches/peers`
//! runs these and larger ones beside other libraries.

use castiron::prelude::*;
use castiron::{Calibration, Infer, Plain, Prepare, Quantizable, Quantized, Sample, Shape, flat_mut, zeroed};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use examples_common::vision::MobileNetV2;

#[derive(Module)]
#[module(input = [1, 28, 28], output = [10])]
#[repr(C)]
struct LeNet {
    conv1: Conv2d<1, 6, 5, 1, 2, 1, 1, Relu>,
    pool1: MaxPool2d<2>,
    conv2: Conv2d<6, 16, 5, 1, 0, 1, 1, Relu>,
    pool2: MaxPool2d<2>,
    fc1: Linear<Rank3<16, 5, 5>, 120, Relu>,
    fc2: Linear<[f32; 120], 84, Relu>,
    fc3: Linear<[f32; 84], 10>,
}

model! {
    Small: [64] -> [10] {
        fc1: Linear(32), Relu,
        fc2: Linear(10),
    }

    Mlp: [784] -> [10] {
        fc1: Linear(128), Relu,
        fc2: Linear(10),
    }

    /// LeNet-5 as it is trained today.
    Normalised: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2, bias = false), bn1: BatchNorm2d, Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5, bias = false), bn2: BatchNorm2d, Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84), Relu,
        fc3: Linear(10),
    }
}

fn images(count: usize) -> (Vec<Rank3<1, 28, 28>>, Vec<i32>) {
    let pixel = |i: usize| ((i * 7919 + 13) % 997) as f32 / 997.0;
    let image = |i: usize| {
        [core::array::from_fn(|row| core::array::from_fn(|column| pixel((i * 28 + row) * 28 + column)))]
    };
    (0..count).map(|i| (image(i), (i % 10) as i32)).unzip()
}

fn lenet(c: &mut Criterion) {
    let model = init::<LeNet>(0);
    let (x, t) = images(64);
    let mut group = c.benchmark_group("LeNet-5");

    group.throughput(Throughput::Elements(64));
    let mut trainer =
        Trainer::<LeNet, _, _, 64>::new(Cpu::new(), &model, CrossEntropyLoss::<10>::new(), Adam::new(1e-3))
            .expect("memory");
    group.bench_function("training step with Adam, batch 64", |bench| {
        bench.iter(|| trainer.step(&x, &t).expect("a step"));
    });

    let mut y = vec![[0.0; 10]; 64];
    let mut predictor = Predictor::<LeNet, 64>::new(Cpu::new(), &model).expect("memory");
    group.bench_function("inference, batch 64", |bench| {
        bench.iter(|| predictor.predict(&x, &mut y).expect("a batch"));
    });

    group.throughput(Throughput::Elements(1));
    let mut predictor = Predictor::<LeNet, 1>::new(Cpu::new(), &model).expect("memory");
    group.bench_function("inference, batch 1", |bench| {
        bench.iter(|| predictor.predict(&x[..1], &mut y[..1]).expect("a batch"));
    });
    group.finish();
}

fn mlp(c: &mut Criterion) {
    let mut group = c.benchmark_group("MLP");
    rows::<Small, [f32; 64], 1>(&mut group, "64-32-10");
    rows::<Mlp, [f32; 784], 1>(&mut group, "784-128-10");
    rows::<Mlp, [f32; 784], 8>(&mut group, "784-128-10");
    rows::<Mlp, [f32; 784], 64>(&mut group, "784-128-10");
    rows::<Mlp, [f32; 784], 512>(&mut group, "784-128-10");

    let (x, (_, t)) = ([[0.5; 784]; 64], images(64));
    let (model, loss) = (init::<Mlp>(0), CrossEntropyLoss::<10>::new());
    let mut trainer = Trainer::<Mlp, _, _, 64>::new(Cpu::new(), &model, loss, Sgd::new(0.1)).expect("memory");
    group.bench_function("784-128-10, training step with SGD, batch 64", |bench| {
        bench.iter(|| trainer.step(&x, &t).expect("a step"));
    });
    group.finish();
}

fn rows<M, X, const B: usize>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str)
where
    M: Prepare<Input = X, Output = Rank1<10>>,
    X: Plain + for<'a> Sample<Rows<'a> = &'a [X]>,
{
    let prepared = Prepared::of(&Cpu::new(), &*init::<M>(0)).expect("memory");
    let mut predictor = Predictor::<Prepared<M>, B>::new(Cpu::new(), &prepared).expect("memory");
    let (x, mut y): (Vec<X>, _) = ((0..B).map(|_| zeroed()).collect(), vec![[0.0; 10]; B]);
    group.throughput(Throughput::Elements(B as u64));
    group.bench_function(format!("{name}, batch {B}"), |bench| {
        bench.iter(|| predictor.predict(&x, &mut y).expect("a batch"));
    });
}

/// What folding batch norms into convolutions gains.
fn prepared(c: &mut Criterion) {
    let model = init::<Normalised>(0);
    let prepared = Prepared::of(&Cpu::new(), &*model).expect("memory");
    let mut group = c.benchmark_group("inference of LeNet-5 with batch norms");
    batch::<Normalised, 1>(&mut group, "the model", &model);
    batch::<Prepared<Normalised>, 1>(&mut group, "prepared", &prepared);
    batch::<Normalised, 64>(&mut group, "the model", &model);
    batch::<Prepared<Normalised>, 64>(&mut group, "prepared", &prepared);
    group.finish();
}

fn batch<N, const B: usize>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, net: &N)
where
    N: Infer<Input = Rank3<1, 28, 28>, Output = Rank1<10>>,
{
    let ((x, _), mut y) = (images(B), vec![[0.0; 10]; B]);
    let mut predictor = Predictor::<N, B>::new(Cpu::new(), net).expect("memory");
    group.throughput(Throughput::Elements(B as u64));
    group.bench_function(format!("{name}, batch {B}"), |bench| {
        bench.iter(|| predictor.predict(&x, &mut y).expect("a batch"));
    });
}

/// What bytes gain, beside prepared parameters of `f32`.
fn quantized(c: &mut Criterion) {
    let mut group = c.benchmark_group("floats and bytes");
    both::<LeNet, _, _, 1>(&mut group, "LeNet-5");
    both::<LeNet, _, _, 64>(&mut group, "LeNet-5");
    both::<Mlp, _, _, 1>(&mut group, "784-128-10");
    both::<Mlp, _, _, 64>(&mut group, "784-128-10");
    both::<MobileNetV2, _, _, 1>(&mut group, "MobileNetV2");
    group.finish();
}

fn both<M, X, Y, const B: usize>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str)
where
    M: Prepare<Input = X, Output = Y> + Quantizable,
    X: Shape<Elem = f32>,
    Y: Shape<Elem = f32>,
{
    let model = init::<M>(0);
    let mut x: Vec<X> = (0..B.max(4)).map(|_| zeroed()).collect();
    for (i, x) in x.iter_mut().flat_map(flat_mut).enumerate() {
        *x = ((i * 7919 + 13) % 997) as f32 / 997.0;
    }
    let mut calibration = Calibration::<M>::new(Cpu::new(), &model).expect("memory");
    calibration.observe(&x).expect("numbers");
    let (prepared, bytes) =
        (Prepared::of(&Cpu::new(), &*model).expect("memory"), calibration.quantize().expect("numbers"));
    infer::<Prepared<M>, X, Y, B>(group, &format!("{name}, floats, batch {B}"), &prepared, &x[..B]);
    infer::<Quantized<M>, X, Y, B>(group, &format!("{name}, bytes, batch {B}"), &bytes, &x[..B]);
}

fn infer<N, X, Y, const B: usize>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, net: &N, x: &[X])
where
    N: Infer<Input = X, Output = Y>,
    X: Shape<Elem = f32>,
    Y: Shape<Elem = f32>,
{
    let mut y: Vec<Y> = (0..B).map(|_| zeroed()).collect();
    let mut predictor = Predictor::<N, B>::new(Cpu::new(), net).expect("memory");
    group.throughput(Throughput::Elements(B as u64));
    group.bench_function(name, |bench| bench.iter(|| predictor.predict(x, &mut y).expect("a batch")));
}

criterion_group!(benches, mlp, lenet, prepared, quantized);
criterion_main!(benches);
