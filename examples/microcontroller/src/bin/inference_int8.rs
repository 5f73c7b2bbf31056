//! The same on bytes: a quarter of the weights and of the memory, and no float before the scores. The network reads the scan
//! where it lies. Nothing can panic here either.
//!
//! ```sh
//! cargo run --release --bin inference_int8; echo $?
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
use model::{Int8, Logits, Scan, largest, scans};
use semihosting::process;
use static_cell::ConstStaticCell;

static SCAN: [Scan; 1] = [scans(include_bytes!("../../digits/images"))[0]];

#[unsafe(link_section = ".rodata.model")]
static MODEL: Int8 = include_weights!(Int8, "../../../data/lenet.int8.safetensors");

#[unsafe(link_section = ".bss.inference")]
static INFERENCE: ConstStaticCell<([Logits; 1], Workspace<Int8, 1>)> =
    ConstStaticCell::new(([[0.0; 10]], Workspace::zeroed()));

#[board::entry]
fn main() -> ! {
    let Some((logits, workspace)) = INFERENCE.try_take() else { process::exit(100) };
    match infer(&Cpu::new(), &MODEL, &SCAN, 1, logits, workspace) {
        Ok(()) => process::exit(largest(&logits[0]).into()),
        Err(_) => process::exit(100),
    }
}
