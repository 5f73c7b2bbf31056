use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net {
    #[module(output = [12])]
    output: Linear<Rank1<784>, 10>,
}

fn main() {}
