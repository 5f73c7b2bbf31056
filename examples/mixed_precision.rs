//! Trains LeNet-5 on MNIST in bf16 and in f16 beside f32: activations and weights of 16 bits, masters of the weights in
//! f32, and for f16 a loss that is scaled so that small gradients are not lost.
//!
//! ```sh
//! cargo run --release --example mixed_precision
//! cargo run --release --example mixed_precision -- --epochs 3
//! ```

use std::error::Error;
use std::process::ExitCode;

use castiron::data::{Dataset, Loader, Samples};
use castiron::prelude::*;
use castiron::train::{Fit, accuracy};
use castiron::{Element, Precision, bf16, f16};
use clap::Parser;
use examples_common::{Part, Scan, finish, mnist, normalize};

/// LeNet-5 of an element: what flows decides what its layers compute with.
macro_rules! lenet {
    ($name:ident, $element:ident) => {
        model! {
            $name: [$element; 1, 28, 28] -> [$element; 10] {
                conv1: Conv2d(6, kernel = 5, padding = 2), bn1: BatchNorm2d, Relu, MaxPool2d(2),
                conv2: Conv2d(16, kernel = 5),             bn2: BatchNorm2d, Relu, MaxPool2d(2),
                fc1: Linear(120), Relu,
                fc2: Linear(84),  Relu,
                fc3: Linear(10),
            }
        }
    };
}
lenet!(LeNet, f32);
lenet!(LeNetBf16, bf16);
lenet!(LeNetF16, f16);

/// Trains LeNet-5 in three precisions.
#[derive(Parser)]
struct Options {
    /// Passes over the training data.
    #[arg(long, default_value_t = 1)]
    epochs: u64,
}

fn main() -> ExitCode {
    let Options { epochs } = Options::parse();
    let all = || {
        train::<LeNet, f32>("f32", epochs)?;
        train::<LeNetBf16, bf16>("bf16", epochs)?;
        train::<LeNetF16, f16>("f16", epochs)
    };
    finish(all())
}

fn train<M, E>(name: &str, epochs: u64) -> Result<(), Box<dyn Error>>
where
    E: Element + Precision,
    M: Model<Input = Rank3<1, 28, 28, E>, Output = [E; 10]>,
{
    let train = Loader::new(digits::<E>(Part::Train)?).batch_size(64).shuffle(1).prefetch(4);
    let test = Loader::new(digits::<E>(Part::Test)?).batch_size(64);
    let schedule = OneCycle { max: 0.006, steps: epochs * train.batches() as u64 };
    let loss = CrossEntropyLoss::<10>::new();
    let mut trainer = Trainer::<M, _, _, 64>::new(Cpu::with_threads(0)?, &init(1), loss, Adam::new(0.006))?
        .schedule(schedule);
    let history = Fit::new(epochs).score(accuracy).run(&mut trainer, &train, Some(&test))?;

    let right = history.iter().last().and_then(|record| record.test_accuracy).unwrap_or(0.0);
    print!("{name:>4}: {:.2} % of the test digits, {} bytes of weights, ", 100.0 * right, size_of::<M>());
    print!("{} bytes of activations a sample", M::TRAIN_BYTES);
    match trainer.current_loss_scale() {
        Some(scale) => println!(", the loss times {scale}"),
        None => println!(),
    }
    Ok(())
}

/// Digits that are rounded to the model's element as they are asked for.
fn digits<E: Element + Precision>(
    part: Part,
) -> Result<impl Dataset<X = Rank3<1, 28, 28, E>, T = i32>, Box<dyn Error>> {
    let (scans, labels) = mnist(part)?;
    Ok(Samples::new(scans, labels)?.map(
        |scan: &Scan, label: &u8, image: &mut Rank3<1, 28, 28, E>, class: &mut i32| {
            let mut wide = [[[0.0; 28]; 28]];
            normalize(scan, &mut wide);
            *image = wide.map(|rows| rows.map(|row| row.map(E::from_f32)));
            *class = i32::from(*label);
        },
    ))
}
