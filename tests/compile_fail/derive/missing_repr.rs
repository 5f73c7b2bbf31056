use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [784])]
struct Net {
    fc1: Linear<Rank1<784>, 10>,
}

fn main() {}
