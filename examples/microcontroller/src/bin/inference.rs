//! The least that a product would have of it: reads one digit, which becomes the exit status. Nothing is printed, and
//! nothing can panic: `tests/embedded` looks for such code in the program.
//!
//! ```sh
//! cargo run --release --bin inference; echo $?
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
use castiron::train::{Workspace, infer};
use model::{Image, LeNet, Logits, Scan, largest, scale, scans};
use semihosting::process;
use static_cell::ConstStaticCell;

static SCAN: Scan = scans(include_bytes!("../../digits/images"))[0];

#[unsafe(link_section = ".rodata.model")]
static MODEL: LeNet = include_weights!(LeNet, "../../../data/lenet.safetensors");

#[unsafe(link_section = ".bss.inference")]
static INFERENCE: ConstStaticCell<([Image; 1], [Logits; 1], Workspace<LeNet, 1>)> =
    ConstStaticCell::new(([[[[0.0; 28]; 28]]], [[0.0; 10]], Workspace::zeroed()));

#[board::entry]
fn main() -> ! {
    let Some((image, logits, workspace)) = INFERENCE.try_take() else { process::exit(100) };
    scale(&SCAN, &mut image[0]);
    match infer(&Cpu::new(), &MODEL, image, 1, logits, workspace) {
        Ok(()) => process::exit(largest(&logits[0]).into()),
        Err(_) => process::exit(100),
    }
}
