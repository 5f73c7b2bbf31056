//! A layer that the macro knows, with a parameter that it does not: rustc checks that one too.

use castiron::nn::*;
use castiron::*;

struct Swish;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net {
    hidden: Linear<Rank1<784>, 128, Swish>,
    output: Linear<Rank1<128>, 10>,
}

fn main() {}
