use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [1, 28, 28], output = [12])]
struct Net {
    conv1: Conv2d<3, 6, 5, 1, 2>,
    pool1: MaxPool2d<2, 2, 2>,
    conv2: Conv2d<6, 16, 50>,
    fc1: Linear<400, 120, Relu>,
    fc2: Linear<Rank1<100>, 10>,
}

fn main() {}
