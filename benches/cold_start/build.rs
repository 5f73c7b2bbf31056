//! Weights for the MLP: how long a program takes to start does not depend on what they are.

use std::error::Error;
use std::path::Path;

use castiron::prelude::*;

include!("src/mlp.rs");

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/mlp.rs");
    let folder = std::env::var("OUT_DIR")?;
    castiron::files::save(&*init::<Mlp>(0), Path::new(&folder).join("mlp.safetensors"))?;
    Ok(())
}
