//! Models of bf16 and f16: their layers, their training with master parameters in f32, the scale of the loss.

mod common;
#[path = "mixed_precision/digits.rs"]
mod digits;
#[path = "mixed_precision/layers.rs"]
mod layers;
#[path = "mixed_precision/pytorch.rs"]
mod pytorch;
#[path = "mixed_precision/skipped.rs"]
mod skipped;
#[path = "mixed_precision/training.rs"]
mod training;
