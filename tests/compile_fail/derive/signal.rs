// Signals: a kernel longer than what it slides over, other channels, an image for a batch norm.
// names: conv2, 9, [4, 6]; norm, 4, 8
use castiron::prelude::*;

#[derive(Module)]
#[module(input = [1, 12])]
#[repr(C)]
struct Net {
    conv1: Conv1d<1, 4, 3, 2, 1>,
    norm: BatchNorm1d<8>,
    conv2: Conv1d<4, 8, 9>,
}

fn main() {}
