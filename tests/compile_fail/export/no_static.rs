//! Something else than a model in a static.
use castiron::prelude::*;

model! { Net: [2] -> [1] { fc: Linear(1) } }

#[castiron::export]
fn net() -> Net {
    castiron::zeroed()
}

fn main() {}
