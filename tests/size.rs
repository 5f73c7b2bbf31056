//! `tests/lenet`, a program with Rust's `std` that reads LeNet-5 from a file and runs it, stays small: what it does not
//! need is left out. `tests/bare`, without `std`, must be smaller still (`tests/no_std.rs`).
// The limit is for these.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

#[path = "lenet/src/model.rs"]
mod model;
#[path = "common/programs.rs"]
mod programs;

use std::io::Write;
use std::process::{Command, Stdio};

use castiron::prelude::*;
use model::{LeNet, image, leaves};

/// Bytes of the stripped program: kernels for three instruction sets, and what `std` brings.
const LIMIT: u64 = 600_000;

#[test]
fn a_program_that_infers_is_small() {
    let program = programs::build("tests/lenet").join("lenet");
    let size = program.metadata().unwrap().len();
    println!("{size} bytes");
    assert!(size < LIMIT, "{size} bytes");

    // And it does what it is for.
    let (mut model, grey) = (init::<LeNet>(1), std::array::from_fn(|i| (i * 37 % 256) as u8));
    let weights = program.with_extension("weights");
    let numbers: Vec<f32> = leaves(&mut model).concat();
    std::fs::write(&weights, numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
        .unwrap();
    let mut want = [[0.0; 10]];
    Predictor::<LeNet, 1>::new(Cpu::new(), &model).unwrap().predict(&[image(&grey)], &mut want).unwrap();

    let mut child = Command::new(&program);
    let mut child = child.arg(&weights).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&grey).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), format!("{:?}", want[0]));
}
