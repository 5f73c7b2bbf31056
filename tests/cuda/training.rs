//! Training on a GPU is training on the CPU, within rounding.

use castiron::data::{Loader, Samples};
use castiron::device::Storage;
use castiron::optim::Optimizer;
use castiron::prelude::*;
use castiron::train::{Fit, accuracy};

use crate::{Lesson, close, gpu, lesson, numbers, stripes};

#[test]
fn losses_are_the_cpus() {
    let Some(gpu) = gpu() else { return };
    fn losses<D: Storage>(device: D) -> Vec<f32> {
        let schedule = Cosine { steps: 8, min: 1e-5 };
        let mut trainer = lesson(device, Adam::new(2e-3)).schedule(schedule).clip(Clip::Norm(1.0));
        // Each number of rows is a graph of its own.
        let mut losses = Vec::new();
        for (seed, rows) in (0..).zip([16, 16, 16, 9, 16, 9, 9]) {
            let (x, t) = stripes(rows, seed);
            losses.push(trainer.step(&x, &t).unwrap());
        }
        losses.push(trainer.gradient_norm());
        losses
    }
    close(&losses(gpu), &losses(Cpu::new()), 1e-4);
}

/// What training leaves behind whose steps nobody waits for, all with the same number of rows: on a GPU the first
/// runs, the second is recorded, and the others replay it.
fn six_steps<O: Optimizer, D: Storage>(mut trainer: Lesson<O, D>) -> (Vec<f32>, Tensor<super::LeNet>) {
    let mut losses = Vec::new();
    for seed in 0..6 {
        let (x, t) = stripes(16, seed / 3);
        trainer.enqueue(&x, &t).unwrap();
        losses.push(trainer.loss().unwrap());
    }
    (losses, trainer.model())
}

#[test]
fn a_recorded_step_reads_its_rate_and_its_step_from_memory() {
    let Some(gpu) = gpu() else { return };
    let schedule = StepDecay { every: 1, gamma: 0.5 };
    let (got, here) = six_steps(lesson(gpu.clone(), Sgd::new(0.05).momentum(0.9)).schedule(schedule));
    let (want, there) = six_steps(lesson(Cpu::new(), Sgd::new(0.05).momentum(0.9)).schedule(schedule));
    close(&got, &want, 1e-4);
    close(&numbers(&*here), &numbers(&*there), 1e-4);

    // Nothing is learned: what differs from step to step on the same data is the masks of dropout.
    let (got, _) = six_steps(lesson(gpu, Sgd::new(0.0)));
    let (want, _) = six_steps(lesson(Cpu::new(), Sgd::new(0.0)));
    close(&got, &want, 1e-5);
    for pair in got.windows(2) {
        assert!((pair[0] - pair[1]).abs() > 1e-3, "the same mask again: {got:?}");
    }
}

#[test]
fn nobody_waits_for_enqueued_steps() {
    let Some(gpu) = gpu() else { return };
    fn last<D: Storage>(device: D) -> (f32, Vec<f32>) {
        let mut trainer = lesson(device, Sgd::new(0.02));
        for seed in 0..5 {
            let (x, t) = stripes(12, seed);
            trainer.enqueue(&x, &t).unwrap();
        }
        (trainer.loss().unwrap(), numbers(&*trainer.model()))
    }
    let (got, want) = (last(gpu), last(Cpu::new()));
    close(&[got.0], &[want.0], 1e-4);
    close(&got.1, &want.1, 1e-4);
}

#[test]
fn the_loop_over_epochs_is_the_cpus() {
    let Some(gpu) = gpu() else { return };
    fn history<D: Storage>(device: D) -> Vec<f32> {
        let data = |seed| {
            let (x, t) = stripes(40, seed);
            Loader::new(Samples::new(x, t).unwrap()).batch_size(16).shuffle(seed.into()).prefetch(2)
        };
        let mut trainer = lesson(device, Sgd::new(0.02).momentum(0.9));
        let history = Fit::new(3).score(accuracy).run(&mut trainer, &data(1), Some(&data(2))).unwrap();
        history
            .iter()
            .flat_map(|epoch| [epoch.train_loss, epoch.test_loss.unwrap(), epoch.test_accuracy.unwrap()])
            .collect()
    }
    close(&history(gpu), &history(Cpu::new()), 1e-3);
}

#[test]
fn gradients_accumulate_and_groups_are_heeded() {
    let Some(gpu) = gpu() else { return };
    fn run<D: Storage>(device: D) -> Vec<f32> {
        let mut trainer = lesson(device, Sgd::new(0.02).momentum(0.9)).clip(Clip::Value(0.01));
        assert_eq!(trainer.freeze("conv1.*"), 2);
        for seed in 0..3 {
            for part in 0..2 {
                let (x, t) = stripes(8, 2 * seed + part);
                trainer.accumulate(&x, &t).unwrap();
            }
            trainer.update().unwrap();
        }
        assert_eq!(trainer.steps(), 3);
        numbers(&*trainer.model())
    }
    close(&run(gpu), &run(Cpu::new()), 1e-4);
}
