//! The network that `cargo run --release --example lenet` trains, and what it needs to see a digit.

use castiron::Quantized;
use castiron::prelude::*;

model! {
    /// LeNet-5 (LeCun et al. 1998) with ReLU and maxima.
    pub LeNet: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
        conv2: Conv2d(16, kernel = 5),             Relu, MaxPool2d(2),
        fc1: Linear(120), Relu,
        fc2: Linear(84),  Relu,
        fc3: Linear(10),
    }
}

/// The network on bytes, which sees a scan as it is.
pub type Int8 = Quantized<LeNet, u8>;

/// 28 rows of 28 grey values, of which 255 is ink.
pub type Scan = Rank3<1, 28, 28, u8>;
/// A scan as the network on floats sees it: from 0 to 1.
pub type Image = Rank3<1, 28, 28>;
/// A score for each of the ten digits.
pub type Logits = Rank1<10>;

/// Scans that lie one after another.
pub const fn scans(bytes: &[u8]) -> &[Scan] {
    bytes.as_chunks().0.as_chunks().0.as_chunks().0
}

/// Gives the network on floats a scan.
pub fn scale(scan: &Scan, image: &mut Image) {
    let greys = scan.as_flattened().as_flattened();
    for (pixel, grey) in image.as_flattened_mut().as_flattened_mut().iter_mut().zip(greys) {
        *pixel = f32::from(*grey) / 255.0;
    }
}

/// The digit with the highest score.
pub fn largest(logits: &Logits) -> u8 {
    let mut best = (0, f32::NEG_INFINITY);
    for (digit, score) in logits.iter().enumerate() {
        if *score > best.1 {
            best = (digit as u8, *score);
        }
    }
    best.0
}
