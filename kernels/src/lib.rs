//! The kernels of [castiron](https://docs.rs/castiron): operations on plain memory.
//!
//! This crate knows slices, sizes and strides; no shapes and no layers. Each operation is one folder:
//! what it computes and its naive float64 reference in `mod.rs`, the CPU code beside it. An operation
//! is a type that implements [`Op`]; [`registry`] lists them all, and its tests check every one.
//!
//! `no_std` without `alloc` when default features are off.

// The tests of a build without `std` have it all the same.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

pub mod activation;
pub mod arithmetic;
pub mod batch_norm;
pub mod blocked;
mod broadcast;
pub mod cast;
#[cfg(test)]
mod check;
pub mod conv2d;
pub mod copy_strided;
pub mod cpu;
pub mod cross_entropy;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod dropout;
mod dtype;
mod element;
pub mod embedding;
pub mod fill;
mod finite;
pub mod fold;
pub mod gemm;
pub mod index;
pub mod launch;
pub mod layer_norm;
pub mod lstm;
pub mod masked_softmax;
pub mod math;
pub mod op;
pub mod packed_linear;
pub mod pairwise;
mod plain;
pub mod pool2d;
mod precision;
pub mod product;
pub mod quantized;
pub mod reduce;
pub mod registry;
pub mod regression;
pub mod scan;
pub mod select;
pub mod softmax;
pub mod sort;
mod step;
pub mod stored;
pub mod strided;
mod strides;
mod sure;
pub mod unary;
pub mod update;
mod vector;
mod weight;
mod window;

pub use cpu::{Cpu, Isa};
pub use dtype::DType;
pub use finite::{NonFinite, NotFinite};
pub use half;
pub use op::{Access, Call, Fault, Memory, Mode, Op, Raw, Spec};
#[doc(hidden)]
pub use plain::Numbers;
pub use plain::{Bool, Plain, zeroed};
pub use precision::{Half, HalfOp, Precision};
pub use step::{LossScale, RoundRow, RunRow, Step, StepRates};
