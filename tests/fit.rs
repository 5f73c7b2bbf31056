//! The loop over epochs: stopping, checkpoints, and resuming in the middle of an epoch.

mod common;

use castiron::data::{Loader, Samples};
use castiron::files::{Position, resume, save_checkpoint};
use castiron::prelude::*;
use castiron::train::{Fit, FitError, History, accuracy};
use common::{Small, bits, quarters};

type SmallTrainer = Trainer<Small, CrossEntropyLoss<4>, Adam, 16>;

fn trainer(learning_rate: f32) -> SmallTrainer {
    SmallTrainer::new(Cpu::new(), &init::<Small>(1), CrossEntropyLoss::new(), Adam::new(learning_rate))
        .unwrap()
}

fn loader(seed: u64) -> Loader<Samples<Rank3<1, 8, 8>, i32>> {
    let (x, t) = quarters(100);
    Loader::new(Samples::new(x, t).unwrap()).batch_size(16).shuffle(seed)
}

#[test]
fn learns_and_records() {
    let (train, test) = (loader(1).prefetch(2), loader(2));
    let history = Fit::new(6).score(accuracy).run(&mut trainer(3e-3), &train, Some(&test)).unwrap();
    let records: Vec<_> = history.iter().collect();
    assert_eq!(records.len(), 6);
    assert_eq!(records[5].step, 6 * 7);
    assert!(records[5].train_loss < 0.5 * records[0].train_loss);
    assert!(records[5].test_accuracy > Some(0.9), "{:?}", records[5]);
}

#[test]
fn stops_early() {
    // Nothing is learned, so the first epoch is the best.
    let history =
        Fit::new(50).early_stopping(3).run(&mut trainer(0.0), &loader(1), Some(&loader(2))).unwrap();
    assert!(history.len() < 50, "{} epochs", history.len());
}

#[test]
fn without_test_data_there_is_no_test_loss() {
    let nothing = Loader::new(Samples::<Rank3<1, 8, 8>, i32>::new(vec![], vec![]).unwrap());
    let history = Fit::new(4)
        .early_stopping(1)
        .score(accuracy)
        .run(&mut trainer(3e-3), &loader(1), Some(&nothing))
        .unwrap();
    assert_eq!(history.len(), 4);
    assert!(history.iter().all(|record| record.test_loss.is_none() && record.test_accuracy.is_none()));
    // Nor without data to train on.
    let history = Fit::new(2).run(&mut trainer(3e-3), &nothing, Some(&loader(1))).unwrap();
    assert_eq!(history.len(), 2);
}

#[test]
fn resuming_after_an_epoch_changes_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let none = None::<&Loader<Samples<Rank3<1, 8, 8>, i32>>>;
    let mut whole = trainer(3e-3);
    Fit::new(4).run(&mut whole, &loader(5), none).unwrap();
    Fit::new(2).checkpoint(&path).run(&mut trainer(3e-3), &loader(5), none).unwrap();
    let mut resumed = trainer(3e-3);
    let history = Fit::new(4).checkpoint(&path).resume(true).run(&mut resumed, &loader(5), none).unwrap();
    assert_eq!(history.iter().map(|record| record.epoch).collect::<Vec<_>>(), [3, 4]);
    assert!(bits(&*whole.model()) == bits(&*resumed.model()));

    let other = Fit::new(5).checkpoint(&path).resume(true).run(&mut resumed, &loader(6), none);
    assert!(matches!(other, Err(FitError::Order { checkpoint: 5, loader: 6 })));
}

#[test]
fn a_resumed_history_is_whole_and_early_stopping_remembers() {
    let folder = tempfile::tempdir().unwrap();
    let run = |epochs| {
        Fit::new(epochs)
            .checkpoint(folder.path().join("checkpoint.safetensors"))
            .history(folder.path().join("history.csv"))
            .resume(true)
            .early_stopping(3)
            .run(&mut trainer(0.0), &loader(1), Some(&loader(2)))
            .unwrap()
    };
    let epochs = |history: &History| history.iter().map(|record| record.epoch).collect::<Vec<_>>();
    assert_eq!(epochs(&run(2)), [1, 2]);
    // Running averages still settle, so the test loss may fall for some epochs more.
    let stopped = run(50);
    assert_eq!(epochs(&stopped), (1..=stopped.len() as u64).collect::<Vec<_>>());
    assert!(stopped.len() < 50);
    assert_eq!(run(50), stopped, "there is nothing left to do");
    assert_eq!(History::read_csv(folder.path().join("history.csv")).unwrap(), stopped);
}

#[test]
fn resuming_within_an_epoch_changes_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let loader = loader(9);
    let mut whole = trainer(3e-3);
    for (i, batch) in loader.epoch(0).chain(loader.epoch(1)).enumerate() {
        whole.step(batch.x(), batch.t()).unwrap();
        if i == 9 {
            save_checkpoint(&whole, Position { epoch: 1, batch: 3, seed: 9 }, &path).unwrap();
        }
    }
    let mut resumed = trainer(3e-3);
    let position = resume(&mut resumed, &path).unwrap();
    for batch in loader.epoch_from(position.epoch, position.batch as usize) {
        resumed.step(batch.x(), batch.t()).unwrap();
    }
    assert!(bits(&*whole.model()) == bits(&*resumed.model()));
}
