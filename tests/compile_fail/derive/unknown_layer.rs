use castiron::nn::*;
use castiron::*;

type Hidden = Linear<Rank1<784>, 128>;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net {
    hidden: Hidden,
    output: Linear<Rank1<128>, 10>,
}

fn main() {}
