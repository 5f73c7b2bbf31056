//! Types that are no shapes, samples or models.

use castiron::nn::{Linear, Relu};
use castiron::{Model, Module, Rank1, Shape};

fn shape<S: Shape>() {}
fn maps<M: Module<Rank1<8>, Rank1<4>>>() {}
fn model<M: Model>() {}

fn main() {
    shape::<[bool; 4]>();
    shape::<Vec<f32>>();
    maps::<Linear<Rank1<8>, 5>>();
    model::<Relu>();
}
