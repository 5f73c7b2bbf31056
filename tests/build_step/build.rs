//! Reads what PyTorch has trained, folds its batch norms, and leaves the result for the program: with weights of `f32`, and
//! of `bf16`.

#[path = "src/model.rs"]
mod model;

use std::error::Error;
use std::path::PathBuf;

use castiron::files::{Load, save};
use castiron::{Cpu, Prepared, Tensor, bf16};
use model::LeNet;

/// With the names `lenet_bn/sgd/final/conv1.weight` and so on, among others.
const CHECKPOINT: &str = "../fixtures/parity.safetensors";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CHECKPOINT}");
    let mut lenet = Tensor::<LeNet>::zeros();
    let names = |ours: &str| format!("lenet_bn/sgd/final/{ours}");
    Load::default().rename(names).allow_extra().load(&mut *lenet, CHECKPOINT)?;

    let (cpu, folder) = (Cpu::new(), PathBuf::from(std::env::var("OUT_DIR")?));
    save(&*Prepared::of(&cpu, &*lenet)?, folder.join("lenet.safetensors"))?;
    save(&*Prepared::stored_in::<bf16>(&cpu, &*lenet)?, folder.join("lenet.bf16.safetensors"))?;
    Ok(())
}
