//! Initial values, the parameter tree, and models of other elements.

mod common;

use castiron::params::{Init, Kind, Run, init_matching, visit};
use castiron::prelude::*;
use castiron::{DType, bf16};
use common::{Small, bits};

/// Mean, deviation and largest magnitude.
fn moments(values: &[f32]) -> (f32, f32, f32) {
    let n = values.len() as f32;
    let mean = values.iter().sum::<f32>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n;
    (mean, variance.sqrt(), values.iter().fold(0.0, |most, v| most.max(v.abs())))
}

type Wide = Linear<Rank3<4, 5, 5>, 200>;

#[test]
fn defaults_are_pytorchs() {
    // U(−1/√fan_in, 1/√fan_in), for weights and biases alike.
    let layer = init::<Wide>(3);
    let (mean, deviation, most) = moments(castiron::flat(&*layer.weight));
    assert!(mean.abs() < 3e-3 && (deviation - 0.1 / 3f32.sqrt()).abs() < 1e-3, "{mean} {deviation}");
    assert!(most <= 0.1 && most > 0.0999);
    assert!(moments(&*layer.bias).2 <= 0.1);

    let model = init::<Small>(3);
    assert_eq!(*model.bn1.weight, [1.0; 6]);
    assert_eq!(*model.bn1.running_mean, [0.0; 6]);
    assert_eq!(*model.bn1.running_var, [1.0; 6]);
    let (_, _, most) = moments(castiron::flat(&*model.conv2.weight));
    assert!(most <= 1.0 / 54f32.sqrt() && most > 0.99 / 54f32.sqrt());
    let (mean, deviation, _) = moments(castiron::flat(&*init::<Embedding<100, 50>>(1).weight));
    assert!(mean.abs() < 0.05 && (deviation - 1.0).abs() < 0.05);

    assert!(bits(&*model) == bits(&*init::<Small>(3)));
    assert!(bits(&*model) != bits(&*init::<Small>(4)));
}

#[test]
fn named_initialisations() {
    // fan_in 100, fan_out 200.
    let close = |got: f32, want: f32| assert!((got - want).abs() < 0.02 * want, "{got}, not {want}");
    let gain = 2f32.sqrt();
    let cases = [
        (Init::Normal { mean: 0.0, std: 0.3 }, 0.3, None),
        (Init::Uniform { low: -0.6, high: 0.6 }, 0.6 / 3f32.sqrt(), Some(0.6)),
        (Init::XavierUniform { gain: 1.0 }, (2f32 / 300.0).sqrt(), Some((6f32 / 300.0).sqrt())),
        (Init::XavierNormal { gain: 1.0 }, (2f32 / 300.0).sqrt(), None),
        (Init::KaimingUniform { gain }, gain / 10.0, Some(gain * 3f32.sqrt() / 10.0)),
        (Init::KaimingNormal { gain }, gain / 10.0, None),
    ];
    let mut layer = init::<Wide>(0);
    for (init, deviation, bound) in cases {
        assert_eq!(init_matching(&mut *layer, "weight", init, 7), 1);
        let (_, got, most) = moments(castiron::flat(&*layer.weight));
        close(got, deviation);
        if let Some(bound) = bound {
            assert!(most <= bound && most > 0.99 * bound, "{init:?}: {most}");
        }
    }
    assert_eq!(init_matching(&mut *layer, "*", Init::Constant(0.5), 0), 2);
    assert_eq!(*layer.bias, [0.5; 200]);
    assert_eq!(init_matching(&mut *layer, "gamma", Init::ZEROS, 0), 0);
}

#[test]
fn the_tree_has_names_and_dims_of_pytorch() {
    let mut leaves = Vec::new();
    visit::<Small>(|path, offset, leaf| {
        assert_eq!(offset % 64, 0, "{path} is not on a cache line of its own");
        leaves.push((path.to_string(), leaf.dims.as_slice().to_vec()));
    });
    let has = |name: &str, dims: &[usize]| assert!(leaves.contains(&(name.into(), dims.to_vec())), "{name}");
    has("conv2.weight", &[6, 6, 3, 3]);
    has("fc1.weight", &[32, 96]);
    has("blocks.1.weight", &[32, 32]);
    has("bn1.running_var", &[6]);
    assert_eq!(leaves.len(), 2 + 4 + 2 + 2 + 4 + 2);

    let runs = <Small as Params>::RUNS;
    assert_eq!(runs.len(), leaves.len());
    let averages = runs.iter().filter(|run| matches!(run.kind, Kind::RunningAverage { momentum: 0.1 }));
    assert_eq!(averages.map(|run| run.len).collect::<Vec<_>>(), [6, 6]);
    let numbers: usize = runs.iter().map(|run| run.len).sum();
    assert_eq!((numbers, <Small as Params>::TRAINED), (<Small as Params>::NUMBERS, numbers - 12));

    // Long arrays of layers have long tables.
    const LONG: &[Run] = <[Linear<[f32; 2], 2>; 600] as Params>::RUNS;
    assert_eq!((LONG.len(), LONG[1199].offset), (1200, 599 * 128 + 64));
}

#[test]
fn the_same_model_of_another_element() {
    type Half = <Small as Params>::With<bf16>;
    let runs = |run: &'static Run| (run.len, run.element);
    let half: Vec<_> = <Half as Params>::RUNS.iter().map(runs).collect();
    let full: Vec<_> = <Small as Params>::RUNS.iter().map(runs).collect();
    for ((half_len, half), (len, _)) in half.iter().zip(&full) {
        assert_eq!(half_len, len);
        assert!(*half == DType::Bf16 || *len == 6, "running averages stay f32");
    }
    assert_eq!(half.iter().filter(|(_, element)| *element == DType::F32).count(), 2);
    assert_eq!(size_of::<<Small as Params>::With<f32>>(), size_of::<Small>());
    let weights = Tensor::<Half>::zeros();
    assert!(size_of_val(&*weights) < size_of::<Small>());
}

#[test]
fn tensors_of_every_element() {
    let mut x = Tensor::<Rank2<2, 3, i64>>::zeros();
    x[1][0] = -7;
    assert_eq!(x.clone(), x);
    assert_eq!(Tensor::<Rank1<3, u8>>::from([1, 2, 3])[2], 3);
    assert_eq!(size_of_val(&*Tensor::<Rank1<9, castiron::f16>>::zeros()), 18);
    assert!(bool::from(Tensor::<Rank1<1, castiron::Bool>>::from([true.into()])[0]));
}

/// A sequence model, to be fed in pieces.
#[derive(Module)]
#[module(input = [4, 3])]
#[repr(C)]
struct Recurrent {
    lstm: Lstm<3, 5>,
    head: Linear<[f32; 5], 2>,
}

/// The same, position by position.
#[derive(Module)]
#[module(input = [1, 3])]
#[repr(C)]
struct Cell {
    lstm: Lstm<3, 5>,
    head: Linear<[f32; 5], 2>,
}

#[test]
fn state_is_carried_from_call_to_call() {
    let model = init::<Recurrent>(0);
    // SAFETY: the same layers in the same order, `repr(C)`.
    let cell: &Cell = unsafe { &*(&raw const *model).cast() };
    let x: Vec<Rank2<4, 3>> =
        (0..2).map(|b| core::array::from_fn(|t| [(b * 4 + t) as f32 * 0.2, 1.0, -0.5])).collect();
    let mut whole = vec![[[0.0; 2]; 4]; 2];
    Predictor::<Recurrent, 2>::new(Cpu::new(), &model).unwrap().predict(&x, &mut whole).unwrap();

    let mut predictor = Predictor::<Cell, 2>::new(Cpu::new(), cell).unwrap();
    for round in 0..2 {
        for t in 0..4 {
            let mut y = [[[0.0; 2]; 1]; 2];
            predictor.predict(&[[x[0][t]], [x[1][t]]], &mut y).unwrap();
            for b in 0..2 {
                for c in 0..2 {
                    let (got, want) = (y[b][0][c], whole[b][t][c]);
                    // The second round starts from where the first ended, until it is told to start anew.
                    assert_eq!((got - want).abs() < 1e-6, round == 0, "{got} {want}");
                }
            }
        }
    }
    predictor.reset_state();
    let mut y = [[[0.0; 2]; 1]; 2];
    predictor.predict(&[[x[0][0]], [x[1][0]]], &mut y).unwrap();
    assert!((y[0][0][0] - whole[0][0][0]).abs() < 1e-6);
}
