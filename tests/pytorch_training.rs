//! Training is PyTorch's: LeNet-5 from the same weights on the same images ends in the same place.

mod common;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use castiron::data::idx;
use castiron::files::Save;
use castiron::optim::{Optimizer, Present};
use castiron::prelude::*;
use common::fixtures::{Fixture, leaves, max_error, norm_error, relative_error};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

const BATCH: usize = 16;
const STEPS: usize = 20;

type Image = Rank3<1, 28, 28>;

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

#[derive(Module)]
#[module(input = [1, 28, 28], output = [10])]
#[repr(C)]
struct LeNetBn {
    conv1: Conv2d<1, 6, 5, 1, 2>,
    bn1: BatchNorm2d<6>,
    act1: Relu,
    pool1: MaxPool2d<2>,
    conv2: Conv2d<6, 16, 5>,
    bn2: BatchNorm2d<16>,
    act2: Relu,
    pool2: MaxPool2d<2>,
    fc1: Linear<Rank3<16, 5, 5>, 120, Relu>,
    fc2: Linear<[f32; 120], 84, Relu>,
    fc3: Linear<[f32; 84], 10>,
}

/// The first training images of MNIST, and their classes.
static DATA: LazyLock<(Vec<Image>, Vec<i32>)> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/mnist");
    let images: Vec<[[u8; 28]; 28]> = idx::read(format!("{folder}/train-images-idx3-ubyte.gz")).unwrap();
    let classes: Vec<u8> = idx::read(format!("{folder}/train-labels-idx1-ubyte.gz")).unwrap();
    let count = BATCH * STEPS;
    let images = images[..count].iter().map(|image| [image.map(|row| row.map(|pixel| pixel as f32 / 255.0))]);
    (images.collect(), classes[..count].iter().map(|class| *class as i32).collect())
});

/// Trains from the fixture's initial weights, and compares every loss and every tensor.
///
/// A bias before a batch norm is subtracted again with the mean: its true gradient is zero, and what is
/// computed in float32 is rounding noise, from which Adam makes steps of full size. The same training in
/// float64 leaves such a bias where it was under SGD, and PyTorch's float32 moves it by 3e-6, 1.5e-5 of its
/// size. So these biases are not compared with PyTorch's, but with where they started, from which they may
/// drift as far as `drift` says; and the running mean, an average of means that contain the bias, may
/// differ by what two such biases may.
fn train<M: Model<Input = Image, Output = [f32; 10]>>(
    variant: &str,
    name: &str,
    optimizer: impl Optimizer,
    drift: Option<f32>,
) {
    let fixture = Fixture::open("parity.safetensors");
    let initial = fixture.model::<M>(|ours| format!("{variant}/initial/{ours}"));
    let loss = CrossEntropyLoss::<10>::new();
    let mut trainer = Trainer::<M, _, _, BATCH>::new(Cpu::new(), &initial, loss, optimizer).unwrap();
    let (x, t) = &*DATA;
    let batches = x.chunks(BATCH).zip(t.chunks(BATCH));
    let losses: Vec<f32> = batches.map(|(x, t)| trainer.step(x, t).unwrap()).collect();
    let error = relative_error(&losses, &fixture.numbers(&format!("{variant}/{name}/losses")));
    assert!(error <= 1e-5, "a loss is off by {error:.1e}");

    for ((tensor, start), (_, got)) in leaves(&*initial).into_iter().zip(leaves(&*trainer.model())) {
        let want = fixture.numbers(&format!("{variant}/{name}/final/{tensor}"));
        let (norm, max) = (norm_error(&got, &want), max_error(&got, &want));
        match drift {
            Some(drift) if matches!(&*tensor, "conv1.bias" | "conv2.bias") => {
                let moved = largest_difference(&got, &start);
                assert!(moved <= drift, "{tensor} moved by {moved:.1e}");
            }
            Some(drift) if tensor.ends_with("running_mean") => {
                let off = largest_difference(&got, &want);
                assert!(off <= 2.0 * drift, "{tensor} is off by {off:.1e}");
            }
            _ => assert!(norm <= 1e-5 && max <= 1e-4, "{tensor} is off by {norm:.1e}, at most {max:.1e}"),
        }
    }
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

const SGD: Sgd<Present> = Sgd::new(0.05).momentum(0.9);
const ADAM: Adam = Adam::new(1e-3);

#[test]
fn sgd() {
    train::<LeNet>("lenet", "sgd", SGD, None);
}
#[test]
fn adam() {
    train::<LeNet>("lenet", "adam", ADAM, None);
}
#[test]
fn sgd_with_batch_norm() {
    train::<LeNetBn>("lenet_bn", "sgd", SGD, Some(5e-6));
}
#[test]
fn adam_with_batch_norm() {
    // By the inequality of Cauchy and Schwarz, none of Adam's first 20 steps is longer than 1.2 times the
    // learning rate.
    train::<LeNetBn>("lenet_bn", "adam", ADAM, Some(1.2 * STEPS as f32 * ADAM.learning_rate()));
}

/// What PyTorch wrote comes out of castiron byte for byte, under the same names and with the same
/// dimensions. The other way round, with the class of `tests/fixtures/parity.py`:
///
/// ```python
/// from safetensors.torch import load_file
/// LeNet(batch_norm=True).load_state_dict(load_file("target/tmp/lenet_bn.safetensors"), strict=True)
/// ```
#[test]
fn names_and_bytes_survive() {
    let fixture = Fixture::open("parity.safetensors");
    let model = fixture.model::<LeNetBn>(|ours| format!("lenet_bn/initial/{ours}"));
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/lenet_bn.safetensors");
    Save::default().num_batches_tracked(0).save(&*model, path).unwrap();

    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let parameters = file.tensors().into_iter().filter(|(name, _)| !name.ends_with("num_batches_tracked"));
    let ours: BTreeMap<String, TensorView<'_>> = parameters.collect();
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        fixture.names("lenet_bn/initial/").iter().collect::<Vec<_>>()
    );
    for (name, ours) in ours {
        assert!(ours == fixture.view(&format!("lenet_bn/initial/{name}")), "{name}");
    }
}
