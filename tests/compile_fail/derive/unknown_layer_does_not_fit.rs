//! A layer that the macro does not know gives something else than is said of it: rustc finds that.

use castiron::nn::*;
use castiron::*;

type Hidden = Linear<Rank1<784>, 128>;

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Net {
    #[module(output = [100])]
    hidden: Hidden,
    output: Linear<Rank1<100>, 10>,
}

fn main() {}
