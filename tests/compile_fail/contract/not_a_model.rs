//! Inference with what is no model, and with the prepared form of what has none.

use castiron::prelude::*;
use castiron::train::Workspace;

#[repr(C)]
struct Weights([f32; 4]);
unsafe impl castiron::Plain for Weights {}

fn predict(_: Predictor<Weights, 1>) {}
fn infer(_: &Workspace<Linear<[f32; 4], 2>, 1>) {}
fn prepare(_: Predictor<Prepared<Weights>, 1>) {}

fn main() {}
