//! Files: round trips, resuming bit for bit, and what is said of files that do not fit.

mod common;

use castiron::files::{self, Difference, FileError, Load, Position, Save, resume, save_checkpoint};
use castiron::optim::{Optimizer, RmsProp};
use castiron::prelude::*;
use common::{Small, bits, quarters};

fn differences(error: FileError) -> Vec<Difference> {
    match error {
        FileError::Mismatch { differences, .. } => differences,
        other => panic!("{other}"),
    }
}

#[test]
fn a_model_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = init::<Small>(9);
    files::save(&*model, &path).unwrap();
    let mut again = init::<Small>(1);
    files::load(&mut *again, &path).unwrap();
    assert!(bits(&*model) == bits(&*again));

    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("fc1.weight").unwrap().shape(), [32, 96]);
    assert_eq!(file.tensor("blocks.1.weight").unwrap().shape(), [32, 32]);
    assert_eq!(file.tensor("bn1.running_var").unwrap().shape(), [6]);
}

/// Trains `steps` batches from `from` on, in an order that depends on the epoch.
fn train<O: Optimizer>(
    trainer: &mut Trainer<Small, CrossEntropyLoss<4>, O, 16>,
    from: usize,
    steps: usize,
) -> Vec<u32> {
    let (x, t) = quarters(160);
    (from..from + steps)
        .map(|i| {
            let start = (i * 7 % 10) * 16;
            let rows = 16 - i % 3;
            trainer.step(&x[start..start + rows], &t[start..start + rows]).unwrap().to_bits()
        })
        .collect()
}

fn resuming_changes_no_bit<O: Optimizer>(optimizer: O) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let new = |seed| {
        let model = init::<Small>(seed);
        Trainer::<Small, _, _, 16>::new(Cpu::new(), &model, CrossEntropyLoss::<4>::new(), optimizer.clone())
            .unwrap()
            .seed(77)
            .schedule(OneCycle { max: 0.01, steps: 40 })
    };
    let mut whole = new(1);
    train(&mut whole, 0, 13);
    let position = Position { epoch: 1, batch: 3, seed: 4 };
    save_checkpoint(&whole, position, &path).unwrap();
    let losses = train(&mut whole, 13, 10);

    // Another initialisation, another seed: everything that matters comes from the file.
    let mut resumed = new(2).seed(0);
    assert_eq!(resume(&mut resumed, &path).unwrap(), position);
    assert_eq!(train(&mut resumed, 13, 10), losses);
    assert!(bits(&*whole.model()) == bits(&*resumed.model()));

    // A checkpoint is a model file too, if one asks for the model only.
    let mut model = init::<Small>(3);
    files::load(&mut *model, &path).unwrap_err();
    Load::default().allow_extra().load(&mut *model, &path).unwrap();
}

#[test]
fn resuming_with_adam() {
    resuming_changes_no_bit(Adam::new(1e-3));
}
#[test]
fn resuming_with_momentum() {
    resuming_changes_no_bit(Sgd::new(0.05).momentum(0.9));
}
#[test]
fn resuming_with_rms_prop() {
    resuming_changes_no_bit(RmsProp::new(1e-3).momentum(0.9).centered());
}

#[test]
fn resuming_before_an_update_keeps_the_gradients() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let (x, t) = quarters(16);
    let new = |seed| {
        let loss = CrossEntropyLoss::<4>::new();
        Trainer::<Small, _, _, 8>::new(Cpu::new(), &init::<Small>(seed), loss, Sgd::new(0.1)).unwrap()
    };
    let mut whole = new(1);
    whole.accumulate(&x[..8], &t[..8]).unwrap();
    save_checkpoint(&whole, Position::default(), &path).unwrap();
    let mut resumed = new(2);
    resume(&mut resumed, &path).unwrap();
    for trainer in [&mut whole, &mut resumed] {
        trainer.step(&x[8..], &t[8..]).unwrap();
    }
    assert!(bits(&*whole.model()) == bits(&*resumed.model()));
}

#[test]
fn hostile_counters_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let (x, t) = quarters(8);
    let loss = CrossEntropyLoss::<4>::new();
    let mut trainer =
        Trainer::<Small, _, _, 8>::new(Cpu::new(), &init::<Small>(1), loss, Adam::new(0.1)).unwrap();
    save_checkpoint(&trainer, Position::default(), &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let counters = file.tensor("training.counters").unwrap();
    let at = counters.data().as_ptr().addr() - bytes.as_ptr().addr();
    let mut hostile = bytes.clone();
    // Seed, draw, index: the largest there are.
    hostile[at..at + 24].fill(0xFF);
    std::fs::write(&path, hostile).unwrap();
    resume(&mut trainer, &path).unwrap();
    trainer.step(&x, &t).unwrap();
    trainer.step(&x, &t).unwrap();
    assert!(trainer.model().head.bias.iter().all(|b| b.is_finite()));
}

#[cfg(unix)]
#[test]
fn a_saved_file_has_the_permissions_of_any_other() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode();
    std::fs::write(folder.path().join("other"), b"").unwrap();
    files::save(&*init::<Small>(0), folder.path().join("model")).unwrap();
    assert_eq!(mode("model"), mode("other"));
}

#[test]
fn a_checkpoint_of_another_optimizer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let model = init::<Small>(0);
    let loss = CrossEntropyLoss::<4>::new;
    let adam = Trainer::<Small, _, _, 4>::new(Cpu::new(), &model, loss(), Adam::new(0.1)).unwrap();
    save_checkpoint(&adam, Position::default(), &path).unwrap();
    let mut sgd = Trainer::<Small, _, _, 4>::new(Cpu::new(), &model, loss(), Sgd::new(0.1)).unwrap();
    let found = differences(resume(&mut sgd, &path).unwrap_err());
    assert!(found.iter().all(|difference| matches!(difference, Difference::Extra { name, .. } if name.starts_with("optimizer.exp_avg"))));
}

/// Other sizes, one layer fewer and one more than [`Small`] has.
#[derive(Module)]
#[module(input = [1, 8, 8])]
#[repr(C)]
struct Other {
    conv1: Conv2d<1, 5, 3, 1, 1>,
    pool1: MaxPool2d<2>,
    fc1: Linear<Rank3<5, 4, 4>, 32>,
    top: Linear<[f32; 32], 4>,
}

#[test]
fn every_difference_is_listed_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    files::save(&*init::<Small>(0), &path).unwrap();
    let mut other = init::<Other>(1);
    let before = bits(&*other);
    let error = files::load(&mut *other, &path).unwrap_err();
    let text = error.to_string();
    for line in [
        "`conv1.weight` is [6, 1, 3, 3] in the file, but [5, 1, 3, 3] in the model",
        "`conv1.bias` is [6] in the file, but [5] in the model",
        "`fc1.weight` is [32, 96] in the file, but [32, 80] in the model",
        "`top.weight` [4, 32] is missing in the file",
        "`blocks.0.bias` [32] is not in the model",
        "`bn1.running_mean` [6] is not in the model",
    ] {
        assert!(text.contains(line), "{text}\ndoes not say: {line}");
    }
    assert_eq!(differences(error).len(), 5 + 12);
    assert!(before == bits(&*other));
}

#[test]
fn a_body_under_a_new_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    let small = init::<Small>(0);
    files::save(&*small, &path).unwrap();
    let mut other = init::<Small>(1);
    assert_eq!(Load::default().only("conv*").load(&mut *other, &path).unwrap(), 4);
    assert!(bits(&other.conv2) == bits(&small.conv2));
    assert!(bits(&other.head) != bits(&small.head));
    let error = Load::default().only("body.*").load(&mut *other, &path).unwrap_err();
    assert!(error.to_string().contains("no tensor of the model has a name that matches `body.*`"));
}

#[test]
fn num_batches_tracked_is_written_on_request_and_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    let small = init::<Small>(0);
    Save::default().num_batches_tracked(42).save(&*small, &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let counter = file.tensor("bn1.num_batches_tracked").unwrap();
    assert_eq!((counter.shape(), counter.data()), (&[][..], &42i64.to_le_bytes()[..]));
    files::load(&mut *init::<Small>(1), &path).unwrap();
}

#[test]
fn damaged_and_hostile_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    files::save(&*init::<Small>(0), &path).unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut model = init::<Small>(1);
    let before = bits(&*model);

    let mut cases: Vec<Vec<u8>> = vec![vec![], vec![1, 2, 3], good[..good.len() / 2].to_vec()];
    cases.push([&u64::MAX.to_le_bytes()[..], &good[8..]].concat());
    cases.push([&good[..], &[0; 100]].concat());
    let header = br#"{"fc1.weight":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#;
    cases.push([&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat());
    for bytes in cases {
        assert!(matches!(files::load_bytes(&mut *model, &bytes), Err(FileError::Format { .. })));
    }
    for i in 0..200 {
        let mut bytes = good.clone();
        let at = (i * 2_654_435_761usize) % 400;
        bytes[at] ^= 1 << (i % 8);
        // Whatever it says, it does not panic; and if it fails, the model is as it was.
        if files::load_bytes(&mut *model, &bytes).is_err() {
            assert!(before == bits(&*model));
        } else {
            model = init::<Small>(1);
        }
    }
    let missing = files::load(&mut *model, folder.path().join("no such file")).unwrap_err();
    assert!(matches!(missing, FileError::Io { .. }) && missing.to_string().contains("no such file"));
}
