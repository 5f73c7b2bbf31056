//! `Linear(3, 1)`, the mean squared error, and one step of SGD.

use std::error::Error;

use castiron::prelude::*;
use castiron::{Tape, field, tensor};

use crate::weights::count;

type Layer = Linear<Rank1<3>, 1>;

pub fn run() -> Result<(), Box<dyn Error>> {
    let mut model = init::<Layer>(0);
    count(&mut model.weight);
    count(&mut model.bias);
    let mut optimizer = Updater::new(&model, Sgd::new(0.1))?;
    let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let t = tensor![[1.0], [2.0]];

    let tape = Tape::new();
    let net = tape.watch_model(&model);
    let loss = net.forward(&x)?.mse_loss(&t);
    println!("{:.4}", loss.item());
    let gradient = loss.backward()?.get(&net);
    println!("{}", field!(&gradient, Layer, weight).numbers());
    println!("{}", field!(&gradient, Layer, bias).numbers());
    optimizer.step(&mut model, &gradient)?;
    println!("{}", field!(&model, Layer, weight).numbers());
    println!("{}", field!(&model, Layer, bias).numbers());
    Ok(())
}
