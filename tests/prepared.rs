//! Prepared inference is inference: within rounding where a batch norm is folded or a linear layer packed, to the bit where
//! none is; on any number of threads and on any device.

mod common;

#[path = "prepared/models.rs"]
mod models;
#[path = "prepared/opaque.rs"]
mod opaque;

use castiron::device::{Offsets, Storage};
use castiron::params::{Init, Kind, init_matching, visit};
use castiron::prelude::*;
use castiron::train::{Workspace, infer};
use castiron::{DType, Infer, Prepare, Sample, bf16, flat, prepare, zeroed};
use common::fixtures::{leaves, max_error};
use common::{bits, noise};
use models::*;

/// Two batches and a part of a third.
const ROWS: usize = 13;
const CAPACITY: usize = 5;
/// Of max |y| over all outputs: sums of a hundred terms, of which folding rounds each once more.
const TOLERANCE: f64 = 1e-5;

/// A model with running averages as training leaves them: none is 0 or 1.
fn trained<M: Params>(seed: u64) -> Tensor<M> {
    let mut model = init::<M>(seed);
    init_matching(&mut *model, "*", Init::Uniform { low: -0.7, high: 0.7 }, seed);
    init_matching(&mut *model, "*running_var", Init::Uniform { low: 0.2, high: 2.0 }, seed);
    model
}

/// Samples of numbers in (−1, 1) that look random.
fn samples<S: Shape<Elem = f32>>(rows: usize) -> Vec<S> {
    let mut next = noise(7);
    common::samples(rows, || 2.0 * next() - 1.0)
}

/// What `net` gives for `x`.
fn outputs<N: Infer<Output = Y>, Y: Shape, D: Storage>(
    device: D,
    net: &N,
    x: <N::Input as Sample>::Rows<'_>,
) -> Vec<Y::Elem>
where
    N::Output: for<'a> Sample<RowsMut<'a> = &'a mut [Y]>,
{
    let mut y: Vec<Y> = (0..ROWS).map(|_| zeroed()).collect();
    Predictor::<N, CAPACITY, D>::new(device, net).unwrap().predict(x, &mut y).unwrap();
    y.iter().flat_map(flat).copied().collect()
}

/// The names of what is prepared.
fn names<M: Prepare>() -> Vec<String> {
    let mut names = Vec::new();
    visit::<Prepared<M>>(|path, _, leaf| {
        assert_eq!(leaf.kind, Kind::Frozen);
        names.push(path.to_string());
    });
    names
}

/// How far prepared inference is from inference, in max |y|. It must be the same on both devices.
fn distance<M: Prepare<Input = X, Output = Y>, X: Shape<Elem = f32>, Y: Shape<Elem = f32>>() -> f64 {
    let (model, x) = (trained::<M>(3), samples::<X>(ROWS));
    let prepared = Prepared::of(&Cpu::new(), &*model).unwrap();
    let want = outputs::<M, Y, _>(Cpu::new(), &*model, &x);
    let got = outputs::<Prepared<M>, Y, _>(Cpu::new(), &*prepared, &x);
    let memory = Predictor::<Prepared<M>, CAPACITY, Offsets>::BYTES + 4096;
    let there = outputs::<Prepared<M>, Y, _>(Offsets::new(memory).unwrap(), &*prepared, &x);
    assert!(got == there, "another device gives other bits");

    weights_in_bf16::<M, X, Y>(&model, &x);

    // The same without a heap.
    let (mut y, mut workspace) = ([zeroed::<Y>()], Workspace::<Prepared<M>, 1>::zeroed());
    let first = core::array::from_fn::<_, 1, _>(|_| samples::<X>(1).remove(0));
    infer(&Cpu::new(), &*prepared, &first, 1, &mut y, &mut workspace).unwrap();
    assert!(max_error(flat(&y[0]), &got[..Y::LEN]) < 1e-6);

    assert!(want.iter().any(|y| *y != want[0]), "a constant shows nothing");
    max_error(&got, &want)
}

/// Weights that are stored in bf16 give what `f32` weights give that were rounded to it.
fn weights_in_bf16<M, X, Y>(model: &M, x: &[X])
where
    M: Prepare<Input = X, Output = Y>,
    X: Shape<Elem = f32>,
    Y: Shape<Elem = f32>,
{
    let mut stored = Vec::new();
    visit::<Prepared<M, bf16>>(|path, _, leaf| stored.push((path.to_string(), leaf.dtype)));
    let mut rounded = Prepared::of(&Cpu::new(), model).unwrap();
    let base = core::ptr::from_mut(&mut *rounded).cast::<u8>();
    let mut leaves = 0;
    visit::<Prepared<M>>(|path, offset, leaf| {
        let is = (path.to_string(), DType::Bf16);
        if stored.contains(&is) {
            // SAFETY: the tree describes the value: at `offset` lie so many floats.
            let numbers =
                unsafe { core::slice::from_raw_parts_mut(base.add(offset).cast::<f32>(), leaf.dims.len()) };
            numbers.iter_mut().for_each(|number| *number = bf16::from_f32(*number).to_f32());
            leaves += 1;
        }
    });
    assert!(leaves > 0);
    assert_eq!(leaves, stored.iter().filter(|(_, dtype)| *dtype == DType::Bf16).count());

    let prepared = Prepared::stored_in::<bf16>(&Cpu::new(), model).unwrap();
    let want = outputs::<Prepared<M>, Y, _>(Cpu::new(), &*rounded, x);
    let got = outputs::<Prepared<M, bf16>, Y, _>(Cpu::new(), &*prepared, x);
    assert!(max_error(&got, &want) < TOLERANCE);
    let memory = Predictor::<Prepared<M, bf16>, CAPACITY, Offsets>::BYTES + 4096;
    let there = outputs::<Prepared<M, bf16>, Y, _>(Offsets::new(memory).unwrap(), &*prepared, x);
    assert!(got == there, "another device gives other bits");
}

/// What is folded agrees within rounding, and the rest to the bit.
macro_rules! agree {
    ($($model:ident $names:tt $error:pat,)*) => { $(
        assert_eq!(names::<$model>(), $names, stringify!($model));
        let far = distance::<$model, _, _>();
        assert!(matches!(far, $error), "{}: {far:e}", stringify!($model));
    )* };
}

#[test]
fn a_batch_norm_behind_a_convolution_is_folded() {
    agree! {
        ConvNorm ["conv.weight", "conv.bias"] 1e-9..TOLERANCE,
        ConvNormRelu ["conv.weight", "conv.bias"] 1e-9..TOLERANCE,
        Skip ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"] 1e-9..TOLERANCE,
        Depthwise ["spread.weight", "spread.bias", "each.weight", "each.bias", "join.weight", "join.bias"]
            1e-9..TOLERANCE,
        Frozen ["conv.weight", "conv.bias"] 1e-9..TOLERANCE,
        Mobile [
            "stem.weight", "stem.bias",
            "blocks.0.expand.weight", "blocks.0.expand.bias", "blocks.0.each.weight", "blocks.0.each.bias",
            "blocks.0.project.weight", "blocks.0.project.bias",
            "blocks.1.expand.weight", "blocks.1.expand.bias", "blocks.1.each.weight", "blocks.1.each.bias",
            "blocks.1.project.weight", "blocks.1.project.bias",
            "down.weight", "down.bias", "last.weight", "last.bias", "fc.weight", "fc.bias",
        ] 1e-9..TOLERANCE,
        Mixed ["stem.weight", "stem.bias", "last.weight", "last.bias", "fc.weight", "fc.bias"] 1e-9..TOLERANCE,
        Blocks [
            "stem.weight", "stem.bias",
            "blocks.0.conv1.weight", "blocks.0.conv1.bias", "blocks.0.conv2.weight", "blocks.0.conv2.bias",
            "blocks.1.conv1.weight", "blocks.1.conv1.bias", "blocks.1.conv2.weight", "blocks.1.conv2.bias",
            "down.conv.weight", "down.conv.bias", "down.short.weight", "down.short.bias",
            "fc.weight", "fc.bias",
        ] 1e-9..TOLERANCE,
    }
}

#[test]
fn what_cannot_be_folded_is_as_it_was() {
    const BN: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];
    let with = |layers: &[(&str, &[&str])]| -> Vec<String> {
        let name = |(layer, leaves): &(&str, &[&str])| {
            leaves.iter().map(|leaf| format!("{layer}.{leaf}")).collect::<Vec<_>>()
        };
        layers.iter().flat_map(name).collect()
    };
    let conv = &["weight", "bias"][..];
    agree! {
        Plain ["conv.weight", "conv.bias", "fc.weight", "fc.bias"] 0.0..TOLERANCE,
        Early (with(&[("bn", &BN), ("conv", conv)])) 0.0,
        SharedConv (with(&[("conv", conv), ("bn1", &BN), ("bn2", &BN)])) 0.0,
        SharedNorm (with(&[("conv1", conv), ("conv2", conv), ("bn", &BN)])) 0.0,
        Seen (with(&[("conv", conv), ("bn", &BN)])) 0.0,
        Active (with(&[("conv", conv), ("bn", &BN)])) 0.0,
    }
}

/// What is tapped is there: only what is behind it is folded.
#[test]
fn taps_of_a_prepared_model() {
    let (model, x) = (trained::<Tapped>(7), samples::<[[[f32; 6]; 6]; 3]>(ROWS));
    let with_taps = TappedTaps::of(&model);
    let prepared = Prepared::of(&Cpu::new(), with_taps).unwrap();
    let names = names::<TappedTaps>();
    assert!(names.contains(&"bn1.weight".to_string()) && !names.contains(&"bn2.weight".to_string()));
    fn run<N>(net: &N, x: &[[[[f32; 6]; 6]; 3]]) -> [Vec<f32>; 2]
    where
        N: Infer<Input = [[[f32; 6]; 6]; 3], Output = ([[[f32; 6]; 6]; 3], [[[f32; 6]; 6]; 3])>,
    {
        let [mut y, mut h] = [(); 2].map(|()| vec![[[[0.0; 6]; 6]; 3]; ROWS]);
        Predictor::<N, CAPACITY>::new(Cpu::new(), net).unwrap().predict(x, (&mut y, &mut h)).unwrap();
        [y, h].map(|y| y.iter().flat_map(flat).copied().collect())
    }
    let ([y, h], [want, same]) = (run(&*prepared, &x), run(with_taps, &x));
    assert!(max_error(&y, &want) < TOLERANCE && h == same);
    assert!(max_error(&y, &outputs::<Tapped, [[[f32; 6]; 6]; 3], _>(Cpu::new(), &*model, &x)) < TOLERANCE);
}

/// The formula itself, in float64.
#[test]
fn folded_weights_are_what_the_formula_says() {
    let model = trained::<ConvNormRelu>(1);
    let prepared = Prepared::of(&Cpu::new(), &*model).unwrap();
    let got = leaves(&*prepared);
    let (conv, bn) = (&model.conv, &model.bn);
    let scale = |o: usize| f64::from(bn.weight[o]) / (f64::from(bn.running_var[o]) + 0.3).sqrt();
    for (o, weights) in got[0].1.chunks(2 * 3 * 3).enumerate() {
        for (got, weight) in weights.iter().zip(flat(&conv.weight[o])) {
            assert!((f64::from(*got) - scale(o) * f64::from(*weight)).abs() < 1e-6);
        }
        let want = scale(o) * f64::from(conv.bias[o] - bn.running_mean[o]) + f64::from(bn.bias[o]);
        assert!((f64::from(got[1].1[o]) - want).abs() < 1e-6);
    }
    assert_eq!(got[1].1.len(), 6);
    let mut dims = Vec::new();
    visit::<Prepared<Depthwise>>(|_, offset, leaf| dims.push((offset % 64, leaf.dims.as_slice().to_vec())));
    assert_eq!(dims[2], (0, vec![8, 1, 3, 3]));
    assert_eq!(<Prepared<ConvNormRelu>>::BYTES, 6 * 2 * 9 * 4 + 16 + 64);
}

/// Weights are packed where images are in blocks.
#[test]
fn images_are_in_blocks_where_all_layers_know_them() {
    fn dims<M: Prepare>() -> Vec<Vec<usize>> {
        let mut dims = Vec::new();
        visit::<Prepared<M>>(|_, _, leaf| dims.push(leaf.dims.as_slice().to_vec()));
        dims
    }
    let mobile = dims::<Mobile>();
    assert_eq!(mobile[..4], [vec![2, 27, 16], vec![2, 16], vec![3, 24, 16], vec![3, 16]]);
    assert_eq!((&mobile[4], &mobile[6], &mobile[18]), (&vec![3, 9, 16], &vec![2, 48, 16], &vec![5 * 32]));
    assert_eq!(dims::<Mixed>()[..2], [vec![16, 3, 3, 3], vec![16]]);
}

/// Weights of linear layers are in panels of 32 outputs.
#[test]
fn linear_layers_are_packed() {
    let model = trained::<Deep>(2);
    let packed = leaves(&*Prepared::of(&Cpu::new(), &*model).unwrap());
    for output in [0, 31, 32, 39] {
        let (first, width) = if output < 32 { (0, 32) } else { (32, 8) };
        for input in [0, 1, 69] {
            let at = first * 70 + input * width + output - first;
            assert_eq!(packed[0].1[at], model.fc1.weight[output][input]);
        }
    }
    let x = samples::<[f32; 70]>(200);
    let run = |threads| {
        let cpu = || Cpu::with_threads(threads).unwrap();
        let prepared = Prepared::of(&cpu(), &*model).unwrap();
        let half = Prepared::stored_in::<bf16>(&cpu(), &*model).unwrap();
        let (mut y, mut z) = (vec![[0.0; 5]; 200], vec![[0.0; 5]; 200]);
        Predictor::<Prepared<Deep>, 200>::new(cpu(), &prepared).unwrap().predict(&x, &mut y).unwrap();
        Predictor::<Prepared<Deep, bf16>, 200>::new(cpu(), &half).unwrap().predict(&x, &mut z).unwrap();
        (y.concat(), z.concat())
    };
    let one = run(1);
    assert!(run(2) == one && run(3) == one);
    let mut want = vec![[0.0; 5]; 200];
    Predictor::<Deep, 200>::new(Cpu::new(), &*model).unwrap().predict(&x, &mut want).unwrap();
    assert!(max_error(&one.0, &want.concat()) < TOLERANCE);
}

#[test]
fn threads_change_no_bit() {
    let (model, x) = (trained::<Wide>(5), samples::<[[[f32; 8]; 8]; 64]>(ROWS));
    let run = |threads| {
        let cpu = || Cpu::with_threads(threads).unwrap();
        let prepared = Prepared::of(&cpu(), &*model).unwrap();
        (bits(&*prepared), outputs::<Prepared<Wide>, [f32; 16], _>(cpu(), &*prepared, &x))
    };
    let one = run(1);
    assert!(run(2) == one && run(4) == one);
    assert!(max_error(&one.1, &outputs::<Wide, [f32; 16], _>(Cpu::new(), &*model, &x)) < TOLERANCE);
}

#[test]
fn tuples_are_inputs_and_outputs() {
    type A = [[[f32; 6]; 6]; 3];
    let (a, b) = (samples::<A>(ROWS), samples::<[f32; 4]>(ROWS));
    fn run<N, D: Storage>(device: D, net: &N, a: &[A], b: &[[f32; 4]]) -> (Vec<f32>, Vec<f32>)
    where
        N: Infer<Input = (A, [f32; 4]), Output = ([[[f32; 6]; 6]; 4], [f32; 2])>,
    {
        let (mut y, mut z) = (vec![[[[0.0; 6]; 6]; 4]; ROWS], vec![[0.0; 2]; ROWS]);
        Predictor::<N, CAPACITY, D>::new(device, net).unwrap().predict((a, b), (&mut y, &mut z)).unwrap();
        (y.iter().flat_map(flat).copied().collect(), z.concat())
    }
    let model = trained::<Two>(9);
    let prepared = Prepared::of(&Cpu::new(), &*model).unwrap();
    let (want, got) = (run(Cpu::new(), &*model, &a, &b), run(Cpu::new(), &*prepared, &a, &b));
    assert!(max_error(&got.0, &want.0) < TOLERANCE && max_error(&got.1, &want.1) < TOLERANCE);
    let memory = Predictor::<Prepared<Two>, CAPACITY, Offsets>::BYTES + 4096;
    assert!(run(Offsets::new(memory).unwrap(), &*prepared, &a, &b) == got);
}

#[test]
fn bytes_are_passed_on() {
    let (model, x) = (trained::<Echo>(2), samples::<[f32; 4]>(ROWS));
    let tags: Vec<[u8; 5]> = (0..ROWS).map(|i| [i as u8, 2, 3, 4, 200 + i as u8]).collect();
    let prepared = Prepared::of(&Cpu::new(), &*model).unwrap();
    let (mut y, mut z) = (vec![[0.0; 2]; ROWS], vec![[0; 5]; ROWS]);
    let mut net = Predictor::<Prepared<Echo>, CAPACITY>::new(Cpu::new(), &prepared).unwrap();
    net.predict((&x, &tags), (&mut y, &mut z)).unwrap();
    assert_eq!(z, tags);
}

/// A recurrent layer behind a folded convolution, call after call.
#[test]
fn state_is_carried() {
    let (model, x) = (trained::<Stream>(4), samples::<[[[f32; 6]; 4]; 2]>(ROWS));
    let prepared = Prepared::of(&Cpu::new(), &*model).unwrap();
    let mut plain = Predictor::<Stream, 1>::new(Cpu::new(), &model).unwrap();
    let mut folded = Predictor::<Prepared<Stream>, 1>::new(Cpu::new(), &prepared).unwrap();
    let (mut want, mut got) = (vec![[[0.0; 2]; 3]; ROWS], vec![[[0.0; 2]; 3]; ROWS]);
    plain.predict(&x, &mut want).unwrap();
    folded.predict(&x, &mut got).unwrap();
    let flatten = |y: &[[[f32; 2]; 3]]| y.concat().concat();
    assert!(max_error(&flatten(&got), &flatten(&want)) < TOLERANCE);

    let (first, mut again) = (got[0], [[[0.0; 2]; 3]]);
    folded.predict(&x[..1], &mut again).unwrap();
    assert_ne!(again[0], first, "it remembers");
    folded.reset_state();
    folded.predict(&x[..1], &mut again).unwrap();
    assert_eq!(again[0], first);
}

/// Modules that the macro does not know: one with a batch norm inside, one of bytes and halves with gaps
/// between them.
#[test]
fn opaque_modules_are_used_as_they_are() {
    let names_of_inner =
        ["weight", "bias", "running_mean", "running_var"].map(|leaf| format!("inner.bn.{leaf}"));
    let names = names::<Opaque>();
    assert_eq!(names[..4], ["conv.weight", "conv.bias", "inner.conv.weight", "inner.conv.bias"]);
    assert_eq!(names[4..8], names_of_inner);
    assert_eq!(names[8..], ["odd.table", "odd.gain", "odd.half", "bytes.table"]);

    let (mut model, x) = (trained::<Opaque>(6), samples::<[[[f32; 5]; 5]; 1]>(ROWS));
    (model.odd.table, model.odd.gain) = ([9, 200, 3, 0, 255], 0.25);
    model.odd.half = [1.5, -2.0, 0.125].map(castiron::bf16::from_f32);
    model.bytes.table = [1, 2, 3, 4, 250];
    let mut prepared = Tensor::<Prepared<Opaque>>::zeros();
    // SAFETY: bits of all kinds are numbers.
    unsafe { core::ptr::from_mut(&mut *prepared).write_bytes(0xA5, 1) };
    prepare(&Cpu::new(), &*model, &mut prepared).unwrap();
    let want = outputs::<Opaque, [f32; 5], _>(Cpu::new(), &*model, &x);
    let got = outputs::<Prepared<Opaque>, [f32; 5], _>(Cpu::new(), &*prepared, &x);
    assert!(max_error(&got, &want) < TOLERANCE);
    // Of the bytes that both add, every one counts.
    model.bytes.table[4] = 0;
    assert!(max_error(&outputs::<Opaque, [f32; 5], _>(Cpu::new(), &*model, &x), &want) > 0.1);

    let mut rest = vec![true; <Prepared<Opaque>>::BYTES];
    visit::<Prepared<Opaque>>(|_, offset, leaf| {
        rest[offset..][..leaf.dims.len() * leaf.dtype.size()].fill(false);
    });
    assert!(rest.iter().filter(|gap| **gap).count() > 8);
    let base = core::ptr::from_ref(&*prepared).cast::<u8>();
    // SAFETY: within the value, all of whose bytes were written.
    assert!((0..rest.len()).all(|at| !rest[at] || unsafe { base.add(at).read() } == 0));
}

/// A struct with `derive`, which is the same to everybody.
#[test]
fn derived_models_are_prepared_too() {
    use common::{Small, quarters};
    let (model, (x, _)) = (trained::<Small>(8), quarters(ROWS));
    let prepared = Prepared::of(&Cpu::new(), &*model).unwrap();
    assert_eq!(names::<Small>()[..3], ["conv1.weight", "conv1.bias", "conv2.weight"]);
    let want = outputs::<Small, [f32; 4], _>(Cpu::new(), &*model, &x);
    let got = outputs::<Prepared<Small>, [f32; 4], _>(Cpu::new(), &*prepared, &x);
    assert!(max_error(&got, &want) < TOLERANCE);

    // It is saved and loaded like a model.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prepared.safetensors");
    castiron::files::save(&*prepared, &file).unwrap();
    let mut loaded = Tensor::<Prepared<Small>>::zeros();
    castiron::files::load(&mut *loaded, &file).unwrap();
    assert!(bits(&*loaded) == bits(&*prepared));
}
