//! (x²).sum() and its gradient.

use std::error::Error;

use castiron::{Tape, tensor};

pub fn run() -> Result<(), Box<dyn Error>> {
    let tape = Tape::new();
    let x = tape.watch(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    let y = x.square().sum();
    let gradients = y.backward()?;
    println!("{:?}", y.item());
    println!("{}", gradients.get(&x));
    Ok(())
}
