//! Arrays of another length: rustc's own message is about the sizes.

use castiron::{Rank1, Rank2, Tensor};

fn weights(_: &Rank2<10, 784>) {}

fn main() {
    weights(&[[0.0; 785]; 10]);
    let bias: Tensor<Rank1<10>> = Tensor::<Rank1<12>>::zeros();
}
