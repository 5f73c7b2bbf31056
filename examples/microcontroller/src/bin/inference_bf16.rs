//! The same with weights of `bf16`: half the flash for them, and the same memory beside it. Nothing can panic here either.
//!
//! ```sh
//! cargo run --release --bin inference_bf16; echo $?
//! ```
#![no_std]
#![no_main]

#[path = "../board.rs"]
#[allow(dead_code)]
mod board;
#[path = "../model.rs"]
#[allow(dead_code)]
mod model;

use castiron::bf16;
use castiron::prelude::*;
use castiron::train::{Workspace, infer};
use model::{Image, LeNet, Logits, Scan, largest, scale, scans};
use semihosting::process;
use static_cell::ConstStaticCell;

static SCAN: Scan = scans(include_bytes!("../../digits/images"))[0];

#[unsafe(link_section = ".rodata.model")]
static MODEL_BF16: Half = include_weights!(Half, "../../../data/lenet.bf16.safetensors");
type Half = Prepared<LeNet, bf16>;

#[unsafe(link_section = ".bss.inference")]
static INFERENCE: ConstStaticCell<([Image; 1], [Logits; 1], Workspace<Half, 1>)> =
    ConstStaticCell::new(([[[[0.0; 28]; 28]]], [[0.0; 10]], Workspace::zeroed()));

#[board::entry]
fn main() -> ! {
    let Some((image, logits, workspace)) = INFERENCE.try_take() else { process::exit(100) };
    scale(&SCAN, &mut image[0]);
    match infer(&Cpu::new(), &MODEL_BF16, image, 1, logits, workspace) {
        Ok(()) => process::exit(largest(&logits[0]).into()),
        Err(_) => process::exit(100),
    }
}
