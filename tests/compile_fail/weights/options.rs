//! What follows the path.

use castiron::prelude::*;

model! {
    Net: [4] -> [2] { fc1: Linear(3), Relu, fc2: Linear(2) }
}

static IDLE: Net = include_weights!(Net, "good.safetensors", rename = [("fc1", "fc1"), ("fc", "classifier.fc")]);
static UNKNOWN: Net = include_weights!(Net, "good.safetensors", renames = [("fc1", "fc1")]);

fn main() {}
