//! A model that somebody may change while C calls it.
use castiron::prelude::*;

model! { Net: [2] -> [1] { fc: Linear(1) } }

#[castiron::export]
static mut NET: Net = castiron::zeroed();

fn main() {}
