//! Calls of layers whose shapes are numbers: what generated code consists of, and what the typed layers
//! of [`nn`](crate::nn) are thin wrappers of.
//!
//! `Args` describe one sample; every call is for [`Cx::rows`](crate::Cx::rows) of them. All memory is
//! [`Arg`](crate::memory::Arg), and what is too small is a [`Fault`](crate::Fault) of the device.
//!
//! Where a function says "in place", that operand may be [`Arg::none`](crate::memory::Arg::none): then the
//! output holds it, and is changed. The result has the same bits either way.

pub mod activation;
pub mod arithmetic;
pub mod batch_norm;
pub mod blocked;
pub mod conv2d;
pub mod dropout;
pub mod fold;
pub mod layout;
pub mod linear;
pub mod packed;
pub mod pool2d;
pub mod quantized;
pub mod reduce;
pub mod stored;
