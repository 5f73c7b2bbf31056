//! The example's network, trained with PyTorch by others, gives here what it gives there.

use castiron::data::idx;
use castiron::files;
use castiron::prelude::*;

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

#[test]
fn exactly_9905_right_and_every_logit_within_1e_4() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/");
    let mut model = Tensor::<Digits>::zeros();
    files::load(&mut *model, format!("{folder}digits/model.safetensors")).unwrap();
    let scans: Vec<[[u8; 28]; 28]> = idx::read(format!("{folder}mnist/t10k-images-idx3-ubyte.gz")).unwrap();
    let labels: Vec<u8> = idx::read(format!("{folder}mnist/t10k-labels-idx1-ubyte.gz")).unwrap();
    let mut images = vec![[[[0.0; 28]; 28]; 1]; scans.len()];
    for (image, scan) in images.iter_mut().zip(&scans) {
        for (x, grey) in image[0].as_flattened_mut().iter_mut().zip(scan.as_flattened()) {
            *x = (f32::from(*grey) / 255.0 - 0.1307) / 0.3081;
        }
    }
    let mut logits = vec![[0.0; 10]; images.len()];
    Predictor::<Digits, 64>::new(Cpu::with_threads(0).unwrap(), &model)
        .unwrap()
        .predict(&images, &mut logits)
        .unwrap();

    assert_eq!(
        castiron::train::accuracy(&logits, &labels.iter().map(|l| i32::from(*l)).collect::<Vec<_>>()),
        9905
    );
    let bytes = std::fs::read(format!("{folder}digits/logits.safetensors")).unwrap();
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
