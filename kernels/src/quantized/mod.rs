//! Inference with integers: bytes for activations and weights, as TFLite, onnxruntime and PyTorch quantize them.
//!
//! - An activation is a `u8` q that stands for the real number s·(q − z), with one scale s and one zero point z for
//!   the whole tensor.
//! - A weight is an `i8` that stands for s·q, with one scale for each output channel.
//! - Products are summed exactly, in `i32`. A bias is an `i32` in the unit of its sum, the product of both scales; the
//!   term −z·Σw that the zero point of x adds to each sum is part of it. Padding is z, and so contributes what it
//!   must: nothing.
//! - A sum becomes an activation by a [`Factor`] M, the product of both scales divided by that of the output:
//!   y = clamp(z + ⌊sum·M + ½⌋, low, high), where M is an `f32` whose bits are taken apart: no kernel but [`Quantize`]
//!   and [`Dequantize`] computes with floats. ReLU and ReLU6 are the limits low and high.
//!
//! So results are the same bits on every processor and on every GPU. Images are stored as those of floats are (NCHW),
//! weights as PyTorch has them.
//!
//! Zero points and limits are memory arguments, bytes in the order in which an operation names them.

mod add;
mod conv2d;
mod convert;
mod cuda;
mod factor;
mod linear;
mod lookup;
mod pool2d;
mod requantize;
mod round;
#[cfg(target_arch = "x86_64")]
mod short;
#[cfg(test)]
mod tests;

pub use add::{AddArgs, QuantizedAdd};
pub use conv2d::QuantizedConv2d;
pub use convert::{Dequantize, DequantizeArgs, Quantize};
pub use factor::{Factor, Pair};
pub use linear::{LinearArgs, QuantizedLinear};
pub use lookup::{LookupArgs, QuantizedActivation};
pub use pool2d::{QuantizedAvgPool2d, QuantizedMaxPool2d};
pub use requantize::Requantize;

/// The zero points of x and y, and the least and the greatest y.
#[derive(Clone, Copy)]
struct Points {
    x: i32,
    y: i32,
    low: i32,
    high: i32,
}

impl Points {
    /// How many bytes they are.
    const LEN: usize = 4;

    fn new(bytes: &[u8]) -> Self {
        let &[x, y, low, high] = bytes.first_chunk().unwrap_or(&[0, 0, 0, 255]);
        Points { x: x.into(), y: y.into(), low: low.into(), high: high.into() }
    }

    /// What a multiple of y's scale is as a byte.
    #[inline(always)]
    fn byte(self, multiple: i32) -> u8 {
        (self.y + multiple).max(self.low).min(self.high) as u8
    }
}

/// The only element of a memory argument.
#[inline(always)]
fn one<T: Copy + Default>(memory: &[T]) -> T {
    memory.first().copied().unwrap_or_default()
}
