//! Trains the LeNet-5 of the README's first page, stores its weights in half the memory, and makes the same network compute on
//! bytes. Writes the weights of all three, `examples/data/lenet.safetensors`, `lenet.bf16.safetensors` and
//! `lenet.int8.safetensors`, which are in this repository for programs that hold their weights ([`include_weights!`]).
//!
//! ```sh
//! cargo run --release --example lenet
//! cargo run --release --example lenet -- --trained    # makes only the other two files, of the first
//! ```

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use castiron::data::{Dataset, Loader, Samples};
use castiron::prelude::*;
use castiron::train::{Fit, Record, accuracy};
use castiron::{Calibration, bf16, files};
use clap::Parser;
use examples_common::{Part, Scan, finish, mnist};

model! {
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

const EPOCHS: u64 = 12;
const BATCH: usize = 64;
/// How many digits the scales of bytes are chosen by.
const SAMPLES: usize = 512;

/// Trains LeNet-5, stores it in bf16, and makes it compute on bytes.
#[derive(Parser)]
struct Options {
    /// Takes the trained network that is there.
    #[arg(long)]
    trained: bool,
}

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let trained = folder.join("lenet.safetensors");
    if !options.trained {
        train(&trained)?;
    }
    halve(&trained, &folder.join("lenet.bf16.safetensors"))?;
    quantize(&trained, &folder.join("lenet.int8.safetensors"))
}

fn train(path: &Path) -> Result<(), Box<dyn Error>> {
    let train = Loader::new(dataset(Part::Train)?).batch_size(BATCH).shuffle(1);
    let test = Loader::new(dataset(Part::Test)?).batch_size(BATCH);
    let schedule = OneCycle { max: 0.003, steps: EPOCHS * train.batches() as u64 };
    let loss = CrossEntropyLoss::<10>::new();
    let mut trainer =
        Trainer::<LeNet, _, _, BATCH>::new(Cpu::with_threads(0)?, &init::<LeNet>(1), loss, Adam::new(0.003))?
            .schedule(schedule);
    Fit::new(EPOCHS).score(accuracy).on_epoch(report).run(&mut trainer, &train, Some(&test))?;

    files::save(&*trainer.model(), path)?;
    println!("{}", path.display());
    Ok(())
}

fn halve(trained: &Path, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut model = Tensor::<LeNet>::zeros();
    files::load(&mut *model, trained)?;
    files::save(&*Prepared::stored_in::<bf16>(&Cpu::new(), &*model)?, path)?;
    println!("{}", path.display());
    Ok(())
}

fn quantize(trained: &Path, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut model = Tensor::<LeNet>::zeros();
    files::load(&mut *model, trained)?;
    let (scans, _) = mnist(Part::Train)?;
    let mut sample = vec![[[[0.0; 28]; 28]; 1]; SAMPLES];
    sample.iter_mut().zip(&scans).for_each(|(image, scan)| scale(scan, image));

    let mut calibration = Calibration::<LeNet>::new(Cpu::with_threads(0)?, &model)?.pixels(0.0, 1.0)?;
    calibration.observe(&sample)?;
    let quantized = calibration.quantize()?;
    println!("{}", calibration.report(&quantized, &sample[..64])?);
    files::save(&*quantized, path)?;
    println!("{}", path.display());
    Ok(())
}

fn dataset(part: Part) -> Result<impl Dataset<X = Rank3<1, 28, 28>, T = i32>, Box<dyn Error>> {
    let (scans, labels) = mnist(part)?;
    Ok(Samples::new(scans, labels)?.map(
        |scan: &Scan, label: &u8, image: &mut Rank3<1, 28, 28>, class: &mut i32| {
            scale(scan, image);
            *class = i32::from(*label);
        },
    ))
}

/// A digit as a camera might give it: grey from 0 to 1, ink being bright.
fn scale(scan: &Scan, image: &mut Rank3<1, 28, 28>) {
    for (pixel, grey) in image.as_flattened_mut().as_flattened_mut().iter_mut().zip(scan.as_flattened()) {
        *pixel = f32::from(*grey) / 255.0;
    }
}

fn report(record: &Record) {
    let accuracy = 100.0 * record.test_accuracy.unwrap_or_default();
    println!(
        "epoch {:2}: loss {:.4}, {accuracy:.2} % of the test digits right",
        record.epoch, record.train_loss
    );
}
