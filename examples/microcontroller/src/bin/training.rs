//! Training and nothing else: the network learns, on the device, to read eight digits upside down. The exit status is zero
//! if the loss falls. Nothing is printed, and nothing can panic: `tests/embedded` looks for such code in the program.
//!
//! ```sh
//! cargo run --release --bin training; echo $?
//! ```
#![no_std]
#![no_main]

#[path = "../board.rs"]
#[allow(dead_code)]
mod board;
#[path = "../model.rs"]
#[allow(dead_code)]
mod model;

use castiron::prelude::*;
use castiron::train::{TrainingWorkspace, step};
use castiron::{Error, Plain};
use model::{Image, LeNet, Scan, scale, scans};
use semihosting::process;
use static_cell::ConstStaticCell;

/// Digits in a step, and steps.
const BATCH: usize = 8;
const STEPS: usize = 4;

static SCANS: &[Scan] = scans(include_bytes!("../../digits/images"));
static LABELS: &[u8] = include_bytes!("../../digits/labels");

#[unsafe(link_section = ".rodata.model")]
static MODEL: LeNet = include_weights!(LeNet, "../../../data/lenet.safetensors");

#[unsafe(link_section = ".bss.training")]
static TRAINING: ConstStaticCell<Training> = ConstStaticCell::new(Training {
    model: castiron::zeroed(),
    images: [[[[0.0; 28]; 28]]; BATCH],
    classes: [0; BATCH],
    workspace: TrainingWorkspace::zeroed(),
});
struct Training {
    model: LeNet,
    images: [Image; BATCH],
    classes: [i32; BATCH],
    workspace: TrainingWorkspace<LeNet, CrossEntropyLoss<10>, Sgd, BATCH>,
}

#[board::entry]
fn main() -> ! {
    match TRAINING.try_take().map(learn) {
        Some(Ok((first, last))) if last < first => process::exit(0),
        _ => process::exit(1),
    }
}

/// The losses of the first and of the last step.
fn learn(Training { model, images, classes, workspace }: &mut Training) -> Result<(f32, f32), Error> {
    for ((image, class), (scan, label)) in images.iter_mut().zip(&mut *classes).zip(SCANS.iter().zip(LABELS))
    {
        scale(scan, image);
        image.as_flattened_mut().as_flattened_mut().reverse();
        *class = i32::from(*label);
    }
    model.copy_from(&MODEL);
    let (cpu, loss, sgd) = (Cpu::new(), CrossEntropyLoss::new(), Sgd::new(0.05));
    let mut train = || step(&cpu, model, images, classes, BATCH, &loss, &sgd, workspace);
    let first = train()?;
    let mut last = first;
    for _ in 1..STEPS {
        last = train()?;
    }
    Ok((first, last))
}
