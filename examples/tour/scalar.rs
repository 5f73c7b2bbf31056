//! y = x² + 2x + 1, whose slope at 2 is 6.

use std::error::Error;

use castiron::{Tape, Tensor};

pub fn run() -> Result<(), Box<dyn Error>> {
    let tape = Tape::new();
    let x = tape.watch(&Tensor::from(2.0_f32));
    let y = x.square() + 2.0 * &x + 1.0;
    let gradients = y.backward()?;
    println!("{:?}", y.item());
    println!("{}", gradients.get(&x));
    Ok(())
}
