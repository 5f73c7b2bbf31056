//! What the plans of three networks need for a training step: the table in the README.
//!
//! PyTorch's peaks are those in `benches/pytorch_memory.md`, which a script there measures.

use castiron::prelude::*;
use examples_common::vision::{MobileNetV2, ResNet18};

model! {
    /// That of the example `mnist`.
    LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), bn1: BatchNorm2d, Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             bn2: BatchNorm2d, Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

/// A line of the table. The last number is that of PyTorch, in bytes.
fn row<M: Model>(name: &str, batch: usize, pytorch: f64) -> String {
    let mb = |bytes: f64| format!("{:.*}", if bytes < 1e8 { 1 } else { 0 }, bytes / 1e6);
    let [all, plan] = [M::ACTIVATION_BYTES, M::TRAIN_BYTES].map(|bytes| (batch * bytes) as f64);
    assert!(plan < pytorch, "{name}: {plan} bytes, where PyTorch needs {pytorch}");
    format!("| {name} | {batch} | {} | {} | {} |", mb(all), mb(pytorch), mb(plan))
}

#[test]
fn the_readme_shows_what_the_plan_needs() {
    let rows = [
        row::<LeNet>("LeNet-5 with batch norm, 28×28", 64, 4.96e6),
        row::<ResNet18>("ResNet-18, 224×224", 8, 184.49e6),
        row::<MobileNetV2>("MobileNetV2, 224×224", 8, 624.93e6),
    ];
    let (readme, peaks) = (include_str!("../README.md"), include_str!("../benches/pytorch_memory.md"));
    for row in &rows {
        assert!(readme.contains(row), "the README does not show\n{}", rows.join("\n"));
    }
    for peak in ["4.96 MB", "184.49 MB", "624.93 MB"] {
        assert!(peaks.contains(peak), "benches/pytorch_memory.md does not say {peak}");
    }
}

// Inference shares more: the largest two buffers that meet, and little else.
const _: () = {
    assert!(ResNet18::INFER_BYTES <= (64 * 112 * 112 + 64 * 56 * 56) * 4);
    assert!(MobileNetV2::INFER_BYTES < 2 * 96 * 112 * 112 * 4);
    assert!(LeNet::INFER_BYTES < LeNet::TRAIN_BYTES);
};
