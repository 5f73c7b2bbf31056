//! How long single calls of `infer` take, the slowest included: `cargo bench --bench latency`. A million calls a model,
//! one after the other; `examples/deadline.rs` makes them at a fixed rate.

use std::hint::black_box;
use std::time::Instant;

use castiron::prelude::*;
use castiron::train::{Workspace, infer};
use castiron::{Model, Prepare, Shape};
use hdrhistogram::Histogram;

model! {
    Small: [64] -> [10] {
        fc1: Linear(32), Relu,
        fc2: Linear(10),
    }

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
}

const CALLS: usize = 1_000_000;
/// The longest time that is told from longer ones: a minute.
const NANOS: u64 = 60_000_000_000;

fn main() {
    // `cargo test --benches` runs this, too, and wants to know only that it does.
    let calls = if std::env::args().any(|argument| argument == "--bench") { CALLS } else { 100 };
    println!("{:20} {:>9} {:>9} {:>9} {:>9}   µs, {calls} calls", "", "p50", "p99", "p99.9", "worst");
    measure::<Small, _, _>("MLP 64-32-10", calls);
    measure::<Mlp, _, _>("MLP 784-128-10", calls);
    measure::<LeNet, _, _>("LeNet-5", calls);
}

fn measure<M, X, Y>(name: &str, calls: usize)
where
    M: Prepare + Model<Input = X, Output = Y>,
    X: Shape<Elem = f32>,
    Y: Shape<Elem = f32>,
{
    let cpu = Cpu::new();
    let model = Prepared::of(&cpu, &*init::<M>(0)).expect("memory");
    let mut workspace = Tensor::<Workspace<Prepared<M>, 1>>::zeros();
    let x = Tensor::<[X; 1]>::zeros();
    let mut y = Tensor::<[Y; 1]>::zeros();
    let mut times = Histogram::<u64>::new_with_max(NANOS, 3).expect("three digits");
    for _ in 0..calls {
        let start = Instant::now();
        infer(&cpu, &*model, black_box(&*x), 1, &mut *y, &mut *workspace).expect("a result");
        times.saturating_record(start.elapsed().as_nanos() as u64);
        black_box(&*y);
    }
    let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| times.value_at_quantile(quantile) as f64 / 1e3);
    println!("{name:20} {p50:9.2} {p99:9.2} {p999:9.2} {:9.2}", times.max() as f64 / 1e3);
}
