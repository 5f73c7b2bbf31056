//! Modules that `model!` does not know, samples of all kinds, names that could be in the way.
#![deny(warnings, missing_docs, unreachable_pub, unsafe_code, unused)]

use castiron::nn::{Linear, Tanh};
use castiron::{Model, Module, Rank1, model};

/// What others wrote.
pub mod own {
    use super::{Linear, Module, Rank1, Tanh};

    /// A derived module.
    #[derive(Module)]
    #[module(input = [4], output = [4])]
    #[repr(C)]
    pub struct Backbone {
        fc: Linear<Rank1<4>, 4, Tanh>,
    }
}

/// A type with the name of a generic parameter of generated code.
pub type B = own::Backbone;

model! {
    /// Annotated, and checked by rustc.
    pub Annotated: [4] -> [3] {
        backbone: own::Backbone -> [4],
        alias: B -> [4],
        blocks: [own::Backbone; 2] -> [4],
        x: Linear(6),
        y: Tanh,
        scratch: Linear(3),
    }

    /// The Rust types that samples are.
    pub Samples: (castiron::Rank2<3, 4>, [f32; 4], [i32; 3]) -> ([[f32; 4]; 3], f32) {
        embedding: Embedding(7, 4),
        |rows, row, tokens| (rows + row, embedding(tokens).sum(1).sum(0))
    }

    r#Move: [2] -> [2] {
        r#type: Linear(2),
        |r#in| relu(r#type(r#in))
    }
}

fn main() {
    model! {
        /// In a function.
        Local: [2] -> [2] { Relu }
    }
    fn takes<M: Model>() {}
    takes::<Annotated>();
    takes::<Samples>();
    takes::<Move>();
    takes::<Local>();
}
