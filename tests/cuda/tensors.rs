//! Eager tensors and the tape on a GPU.

use castiron::device::Cuda;
use castiron::prelude::*;
use castiron::tape::detect_anomaly;
use castiron::{DynTensor, Shape, Tape, bf16, f16, tensor};

use crate::{close, gpu, numbers, operations};

#[test]
fn operations_and_their_gradients_are_the_cpus() {
    let Some(gpu) = gpu() else { return };
    let (here, there) = (operations::compute(&Cpu::new()).unwrap(), operations::compute(&gpu).unwrap());
    assert_eq!(here.len(), there.len());
    for (i, (want, got)) in here.iter().zip(&there).enumerate() {
        let slice = |x: &DynTensor| x.as_slice::<f32>().map(<[f32]>::to_vec);
        match (slice(got), slice(want)) {
            (Some(got), Some(want)) => close(&got, &want, 1e-5),
            // Integers and booleans.
            _ => assert!(got == want, "result {i}: {got:?}, not {want:?}"),
        }
    }
}

#[test]
fn tensors_travel_in_every_type() {
    let Some(gpu) = gpu() else { return };
    fn there_and_back<S: Shape + PartialEq>(x: &Tensor<S>, gpu: &Cuda) {
        assert!(x.to(gpu).unwrap().to_cpu(gpu) == *x);
    }
    there_and_back(&Tensor::<Rank2<40, 30>>::randn(1), &gpu);
    there_and_back(&Tensor::<Rank1<7, f64>>::rand(2), &gpu);
    there_and_back(&Tensor::<Rank1<9>>::randn(3).cast::<bf16>(), &gpu);
    there_and_back(&Tensor::<Rank1<9>>::randn(4).cast::<f16>(), &gpu);
    there_and_back(&Tensor::<Rank1<100, i64>>::arange(-50, 1), &gpu);
    there_and_back(&Tensor::<Rank1<5>>::randn(5).gt(0.0), &gpu);
    // More than the staging memory holds at once.
    there_and_back(&Tensor::<Rank2<2000, 3001>>::randn(6), &gpu);
}

#[test]
fn tensors_are_printed_wherever_they_are() {
    let Some(gpu) = gpu() else { return };
    let x = Tensor::<Rank2<3, 4>>::randn(1);
    let there = x.to(&gpu).unwrap();
    assert_eq!((there.to_string(), format!("{there:?}")), (x.to_string(), format!("{x:?}")));
    assert_eq!(Tape::new().watch(&there).sum().to_string(), Tape::new().watch(&x).sum().to_string());
}

#[test]
fn what_is_written_is_the_tensors_own() {
    let Some(gpu) = gpu() else { return };
    let x = tensor![1.0, 2.0, 3.0].to(&gpu).unwrap();
    let kept = x.clone();
    let mut y = x.clone();
    y += &x;
    assert_eq!(y.to_cpu(&gpu), tensor![2.0, 4.0, 6.0]);
    assert_eq!(kept.to_cpu(&gpu), tensor![1.0, 2.0, 3.0]);
}

#[test]
fn the_first_operation_that_is_not_finite_is_named() {
    let Some(gpu) = gpu() else { return };
    let x = tensor![4.0, -1.0].to(&gpu).unwrap();
    let anomaly = detect_anomaly(|| (&x * 2.0).sqrt().sum()).unwrap_err();
    assert_eq!((anomaly.found.op, anomaly.found.index), ("sqrt", 1));
    assert!(anomaly.location.expect("tests have debug information").contains("cuda/tensors.rs:"));
    let anomaly = detect_anomaly(|| {
        let tape = Tape::new();
        let x = tape.watch(&tensor![0.0, 1.0].to(&gpu).unwrap());
        x.sqrt().sum().backward().map(|gradients| gradients.get(&x))
    });
    assert_eq!(anomaly.unwrap_err().backward_of, Some("sqrt"));
    // No longer watched.
    assert!(x.sqrt().to_cpu(&gpu)[1].is_nan());
}

model! {
    Curve: [2] -> [1] { fc1: Linear(16), Tanh, fc2: Linear(1) }
}

#[test]
fn a_model_learns_on_a_tape() {
    let Some(gpu) = gpu() else { return };
    fn learn<D: castiron::device::Storage>(device: &D) -> (Vec<f32>, Vec<f32>) {
        let mut model = init::<Curve>(5).to(device).unwrap();
        let mut optimizer = Updater::new(&model, Adam::new(0.02))
            .unwrap()
            .clip(Clip::Norm(5.0))
            .schedule(Cosine { steps: 20, min: 1e-3 });
        let x = Tensor::<Rank2<32, 2>>::randn(1);
        let t = (x.narrow::<1, 0, 1>() * x.narrow::<1, 1, 1>()).to(device).unwrap();
        let x = x.to(device).unwrap();
        let mut losses = Vec::new();
        for _ in 0..20 {
            let tape = Tape::new();
            let net = tape.watch_model(&model);
            let loss = net.forward(&x).unwrap().mse_loss(&t);
            optimizer.step(&mut model, &loss.backward().unwrap().get(&net)).unwrap();
            losses.push(*loss.detach().to_cpu(device));
        }
        (losses, numbers(&*model.to_cpu(device)))
    }
    let (got, want) = (learn(&gpu), learn(&Cpu::new()));
    close(&got.0, &want.0, 1e-4);
    close(&got.1, &want.1, 1e-3);
    assert!(want.0[19] < 0.7 * want.0[0], "it learns nothing: {:?}", want.0);
}
