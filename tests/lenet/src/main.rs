//! LeNet-5 as a program that only infers: `lenet WEIGHTS < IMAGE`, the weights being floats one after the other and the
//! image 28×28 bytes of grey. Prints the ten logits.

mod model;

use std::error::Error;
use std::io::Read;

use castiron::prelude::*;
use model::{LeNet, image, leaves};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: lenet WEIGHTS < IMAGE")?;
    let file = std::fs::read(path)?;
    let mut numbers = file.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let mut model = Tensor::<LeNet>::zeros();
    for number in leaves(&mut model).into_iter().flatten() {
        *number = numbers.next().ok_or("the file of weights is too short")?;
    }
    let mut grey = [0; 28 * 28];
    std::io::stdin().read_exact(&mut grey)?;

    let mut logits = [[0.0; 10]];
    Predictor::<LeNet, 1>::new(Cpu::new(), &model)?.predict(&[image(&grey)], &mut logits)?;
    println!("{:?}", logits[0]);
    Ok(())
}
