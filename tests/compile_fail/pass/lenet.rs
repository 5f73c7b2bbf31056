use castiron::nn::{Conv2d, Linear, MaxPool2d, Relu};
use castiron::{Model, Module, Rank1, Rank3};

/// LeNet-5, without an activation on its first layer.
#[derive(Module)]
#[module(input = [1, 28, 28], output = [10])]
#[repr(C)]
pub struct LeNet {
    conv1: Conv2d<1, 6, 5, 1, 2>,
    act1: Relu,
    pool1: MaxPool2d<2>,
    #[param(name = "features.3")]
    conv2: Conv2d<6, 16, 5, 1, 0, 1, 1, Relu>,
    pool2: MaxPool2d<2>,
    fc1: Linear<Rank3<16, 5, 5>, 120, Relu>,
    fc2: Linear<Rank1<120>, 84, Relu>,
    fc3: Linear<Rank1<84>, 10>,
}

fn main() {
    fn takes<M: Model<Input = Rank3<1, 28, 28>, Output = Rank1<10>>>() {}
    takes::<LeNet>();
}
