//! The model: the same in the build script, in the program, and in the test of both.

use castiron::model;

model! {
    /// LeNet-5 with a batch norm after each convolution.
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), bn1: BatchNorm2d, Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             bn2: BatchNorm2d, Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}
