use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net<const N: usize> {
    fc1: Linear<Rank1<784>, N>,
}

fn main() {}
