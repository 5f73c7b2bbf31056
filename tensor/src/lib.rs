//! Deep learning in which the compiler knows every shape.
//!
//! A shape is a Rust array type, a model is a plain struct of layers that [`model!`] declares, and its
//! inference, forward and backward code is written by the compiler. A layer that does not fit is a compile error
//! that says in words what it gets and what it needs.
//!
//! ```
//! use castiron::prelude::*;
//!
//! model! {
//!     Net: [1, 8, 8] -> [2] {
//!         conv: Conv2d(4, kernel = 3, padding = 1), Relu, // [4, 8, 8]
//!         MaxPool2d(2),                                   // [4, 4, 4]
//!         fc: Linear(2),                                  // [2]
//!     }
//! }
//!
//! // Two images: ink on the left, ink on the right.
//! let mut x = [[[[0.0; 8]; 8]; 1]; 2];
//! x[0][0].iter_mut().for_each(|row| row[1] = 1.0);
//! x[1][0].iter_mut().for_each(|row| row[6] = 1.0);
//!
//! let loss = CrossEntropyLoss::<2>::new();
//! let mut trainer = Trainer::<Net, _, _, 2>::new(Cpu::new(), &init::<Net>(0), loss, Adam::new(0.01))?;
//! for _ in 0..50 {
//!     trainer.step(&x, &[0, 1])?;
//! }
//! let mut y = [[0.0; 2]; 2];
//! Predictor::<Net, 2>::new(Cpu::new(), &trainer.model())?.predict(&x, &mut y)?;
//! assert!(y[0][0] > y[0][1] && y[1][1] > y[1][0]);
//! # Ok::<(), castiron::Error>(())
//! ```
//!
//! The README shows the whole; here is where to find things:
//!
//! | to | look at |
//! |---|---|
//! | declare a model | [`model!`]; as a struct of your own: [`Module`](macro@Module); [`nn`] |
//! | train it | [`train::Trainer`], [`loss`], [`optim`], [`train::Fit`]; without an allocator [`train::step`] |
//! | feed it | [`data`] |
//! | use it | [`train::Predictor`]; without an allocator [`train::infer`]; with batch norms folded, [`Prepared`]; on bytes, [`Quantized`] |
//! | compute with tensors | [`Tensor`], [`tape`]; PyTorch's operations here: [`operations`] |
//! | save and load it | [`files`] |
//! | call it from C | [`export`](mod@export) |
//! | put its weights into the program | [`include_weights!`] |
//! | see what it consists of | [`Summary`], [`params`] |
//! | call a layer whose shapes are numbers | [`call`] |
//! | write a layer | [`Module`](trait@Module), [`memory`], [`testing`] |
//! | write an operation | [`op`], [`Op`]; for a GPU too: [`launch`] |
//! | compute on another device | [`device`] |
//!
//! # Features
//!
//! `std` (tensors, training, data in memory), `rayon` (threads), `files` (safetensors, IDX), `npy` (NumPy's
//! files) and `fit` (the loop with its progress bar, history and plots) are on by default; `ndarray` and `cuda` (NVIDIA
//! GPUs) are not. Without any of them the crate is `no_std` and needs no allocator: shapes, modules, losses, optimizers,
//! kernels, [`train::infer`] and [`train::step`].

#![cfg_attr(not(feature = "std"), no_std)]

// The derive macros write `::castiron::...`; this lets them be used in this crate too.
extern crate self as castiron;

#[cfg(feature = "std")]
mod array;
#[cfg(feature = "std")]
pub mod calibration;
pub mod call;
mod cx;
#[cfg(feature = "std")]
pub mod data;
pub mod device;
#[doc(hidden)]
pub mod embed;
mod error;
pub mod export;
#[cfg(feature = "files")]
pub mod files;
mod infer;
mod layer_name;
pub mod loss;
pub mod memory;
mod module;
pub mod nn;
#[cfg(feature = "std")]
#[doc = include_str!("operations.md")]
pub mod operations {}
pub mod optim;
pub mod params;
pub mod prelude;
mod prepared;
pub mod quantized;
mod rank;
mod sample;
mod seq;
mod shape;
#[cfg(feature = "std")]
mod summary;
#[cfg(feature = "std")]
pub mod tape;
#[cfg(feature = "std")]
mod tensor;
#[cfg(feature = "std")]
pub mod testing;
pub mod train;

#[cfg(feature = "std")]
pub use array::{num_threads, set_num_threads};
#[cfg(feature = "std")]
pub use calibration::Calibration;
pub use castiron_kernels;
pub use castiron_kernels::{
    Bool, Cpu, Fault, NonFinite, NotFinite, Op, Plain, Precision, Step, launch, op, zeroed,
};
#[doc = include_str!("language.md")]
pub use castiron_macros::model;
pub use castiron_macros::{Module, Params, export};
pub use cx::Cx;
pub use error::Error;
pub use half::{bf16, f16};
pub use infer::Infer;
pub use layer_name::LayerName;
pub use module::{Model, Module, Prepare, Row};
pub use prepared::{Prepared, WeightElement, prepare};
pub use quantized::{Quantizable, Quantized};
pub use rank::ByRank;
pub use sample::{Batch, GradBatch, Layout, Sample};
pub use seq::{Seq, SeqBatch, TooLong};
pub use shape::{
    DType, Element, MAX_RANK, R0, Rank0, Rank1, Rank2, Rank3, Rank4, Rank5, Rank6, Shape, Up, flat, flat_mut,
};
#[cfg(feature = "std")]
pub use summary::Summary;
#[cfg(feature = "std")]
pub use tape::{Gradients, Tape, Tracked, Untracked};
#[cfg(feature = "std")]
pub use tensor::*;

/// The README's programs, compiled and run.
#[cfg(all(doctest, feature = "fit"))]
#[doc = include_str!("../../README.md")]
struct Readme;
