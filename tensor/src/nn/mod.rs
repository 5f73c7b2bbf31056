//! Layers: their formulas, sources, and what they are called in PyTorch.
//!
//! A layer's type carries its sizes, in the order of PyTorch's constructor arguments. What a layer maps
//! is the shape of one sample; the batch is the business of whoever calls it. Images are
//! `[channels, height, width]`, signals `[channels, length]`, sequences `[positions, features]`.
//!
//! An array `[L; N]` of a layer that keeps the shape is `N` such layers one after the other, each with
//! parameters of its own, saved as `name.0`, `name.1` and so on:
//!
//! ```
//! use castiron::prelude::*;
//! #[derive(Module)]
//! #[module(input = [1, 8, 8], output = [10])]
//! #[repr(C)]
//! struct Net {
//!     stem: Conv2d<1, 16, 3, 1, 1, 1, 1, Relu>, // [16, 8, 8]
//!     blocks: [Residual<Conv2d<16, 16, 3, 1, 1, 1, 1, Relu>>; 4], // [16, 8, 8]
//!     norm: BatchNorm2d<16>, // [16, 8, 8]
//!     pool: GlobalAvgPool2d, // [16]
//!     drop: Dropout<20>, // [16]
//!     head: Linear<[f32; 16], 10>, // [10]
//! }
//! assert_eq!(Net::TRAINED, 160 + 4 * 2320 + 32 + 170);
//! ```

mod activation;
mod affine;
mod array;
mod attention;
mod batch_norm;
mod bias;
mod conv1d;
mod conv2d;
mod conv_transpose;
mod dropout;
mod embedding;
mod group_norm;
mod identity;
mod layer_norm;
mod linear;
mod lstm;
mod lstm_cell;
mod pool;
mod residual;
mod softmax;

pub use activation::{Activation, Gelu, GeluTanh, LeakyRelu, Relu, Relu6, Sigmoid, Silu, Sqrt, Tanh};
pub use affine::{AffineOption, NotAffine};
pub use attention::{Causal, CausalOption, MultiheadAttention, NotCausal};
pub use batch_norm::{BatchNorm1d, BatchNorm2d};
pub use bias::{BiasOption, NoBias, WithBias};
pub use conv_transpose::{ConvTranspose1d, ConvTranspose2d};
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use group_norm::{GroupNorm, InstanceNorm1d, InstanceNorm2d};
pub use identity::Identity;
pub use layer_norm::{LayerNorm, RmsNorm};
pub use linear::Linear;
pub use lstm::{Lstm, LstmState};
pub use lstm_cell::LstmCell;
pub use pool::{AvgPool1d, AvgPool2d, GlobalAvgPool2d, MaxPool1d, MaxPool2d};
pub use residual::Residual;
pub use softmax::{LogSoftmax, Softmax};

/// A zero-sized layer: no parameters, the same for every element type.
macro_rules! zero_sized {
    ($name:ident $(<$($param:ident : $ty:ty),+>)?) => {
        // SAFETY: nothing is stored.
        unsafe impl $(<$(const $param: $ty),+>)? castiron_kernels::Plain for $name $(<$($param),+>)? {}
        impl $(<$(const $param: $ty),+>)? $crate::params::Params for $name $(<$($param),+>)? {
            const TREE: $crate::params::Tree = $crate::params::Tree::Node(&[]);
            type With<E: $crate::Element> = Self;
        }
    };
}
use zero_sized;

/// For a layer that needs no memory of its own and computes in training what it does after it: the memory
/// types, and `forward` by `infer`.
macro_rules! forward_is_infer {
    ($x:ty => $y:ty) => {
        type State<const B: usize> = ();
        type Saved<const B: usize> = ();
        type InferScratch<const B: usize> = ();
        type TrainScratch<const B: usize> = ();

        fn forward<D: Device, const B: usize>(
            cx: &Cx<'_, D>,
            p: Ref<'_, Self, D>,
            x: Ref<'_, [$x; B], D>,
            y: Mut<'_, [$y; B], D>,
            state: Mut<'_, (), D>,
            _: Mut<'_, (), D>,
            scratch: Mut<'_, (), D>,
        ) {
            <Self as Module<$x, $y>>::infer::<D, B>(cx, p, x, y, state, scratch);
        }
    };
}
use forward_is_infer;
