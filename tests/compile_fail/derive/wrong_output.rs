use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [784], output = [12])]
#[repr(C)]
struct Net {
    fc1: Linear<Rank1<784>, 128, Relu>,
    fc2: Linear<Rank1<128>, 10>,
}

fn main() {}
