//! A model of two arrays: the interface for C has one in and one out.
use castiron::prelude::*;

model! {
    Net: ([2], [3]) -> [1] {
        fc: Linear(1),
        |a, b| fc(concat([a, b], axis = 0))
    }
}

#[castiron::export]
static NET: Net = castiron::zeroed();

fn main() {}
