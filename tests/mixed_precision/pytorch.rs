//! Training is PyTorch's, as `tests/fixtures/mixed_precision.py` writes it.

use castiron::data::idx;
use castiron::optim::Present;
use castiron::prelude::*;
use castiron::train::DynamicLossScale;
use castiron::{Element, Precision, bf16, f16, params};

use crate::common::fixtures::{Fixture, leaves, norm_error};

const BATCH: usize = 16;

/// That of the fixture.
const SCALE: DynamicLossScale = DynamicLossScale::new().initial(256.0).interval(5);

macro_rules! net {
    ($name:ident, $e:ident) => {
        model! {
            $name: [$e; 1, 28, 28] -> [$e; 10] {
                conv1: Conv2d(4, kernel = 5, padding = 2), bn1: BatchNorm2d, Relu, MaxPool2d(2),
                fc1: Linear(16), Relu,
                fc2: Linear(10),
            }
        }
    };
}
net!(Net, f32);
net!(NetBf16, bf16);
net!(NetF16, f16);

/// The first training images of MNIST, and their classes.
fn digits<E: Precision + Element>(count: usize) -> (Vec<Rank3<1, 28, 28, E>>, Vec<i32>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/mnist");
    let images: Vec<[[u8; 28]; 28]> = idx::read(format!("{folder}/train-images-idx3-ubyte.gz")).unwrap();
    let classes: Vec<u8> = idx::read(format!("{folder}/train-labels-idx1-ubyte.gz")).unwrap();
    let number = |pixel: u8| E::from_f32(f32::from(pixel) / 255.0);
    let images = images[..count].iter().map(|image| [image.map(|row| row.map(number))]);
    (images.collect(), classes[..count].iter().map(|class| i32::from(*class)).collect())
}

/// Trains as `run` of the fixture was trained, on a device, and compares losses, scales and how far each tensor moved.
type Training<M, D> = Trainer<M, CrossEntropyLoss<10>, Sgd<Present>, BATCH, D>;

fn compare<M, E, D>(device: D, run: &str, tolerance: f64, with: impl FnOnce(Training<M, D>) -> Training<M, D>)
where
    E: Precision + Element,
    M: Model<Input = Rank3<1, 28, 28, E>, Output = [E; 10]>,
    D: castiron::device::Storage,
{
    let fixture = Fixture::open("mixed_precision.safetensors");
    let losses: Vec<f32> = fixture.numbers(&format!("{run}.losses"));
    let scales: Vec<f32> = fixture.numbers(&format!("{run}.scales"));
    let start = fixture.model::<Net>(|name| format!("start.{name}"));
    let want = fixture.model::<Net>(|name| format!("{run}.{name}"));

    let (images, classes) = digits::<E>(BATCH * losses.len());
    let optimizer = Sgd::new(0.01).momentum(0.9);
    let loss = CrossEntropyLoss::<10>::new();
    let trainer = Training::<M, D>::new(device, &params::cast(&*start), loss, optimizer);
    let mut trainer = with(trainer.expect("memory"));
    for (step, (x, t)) in images.chunks(BATCH).zip(classes.chunks(BATCH)).enumerate() {
        let scale = trainer.current_loss_scale();
        assert_eq!(scale.unwrap_or(1.0), scales[step], "{run}: the scale of step {step}");
        let loss = trainer.step(x, t).expect("a step");
        assert!(
            (loss - losses[step]).abs() < 3e-3 * losses[step],
            "{run}: loss {loss}, not {}",
            losses[step]
        );
    }

    let (master, start, want) = (leaves(&*trainer.master()), leaves(&*start), leaves(&*want));
    for (((name, got), (_, start)), (_, want)) in master.iter().zip(&start).zip(&want) {
        // A bias before a batch norm has no influence: what it does is rounding.
        if name == "conv1.bias" {
            continue;
        }
        let moved = |end: &[f32]| end.iter().zip(start).map(|(end, start)| end - start).collect::<Vec<_>>();
        let error = norm_error(&moved(got), &moved(want));
        assert!(error < tolerance, "{run}: `{name}` moved otherwise than in PyTorch by {error:.4}");
    }
}

#[test]
fn f32() {
    compare::<Net, f32, _>(Cpu::new(), "f32", 1e-3, |trainer| trainer);
}

#[test]
fn bf16() {
    compare::<NetBf16, bf16, _>(Cpu::new(), "bf16", 4e-2, |trainer| trainer);
}

#[test]
fn f16() {
    compare::<NetF16, f16, _>(Cpu::new(), "f16", 1e-2, |trainer| trainer.loss_scale(SCALE));
}

/// On a GPU, or the driver that `tests/cuda` builds, where steps are recorded once and replayed.
#[cfg(feature = "cuda")]
#[test]
fn on_a_gpu() {
    use castiron::device::Cuda;
    let gpu = || match Cuda::new(0) {
        Ok(gpu) => Some(gpu),
        Err(missing) => {
            assert!(std::env::var_os("CASTIRON_REQUIRE_CUDA").is_none(), "{missing}");
            None
        }
    };
    if let (Some(one), Some(other)) = (gpu(), gpu()) {
        compare::<NetBf16, bf16, _>(one, "bf16", 4e-2, |trainer| trainer);
        compare::<NetF16, f16, _>(other, "f16", 1e-2, |trainer| trainer.loss_scale(SCALE));
    }
}
