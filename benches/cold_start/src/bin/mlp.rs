//! An MLP with its weights in the program: prints one result.

use castiron::include_weights;
use castiron::prelude::*;
use castiron::train::{Workspace, infer};

include!("../mlp.rs");

static MLP: Mlp = include_weights!(Mlp, concat!(env!("OUT_DIR"), "/mlp.safetensors"));

fn main() -> Result<(), castiron::Error> {
    let (x, mut y) = ([[0.5; 784]], [[0.0; 10]]);
    infer(&Cpu::new(), &MLP, &x, 1, &mut y, &mut Workspace::zeroed())?;
    println!("{}", y[0].iter().sum::<f32>());
    Ok(())
}
