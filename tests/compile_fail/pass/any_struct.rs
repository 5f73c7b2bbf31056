//! Generated code gets by with whatever a user's crate is like: strict lints, names that are also those of
//! generics or of generated items, private types, a struct in a function.
#![deny(warnings, missing_docs, unreachable_pub, unsafe_code, unused)]

use castiron::Module;
use castiron::nn::{Linear, Relu, Residual, Tanh};

/// A layer with the name of a generic parameter.
type B = Tanh;
/// Another.
type D = Relu;

/// A private part.
#[derive(Module)]
#[module(input = Rank1<8>)]
#[repr(C)]
struct Part {
    r#type: [Residual<Linear<castiron::Rank1<8>, 8>>; 2],
    #[module(output = shape![8])]
    x: D,
}

/// Its owner.
#[derive(Module)]
#[module(input = [8], output = [f32; 3])]
#[repr(C)]
pub(crate) struct Whole {
    #[module(output = [8])]
    part: Part,
    /// A field called like an argument.
    pub(crate) y: Relu,
    #[module(output = [8])]
    y_y: B,
    scratch: Linear<castiron::Rank1<8>, 3>,
}

fn main() {
    /// A model with one layer.
    #[derive(Module)]
    #[module(input = [2])]
    #[repr(C)]
    struct Local {
        only: Relu,
    }
    assert_eq!(size_of::<Local>(), 0);
    assert_eq!(size_of::<Whole>() % 64, 0);
}
