use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [1, 28, 28])]
#[repr(C)]
struct Net {
    conv1: Conv2d<1, 6, 5>,
    pool1: MaxPool2d<2>,
    fc1: Linear<Rank3<6, 14, 14>, 10>,
}

fn main() {}
