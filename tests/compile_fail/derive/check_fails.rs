//! What a layer checks itself.

use castiron::nn::*;
use castiron::*;

type Twice = Dropout<200>;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net {
    dropout: Dropout<150>,
    #[module(output = [784])]
    twice: Twice,
}

fn main() {}
