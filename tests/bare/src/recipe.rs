//! A model, its parameters and an image: the same in this program and in the test that checks it.
//!
//! For inference everything is a small integer, and the magnitudes in a sum add up to 384 092 at most, far below 2²⁴: all
//! results are exact, whatever order the kernels of a processor sum in, and can be compared to the bit.

use castiron::nn::{Conv2d, Linear, MaxPool2d, Relu};
use castiron::{Batch, Model, Module, Rank1, Rank3, flat_mut};

/// LeNet-5 as it is taught today: ReLU and maxima in place of squashed averages.
#[derive(Module)]
#[module(input = [1, 28, 28], output = [10])]
#[repr(C)]
pub struct LeNet {
    conv1: Conv2d<1, 6, 5, 1, 2>,
    act1: Relu,
    pool1: MaxPool2d<2>,
    conv2: Conv2d<6, 16, 5>,
    act2: Relu,
    pool2: MaxPool2d<2>,
    fc1: Linear<Rank3<16, 5, 5>, 120, Relu>,
    fc2: Linear<Rank1<120>, 84, Relu>,
    fc3: Linear<Rank1<84>, 10>,
}

/// What the program trains with: the size of the first parameters, the rate, the class of the image, and how often.
#[allow(dead_code)]
pub mod training {
    pub const SIZE: f32 = 0.125;
    pub const RATE: f32 = 0.001;
    pub const CLASS: i32 = 3;
    pub const STEPS: usize = 8;
}

/// A batch of one image.
pub type Images = Batch<<LeNet as Model>::Input, 1>;
/// Its ten logits.
pub type Logits = Batch<<LeNet as Model>::Output, 1>;

/// Fills parameters, with zero and ± `size`, and image, in this order.
pub fn fill(model: &mut LeNet, images: &mut Images, size: f32) {
    let mut state = 1u32;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let LeNet { conv1, conv2, fc1, fc2, fc3, .. } = model;
    for weight in [
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
    ] {
        weight.fill_with(|| [0.0, 0.0, -size, size][next(4) as usize]);
    }
    flat_mut(images).fill_with(|| next(16) as f32);
}
