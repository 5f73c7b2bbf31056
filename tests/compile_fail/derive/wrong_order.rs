use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net {
    fc2: Linear<Rank1<128>, 10>,
    fc1: Linear<Rank1<784>, 128, Relu>,
}

fn main() {}
