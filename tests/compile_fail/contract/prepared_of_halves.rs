//! A model of bf16 runs as it is.

use castiron::prelude::*;

model! {
    Net: [bf16; 4] -> [bf16; 2] {
        fc: Linear(2),
    }
}

fn main() {
    let prepared = Prepared::of(&Cpu::new(), &*init::<Net>(0)).unwrap();
}
