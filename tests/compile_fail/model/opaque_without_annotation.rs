// A module that no `model!` declared, and nothing says what it gives.
// names: Own
use castiron::nn::Linear;
use castiron::{Module, Rank1};

#[derive(Module)]
#[module(input = [4], output = [3])]
#[repr(C)]
pub struct Own {
    fc: Linear<Rank1<4>, 3>,
}

castiron::model! {
    pub Net: [4] -> [2] {
        own: Own,
        fc: Linear(2),
    }
}

fn main() {}
