//! A network of two layers, printed and called.

use std::error::Error;

use castiron::prelude::*;
use castiron::tensor;

use crate::weights::count;

model! {
    pub Net: [4] -> [2] {
        fc1: Linear(8), Relu,
        fc2: Linear(2),
    }
}

/// The network with weights that need no random numbers.
pub fn counted() -> Tensor<Net> {
    let mut net = init::<Net>(0);
    count(&mut net.fc1.weight);
    count(&mut net.fc1.bias);
    count(&mut net.fc2.weight);
    count(&mut net.fc2.bias);
    net
}

pub fn run() -> Result<(), Box<dyn Error>> {
    let model = counted();
    println!("{}", Summary::of::<Net, 2>());
    let x = tensor![[1.0, 2.0, 3.0, 4.0], [-1.0, 0.5, 0.0, 2.0]];
    let y: Tensor<Rank2<2, 2>> = model.forward(&x)?;
    println!("{y}");
    println!("{}", Net::TRAINED);
    Ok(())
}
