//! What follows the path.

use castiron::prelude::*;

model! {
    Net: [4] -> [2] { fc1: Linear(3), Relu, fc2: Linear(2) }
}

static IDLE: Net = include_weights!(Net, "good.safetensors", rename = [("fc1", "fc1"), ("fc", "classifier.fc")]);
static UNKNOWN: Net = include_weights!(Net, "good.safetensors", renames = [("fc1", "fc1")]);
static NO_FLAG: Net = include_weights!(Net, "good.safetensors", allow_extra = 1);
static NO_FILE: Net = include_weights!(Net, "no_such_file.safetensors");

fn main() {}
