//! The example's network, trained with PyTorch by others, gives here what it gives there.

use castiron::data::idx;
use castiron::files;
use castiron::prelude::*;
use castiron::quantized::FromBytes;
use castiron::train::Workspace;
use castiron::{Calibration, Prepare, Quantized, bf16};

#[derive(Module)]
#[module(input = [1, 28, 28], output = [10])]
#[repr(C)]
struct Digits {
    #[param(name = "features.0")]
    conv1: Conv2d<1, 32, 3, 1, 1, 1, 1, Relu>,
    pool1: MaxPool2d<2>,
    #[param(name = "features.3")]
    conv2: Conv2d<32, 64, 3, 1, 1, 1, 1, Relu>,
    pool2: MaxPool2d<2>,
    #[param(name = "classifier.0")]
    fc1: Linear<Rank3<64, 7, 7>, 128, Relu>,
    #[param(name = "classifier.2")]
    fc2: Linear<[f32; 128], 10>,
}

fn file(name: &str) -> String {
    format!("{}/examples/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn network() -> Tensor<Digits> {
    let mut model = Tensor::<Digits>::zeros();
    files::load(&mut *model, file("digits/model.safetensors")).unwrap();
    model
}

fn images(scans: &[[[u8; 28]; 28]]) -> Vec<Rank3<1, 28, 28>> {
    let number = |grey: u8| (f32::from(grey) / 255.0 - 0.1307) / 0.3081;
    scans.iter().map(|scan| [scan.map(|row| row.map(number))]).collect()
}

/// How many of the test digits are right.
fn right(logits: &[[f32; 10]]) -> usize {
    let labels: Vec<u8> = idx::read(file("mnist/t10k-labels-idx1-ubyte.gz")).unwrap();
    castiron::train::accuracy(logits, &labels.iter().map(|label| i32::from(*label)).collect::<Vec<_>>())
}

/// The model of `examples/data/lenet.safetensors`.
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

/// How many test digits a model gets right in f32, and on bytes, its input being the bytes of the file.
fn before_and_after<M>(model: &M, [mean, std]: [f32; 2]) -> [usize; 2]
where
    M: FromBytes<Input = Rank3<1, 28, 28>, Output = [f32; 10], Bytes = [[[u8; 28]; 28]; 1]>,
{
    let cpu = || Cpu::with_threads(0).unwrap();
    let number = |grey: u8| (f32::from(grey) / 255.0 - mean) / std;
    let images = |scans: &[[[u8; 28]; 28]]| -> Vec<Rank3<1, 28, 28>> {
        scans.iter().map(|scan| [scan.map(|row| row.map(number))]).collect()
    };
    let mut calibration = Calibration::<M>::new(cpu(), model).unwrap().pixels(mean, std).unwrap();
    let train: Vec<[[u8; 28]; 28]> = idx::read(file("mnist/train-images-idx3-ubyte.gz")).unwrap();
    calibration.observe(&images(&train[..256])).unwrap();
    let quantized = calibration.quantize().unwrap();

    let scans: Vec<[[u8; 28]; 28]> = idx::read(file("mnist/t10k-images-idx3-ubyte.gz")).unwrap();
    let mut before = vec![[0.0; 10]; scans.len()];
    Predictor::<M, 64>::new(cpu(), model).unwrap().predict(&images(&scans), &mut before).unwrap();
    let scans: Vec<[[[u8; 28]; 28]; 1]> = scans.into_iter().map(|scan| [scan]).collect();
    let mut after = before.clone();
    let mut network = Predictor::<Quantized<M, u8>, 64>::new(cpu(), quantized.from_bytes()).unwrap();
    network.predict(&scans, &mut after).unwrap();

    // A quarter, but for scales and alignment.
    assert!(Quantized::<M>::BYTES < M::PARAMETER_BYTES / 4 + 4096);
    assert!(Workspace::<Quantized<M, u8>, 1>::BYTES < M::INFER_BYTES / 3);
    [right(&before), right(&after)]
}

/// At most a tenth of a percent is lost.
#[test]
fn on_bytes_at_most_ten_digits_fewer_are_right() {
    let mut lenet = Tensor::<LeNet>::zeros();
    files::load(&mut *lenet, file("lenet.safetensors")).unwrap();
    for [before, after] in
        [before_and_after(&*network(), [0.1307, 0.3081]), before_and_after(&*lenet, [0.0, 1.0])]
    {
        println!("{before} digits are right in f32, {after} on bytes");
        assert!(before >= 9900 && after + 10 >= before, "{after} are right, and {before} in f32");
    }
}

/// How many test digits are right with weights in f32, and in bf16.
fn with_bf16<M>(model: &M, number: impl Fn(u8) -> f32) -> [usize; 2]
where
    M: Prepare<Input = Rank3<1, 28, 28>, Output = [f32; 10]>,
{
    let scans: Vec<[[u8; 28]; 28]> = idx::read(file("mnist/t10k-images-idx3-ubyte.gz")).unwrap();
    let images: Vec<Rank3<1, 28, 28>> = scans.iter().map(|scan| [scan.map(|row| row.map(&number))]).collect();
    let (cpu, mut logits) = (|| Cpu::with_threads(0).unwrap(), vec![[0.0; 10]; scans.len()]);
    let prepared = Prepared::of(&cpu(), model).unwrap();
    Predictor::<Prepared<M>, 64>::new(cpu(), &prepared).unwrap().predict(&images, &mut logits).unwrap();
    let before = right(&logits);
    let prepared = Prepared::stored_in::<bf16>(&cpu(), model).unwrap();
    Predictor::<Prepared<M, bf16>, 64>::new(cpu(), &prepared).unwrap().predict(&images, &mut logits).unwrap();
    assert!(<Prepared<M, bf16>>::BYTES < <Prepared<M>>::BYTES / 2 + 2048);
    [before, right(&logits)]
}

/// At most a twentieth of a percent is lost.
#[test]
fn with_weights_in_bf16_at_most_five_digits_fewer_are_right() {
    let mut lenet = Tensor::<LeNet>::zeros();
    files::load(&mut *lenet, file("lenet.safetensors")).unwrap();
    let normal = |grey: u8| (f32::from(grey) / 255.0 - 0.1307) / 0.3081;
    for [before, after] in
        [with_bf16(&*network(), normal), with_bf16(&*lenet, |grey| f32::from(grey) / 255.0)]
    {
        println!("{before} digits are right with weights in f32, {after} in bf16");
        assert!(before >= 9900 && after + 5 >= before, "{after} are right, and {before} in f32");
    }
}

#[test]
fn exactly_9905_right_and_every_logit_within_1e_4() {
    let scans: Vec<[[u8; 28]; 28]> = idx::read(file("mnist/t10k-images-idx3-ubyte.gz")).unwrap();
    let images = images(&scans);
    let mut logits = vec![[0.0; 10]; images.len()];
    Predictor::<Digits, 64>::new(Cpu::with_threads(0).unwrap(), &network())
        .unwrap()
        .predict(&images, &mut logits)
        .unwrap();

    assert_eq!(right(&logits), 9905);
    let bytes = std::fs::read(file("digits/logits.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let reference = file.tensor("logits").unwrap();
    assert_eq!(reference.shape(), [10_000, 10]);
    let reference: Vec<f32> =
        reference.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
    for (i, (got, want)) in logits.as_flattened().iter().zip(&reference).enumerate() {
        assert!((got - want).abs() < 1e-4, "logit {} of digit {}: {got}, not {want}", i % 10, i / 10);
    }
    // As many right could be others.
    let classes: Vec<i32> = reference
        .chunks_exact(10)
        .map(|logits| (0..10).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap() as i32)
        .collect();
    assert_eq!(castiron::train::accuracy(&logits, &classes), 10_000);
}
