//! Several GPUs in one program.

use castiron::device::Cuda;
use castiron::prelude::*;
use castiron::tensor;

use crate::{child, close, lesson, numbers, stripes};

#[test]
fn two_gpus() {
    if super::gpu().is_some() {
        child::passes("devices::on_two", &[("CASTIRON_EMULATED_DEVICES", Some("2"))]);
    }
}

#[test]
#[ignore = "run by `two_gpus`"]
fn on_two() {
    // A real machine may have one.
    if Cuda::devices().unwrap() < 2 {
        return;
    }
    let (a, b) = (Cuda::new(0).unwrap(), Cuda::new(1).unwrap());
    assert_eq!((a.ordinal(), b.ordinal()), (0, 1));
    let x = Tensor::<Rank2<30, 40>>::randn(1);
    let (on_a, on_b) = (x.to(&a).unwrap(), x.to(&b).unwrap());
    // There, back, and from one to the other behind work that nobody has waited for.
    let moved = (&on_a * 2.0).to(&b).unwrap();
    assert_eq!((&moved - &on_b).to_cpu(&b), x);
    assert_eq!(moved.to(&a).unwrap().to_cpu(&a), &x * 2.0);

    // The same training on each of them, in turns.
    let mut trainers = [a, b].map(|gpu| lesson(gpu, Sgd::new(0.05)));
    let mut reference = lesson(Cpu::new(), Sgd::new(0.05));
    for seed in 0..4 {
        let (x, t) = stripes(6, seed);
        let want = reference.step(&x, &t).unwrap();
        trainers.iter_mut().for_each(|trainer| trainer.enqueue(&x, &t).unwrap());
        trainers.iter().for_each(|trainer| close(&[trainer.loss().unwrap()], &[want], 1e-4));
    }
    let [a, b] = trainers.map(|trainer| numbers(&*trainer.model()));
    assert!(a == b, "two GPUs of one kind compute the same bits");
}

#[test]
fn two_streams_of_one_gpu() {
    let (Some(a), Some(b)) = (super::gpu(), super::gpu()) else { return };
    let x = tensor![1.0, 2.0, 3.0];
    let (on_a, on_b) = (x.to(&a).unwrap(), x.to(&b).unwrap());
    let mut y = on_a.clone();
    for _ in 0..20 {
        // What the one has just been told to compute, the other reads.
        y = &(&y + &on_b) - &on_a;
    }
    assert_eq!(y.to_cpu(&a), x);
}

#[test]
fn threads_have_streams_of_their_own() {
    if super::gpu().is_none() {
        return;
    }
    let sum = |seed: u64| {
        let gpu = super::gpu().unwrap();
        let x = Tensor::<Rank2<64, 64>>::randn(seed);
        let (got, want) =
            (x.to(&gpu).unwrap().matmul(&x.t().to(&gpu).unwrap()).to_cpu(&gpu), x.matmul(&x.t()));
        close(got.as_flattened(), want.as_flattened(), 1e-4);
    };
    std::thread::scope(|scope| (0..4).for_each(|seed| drop(scope.spawn(move || sum(seed)))));
}
