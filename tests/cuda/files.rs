//! A checkpoint knows no device: training goes on where it likes.

use castiron::device::Storage;
use castiron::files::{Position, resume, save_checkpoint};
use castiron::prelude::*;

use crate::{close, gpu, lesson, numbers, stripes};

/// Two steps on one device, two on another, and what comes out.
fn run<A: Storage, B: Storage>(first: A, second: B) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let optimizer = || Sgd::new(0.02).momentum(0.9);
    let position = Position { epoch: 1, batch: 2, seed: 3 };
    let mut trainer = lesson(first, optimizer());
    for seed in 0..2 {
        let (x, t) = stripes(8, seed);
        trainer.step(&x, &t).unwrap();
    }
    save_checkpoint(&trainer, position, &path).unwrap();
    let mut trainer = lesson(second, optimizer()).seed(0);
    assert_eq!(resume(&mut trainer, &path).unwrap(), position);
    for seed in 2..4 {
        let (x, t) = stripes(8, seed);
        trainer.step(&x, &t).unwrap();
    }
    assert_eq!(trainer.steps(), 4);
    numbers(&*trainer.model())
}

#[test]
fn training_goes_on_on_another_device() {
    let Some(gpu) = gpu() else { return };
    let want = run(Cpu::new(), Cpu::new());
    close(&run(gpu.clone(), Cpu::new()), &want, 1e-4);
    close(&run(Cpu::new(), gpu.clone()), &want, 1e-4);
    let there = run(gpu.clone(), gpu.clone());
    close(&there, &want, 1e-4);
    assert!(there == run(gpu.clone(), gpu), "the same bits each time");
}
