//! 100 epochs of SGD on two points.

use std::error::Error;

use castiron::prelude::*;
use castiron::{Tape, tensor};

use crate::weights::count;

pub fn run() -> Result<(), Box<dyn Error>> {
    let mut model = init::<Linear<Rank1<1>, 1>>(0);
    count(&mut model.weight);
    count(&mut model.bias);
    let mut optimizer = Updater::new(&model, Sgd::new(0.1))?;
    let x = tensor![[1.0], [2.0]];
    let t = tensor![[2.0], [4.0]];

    for epoch in 1..=100 {
        let tape = Tape::new();
        let net = tape.watch_model(&model);
        let loss = net.forward(&x)?.mse_loss(&t);
        optimizer.step(&mut model, &loss.backward()?.get(&net))?;
        if epoch % 10 == 0 {
            println!("epoch {epoch}: loss {:.4}", loss.item());
        }
    }
    println!("{:.4} {:.4}", model.weight[0][0], model.bias[0]);
    Ok(())
}
