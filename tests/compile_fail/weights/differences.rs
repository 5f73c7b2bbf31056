//! A file that is not of this model: every kind of difference, then several at once.

use castiron::prelude::*;

model! {
    Net: [4] -> [2] { fc1: Linear(3), Relu, fc2: Linear(2) }
}

static MISSING: Net = include_weights!(Net, "missing.safetensors");
static EXTRA: Net = include_weights!(Net, "extra.safetensors");
static DIMS: Net = include_weights!(Net, "dims.safetensors");
static ELEMENT: Net = include_weights!(Net, "element.safetensors");
static SEVERAL: Net = include_weights!(Net, "several.safetensors");

fn main() {
    // In a function as in a `static`.
    let _net = include_weights!(Net, "other_names.safetensors");
}
