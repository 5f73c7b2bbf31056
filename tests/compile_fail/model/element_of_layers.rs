// Layers compute with what flows, unless they say otherwise.
// names: [1, 28, 28] of bf16, f32, lstm, [5, 8] of bf16, [4] of bf16, bf16, [10] of bf16, [10]

use castiron::prelude::*;

model! {
    Typed: [bf16; 1, 28, 28] -> [bf16; 10] {
        conv: Conv2d<1, 6, 5>, // [6, 24, 24]
        Relu,
        fc: Linear(10),
    }
}

model! {
    Recurrent: [bf16; 5, 8] -> [bf16; 5, 4] {
        lstm: Lstm(4),
    }
}

model! {
    Sum: ([bf16; 4], [4]) -> [bf16; 4] {
        fc: Linear(4),
        |x, y| fc(x) + y
    }
}

model! {
    Output: [bf16; 4] -> [10] {
        fc: Linear(10),
    }
}

fn main() {}
