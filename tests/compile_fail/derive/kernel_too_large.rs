use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [1, 4, 4])]
#[repr(C)]
struct Net {
    conv1: Conv2d<1, 6, 7>,
    relu: Relu,
}

fn main() {}
