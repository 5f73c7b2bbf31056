use castiron::prelude::*;

#[derive(Module)]
#[module(input = [1, 28, 28], output = [10])]
#[repr(C)]
struct LeNet {
    conv1: Conv2d<1, 6, 5, 1, 2, 1, 1, Relu>,
    pool1: MaxPool2d<2>,
    conv2: Conv2d<8, 16, 5, 1, 0, 1, 1, Relu>,
    pool2: MaxPool2d<2>,
    fc1: Linear<Rank3<16, 4, 4>, 120, Relu>,
    fc2: Linear<[f32; 120], 84, Relu>,
    fc3: Linear<[f32; 84], 12>,
}

fn main() {}
