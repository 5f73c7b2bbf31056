use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [12])]
#[repr(C)]
struct Words {
    embedding: Embedding<1000, 64>,
}

#[derive(Module)]
#[module(input = shape![u8; 1, 28, 28])]
#[repr(C)]
struct Pixels {
    conv: Conv2d<1, 6, 5>,
}

fn main() {}
