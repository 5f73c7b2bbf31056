//! Files that are damaged, or something else.

use castiron::prelude::*;

model! {
    Net: [4] -> [2] { fc1: Linear(3), Relu, fc2: Linear(2) }
}

static EMPTY: Net = include_weights!(Net, "empty.safetensors");
static TRUNCATED_HEADER: Net = include_weights!(Net, "truncated_header.safetensors");
static TRUNCATED_DATA: Net = include_weights!(Net, "truncated_data.safetensors");
static TRAILING_DATA: Net = include_weights!(Net, "trailing_data.safetensors");
static NO_JSON: Net = include_weights!(Net, "no_json.safetensors");
static NO_UTF8: Net = include_weights!(Net, "no_utf8.safetensors");
static NESTED: Net = include_weights!(Net, "nested.safetensors");

fn main() {}
