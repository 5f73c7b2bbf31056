use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[repr(C)]
struct Net {
    fc1: Linear<Rank1<784>, 10>,
}

fn main() {}
