//! Classifies a digit: `build_step < IMAGE`, the image being 28×28 bytes of grey. Prints the ten logits, with weights of
//! `f32` and of `bf16`. They are in the program, as its build script prepared them.

mod model;

use std::error::Error;
use std::io::Read;

use castiron::train::{Workspace, infer};
use castiron::{Cpu, Prepared, bf16, include_weights};
use model::LeNet;

static LENET: Prepared<LeNet> =
    include_weights!(Prepared<LeNet>, concat!(env!("OUT_DIR"), "/lenet.safetensors"));
static HALF: Prepared<LeNet, bf16> =
    include_weights!(Prepared<LeNet, bf16>, concat!(env!("OUT_DIR"), "/lenet.bf16.safetensors"));

fn main() -> Result<(), Box<dyn Error>> {
    let mut grey = [0; 28 * 28];
    std::io::stdin().read_exact(&mut grey)?;
    let mut image = [[[[0.0; 28]; 28]; 1]];
    for (pixel, grey) in image.as_flattened_mut().as_flattened_mut().as_flattened_mut().iter_mut().zip(grey) {
        *pixel = f32::from(grey) / 255.0;
    }
    let (mut logits, mut workspace) = ([[0.0; 10]], Workspace::zeroed());
    infer(&Cpu::new(), &LENET, &image, 1, &mut logits, &mut workspace)?;
    println!("{:?}", logits[0]);
    let mut workspace = Workspace::zeroed();
    infer(&Cpu::new(), &HALF, &image, 1, &mut logits, &mut workspace)?;
    println!("{:?}", logits[0]);
    Ok(())
}
