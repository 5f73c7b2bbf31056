//! Trains LeNet-5 on the 60,000 handwritten digits of MNIST and tests it on 10,000 others.
//!
//! ```sh
//! cargo run --release --example mnist
//! cargo run --release --example mnist -- --epochs 3 --batch 100 --out /tmp/mnist
//! cargo run --release --features cuda --example mnist -- --device cuda
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use castiron::data::{Dataset, Loader, Samples};
use castiron::device::Storage;
use castiron::files;
use castiron::prelude::*;
use castiron::train::{Fit, Record, accuracy};
use clap::{Parser, ValueEnum};
use examples_common::{Part, Scan, draw, finish, largest, mnist, normalize};
use rand::RngExt;

model! {
    /// LeNet-5 (LeCun et al. 1998) with the parts that became usual since.
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), bn1: BatchNorm2d, Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             bn2: BatchNorm2d, Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

/// The most samples of a batch: memory is laid out for it at compile time.
const CAPACITY: usize = 256;

/// Trains LeNet-5 on MNIST.
#[derive(Parser)]
struct Options {
    /// Passes over the training data.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    epochs: u64,
    /// Samples a step, up to 256.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=CAPACITY as u64))]
    batch: u64,
    /// The highest learning rate of the one-cycle schedule.
    #[arg(long, default_value_t = 0.006)]
    learning_rate: f32,
    /// Seeds initialisation, order and augmentation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What to train on.
    #[arg(long, value_enum, default_value_t = On::Cpu)]
    device: On,
    /// Threads of the CPU; 0 means one per core. The result is the same for any number.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Where weights, checkpoint, history and plot go.
    #[arg(long, default_value = "runs/mnist")]
    out: PathBuf,
    /// Goes on from the checkpoint in the output folder, up to `--epochs` in all.
    #[arg(long)]
    resume: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum On {
    /// The cores of this machine.
    Cpu,
    /// Its first NVIDIA GPU.
    Cuda,
}

fn main() -> ExitCode {
    let options = Options::parse();
    finish(match options.device {
        On::Cpu => on_cpu(&options),
        On::Cuda => on_gpu(&options),
    })
}

fn on_cpu(options: &Options) -> Result<(), Box<dyn Error>> {
    let cpu = Cpu::with_threads(options.threads)?;
    let name = format!("{} threads", cpu.threads());
    run(options, cpu, &name)
}

#[cfg(feature = "cuda")]
fn on_gpu(options: &Options) -> Result<(), Box<dyn Error>> {
    let gpu = Cuda::new(0)?;
    let name = gpu.name();
    run(options, gpu, &name)
}

#[cfg(not(feature = "cuda"))]
fn on_gpu(_: &Options) -> Result<(), Box<dyn Error>> {
    let command = "cargo run --release --features cuda --example mnist -- --device cuda";
    Err(format!("this program was built without GPUs: {command}").into())
}

fn run<D: Storage>(options: &Options, device: D, name: &str) -> Result<(), Box<dyn Error>> {
    let (epochs, batch) = (options.epochs, options.batch as usize);
    let checkpoint = options.out.join("checkpoint.safetensors");
    if options.resume && !checkpoint.exists() {
        return Err(format!("{}: there is no such checkpoint to resume from", checkpoint.display()).into());
    }
    std::fs::create_dir_all(&options.out).map_err(|error| format!("{}: {error}", options.out.display()))?;
    println!("{}\n", Summary::of::<LeNet, CAPACITY>());

    let train = Loader::new(dataset(Part::Train)?)
        .batch_size(batch)
        .shuffle(options.seed)
        .augment(|rng, image, _| shift(image, rng.random_range(-2..=2), rng.random_range(-2..=2)))
        .prefetch(4);
    let test = Loader::new(dataset(Part::Test)?).batch_size(CAPACITY);

    let schedule = OneCycle { max: options.learning_rate, steps: epochs * train.batches() as u64 };
    let mut trainer = Trainer::<LeNet, _, _, CAPACITY, D>::new(
        device,
        &init::<LeNet>(options.seed),
        CrossEntropyLoss::<10>::new(),
        Adam::new(options.learning_rate),
    )?
    .schedule(schedule);

    let start = Instant::now();
    let history = Fit::new(epochs)
        .score(accuracy)
        .checkpoint(checkpoint)
        .history(options.out.join("history.csv"))
        .resume(options.resume)
        .on_epoch(report)
        .run(&mut trainer, &train, Some(&test))?;
    println!("\ntrained in {:.1} s on {name}", start.elapsed().as_secs_f64());

    let model = trainer.model();
    files::save(&*model, options.out.join("lenet.safetensors"))?;
    history.plot(options.out.join("history.svg"))?;
    history.plot(options.out.join("history.png"))?;
    println!("weights, history and plots are in {}\n", options.out.display());
    show_mistakes(&model)
}

/// Digits that stay bytes in memory and become numbers as they are asked for.
fn dataset(part: Part) -> Result<impl Dataset<X = Rank3<1, 28, 28>, T = i32>, Box<dyn Error>> {
    let (scans, labels) = mnist(part)?;
    Ok(Samples::new(scans, labels)?.map(
        |scan: &Scan, label: &u8, image: &mut Rank3<1, 28, 28>, class: &mut i32| {
            normalize(scan, image);
            *class = i32::from(*label);
        },
    ))
}

/// Moves an image by whole pixels; what enters is background.
fn shift(image: &mut Rank3<1, 28, 28>, down: i32, right: i32) {
    let (before, background) = (*image, image[0][0][0]);
    for (row, line) in image[0].iter_mut().enumerate() {
        for (column, pixel) in line.iter_mut().enumerate() {
            let from = (row.wrapping_add_signed(-down as isize), column.wrapping_add_signed(-right as isize));
            *pixel = before[0].get(from.0).and_then(|line| line.get(from.1)).copied().unwrap_or(background);
        }
    }
}

fn report(record: &Record) {
    let percent = |accuracy: Option<f32>| 100.0 * accuracy.unwrap_or_default();
    println!(
        "epoch {:2}: loss {:.4}, accuracy {:.2} %; test loss {:.4}, accuracy {:.2} %; {:.1} s",
        record.epoch,
        record.train_loss,
        percent(record.train_accuracy),
        record.test_loss.unwrap_or_default(),
        percent(record.test_accuracy),
        record.seconds
    );
}

/// Tests the model once more, as a program that uses it would, and draws what it got wrong.
fn show_mistakes(model: &LeNet) -> Result<(), Box<dyn Error>> {
    let (scans, labels) = mnist(Part::Test)?;
    let mut images = vec![[[[0.0; 28]; 28]; 1]; scans.len()];
    images.iter_mut().zip(&scans).for_each(|(image, scan)| normalize(scan, image));
    let mut logits = vec![[0.0; 10]; images.len()];
    Predictor::<LeNet, CAPACITY>::new(Cpu::with_threads(0)?, model)?.predict(&images, &mut logits)?;

    let wrong = |i: &usize| largest(&logits[*i]) != labels[*i] as usize;
    let mistakes: Vec<usize> = (0..labels.len()).filter(wrong).collect();
    let right = labels.len() - mistakes.len();
    println!(
        "{right} of {} test digits right: {:.2} %\n",
        labels.len(),
        100.0 * right as f64 / labels.len() as f64
    );
    let caption = |i: usize| format!("{} taken for {}", labels[i], largest(&logits[i]));
    let shown: Vec<(&Scan, String)> = mistakes.iter().take(3).map(|&i| (&scans[i], caption(i))).collect();
    println!("{}", draw(&shown));
    Ok(())
}
