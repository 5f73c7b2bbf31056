//! LeNet-5 as a library for C, with its weights in it.

use castiron::include_weights;
use castiron::prelude::*;

model! {
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

/// LeNet-5, trained on MNIST: a grey image of a digit, ink being 1 and paper 0, to ten logits.
#[castiron::export]
pub static LENET: LeNet = include_weights!(LeNet, "../../data/lenet.safetensors");
