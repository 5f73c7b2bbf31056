//! What the tests share: a small model with every kind of memory, and data for it.
#![allow(dead_code)]

pub mod fixtures;

use castiron::params::{Init, init_matching};
use castiron::prelude::*;
use castiron::{flat_mut, zeroed};

/// Convolution, batch norm, dropout, pooling, residual arrays, fused activations.
#[derive(Module)]
#[module(input = [1, 8, 8], output = [4])]
#[repr(C)]
pub struct Small {
    pub conv1: Conv2d<1, 6, 3, 1, 1>,
    pub bn1: BatchNorm2d<6>,
    pub act1: Relu,
    pub pool1: MaxPool2d<2>,
    pub conv2: Conv2d<6, 6, 3, 1, 1, 1, 1, Silu>,
    pub drop: Dropout<20>,
    pub fc1: Linear<Rank3<6, 4, 4>, 32, Gelu>,
    pub blocks: [Residual<Linear<[f32; 32], 32, Tanh>>; 2],
    pub head: Linear<[f32; 32], 4>,
}

/// `count` samples of four classes: which quarter of the image is bright.
pub fn quarters(count: usize) -> (Vec<Rank3<1, 8, 8>>, Vec<i32>) {
    let mut next = noise(12345);
    (0..count)
        .map(|i| {
            let class = i % 4;
            let mut image = [[[0.0; 8]; 8]; 1];
            for (row, line) in image[0].iter_mut().enumerate() {
                for (column, pixel) in line.iter_mut().enumerate() {
                    let bright = row / 4 == class / 2 && column / 4 == class % 2;
                    *pixel = next() + if bright { 0.6 } else { 0.0 };
                }
            }
            (image, class as i32)
        })
        .unzip()
}

/// The bytes of all parameters and running averages.
pub fn bits<M: Params>(model: &M) -> Vec<u8> {
    let mut bits = Vec::new();
    let base = (model as *const M).cast::<u8>();
    castiron::params::visit::<M>(|_, offset, leaf| {
        let len = leaf.dims.len() * leaf.dtype.size();
        // SAFETY: the tree says that so many numbers lie there.
        bits.extend_from_slice(unsafe { std::slice::from_raw_parts(base.add(offset), len) });
    });
    bits
}

/// All parameters and running averages, of a model whose are `f32`.
pub fn floats<M: Params>(model: &M) -> Vec<f32> {
    bits(model).as_chunks().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
}

/// Numbers in [0, 1) that look random.
pub fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    }
}

/// As many samples of the numbers that `next` gives.
pub fn samples<S: Shape<Elem = f32>>(rows: usize, mut next: impl FnMut() -> f32) -> Vec<S> {
    let sample = |_| {
        let mut sample = zeroed::<S>();
        flat_mut(&mut sample).fill_with(&mut next);
        sample
    };
    (0..rows).map(sample).collect()
}

/// A model with running averages as training leaves them: none is 0 or 1.
pub fn with_averages<M: Params>(seed: u64) -> Tensor<M> {
    let mut model = init::<M>(seed);
    init_matching(&mut *model, "*running_mean", Init::Uniform { low: -0.7, high: 0.7 }, seed);
    init_matching(&mut *model, "*running_var", Init::Uniform { low: 0.2, high: 2.0 }, seed);
    model
}
