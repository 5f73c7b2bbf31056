//! LeNet-5 for 28×28 grey images.

use castiron::model;

model! {
    /// LeNet-5 for 28×28 grey images.
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5), Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84), Relu,
        fc3: Linear(10),
    }
}
