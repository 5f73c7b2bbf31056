// The mistakes that the README shows.
// names: pading, conv1, padding, conv2, [6, 14, 14], LeNet, [12], [10]
use castiron::prelude::*;

model! {
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, pading = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 15),           Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(12),
    }
}

fn main() {}
