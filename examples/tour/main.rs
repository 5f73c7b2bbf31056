//! First programs of a newcomer from PyTorch: the counterpart of each program in `tests/fixtures/tour.py`.
//!
//! ```sh
//! cargo run --example tour
//! cargo run --example tour -- gradient training
//! ```
//!
//! What they print is, number by number, what PyTorch prints: `tests/tour.rs`.

mod custom_layer;
mod device;
mod gradient;
mod network;
mod numpy;
mod one_step;
mod scalar;
mod state;
mod sum_of_squares;
mod tensors;
mod training;
mod weights;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use examples_common::finish;

type Program = fn() -> Result<(), Box<dyn Error>>;

const PROGRAMS: [(&str, Program); 11] = [
    ("tensors", tensors::run),
    ("gradient", gradient::run),
    ("scalar", scalar::run),
    ("sum_of_squares", sum_of_squares::run),
    ("network", network::run),
    ("custom_layer", custom_layer::run),
    ("one_step", one_step::run),
    ("training", training::run),
    ("device", device::run),
    ("state", state::run),
    ("numpy", numpy::run),
];

/// First programs of a newcomer from PyTorch.
#[derive(Parser)]
struct Options {
    /// Which to run; without any, all.
    #[arg(value_parser = PossibleValuesParser::new(PROGRAMS.map(|(name, _)| name)))]
    programs: Vec<String>,
}

fn main() -> ExitCode {
    finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    for (name, program) in PROGRAMS {
        if options.programs.is_empty() || options.programs.iter().any(|wanted| wanted == name) {
            println!("== {name} ==");
            program()?;
        }
    }
    Ok(())
}
