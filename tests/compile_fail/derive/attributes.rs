use castiron::nn::*;
use castiron::*;

const CLASSES: usize = 10;

#[derive(Module)]
#[module(input = [784], outputs = [10])]
#[repr(C)]
struct Misspelt {
    fc: Linear<Rank1<784>, 10>,
}

#[derive(Module)]
#[module(input = Image, output = [CLASSES])]
#[repr(C)]
struct Unseen {
    fc: Linear<Rank1<784>, CLASSES>,
}

#[derive(Module)]
#[module(input = [8])]
#[repr(C)]
struct SameName {
    #[param(name = "b")]
    a: Relu,
    b: Relu,
    #[param(name = "c.")]
    c: Relu,
}

fn main() {}
