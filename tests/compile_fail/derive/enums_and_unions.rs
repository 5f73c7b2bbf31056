use castiron::nn::*;
use castiron::*;

#[derive(Module)]
#[module(input = [784])]
enum Choice {
    A(Relu),
}

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
union Both {
    a: Relu,
}

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Unnamed(Relu);

#[derive(Module)]
#[module(input = [784])]
#[repr(C)]
struct Empty {}

fn main() {}
