//! y = x0² + x1².

use std::error::Error;

use castiron::{Tape, tensor};

pub fn run() -> Result<(), Box<dyn Error>> {
    let tape = Tape::new();
    let x = tape.watch(&tensor![3.0, 4.0]);
    let y = x.select::<0>(0)?.square() + x.select::<0>(1)?.square();
    let gradients = y.backward()?;
    println!("{:?}", y.item());
    println!("{}", gradients.get(&x));
    Ok(())
}
