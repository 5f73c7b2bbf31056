//! What the fuzz targets in `tests/fuzz` hold true of every file, for the files that they start from.

#[path = "fuzz/src/properties.rs"]
mod properties;

use std::fs;
use std::path::{Path, PathBuf};

use castiron::files::{Position, save, save_checkpoint};
use castiron::prelude::*;
use properties::Net;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds")
}

fn hold(input: &[u8]) {
    properties::load(input);
    properties::embedded(input);
    properties::resume(input);
}

#[test]
fn they_hold_for_the_seeds_and_their_beginnings() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let input = fs::read(entry.unwrap().path()).unwrap();
        hold(&input);
        for len in (0..input.len()).step_by(97) {
            hold(&input[..len]);
        }
        count += 1;
    }
    assert!(count >= 30, "only {count} seeds");
}

/// Writes the seeds: files of the target's model, and those of `compile_fail/weights`.
#[test]
#[ignore = "writes into tests/fuzz/seeds"]
fn write_seeds() {
    let out = tempfile::tempdir().unwrap();
    let path = |name: &str| out.path().join(name);
    let net = init::<Net>(7);
    save(&*net, path("net.safetensors")).unwrap();
    let mut trainer = Trainer::<Net, _, _, 2>::new(Cpu::new(), &net, MseLoss, Adam::new(0.1)).unwrap();
    save_checkpoint(&trainer, Position::default(), path("checkpoint.safetensors")).unwrap();
    trainer.accumulate(&[[[[1.0, 2.0], [3.0, 4.0]]]], &[[0.5]]).unwrap();
    save_checkpoint(&trainer, Position { epoch: 1, batch: 2, seed: 3 }, path("waiting.safetensors")).unwrap();

    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail/weights");
    for folder in [out.path(), &cases] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file = fs::read(&path).unwrap();
            // The seeds stay small.
            if path.extension().is_some_and(|extension| extension == "safetensors") && file.len() < 10_000 {
                fs::write(self::folder().join(path.file_stem().unwrap()), properties::input(&file)).unwrap();
            }
        }
    }
}
