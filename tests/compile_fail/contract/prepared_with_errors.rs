//! What is wrong with a model is said once, and not again where its prepared form is used.

use castiron::prelude::*;

model! {
    Net: [1, 8, 8] -> [2] {
        conv: Conv2d(4, kernel = 9),
        bn: BatchNorm2d,
        fc: Linear(2),
    }
}

fn main() {
    let prepared = Prepared::of(&Cpu::new(), &*init::<Net>(0)).unwrap();
    Predictor::<Prepared<Net>, 1>::new(Cpu::new(), &prepared).unwrap();
}
