//! Quantized inference is what its tables say, to the bit: on every processor, any number of threads and any device.
//! And it is near the model.

mod common;

#[path = "quantized/models.rs"]
mod models;
#[path = "quantized/reference.rs"]
mod reference;

use castiron::device::{Isa, Offsets, Storage};
use castiron::params::{Init, Kind, init_matching, visit};
use castiron::prelude::*;
use castiron::train::{Workspace, infer};
use castiron::{Calibration, Error, Infer, Quantizable, Quantized, files, flat, zeroed};
use common::{noise, with_averages};
use models::*;
use reference::Tables;

const ROWS: usize = 13;
const CAPACITY: usize = 5;

/// Samples of numbers in (−1, 1) that look random.
fn samples<S: Shape<Elem = f32>>(rows: usize) -> Vec<S> {
    let mut next = noise(7);
    common::samples(rows, || 2.0 * next() - 1.0)
}

fn quantized<M, X>(model: &M, x: &[X]) -> Tensor<Quantized<M>>
where
    M: Quantizable<Input = X>,
    X: Shape<Elem = f32>,
{
    let mut calibration = Calibration::<M>::new(Cpu::new(), model).unwrap();
    calibration.observe(&x[..x.len() / 2]).unwrap();
    calibration.observe(&x[x.len() / 2..]).unwrap();
    calibration.quantize().unwrap()
}

/// What `net` gives for `x`.
fn outputs<N, X, Y, D>(device: D, net: &N, x: &[X]) -> Vec<f32>
where
    N: Infer<Input = X, Output = Y>,
    X: Shape,
    Y: Shape<Elem = f32>,
    D: Storage,
{
    let mut y: Vec<Y> = x.iter().map(|_| zeroed()).collect();
    Predictor::<N, CAPACITY, D>::new(device, net).unwrap().predict(x, &mut y).unwrap();
    y.iter().flat_map(flat).copied().collect()
}

/// The ratio of signal to noise in decibels.
fn sqnr(got: &[f32], want: &[f32]) -> f64 {
    let squares = |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|x| f64::from(x).powi(2)).sum::<f64>();
    let noise = squares(&mut got.iter().zip(want).map(|(got, want)| got - want));
    10.0 * (squares(&mut want.iter().copied()) / noise).log10()
}

#[test]
fn every_operation_is_what_its_table_says() {
    let (model, x) = (with_averages::<Net>(3), samples::<Rank3<3, 9, 7>>(ROWS));
    let net = quantized(&*model, &x);
    let tables = Tables::of(&*net);
    let want: Vec<f32> = (x.iter())
        .flat_map(|x| {
            let x = tables.quantize("input", [3, 9, 7], flat(x));
            let h = tables.conv2d("stem", 3, 1, 1, 1, &x);
            let s = tables.add("each.add", &tables.conv2d("each", 3, 1, 1, 8, &h), &h);
            let d = tables.lookup("down.activation", &tables.conv2d("down", 2, 2, 0, 2, &s));
            let pooled = tables.concat([("concat", &s.largest()), ("concat_1", &tables.mean("mean", &s))]);
            let part = pooled.channels(2..14).transposed();
            let all = tables.concat([("concat_2", &d.transposed()), ("concat_3", &part)]);
            tables.logits("fc2", &tables.linear("fc1", &all))
        })
        .collect();
    let got = outputs(Cpu::new(), &*net, &x);
    assert_eq!(got, want);
    assert!(want.iter().any(|y| *y != want[0]), "a constant shows nothing");
    for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
        assert_eq!(outputs(Cpu::new().with_isa(isa), &*net, &x), want, "{isa:?}");
    }
    for threads in [2, 4] {
        assert_eq!(outputs(Cpu::with_threads(threads).unwrap(), &*net, &x), want, "{threads} threads");
    }
    let memory = Predictor::<Quantized<Net>, CAPACITY, Offsets>::BYTES + 4096;
    assert_eq!(outputs(Offsets::new(memory).unwrap(), &*net, &x), want);

    // The same without a heap.
    let (mut y, mut workspace) = ([[0.0; 5]], Workspace::<Quantized<Net>, 1>::zeroed());
    infer(&Cpu::new(), &*net, &[x[0]], 1, &mut y, &mut workspace).unwrap();
    assert_eq!(y[0], want[..5]);
}

#[test]
fn quantized_models_are_near_the_models() {
    fn near<M, X, Y>(least: f64)
    where
        M: Quantizable<Input = X, Output = Y>,
        X: Shape<Elem = f32>,
        Y: Shape<Elem = f32>,
    {
        let (model, x) = (with_averages::<M>(3), samples::<X>(100));
        let (got, want) =
            (outputs(Cpu::new(), &*quantized(&*model, &x), &x), outputs(Cpu::new(), &*model, &x));
        let sqnr = sqnr(&got, &want);
        assert!((least..95.0).contains(&sqnr), "{}: {sqnr:.1} dB", <M as Module<X, Y>>::KIND);
    }
    near::<Net, _, _>(30.0);
    near::<Mobile, _, _>(30.0);
    near::<Between, _, _>(25.0);
    near::<common::Small, _, _>(25.0);
}

/// What bytes have no form for is kept, as it is in the model.
#[test]
fn layers_on_floats_are_kept() {
    let (model, x) = (with_averages::<Between>(3), samples::<Rank2<4, 6>>(20));
    let net = quantized(&*model, &x);
    let mut kept = Vec::new();
    visit::<Quantized<Between>>(|path, _, leaf| {
        assert_eq!(leaf.kind, Kind::Frozen);
        let path = path.to_string();
        if path.starts_with("lstm.quantize") {
            assert!(path.ends_with(".scale") || path.ends_with(".zero_point"));
        } else if path.starts_with("lstm") || path.starts_with("shared") {
            kept.push(path);
        }
    });
    assert_eq!(kept.len(), 4 + 2, "{kept:?}");
    let tables = Tables::of(&*net);
    assert_eq!(tables.floats("shared.weight"), flat(&*model.shared.weight));
    // It may be used again: nothing of what is computed is kept between calls but states.
    assert_eq!(outputs(Cpu::new(), &*net, &x).len(), 20 * 4 * 3);
}

#[test]
fn images_in_bytes_are_inputs() {
    let (mean, std) = (0.4, 0.3);
    let bytes: Vec<[[[u8; 16]; 16]; 3]> = samples::<Rank3<3, 16, 16>>(20)
        .iter()
        .map(|image| image.map(|rows| rows.map(|row| row.map(|x| (127.5 + 127.5 * x) as u8))))
        .collect();
    let number = |p: u8| (f32::from(p) / 255.0 - mean) / std;
    let images: Vec<Rank3<3, 16, 16>> =
        bytes.iter().map(|image| image.map(|rows| rows.map(|row| row.map(number)))).collect();
    let model = with_averages::<Mobile>(1);
    let mut calibration = Calibration::<Mobile>::new(Cpu::new(), &model).unwrap().pixels(mean, std).unwrap();
    calibration.observe(&images).unwrap();
    let net = calibration.quantize().unwrap();
    let got = outputs(Cpu::new(), net.from_bytes(), &bytes);
    assert_eq!(got, outputs(Cpu::new(), &*net, &images), "bytes are what images become");
    let sqnr = sqnr(&got, &outputs(Cpu::new(), &*model, &images));
    assert!(sqnr > 30.0, "{sqnr:.1} dB");

    let calibration = || Calibration::<Mobile>::new(Cpu::new(), &model).unwrap();
    let error = calibration().pixels(1.5, 0.3).unwrap_err().to_string();
    assert_eq!(error, "Calibration::pixels: `mean` is 1.5, but must be between 0 and 1");
    let error = calibration().pixels(0.5, 0.0).unwrap_err().to_string();
    assert_eq!(error, "Calibration::pixels: `std` is 0, but must be positive");
}

#[test]
fn reports_say_how_far_each_value_is() {
    let (model, x) = (with_averages::<Net>(3), samples::<Rank3<3, 9, 7>>(ROWS));
    let mut calibration = Calibration::<Net>::new(Cpu::new(), &model).unwrap();
    calibration.observe(&x).unwrap();
    let mut net = calibration.quantize().unwrap();
    let report = calibration.report(&net, &x).unwrap();
    let names: Vec<&str> = report.lines().iter().map(|line| line.name.as_str()).collect();
    let all = [
        "input",
        "stem",
        "each",
        "each.add",
        "down",
        "down.activation",
        "mean",
        "concat",
        "concat_2",
        "fc1",
        "fc2",
    ];
    assert_eq!(names, all);
    let worst = report.lines().iter().map(|line| line.sqnr).fold(f64::INFINITY, f64::min);
    assert!((25.0..60.0).contains(&worst), "{report}");
    let last = report.lines().last().unwrap();
    let want = sqnr(&outputs(Cpu::new(), &*net, &x), &outputs(Cpu::new(), &*model, &x));
    assert!((last.sqnr - want).abs() < 0.5, "{} dB, not {want}", last.sqnr);
    assert!(report.to_string().contains("down.activation"), "{report}");

    // Of a model that is spoilt it says where.
    init_matching(&mut *net, "each.factor", Init::Constant(0.0), 0);
    let spoilt = calibration.report(&net, &x).unwrap();
    assert_eq!(spoilt.lines()[1].sqnr, report.lines()[1].sqnr);
    assert!(spoilt.lines()[2].sqnr < 10.0, "{spoilt}");
}

#[test]
fn mistakes_are_said_in_words() {
    let model = with_averages::<Mobile>(1);
    let mut calibration = Calibration::<Mobile>::new(Cpu::new(), &model).unwrap();
    let error = calibration.quantize().unwrap_err().to_string();
    assert_eq!(error, "Calibration::quantize: `samples observed` is 0, but must be at least 1");
    let error = calibration.report(&Tensor::<Quantized<Mobile>>::zeros(), &[]).unwrap_err().to_string();
    assert_eq!(error, "Calibration::report: `samples observed` is 0, but must be at least 1");
    let mut images = samples::<Rank3<3, 16, 16>>(2);
    images[1][0][3][3] = f32::NAN;
    let error = calibration.observe(&images).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
}

#[test]
fn it_is_saved_and_loaded() {
    let (model, x) = (with_averages::<Mobile>(1), samples::<Rank3<3, 16, 16>>(4));
    let net = quantized(&*model, &x);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mobile.int8.safetensors");
    files::save(&*net, &path).unwrap();
    let mut loaded = Tensor::<Quantized<Mobile, u8>>::zeros();
    files::load(&mut *loaded, &path).unwrap();
    let bytes: Vec<[[[u8; 16]; 16]; 3]> = vec![[[[9; 16]; 16]; 3]];
    assert_eq!(outputs(Cpu::new(), &*loaded, &bytes), outputs(Cpu::new(), net.from_bytes(), &bytes));

    let working = Workspace::<Quantized<Mobile>, 1>::BYTES;
    assert!(3 * working < Mobile::INFER_BYTES, "{working}");
}
