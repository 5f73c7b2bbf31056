//! LeNet-5 on a microcontroller without an operating system: it classifies handwritten digits with weights that lie in
//! flash, on floats and on bytes, and then learns, on the device, to read them upside down.
//!
//! ```sh
//! cargo run --release
//! ```
#![no_std]
#![no_main]

mod board;
mod model;

use core::array;
use core::borrow::Borrow;
use core::fmt::{self, Display, Formatter};
use core::ops::Range;

use board::{instructions, stack};
use castiron::prelude::*;
use castiron::train::{TrainingWorkspace, Workspace, infer, step};
use castiron::{Error, Plain};
use model::{Image, Int8, LeNet, Logits, Scan, largest, scale, scans};
use semihosting::{print, println, process};
use static_cell::ConstStaticCell;

/// Real digits of MNIST's test set, and what they are.
static SCANS: &[Scan] = scans(include_bytes!("../digits/images"));
static LABELS: &[u8] = include_bytes!("../digits/labels");

/// The trained weights: in flash, as the network uses them.
#[unsafe(link_section = ".rodata.model")]
static MODEL: LeNet = include_weights!(LeNet, "../../data/lenet.safetensors");

/// What inference works in.
#[unsafe(link_section = ".bss.inference")]
static INFERENCE: ConstStaticCell<Inference> = ConstStaticCell::new(Inference {
    image: [[[[0.0; 28]; 28]]],
    logits: [[0.0; 10]],
    workspace: Workspace::zeroed(),
});
struct Inference {
    image: [Image; 1],
    logits: [Logits; 1],
    workspace: Workspace<LeNet, 1>,
}

/// The same network on bytes, and what it works in. It reads the digits where they lie.
#[unsafe(link_section = ".rodata.model")]
static MODEL_INT8: Int8 = include_weights!(Int8, "../../data/lenet.int8.safetensors");
#[unsafe(link_section = ".bss.inference")]
static INFERENCE_INT8: ConstStaticCell<InferenceInt8> =
    ConstStaticCell::new(InferenceInt8 { logits: [[0.0; 10]], workspace: Workspace::zeroed() });
struct InferenceInt8 {
    logits: [Logits; 1],
    workspace: Workspace<Int8, 1>,
}

/// What training works in: a copy of the model that may change, a batch, and the gradients, activations and moments of a
/// step.
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

/// Digits that are classified, and steps of training: fewer where floating-point numbers are computed in software.
const COUNT: usize = if cfg!(target_arch = "arm") { 300 } else { 60 };
const STEPS: usize = if cfg!(target_arch = "arm") { 50 } else { 6 };
/// Digits that are shown in training; the others test it.
const SHOWN: usize = COUNT / 3 * 2;
/// Digits in a step.
const BATCH: usize = 8;

#[board::entry]
fn main() -> ! {
    if run().is_err() {
        println!("an operation failed");
        process::exit(1);
    }
    process::exit(0);
}

fn run() -> Result<(), Error> {
    let (cpu, inference) = (Cpu::new(), INFERENCE.take());
    print!("the device reads:");
    for (scan, _) in digits(0..20) {
        print!(" {}", classify(&cpu, &MODEL, scan, inference)?);
    }
    print!("\nit should read:  ");
    for (_, label) in digits(0..20) {
        print!(" {label}");
    }
    let right = score(digits(0..COUNT), |scan| classify(&cpu, &MODEL, scan, inference))?;
    println!("\n{right} of {COUNT} digits right");
    let Inference { image, logits, workspace } = inference;
    let (used, (count, result)) = stack(|| instructions(|| infer(&cpu, &MODEL, image, 1, logits, workspace)));
    result?;
    println!("inference: {count} instructions, {used} bytes of stack");

    let memory = INFERENCE_INT8.take();
    let right = score(digits(0..COUNT), |scan| classify_int8(&cpu, scan, memory))?;
    println!("on bytes, {right} of {COUNT} digits right");
    let (InferenceInt8 { logits, workspace }, image) = (memory, array::from_ref(&SCANS[0]));
    let (used, (count, result)) =
        stack(|| instructions(|| infer(&cpu, &MODEL_INT8, image, 1, logits, workspace)));
    result?;
    println!("inference on bytes: {count} instructions, {used} bytes of stack");

    // The sensor turns out to be mounted upside down. The network learns that from some digits, and others test it.
    let Training { model, images, classes, workspace } = TRAINING.take();
    model.copy_from(&MODEL);
    let right = score(turned(SHOWN..COUNT), |scan| classify(&cpu, model, scan, inference))?;
    println!("upside down, {right} of {} digits right", COUNT - SHOWN);
    let (loss, sgd) = (CrossEntropyLoss::new(), Sgd::new(0.05));
    for number in 0..STEPS {
        let first = number * BATCH % SHOWN;
        for (row, (scan, label)) in turned(first..first + BATCH).enumerate() {
            scale(&scan, &mut images[row]);
            classes[row] = label.into();
        }
        let (used, (count, loss)) =
            stack(|| instructions(|| step(&cpu, model, images, classes, BATCH, &loss, &sgd, workspace)));
        let loss = loss?;
        if number % 5 == 0 {
            println!("step {number:2}: loss {}, {count} instructions, {used} bytes of stack", Decimal(loss));
        }
    }
    let right = score(turned(SHOWN..COUNT), |scan| classify(&cpu, model, scan, inference))?;
    println!("upside down, {right} of {} digits right", COUNT - SHOWN);
    Ok(())
}

/// Which digit the network sees.
fn classify(cpu: &Cpu, model: &LeNet, scan: &Scan, memory: &mut Inference) -> Result<u8, Error> {
    let Inference { image, logits, workspace } = memory;
    scale(scan, &mut image[0]);
    infer(cpu, model, image, 1, logits, workspace)?;
    Ok(largest(&logits[0]))
}

/// Which digit the network on bytes sees.
fn classify_int8(cpu: &Cpu, scan: &Scan, memory: &mut InferenceInt8) -> Result<u8, Error> {
    let InferenceInt8 { logits, workspace } = memory;
    infer(cpu, &MODEL_INT8, array::from_ref(scan), 1, logits, workspace)?;
    Ok(largest(&logits[0]))
}

/// How many digits are seen rightly.
fn score<S: Borrow<Scan>>(
    digits: impl Iterator<Item = (S, u8)>,
    mut classify: impl FnMut(&Scan) -> Result<u8, Error>,
) -> Result<usize, Error> {
    let mut right = 0;
    for (scan, label) in digits {
        right += usize::from(classify(scan.borrow())? == label);
    }
    Ok(right)
}

/// Some of the digits, and what they are.
fn digits(range: Range<usize>) -> impl Iterator<Item = (&'static Scan, u8)> {
    range.filter_map(|i| Some((SCANS.get(i)?, *LABELS.get(i)?)))
}

/// The same as a sensor sees them that is mounted upside down.
fn turned(range: Range<usize>) -> impl Iterator<Item = (Scan, u8)> {
    digits(range).map(|(scan, label)| {
        let mut scan = *scan;
        scan.as_flattened_mut().as_flattened_mut().reverse();
        (scan, label)
    })
}

/// Prints a positive number with three decimals, without the code that prints any float exactly.
struct Decimal(f32);
impl Display for Decimal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let thousandths = (self.0 * 1000.0) as u32;
        write!(f, "{}.{:03}", thousandths / 1000, thousandths % 1000)
    }
}
