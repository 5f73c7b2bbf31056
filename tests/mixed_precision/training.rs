//! Training with master parameters in f32.

use castiron::params::{Params, cast};
use castiron::prelude::*;
use castiron::train::DynamicLossScale;
use castiron::{bf16, f16};

model! { Net: [bf16; 2] -> [bf16; 1] { fc1: Linear(8), Tanh, fc2: Linear(1) } }
model! { NetF16: [f16; 2] -> [f16; 1] { fc1: Linear(8), Tanh, fc2: Linear(1) } }
model! { NetF32: [2] -> [1] { fc1: Linear(8), Tanh, fc2: Linear(1) } }

const X: [[f32; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
const T: [[f32; 1]; 4] = [[0.0], [1.0], [1.0], [0.0]];

#[test]
fn a_model_of_bf16_learns() -> Result<(), castiron::Error> {
    let x = X.map(|row| row.map(bf16::from_f32));
    let mut trainer = Trainer::<Net, _, _, 4>::new(Cpu::new(), &init(0), MseLoss, Adam::new(0.02))?;
    for _ in 0..500 {
        trainer.step(&x, &T)?;
    }
    assert!(trainer.loss()? < 1e-2, "{}", trainer.loss()?);
    assert_eq!(trainer.current_loss_scale(), None);
    // The model is its master, rounded.
    let rounded: Tensor<Net> = cast(&*trainer.master());
    assert_eq!(*rounded.fc1.weight, *trainer.model().fc1.weight);
    assert_ne!(*trainer.master().fc1.weight, [[0.0; 2]; 8]);
    Ok(())
}

#[test]
fn steps_that_are_lost_in_bf16_add_up_in_the_master() -> Result<(), castiron::Error> {
    let mut model = init::<Net>(0);
    model.fc2.bias[0] = bf16::from_f32(1.0);
    let mut trainer = Trainer::<Net, _, _, 4>::new(Cpu::new(), &model, MseLoss, Sgd::new(1e-4))?;
    let x = X.map(|row| row.map(bf16::from_f32));
    trainer.step(&x, &[[-1.0]; 4])?;
    // Less than half of what bf16 can tell apart next to 1.
    let moved = 1.0 - trainer.master().fc2.bias[0];
    assert!((1e-5..1.0 / 512.0).contains(&moved), "{moved}");
    assert_eq!(trainer.model().fc2.bias[0].to_f32(), 1.0);
    for _ in 0..100 {
        trainer.step(&x, &[[-1.0]; 4])?;
    }
    assert!(trainer.model().fc2.bias[0].to_f32() < 1.0);
    Ok(())
}

#[test]
fn a_loss_scale_that_is_too_high_comes_down() -> Result<(), castiron::Error> {
    let x = X.map(|row| row.map(f16::from_f32));
    let start = init::<NetF16>(0);
    let mut trainer = Trainer::<NetF16, _, _, 4>::new(Cpu::new(), &start, MseLoss, Adam::new(0.02))?
        .loss_scale(DynamicLossScale::new().initial(1e30).backoff(1e-3).growth(4.0).interval(10));
    trainer.step(&x, &T)?;
    assert!(trainer.was_skipped());
    assert_eq!(*trainer.model().fc1.weight, *start.fc1.weight);
    let mut skipped = 1;
    while trainer.was_skipped() {
        trainer.step(&x, &T)?;
        skipped += 1;
    }
    assert!(skipped > 5, "{skipped}");
    assert_ne!(*trainer.model().fc1.weight, *start.fc1.weight);
    let found = trainer.current_loss_scale().expect("f16 has one");
    for _ in 0..10 {
        trainer.step(&x, &T)?;
    }
    assert!(trainer.current_loss_scale().expect("f16 has one") >= found);
    for _ in 0..700 {
        trainer.step(&x, &T)?;
    }
    assert!(trainer.loss()? < 1e-2, "{}", trainer.loss()?);
    Ok(())
}

#[test]
fn f16_has_the_scale_of_pytorch_and_gradients_that_do_not_vanish() -> Result<(), castiron::Error> {
    let x = X.map(|row| row.map(f16::from_f32));
    let mut trainer = Trainer::<NetF16, _, _, 4>::new(Cpu::new(), &init(0), MseLoss, Sgd::new(0.0))?;
    assert_eq!(trainer.current_loss_scale(), Some(65536.0));
    // A loss so small that its gradients are nothing in f16: 2⁻²⁴ is the smallest.
    let mut y = [[f16::ZERO; 1]; 4];
    trainer.step(&x, &T)?;
    trainer.outputs(&mut y);
    let near = y.map(|row| row.map(|y| y.to_f32() + 1e-8));
    trainer.step(&x, &near)?;
    let gradients = trainer.gradients();
    assert!(gradients.fc2.bias[0].abs() > 0.0);
    Ok(())
}

#[test]
fn accumulated_gradients_are_those_of_one_batch() -> Result<(), castiron::Error> {
    let x = X.map(|row| row.map(f16::from_f32));
    // The gradient of a mean over fewer rows is larger: more than f16 holds, times 65536.
    let new = || {
        let trainer = Trainer::<NetF16, _, _, 4>::new(Cpu::new(), &init(0), MseLoss, Sgd::new(0.1));
        trainer.map(|trainer| trainer.loss_scale(DynamicLossScale::new().initial(256.0)))
    };
    let (mut whole, mut parts) = (new()?, new()?);
    whole.step(&x, &T)?;
    for (x, t) in x.chunks(2).zip(T.chunks(2)) {
        parts.accumulate(x, t)?;
    }
    parts.update()?;
    assert!(!whole.was_skipped() && !parts.was_skipped());
    let (whole, parts) = (whole.master(), parts.master());
    for (a, b) in whole.fc1.weight.iter().flatten().zip(parts.fc1.weight.iter().flatten()) {
        assert!((a - b).abs() < 1e-4, "{a} and {b}");
    }
    Ok(())
}

#[test]
fn a_model_in_f32_is_its_own_master() -> Result<(), castiron::Error> {
    let model: Tensor<NetF32> = init(0);
    let mut trainer = Trainer::<NetF32, _, _, 4>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.1))?;
    trainer.step(&X, &T)?;
    let (model, master, gradients): (Tensor<NetF32>, Tensor<NetF32>, Tensor<NetF32>) =
        (trainer.model(), trainer.master(), trainer.gradients());
    assert_eq!(*model.fc1.weight, *master.fc1.weight);
    assert_ne!(*gradients.fc1.weight, [[0.0; 2]; 8]);
    Ok(())
}

#[test]
fn halves_take_half_of_the_memory() {
    assert_eq!(size_of::<NetF32>(), size_of::<<Net as Params>::With<f32>>());
    use crate::digits::{LeNet, LeNetBf16};
    assert!(100 * size_of::<LeNetBf16>() < 51 * size_of::<LeNet>());
    type Of<M> = Trainer<M, CrossEntropyLoss<10>, Sgd, 64>;
    const { assert!(100 * Of::<LeNetBf16>::ACTIVATION_BYTES < 52 * Of::<LeNet>::ACTIVATION_BYTES) };
}

#[test]
fn checkpoints_hold_masters() -> Result<(), Box<dyn std::error::Error>> {
    use castiron::files::{Position, load, resume, save, save_checkpoint};
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("checkpoint.safetensors");
    let x = X.map(|row| row.map(f16::from_f32));
    let new = || {
        let trainer = Trainer::<NetF16, _, _, 4>::new(Cpu::new(), &init(0), MseLoss, Adam::new(0.02));
        trainer.map(|trainer| trainer.loss_scale(DynamicLossScale::new().interval(7)))
    };
    let (mut trainer, mut resumed) = (new()?, new()?);
    for _ in 0..10 {
        trainer.step(&x, &T)?;
    }
    save_checkpoint(&trainer, Position::default(), &path)?;
    resume(&mut resumed, &path)?;
    assert_eq!(resumed.current_loss_scale(), trainer.current_loss_scale());
    for _ in 0..10 {
        assert_eq!(trainer.step(&x, &T)?, resumed.step(&x, &T)?);
    }
    assert_eq!(*resumed.master().fc1.weight, *trainer.master().fc1.weight);
    assert_eq!(resumed.current_loss_scale(), trainer.current_loss_scale());

    // A file of a model in f32 is one of masters, and one of a model of bf16 is half as long.
    let [wide, narrow] = ["wide", "narrow"].map(|name| folder.path().join(name));
    save(&*trainer.master(), &wide)?;
    let mut model = Tensor::<NetF32>::zeros();
    load(&mut *model, &wide)?;
    let rounded: Tensor<Net> = cast(&*model);
    save(&*rounded, &narrow)?;
    let mut again = Tensor::<Net>::zeros();
    load(&mut *again, &narrow)?;
    assert_eq!(*again.fc1.weight, *rounded.fc1.weight);
    resumed.set_master(&cast(&*model));
    assert_eq!(*resumed.model().fc1.weight, *trainer.model().fc1.weight);
    Ok(())
}
