// Channels that the groups do not divide.
use castiron::prelude::*;

#[derive(Module)]
#[module(input = [6, 4, 4], output = [6, 4, 4])]
#[repr(C)]
struct Net {
    norm: GroupNorm<4, 6>,
}

fn main() {}
