//! Training learns, whatever the number of rows and threads, and says what is wrong with its data.

mod common;

use castiron::prelude::*;
use castiron::{Error, Fault};
use common::{Small, bits, quarters};

type SmallTrainer = Trainer<Small, CrossEntropyLoss<4>, Adam, 32>;

fn trainer(cpu: Cpu) -> SmallTrainer {
    SmallTrainer::new(cpu, &init::<Small>(1), CrossEntropyLoss::new(), Adam::new(3e-3)).unwrap().seed(5)
}

#[test]
fn learns() {
    let (x, t) = quarters(256);
    let mut trainer = trainer(Cpu::new());
    let first = trainer.step(&x[..32], &t[..32]).unwrap();
    for _ in 0..12 {
        for (x, t) in x.chunks(32).zip(t.chunks(32)) {
            trainer.step(x, t).unwrap();
        }
    }
    let last = trainer.evaluate(&x[..32], &t[..32]).unwrap();
    assert!(last < 0.1 * first, "the loss went from {first} to {last}");

    let mut outputs = [[0.0; 4]; 32];
    trainer.outputs(&mut outputs);
    let mut predictor = Predictor::<Small, 8>::new(Cpu::new(), &trainer.model()).unwrap();
    let mut predicted = vec![[0.0; 4]; x.len()];
    predictor.predict(&x, &mut predicted).unwrap();
    let right = predicted.iter().zip(&t).filter(|(y, t)| (0..4).all(|c| y[c] <= y[**t as usize])).count();
    assert!(right > 250, "{right} of 256 right");
    for (a, b) in outputs.iter().zip(&predicted) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4), "{a:?} {b:?}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let (x, t) = quarters(64);
    let run = |cpu: Cpu| {
        let mut trainer = trainer(cpu);
        let losses: Vec<u32> = (0..6)
            .map(|i| trainer.step(&x[i * 5..i * 5 + 29], &t[i * 5..i * 5 + 29]).unwrap().to_bits())
            .collect();
        (losses, bits(&*trainer.model()))
    };
    let one = run(Cpu::new());
    for threads in [2, 4] {
        assert!(run(Cpu::with_threads(threads).unwrap()) == one, "{threads} threads give other bits");
    }
}

#[test]
fn any_number_of_rows_is_the_mean_over_them() {
    // Without batch norm and dropout, a batch of 5 of capacity 32 is a batch of 5 of capacity 5.
    #[derive(Module)]
    #[module(input = [1, 8, 8])]
    #[repr(C)]
    struct Mlp {
        fc1: Linear<Rank3<1, 8, 8>, 16, Relu>,
        fc2: Linear<[f32; 16], 4>,
    }
    let (x, t) = quarters(5);
    let model = init::<Mlp>(3);
    let mut wide =
        Trainer::<Mlp, _, _, 32>::new(Cpu::new(), &model, CrossEntropyLoss::<4>::new(), Sgd::new(0.1))
            .unwrap();
    let mut exact =
        Trainer::<Mlp, _, _, 5>::new(Cpu::new(), &model, CrossEntropyLoss::<4>::new(), Sgd::new(0.1))
            .unwrap();
    assert_eq!(wide.step(&x, &t).unwrap(), exact.step(&x, &t).unwrap());
    assert!(bits(&*wide.model()) == bits(&*exact.model()));

    // Accumulating 2 + 2 rows is the mean of two means: that of 4.
    let mut parts =
        Trainer::<Mlp, _, _, 32>::new(Cpu::new(), &model, CrossEntropyLoss::<4>::new(), Sgd::new(0.1))
            .unwrap();
    let mut whole =
        Trainer::<Mlp, _, _, 32>::new(Cpu::new(), &model, CrossEntropyLoss::<4>::new(), Sgd::new(0.1))
            .unwrap();
    parts.accumulate(&x[..2], &t[..2]).unwrap();
    parts.accumulate(&x[2..4], &t[2..4]).unwrap();
    parts.update().unwrap();
    whole.step(&x[..4], &t[..4]).unwrap();
    let (a, b) = (parts.model(), whole.model());
    for (a, b) in a.fc2.weight.iter().flatten().zip(b.fc2.weight.iter().flatten()) {
        assert!((a - b).abs() < 1e-6);
    }
}

#[test]
fn frozen_parameters_stay() {
    let (x, t) = quarters(32);
    let mut trainer = trainer(Cpu::new());
    assert_eq!(trainer.freeze("conv1.*"), 2);
    assert_eq!(trainer.freeze("nothing.*"), 0);
    let before = trainer.model();
    trainer.step(&x, &t).unwrap();
    let after = trainer.model();
    assert!(bits(&before.conv1) == bits(&after.conv1));
    assert!(bits(&before.conv2) != bits(&after.conv2));
    trainer.unfreeze("*");
    trainer.step(&x, &t).unwrap();
    assert!(bits(&before.conv1) != bits(&trainer.model().conv1));
}

#[test]
fn gradients_of_frozen_parameters_do_not_pile_up() {
    #[derive(Module)]
    #[module(input = [1, 8, 8])]
    #[repr(C)]
    struct Plain {
        fc: Linear<Rank3<1, 8, 8>, 4>,
    }
    let (x, t) = quarters(32);
    let loss = CrossEntropyLoss::<4>::new();
    let mut trainer =
        Trainer::<Plain, _, _, 32>::new(Cpu::new(), &init::<Plain>(1), loss, Sgd::new(0.1)).unwrap();
    trainer.freeze("*");
    trainer.step(&x, &t).unwrap();
    let first = bits(&*trainer.gradients());
    trainer.step(&x, &t).unwrap();
    assert!(first == bits(&*trainer.gradients()), "the same batch has other gradients");
}

#[test]
fn groups_and_clipping() {
    let (x, t) = quarters(32);
    type WithSgd = Trainer<Small, CrossEntropyLoss<4>, Sgd, 32>;
    let step = |change: &dyn Fn(&mut WithSgd)| {
        let model = init::<Small>(1);
        let mut trainer = WithSgd::new(Cpu::new(), &model, CrossEntropyLoss::new(), Sgd::new(0.1)).unwrap();
        change(&mut trainer);
        trainer.step(&x, &t).unwrap();
        let now = trainer.model();
        let mut moved: Vec<f32> = Vec::new();
        for (a, b) in now.head.weight.iter().flatten().zip(model.head.weight.iter().flatten()) {
            moved.push(a - b);
        }
        (moved, trainer.gradient_norm())
    };
    let (plain, _) = step(&|_| ());
    let (half, _) = step(&|trainer| {
        let half = castiron::train::Group { rate: 0.5, ..Default::default() };
        assert_eq!(trainer.group("head.*", half), 2);
    });
    for (plain, half) in plain.iter().zip(&half) {
        assert!((half - 0.5 * plain).abs() < 1e-6, "{half} is not half of {plain}");
    }
    let model = init::<Small>(1);
    let mut trainer =
        Trainer::<Small, _, _, 32>::new(Cpu::new(), &model, CrossEntropyLoss::<4>::new(), Sgd::new(0.1))
            .unwrap()
            .clip(Clip::Norm(0.01));
    trainer.step(&x, &t).unwrap();
    let norm = trainer.gradient_norm();
    let clipped = trainer.model();
    assert!(norm > 0.01);
    for (i, plain) in plain.iter().enumerate() {
        let moved = clipped.head.weight.as_flattened()[i] - model.head.weight.as_flattened()[i];
        assert!((moved - plain * 0.01 / norm).abs() < 1e-6);
    }
}

#[test]
fn clipping_by_value() {
    // With plain SGD and a rate of 1 a parameter moves by its clamped gradient.
    let (x, t) = quarters(32);
    let model = init::<Small>(1);
    let mut trainer =
        Trainer::<Small, _, _, 32>::new(Cpu::new(), &model, CrossEntropyLoss::<4>::new(), Sgd::new(1.0))
            .unwrap()
            .clip(Clip::Value(0.003));
    trainer.step(&x, &t).unwrap();
    let (now, gradients) = (trainer.model(), trainer.gradients());
    let mut clamped = 0;
    for i in 0..4 * 32 {
        let moved = model.head.weight.as_flattened()[i] - now.head.weight.as_flattened()[i];
        let gradient = gradients.head.weight.as_flattened()[i];
        assert!((moved - gradient.clamp(-0.003, 0.003)).abs() < 1e-6, "{moved} for {gradient}");
        clamped += (gradient.abs() > 0.003) as usize;
    }
    assert!(clamped > 10 && clamped < 4 * 32 - 10, "{clamped} of 128 are beyond the limit");
}

#[test]
fn wrong_data_is_an_error_and_changes_nothing() {
    let (x, mut t) = quarters(40);
    let mut trainer = trainer(Cpu::new());
    trainer.step(&x[..8], &t[..8]).unwrap();
    let before = bits(&*trainer.model());
    t[2] = 4;
    let error = trainer.step(&x[..8], &t[..8]).unwrap_err();
    assert!(matches!(error, Error::Operation(Fault::Index { row: 2, got: 4, limit: 4, .. })), "{error}");
    assert_eq!(error.to_string(), "cross entropy: index 4 in row 2 is out of range: valid are 0 to 3");
    let error = trainer.step(&x, &t).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Trainer::step: got 40 rows, but the capacity is 32: pass fewer, or raise `B`"
    );
    assert!(matches!(trainer.step(&x[..3], &t[..2]), Err(Error::Count { .. })));
    assert!(matches!(trainer.step(&[], &[]), Err(Error::Rows { got: 0, .. })));
    assert!(before == bits(&*trainer.model()));
    t[2] = 2;
    trainer.step(&x[..8], &t[..8]).unwrap();
}

#[test]
fn large_tensors_never_cross_the_stack() {
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    let thread = thread.spawn(|| {
        let mut x = Tensor::<Rank2<4096, 4096>>::zeros();
        x[4095][4095] = 3.0;
        let y = x.clone();
        y[4095][4095] + y[0][0]
    });
    assert_eq!(thread.unwrap().join().unwrap(), 3.0);
}
