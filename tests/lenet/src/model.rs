//! The model and its input: the same in this program and in the test that checks it.

use castiron::flat_mut;
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

/// Grey values from 0 to 1.
pub fn image(grey: &[u8; 28 * 28]) -> Rank3<1, 28, 28> {
    [core::array::from_fn(|row| core::array::from_fn(|column| f32::from(grey[28 * row + column]) / 255.0))]
}

/// All parameters, in order.
pub fn leaves(LeNet { conv1, conv2, fc1, fc2, fc3, .. }: &mut LeNet) -> [&mut [f32]; 10] {
    [
        flat_mut(&mut *conv1.weight),
        flat_mut(&mut *conv1.bias),
        flat_mut(&mut *conv2.weight),
        flat_mut(&mut *conv2.bias),
        flat_mut(&mut *fc1.weight),
        flat_mut(&mut *fc1.bias),
        flat_mut(&mut *fc2.weight),
        flat_mut(&mut *fc2.bias),
        flat_mut(&mut *fc3.weight),
        flat_mut(&mut *fc3.bias),
    ]
}
