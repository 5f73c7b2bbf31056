//! What is wrong with the elements that layers compute with.

use super::check;
use crate::template::tests::messages;

#[test]
fn each_mistake_once() {
    check(
        messages,
        &[
            (
                "Net: [bf16; 1, 28, 28] -> [bf16; 10] { conv: Conv2d<1, 6, 5>, Relu, fc: Linear(10) }",
                &["`conv` gets [1, 28, 28] of bf16 from the input of `Net`, but computes with f32"],
            ),
            (
                "Net: [f16; 5, 8] -> [f16; 5, 4] { lstm: Lstm(4) }",
                &["`lstm` gets [5, 8] of f16 from the input of `Net`, but works on f32"],
            ),
            (
                "Net: ([bf16; 4], [4]) -> [bf16; 4] { fc: Linear(4), |x, y| fc(x) + y }",
                &["cannot add `fc` [4] of bf16 and the input of `Net` [4]: one is of bf16, the other of f32"],
            ),
            (
                "Net: [bf16; 4] -> [10] { fc: Linear(10) }",
                &["`Net` gives [10] of bf16 from `fc`, but its output is declared as [10]"],
            ),
            (
                "Net: [i32; 4] -> [bf16; 4, 8] { e: Embedding(10, 8, element = i32) }",
                &["`element` of `e` is `f32`, `bf16` or `f16`"],
            ),
            (
                "Net: [i32; 4] -> [4, 10] { e: Embedding(10, 8, element = bf16), head: Linear(10, tied = e) }",
                &["`Net` gives [4, 10] of bf16 from `head`, but its output is declared as [4, 10]"],
            ),
        ],
    );
}
