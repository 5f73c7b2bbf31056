//! 1,200 tensors do not take the compiler too many steps.
#![deny(warnings)]

use castiron::prelude::*;

type Layers = [Linear<Rank1<1>, 1>; 600];

static LAYERS: Layers = include_weights!(Layers, "../weights/many.safetensors");

fn main() {
    assert_eq!(LAYERS.len(), 600);
}
