//! A layer of one's own, and a network that contains it.

use std::error::Error;

use castiron::memory::Aligned;
use castiron::prelude::*;
use castiron::{Tape, Tracked, field, tensor};

use crate::weights::count;

/// A value on a tape: a tensor, a layer, a network.
type Taped<T> = Tensor<T, Cpu, Tracked>;

/// y = scale · x + shift
#[derive(Params)]
#[repr(C)]
struct Scale<const N: usize> {
    #[init(ones)]
    scale: Aligned<Rank1<N>>,
    shift: Aligned<Rank1<N>>,
}

/// Called with any number of rows.
fn scale<const N: usize, const B: usize>(
    layer: &Taped<Scale<N>>,
    x: &Taped<Rank2<B, N>>,
) -> Taped<Rank2<B, N>> {
    let scale = field!(layer, Scale<N>, scale).numbers();
    let shift = field!(layer, Scale<N>, shift).numbers();
    scale * x + shift
}

#[derive(Params)]
#[repr(C)]
struct Net {
    fc1: Linear<Rank1<3>, 4>,
    scale: Scale<4>,
    fc2: Linear<Rank1<4>, 1>,
}

fn forward<const B: usize>(
    net: &Taped<Net>,
    x: &Tensor<Rank2<B, 3>>,
) -> Result<Taped<Rank2<B, 1>>, castiron::Error> {
    let h = field!(net, Net, fc1).forward(x)?;
    let h = scale(&field!(net, Net, scale), &h).tanh();
    field!(net, Net, fc2).forward(&h)
}

pub fn run() -> Result<(), Box<dyn Error>> {
    let mut model = init::<Net>(0);
    count(&mut model.fc1.weight);
    count(&mut model.fc1.bias);
    count(&mut model.scale.scale);
    count(&mut model.scale.shift);
    count(&mut model.fc2.weight);
    count(&mut model.fc2.bias);

    let tape = Tape::new();
    let net = tape.watch_model(&model);
    let y = forward(&net, &tensor![[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]])?;
    println!("{y}");
    let gradient = y.sum().backward()?.get(&net);
    println!("{}", field!(&gradient, Net, scale.scale).numbers());
    println!("{}", field!(&gradient, Net, scale.shift).numbers());
    Ok(())
}
