//! LeNet-5 with its weights in the program: prints one result.

use castiron::include_weights;
use castiron::prelude::*;
use castiron::train::{Workspace, infer};

model! {
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

static LENET: LeNet = include_weights!(LeNet, "../../../../examples/data/lenet.safetensors");

fn main() -> Result<(), castiron::Error> {
    let (x, mut y) = ([[[[0.5; 28]; 28]]], [[0.0; 10]]);
    infer(&Cpu::new(), &LENET, &x, 1, &mut y, &mut Workspace::zeroed())?;
    println!("{}", y[0].iter().sum::<f32>());
    Ok(())
}
