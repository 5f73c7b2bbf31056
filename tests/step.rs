//! `train::step`, on memory that the caller owns, computes to the bit what a `Trainer` does.

mod common;

use castiron::optim::Optimizer;
use castiron::prelude::*;
use castiron::train::{TrainingWorkspace, Workspace, infer, step};
use castiron::{Error, Fault, Plain};
use common::{Small, bits, quarters};

const CAPACITY: usize = 16;
type Loss4 = CrossEntropyLoss<4>;

model! {
    /// Small enough for a test, with the layers and the shapes of the real one.
    LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

fn zeroed<T: Plain>() -> Box<T> {
    // SAFETY: zero bits are a `Plain` value.
    unsafe { Box::<T>::new_zeroed().assume_init() }
}

/// The batch and its number of rows, which changes from step to step.
fn batch(i: usize) -> ([Rank3<1, 8, 8>; CAPACITY], [i32; CAPACITY], usize) {
    let (x, t) = quarters(64);
    let from = i * 7 % 48;
    (
        x[from..from + CAPACITY].try_into().unwrap(),
        t[from..from + CAPACITY].try_into().unwrap(),
        CAPACITY - i % 5,
    )
}

/// Ten steps by both; dropout masks, running averages and Adam's count of steps are among what must agree.
fn agrees<O: Optimizer>(optimizer: O) {
    let (model, loss) = (init::<Small>(1), Loss4::new().label_smoothing(0.1));
    let mut trainer =
        Trainer::<Small, _, _, CAPACITY>::new(Cpu::new(), &model, loss, optimizer.clone()).unwrap().seed(5);
    let (cpu, loss, mut mine) = (Cpu::new(), Loss4::new().label_smoothing(0.1), model.clone());
    let mut workspace = zeroed::<TrainingWorkspace<Small, Loss4, O, CAPACITY>>();
    workspace.set_seed(5);
    for i in 0..10 {
        let (x, t, rows) = batch(i);
        let want = trainer.step(&x[..rows], &t[..rows]).unwrap();
        let got = step(&cpu, &mut *mine, &x, &t, rows, &loss, &optimizer, &mut workspace).unwrap();
        assert_eq!(got.to_bits(), want.to_bits(), "loss of step {i}");
        let mut outputs = [[0.0; 4]; CAPACITY];
        trainer.outputs(&mut outputs[..rows]);
        assert_eq!(workspace.outputs()[..rows], outputs[..rows]);
        assert!(bits(&*mine) == bits(&*trainer.model()), "parameters after step {i}");
        assert!(bits(workspace.gradients()) == bits(&*trainer.gradients()), "gradients of step {i}");
    }
    assert_eq!(workspace.steps(), 10);
    assert!(bits(&*mine) != bits(&*model));
}

#[test]
fn steps_are_a_trainers() {
    agrees(Sgd::new(0.05));
    agrees(Sgd::new(0.05).momentum(0.9).nesterov().weight_decay(1e-3));
    agrees(Adam::new(3e-3));
    agrees(AdamW::new(3e-3).weight_decay(0.1));
    agrees(RmsProp::new(1e-3).momentum(0.9).centered());
}

#[test]
fn lenet_learns_as_with_a_trainer() {
    let model = init::<LeNet>(3);
    let (cpu, loss, adam) = (Cpu::new(), CrossEntropyLoss::<10>::new(), Adam::new(2e-3));
    let mut trainer =
        Trainer::<LeNet, _, _, 10>::new(Cpu::new(), &model, CrossEntropyLoss::<10>::new(), adam).unwrap();
    let mut mine = model.clone();
    let mut workspace = zeroed::<TrainingWorkspace<LeNet, CrossEntropyLoss<10>, Adam, 10>>();
    // Ten patterns, one for each class.
    let x: [Rank3<1, 28, 28>; 10] = std::array::from_fn(|class| {
        [std::array::from_fn(|i| std::array::from_fn(|j| ((i * (class + 2) + j * 7) % 11) as f32 * 0.1))]
    });
    let t = std::array::from_fn(|class| class as i32);
    let losses: Vec<f32> = (0..30)
        .map(|_| {
            let got = step(&cpu, &mut *mine, &x, &t, 10, &loss, &adam, &mut workspace).unwrap();
            assert_eq!(got.to_bits(), trainer.step(&x, &t).unwrap().to_bits());
            got
        })
        .collect();
    assert!(bits(&*mine) == bits(&*trainer.model()));
    assert!(losses[29] < 0.1 * losses[0], "{losses:?}");
}

#[test]
fn wrong_data_changes_no_parameter() {
    let (cpu, loss, sgd, mut model) = (Cpu::new(), Loss4::new(), Sgd::new(0.1), init::<Small>(2));
    let mut workspace = zeroed::<TrainingWorkspace<Small, Loss4, Sgd, CAPACITY>>();
    let (x, mut t, _) = batch(0);
    let before = bits(&*model);
    for rows in [0, CAPACITY + 1] {
        let error = step(&cpu, &mut *model, &x, &t, rows, &loss, &sgd, &mut workspace).unwrap_err();
        assert_eq!(error, Error::Rows { call: "step", got: rows, capacity: CAPACITY });
    }
    t[3] = 4;
    let error = step(&cpu, &mut *model, &x, &t, 8, &loss, &sgd, &mut workspace).unwrap_err();
    assert!(matches!(error, Error::Operation(Fault::Index { row: 3, got: 4, limit: 4, .. })), "{error}");
    assert!(bits(&*model) == before && workspace.steps() == 0);
    // Beyond the live rows nothing is looked at.
    step(&cpu, &mut *model, &x, &t, 3, &loss, &sgd, &mut workspace).unwrap();
    assert!(bits(&*model) != before && workspace.steps() == 1);
}

/// Nothing is shared between calls but what they are given: a call that interrupts another, on memory of its own,
/// changes nothing in it.
#[test]
fn calls_on_memory_of_their_own_do_not_meet() {
    let model = init::<Small>(4);
    let run = |seed: u64| {
        let (cpu, loss, adam) = (Cpu::new(), Loss4::new(), Adam::new(1e-3));
        let (mut model, mut y) = (model.clone(), [[0.0; 4]; CAPACITY]);
        let mut workspace = zeroed::<TrainingWorkspace<Small, Loss4, Adam, CAPACITY>>();
        let mut inference = zeroed::<Workspace<Small, CAPACITY>>();
        workspace.set_seed(seed);
        for i in 0..20 {
            let (x, t, rows) = batch(i);
            step(&cpu, &mut *model, &x, &t, rows, &loss, &adam, &mut workspace).unwrap();
            infer(&cpu, &*model, &x, rows, &mut y, &mut inference).unwrap();
        }
        (bits(&*model), y.map(|row| row.map(f32::to_bits)))
    };
    let alone = [run(1), run(2)];
    assert!(alone[0] != alone[1], "seeds differ");
    let together = std::thread::scope(|scope| {
        [1, 2].map(|seed| scope.spawn(move || run(seed))).map(|t| t.join().unwrap())
    });
    assert!(alone == together);
}
