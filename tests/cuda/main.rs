//! The library on a GPU, compared with the CPU: training, inference, files, tensors, operations of one's own, and what
//! is said where something is missing.
//!
//! Without a GPU the tests that need one pass without a word; with the variable `CASTIRON_REQUIRE_CUDA` they fail.
//! `tests/cuda/run.sh` runs them over a driver that needs none.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/operations.rs"]
mod operations;
#[path = "../quantized/models.rs"]
mod quantized_models;

mod broken;
mod child;
#[cfg(feature = "nccl")]
mod data_parallel;
mod devices;
mod embedded;
mod faults;
mod files;
mod inference;
mod missing;
mod own;
mod profiling;
mod quantized;
mod tensors;
mod training;
mod uploads;

use castiron::device::{Cuda, Storage};
use castiron::prelude::*;
use common::floats as numbers;

/// The first GPU, with a stream of this test's own.
fn gpu() -> Option<Cuda> {
    match Cuda::new(0) {
        Ok(gpu) => Some(gpu),
        Err(missing) => {
            assert!(std::env::var_os("CASTIRON_REQUIRE_CUDA").is_none(), "{missing}");
            None
        }
    }
}

model! {
    /// LeNet-5 with batch norm and dropout.
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), bn1: BatchNorm2d, Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             bn2: BatchNorm2d, Relu, MaxPool2d(2), Dropout(0.25),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

type Images = Vec<Rank3<1, 28, 28>>;

/// `count` samples of ten classes: the angle and the distance of stripes, and noise.
fn stripes(count: usize, seed: u32) -> (Images, Vec<i32>) {
    let mut next = common::noise(seed.wrapping_mul(747_796_405).wrapping_add(1));
    let sample = |_| {
        let class = (next() * 10.0) as usize;
        let mut image = [[[0.0; 28]; 28]; 1];
        for (row, line) in image[0].iter_mut().enumerate() {
            for (column, pixel) in line.iter_mut().enumerate() {
                let along = if class < 5 { row } else { column };
                *pixel = 0.3 * next() + if along % (2 + class % 5) == 0 { 1.0 } else { 0.0 };
            }
        }
        (image, class as i32)
    };
    (0..count).map(sample).unzip()
}

/// Fails where numbers differ by more than `tolerance` of 1 + |want|.
#[track_caller]
fn close(got: &[f32], want: &[f32], tolerance: f32) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= tolerance * (1.0 + want.abs()), "number {i} is {got}, not {want}");
    }
}

/// Training as most tests do it: batches of up to 16.
type Lesson<O, D> = Trainer<LeNet, CrossEntropyLoss<10>, O, 16, D>;

fn lesson<O: castiron::optim::Optimizer, D: Storage>(device: D, optimizer: O) -> Lesson<O, D> {
    let loss = CrossEntropyLoss::<10>::new();
    Trainer::<LeNet, _, _, 16, D>::new(device, &init::<LeNet>(3), loss, optimizer).unwrap().seed(11)
}
