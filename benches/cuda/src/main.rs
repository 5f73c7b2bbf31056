//! One workload on the first GPU, for `run.py`: prints the seconds that one run takes, and numbers that must be PyTorch's.
//!
//!     castiron-cuda WORKLOAD SECONDS [PARAMETERS.safetensors]

use std::env::args;
use std::process::exit;
use std::time::Instant;

use castiron::files::Load;
use castiron::prelude::*;
use castiron::{Sample, Shape, bf16, flat_mut, zeroed};

#[path = "../../../examples/common/vision/resnet.rs"]
mod resnet;
use resnet::ResNet;

model! {
    Mlp: [784] -> [10] {
        fc1: Linear(128), Relu,
        fc2: Linear(10),
    }

    LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }

    Flat: [8192] -> [8192] { fc1: Linear(8192), fc2: Linear(8192), fc3: Linear(8192), fc4: Linear(8192) }
    SmallFlat: [16] -> [16] { fc1: Linear(16), fc2: Linear(16), fc3: Linear(16), fc4: Linear(16) }

    ResNet32 = ResNet<32, 10>;
    ResNet224 = ResNet<224, 10>;
}

fn main() {
    let [name, seconds] = [1, 2].map(|i| args().nth(i).unwrap_or_else(usage));
    let seconds: f64 = seconds.parse().unwrap_or_else(|_| usage());
    let gpu = Cuda::new(0).unwrap_or_else(|missing| {
        eprintln!("{missing}");
        exit(2)
    });
    gpu.allow_tf32(name.ends_with("tf32"));
    gpu.overlap_copies(!name.ends_with("_serial"));
    let plain = name.trim_end_matches("_tf32").trim_end_matches("_f32").trim_end_matches("_serial");
    let (_, run) = WORKLOADS.iter().find(|(known, _)| *known == plain).unwrap_or_else(usage);
    run(Run { gpu, seconds });
}

/// Names without `_f32`, `_tf32` and `_serial`, with which every one may end.
const WORKLOADS: &[(&str, fn(Run))] = &[
    ("gemm_16", Run::product::<16>),
    ("gemm_256", Run::product::<256>),
    ("gemm_512", Run::product::<512>),
    ("gemm_1024", Run::product::<1024>),
    ("gemm_2048", Run::product::<2048>),
    ("gemm_4096", Run::product::<4096>),
    ("gemm_8192", Run::product::<8192>),
    ("gemm_16_bf16", Run::product_of_bf16::<16>),
    ("gemm_256_bf16", Run::product_of_bf16::<256>),
    ("gemm_512_bf16", Run::product_of_bf16::<512>),
    ("gemm_1024_bf16", Run::product_of_bf16::<1024>),
    ("gemm_2048_bf16", Run::product_of_bf16::<2048>),
    ("gemm_4096_bf16", Run::product_of_bf16::<4096>),
    ("gemm_8192_bf16", Run::product_of_bf16::<8192>),
    ("sgd_16", |run| run.update(|net: &SmallFlat| net.fc1.weight[0][..5].to_vec())),
    ("sgd_8192", |run| run.update(|net: &Flat| net.fc1.weight[0][..5].to_vec())),
    ("mlp_2_train", Run::train::<Mlp, _, 2>),
    ("mlp_2_infer", Run::infer::<Mlp, _, 2>),
    ("mlp_64_train", Run::train::<Mlp, _, 64>),
    ("mlp_64_infer", Run::infer::<Mlp, _, 64>),
    ("lenet_2_train", Run::train::<LeNet, _, 2>),
    ("lenet_2_infer", Run::infer::<LeNet, _, 2>),
    ("lenet_64_train", Run::train::<LeNet, _, 64>),
    ("lenet_64_infer", Run::infer::<LeNet, _, 64>),
    ("lenet_1024_train", Run::train::<LeNet, _, 1024>),
    ("lenet_1024_infer", Run::infer::<LeNet, _, 1024>),
    ("resnet32_8_train", Run::train::<ResNet32, _, 8>),
    ("resnet32_8_infer", Run::infer::<ResNet32, _, 8>),
    ("resnet32_128_train", Run::train::<ResNet32, _, 128>),
    ("resnet32_128_infer", Run::infer::<ResNet32, _, 128>),
    ("resnet224_32_train", Run::train::<ResNet224, _, 32>),
    ("resnet224_32_infer", Run::infer::<ResNet224, _, 32>),
];

fn usage<T>() -> T {
    eprintln!("usage: castiron-cuda WORKLOAD SECONDS [PARAMETERS.safetensors], where WORKLOAD is one of");
    WORKLOADS.iter().for_each(|(name, _)| eprintln!("{name}"));
    exit(1)
}

/// The numbers of an input: `run.py` has the same.
fn numbers(count: usize) -> impl Iterator<Item = f32> {
    (0..count).map(|i| ((i * 7919 + 13) % 997) as f32 / 997.0 - 0.5)
}

struct Run {
    gpu: Cuda,
    seconds: f64,
}

impl Run {
    /// Prints what one call of `f` takes, without waiting for each: the best of several rounds.
    fn measure(&self, values: &[f32], mut f: impl FnMut()) {
        let mut round = |calls: usize| {
            let start = Instant::now();
            (0..calls).for_each(|_| f());
            self.gpu.synchronize();
            start.elapsed().as_secs_f64() / calls as f64
        };
        // Kernels are compiled and graphs recorded.
        round(5);
        let once = if self.seconds > 0.0 { round(3) } else { 1.0 };
        let calls = (self.seconds / 10.0 / once).clamp(1.0, 100_000.0) as usize;
        let rounds = if self.seconds > 0.0 { 10 } else { 1 };
        let best = (0..rounds).map(|_| round(calls)).fold(f64::INFINITY, f64::min);
        let values: Vec<String> = values.iter().map(f32::to_string).collect();
        println!("{best:e} {}", values.join(" "));
    }

    fn product<const N: usize>(self) {
        let [a, b] = [0, 5].map(|start| matrix::<N>(start).to(&self.gpu).expect("memory"));
        let c: Tensor<Rank2<N, N>> = a.matmul(&b).to_cpu(&self.gpu);
        self.measure(&[c[0][0], c[N / 2][1], c[N - 1][N - 1]], || drop(a.matmul(&b)));
    }

    fn product_of_bf16<const N: usize>(self) {
        let [a, b] = [0, 5].map(|start| matrix::<N>(start).cast::<bf16>().to(&self.gpu).expect("memory"));
        let c: Tensor<Rank2<N, N>> = a.matmul(&b).cast::<f32>().to_cpu(&self.gpu);
        self.measure(&[c[0][0], c[N / 2][1], c[N - 1][N - 1]], || drop(a.matmul(&b)));
    }

    /// The optimizer alone, on gradients that are the parameters of the beginning.
    fn update<M: Params>(self, some: impl Fn(&M) -> Vec<f32>) {
        let model = Self::model::<M>();
        let gradients = model.to(&self.gpu).expect("memory");
        let mut trained = model.to(&self.gpu).expect("memory");
        let mut sgd = Updater::new(&trained, Sgd::new(0.01).momentum(0.9)).expect("memory");
        for _ in 0..3 {
            sgd.step(&mut trained, &gradients).expect("a step");
        }
        let values = some(&*trained.to_cpu(&self.gpu));
        self.measure(&values, || sgd.step(&mut trained, &gradients).expect("a step"));
    }

    fn model<M: Params>() -> Tensor<M> {
        let mut model = Tensor::zeros();
        let file = args().nth(3).unwrap_or_else(usage);
        Load::default().allow_extra().load(&mut *model, file).expect("the parameters of the model");
        model
    }

    fn train<M, X, const B: usize>(self)
    where
        M: Model<Input = X, Output = Rank1<10>>,
        X: Shape<Elem = f32> + for<'a> Sample<Rows<'a> = &'a [X]>,
    {
        let (loss, sgd) = (CrossEntropyLoss::<10>::new(), Sgd::new(0.01).momentum(0.9));
        let mut trainer =
            Trainer::<M, _, _, B, _>::new(self.gpu.clone(), &*Self::model::<M>(), loss, sgd).expect("memory");
        let (x, t) = (rows::<X>(B), (0..B).map(|i| (i % 10) as i32).collect::<Vec<_>>());
        let losses: Vec<f32> = (0..3).map(|_| trainer.step(&x, &t).expect("a step")).collect();
        self.measure(&losses, || trainer.enqueue(&x, &t).expect("a step"));
    }

    fn infer<M, X, const B: usize>(self)
    where
        M: Model<Input = X, Output = Rank1<10>>,
        X: Shape<Elem = f32> + for<'a> Sample<Rows<'a> = &'a [X]>,
    {
        let mut predictor =
            Predictor::<M, B, _>::new(self.gpu.clone(), &*Self::model::<M>()).expect("memory");
        let (x, mut y) = (rows::<X>(B), vec![[0.0; 10]; B]);
        predictor.predict(&x, &mut y).expect("a prediction");
        let values = y[0];
        self.measure(&values, || predictor.predict(&x, &mut y).expect("a prediction"));
    }
}

/// A matrix of the numbers from this one on.
fn matrix<const N: usize>(start: usize) -> Tensor<Rank2<N, N>> {
    let mut matrix = Tensor::<Rank2<N, N>>::zeros();
    let numbers = numbers(start + N * N).skip(start);
    matrix.as_flattened_mut().iter_mut().zip(numbers).for_each(|(place, x)| *place = x);
    matrix
}

fn rows<X: Shape<Elem = f32>>(count: usize) -> Vec<X> {
    let mut numbers = numbers(count * X::LEN);
    let mut row = || {
        let mut row = zeroed::<X>();
        flat_mut(&mut row).iter_mut().zip(&mut numbers).for_each(|(place, x)| *place = x);
        row
    };
    (0..count).map(|_| row()).collect()
}
