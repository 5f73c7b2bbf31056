//! Choosing the device, and moving model and data to it.

use std::error::Error;

use castiron::device::Storage;
use castiron::prelude::*;
use castiron::tensor;

use crate::network::counted;

pub fn run() -> Result<(), Box<dyn Error>> {
    // A GPU is another type, `Cuda`, and the choice an `if` here: README, "On a GPU".
    let device = Cpu::new();
    println!("{}", on(&device)?);
    Ok(())
}

/// The device is a type, so that a tensor of one cannot be mixed with a tensor of another.
fn on<D: Storage>(device: &D) -> Result<Tensor<Rank2<1, 2>>, castiron::Error> {
    let model = counted().to(device)?;
    let x = tensor![[1.0, 2.0, 3.0, 4.0]].to(device)?;
    let y: Tensor<Rank2<1, 2>, D> = model.forward(&x)?;
    Ok(y.to_cpu(device))
}
