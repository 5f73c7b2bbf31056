use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [1, 28, 28])]
#[repr(C)]
struct Net {
    conv1: Conv2d<1, 6, 5, 1, 2>,
    pool1: MaxPool2d<2>,
    conv2: Conv2d<8, 16, 5>,
    norm2: BatchNorm2d<6>,
    depthwise: Conv2d<1, 16, 3, 1, 1, 1, 8>,
}

fn main() {}
