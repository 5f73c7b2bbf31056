//! MobileNetV2 with torchvision's weights says of six photographs what it says in PyTorch. The weights are
//! large and lie beside the repository, not in it: without them these tests say so and pass.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use castiron::files;
use castiron::prelude::*;
use castiron::{Calibration, Quantized, flat, flat_mut};
use examples_common::photo::{self, Crop};
use examples_common::vision::{MobileNetV2, MobileNetV2Taps};

type Image = Rank3<3, 224, 224>;
const IMAGES: usize = 6;

static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/mobilenet_v2");
    let found = folder.exists();
    if !found {
        eprintln!("{}: not there, nothing tested", folder.display());
    }
    found.then_some(folder)
});

/// A file of NumPy's.
fn numpy<S: Shape<Elem: npyz::Deserialize>>(path: PathBuf) -> Tensor<S> {
    let file = npyz::NpyFile::new(std::fs::File::open(&path).unwrap()).unwrap();
    let numbers: Vec<S::Elem> = file.into_vec().unwrap();
    let mut tensor = Tensor::zeros();
    flat_mut::<S>(&mut tensor).copy_from_slice(&numbers);
    tensor
}

fn weights<M: Params>(folder: &Path) -> Tensor<M> {
    let mut model = Tensor::zeros();
    files::load(&mut *model, folder.join("model.safetensors")).unwrap();
    model
}

fn close(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() < 1e-3, "number {i} of {what} is {got}, not {want}");
    }
}

#[test]
fn bytes_are_normalized_as_in_pytorch() {
    let Some(folder) = &*FOLDER else { return };
    let crops = numpy::<[Crop<224>; IMAGES]>(folder.join("crops_u8.npy"));
    let want = numpy::<[Image; IMAGES]>(folder.join("input.npy"));
    let mut got = Tensor::<Image>::zeros();
    for (crop, want) in crops.iter().zip(&*want) {
        photo::normalize(crop, &mut got);
        for (got, want) in flat(&*got).iter().zip(flat(want)) {
            assert!((got - want).abs() < 1e-6, "{got}, not {want}");
        }
    }
}

#[test]
fn six_photographs_get_the_top_5_and_the_logits_of_pytorch() {
    let Some(folder) = &*FOLDER else { return };
    let images = numpy::<[Image; IMAGES]>(folder.join("input.npy"));
    let want = numpy::<[[f32; 1000]; IMAGES]>(folder.join("logits.npy"));
    let meta: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("meta.json")).unwrap()).unwrap();
    let names: Vec<String> = serde_json::from_value(meta["images"].clone()).unwrap();
    let top5: HashMap<String, Vec<(String, f32)>> = serde_json::from_value(meta["top5"].clone()).unwrap();

    let mut logits = vec![[0.0; 1000]; IMAGES];
    // A capacity of 4, so that the second batch is not full.
    Predictor::<MobileNetV2, 4>::new(Cpu::with_threads(0).unwrap(), &*weights(folder))
        .unwrap()
        .predict(&*images, &mut logits)
        .unwrap();
    assert_eq!(names.len(), IMAGES);
    for ((name, logits), want) in names.iter().zip(&logits).zip(&*want) {
        close(name, logits, want);
        for ((class, probability), (label, of)) in photo::top(logits, 5).into_iter().zip(&top5[name]) {
            assert_eq!(photo::CLASSES[class], *label, "{name}");
            assert!((probability - of).abs() < 1e-4, "{name} is {label} with {probability}, not {of}");
        }
    }
}

#[test]
fn batch_norms_folded_into_convolutions_change_nothing() {
    let Some(folder) = &*FOLDER else { return };
    let images = numpy::<[Image; IMAGES]>(folder.join("input.npy"));
    let want = numpy::<[[f32; 1000]; IMAGES]>(folder.join("logits.npy"));
    let cpu = || Cpu::with_threads(0).unwrap();
    let folded: Tensor<Prepared<MobileNetV2>> =
        Prepared::of(&cpu(), &*weights::<MobileNetV2>(folder)).unwrap();
    let mut logits = Tensor::<[[f32; 1000]; IMAGES]>::zeros();
    let mut predictor = Predictor::<Prepared<MobileNetV2>, IMAGES>::new(cpu(), &folded).unwrap();
    predictor.predict(&*images, &mut *logits).unwrap();
    close("the logits", flat(&*logits), flat(&*want));
}

#[test]
fn on_bytes_photographs_show_what_they_did() {
    let Some(folder) = &*FOLDER else { return };
    let images = numpy::<[Image; IMAGES]>(folder.join("input.npy"));
    let want = numpy::<[[f32; 1000]; IMAGES]>(folder.join("logits.npy"));
    let cpu = || Cpu::with_threads(0).unwrap();
    let mut calibration = Calibration::<MobileNetV2>::new(cpu(), &weights(folder)).unwrap();
    calibration.observe(&*images).unwrap();
    let quantized = calibration.quantize().unwrap();
    let mut logits = vec![[0.0; 1000]; IMAGES];
    let mut network = Predictor::<Quantized<MobileNetV2>, 4>::new(cpu(), &quantized).unwrap();
    network.predict(&*images, &mut logits).unwrap();
    for (logits, want) in logits.iter().zip(&*want) {
        let ((class, probability), (label, of)) = (photo::top(logits, 1)[0], photo::top(want, 1)[0]);
        assert_eq!(class, label, "{} with {probability}", photo::CLASSES[class]);
        assert!((probability - of).abs() < 0.1, "{} with {probability}, not {of}", photo::CLASSES[class]);
    }
    const { assert!(3 * Quantized::<MobileNetV2>::BYTES < MobileNetV2::PARAMETER_BYTES) };
}

#[test]
fn what_layers_give_within_is_what_they_give_in_pytorch() {
    let Some(folder) = &*FOLDER else { return };
    let images = numpy::<[Image; IMAGES]>(folder.join("input.npy"));
    let mut logits = Tensor::<[[f32; 1000]; 1]>::zeros();
    let mut first = Tensor::<[Rank3<32, 112, 112>; 1]>::zeros();
    let mut last = Tensor::<[Rank3<1280, 7, 7>; 1]>::zeros();
    Predictor::<MobileNetV2Taps, 1>::new(Cpu::with_threads(0).unwrap(), &*weights(folder))
        .unwrap()
        .predict(&images[..1], (&mut *logits, &mut *first, &mut *last))
        .unwrap();
    let want = numpy::<[[f32; 1000]; IMAGES]>(folder.join("logits.npy"));
    close("the logits", &logits[0], &want[0]);
    let want = numpy::<[Rank3<32, 112, 112>; 1]>(folder.join("features0_out_img0.npy"));
    close("features.0", flat(&*first), flat(&*want));
    let want = numpy::<[Rank3<1280, 7, 7>; 1]>(folder.join("features_out_img0.npy"));
    close("features", flat(&*last), flat(&*want));
}
