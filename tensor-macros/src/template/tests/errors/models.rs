//! What is wrong with whole models and their names.

use super::check;
use crate::template::tests::messages;

#[test]
fn each_mistake_once() {
    check(
        messages,
        &[
            ("Net: [4] -> [2] { }", &["`Net` has no layers: write at least one"]),
            ("Net: [4] -> [2]", &["`Net` has no layers: write them in `{ .. }`"]),
            (
                "Net: [4] { Relu }",
                &[
                    "`Net` does not say what its output is: write `Net: [1, 28, 28] -> [10] { .. }` with your shapes",
                ],
            ),
            (
                "Net",
                &[
                    "`Net` does not say what its input and output are: write `Net: [1, 28, 28] -> [10] { .. }` with your shapes",
                ],
            ),
            (
                "Net: -> [2] { Relu }",
                &["`Net` does not say what its input is: write `Net: [1, 28, 28] -> ..` with your shape"],
            ),
            (
                "Net: [4, K] -> [2, 0] { Relu }",
                &[
                    "the input of `Net`: a macro does not know the value of `K`: write the number",
                    "the output of `Net`: a dimension must be at least 1",
                ],
            ),
            (
                "Net: [4] -> [2] { Relu } Net: [4] -> [2] { Relu }",
                &["`Net` is declared twice: a model needs a name of its own"],
            ),
            ("Linear: [4] -> [2] { Relu }", &["`Linear` is a layer of castiron: a model needs another name"]),
            ("struct Net { a: Linear }", &["a model is declared as `Net: [1, 28, 28] -> [10] { .. }`"]),
            ("Net<T>: [4] -> [2] { Relu }", &["the parameters of a model are sizes: `const T: usize`"]),
            (
                "Net<const N: i32 = 3>: [4] -> [2] { Relu }",
                &[
                    "the parameters of a model are sizes, of type `usize`",
                    "a parameter of a model has no default: say its number where the model is used",
                ],
            ),
            (
                "#[repr(C)] #[cfg(a)] Net: [4] -> [2] { Relu }",
                &[
                    "a model is always `repr(C)`: leave this out",
                    "`cfg` cannot be seen from inside `model!`: write it before `model!`",
                ],
            ),
            (
                "A: [4] -> [4] { b: B } B: [4] -> [4] { c: C } C: [4] -> [4] { a: A } D: [4] -> [4] { a: A }",
                &[
                    "`A` contains itself (`A` has `B` has `C` has `A`): a model is memory of a size that is known",
                ],
            ),
            (
                "A<const N: usize>: [4] -> [4] { b: A<N> }",
                &["`A` contains itself (`A` has `A`): a model is memory of a size that is known"],
            ),
            (
                "T<const N: usize>: [N] -> [N] { Relu } Net: [4] -> [4] { t: T<1, 2>, u: T, v: T(3), w: T<K>, T<4>, t2: T<4> -> [4] }",
                &[
                    "`T<N>` needs 1 number, but gets 2",
                    "`T<N>` needs 1 number, but gets 0",
                    "`T` is a model: its numbers are in `<..>`, as in `T<64>`",
                    "`T<K>`: a macro does not know the value of `K`: write the number",
                    "`T` has parameters, and is known by its name: write `t: T<4>`",
                    "`T` is a model of this `model!`: what it gives is known, so leave out `->`",
                ],
            ),
            (
                "T<const N: usize, const M: usize>: [N] -> [M] { Relu } Net: [4] -> [4] { t: T<1>, u: T<1 - 2, 1 / 0> }",
                &[
                    "`T<N, M>` needs 2 numbers, but gets 1",
                    "`T<1 - 2, 1 / 0>`: `1 - 2` is negative",
                    "`T<1 - 2, 1 / 0>`: `1 / 0` divides by zero",
                ],
            ),
            (
                "T: [4] -> [4] { Relu } Net: [4] -> [4] { t: T<1> }",
                &["`T` has no parameters: write it without `<..>`"],
            ),
            (
                "T: [4] -> [4] { a: Linear(4), b: Linear(4) } Net = T { c: Linear(4) } Net2 = T { Linear(4) } Net3 = T(3); Net4: [4] -> [4] = T { |x| x }",
                &[
                    "`T` is a model: its numbers are in `<..>`, and its layers in `{ .. }`",
                    "the input of this model is that of the model that it is made from: write only `-> ..`",
                    "only layers can be replaced: the body is that of `T`",
                    "`T` has no layer `c`: it has a, b; did you mean `a`?",
                    "say which layer of `T` this replaces: `fc: Linear(4)`",
                ],
            ),
            (
                "T: [4] -> [4] { fc: Linear(4), |x, y| fc(x) } Net: [4] -> [4] { t: T, u: T, |x| t(u(x), x) }",
                &["the body takes 2 values, but the input of `T` is 1 value"],
            ),
            (
                "T: ([4], [4]) -> [4] { |x, y| x + y } Net: [4] -> [4] { t: T, |x| t(x) }",
                &["`t` takes 2 values, but gets 1"],
            ),
            (
                "T: [4] -> ([4], [4]) { |x| (x, x) } Net: [4] -> [4] { t: T, fc: Linear(3) }",
                &["`fc` takes 1 value, but gets 2"],
            ),
            (
                "T: [4] -> ([4], [4]) { |x| x } Net: [4] -> [4] { t: T, |x| { let (a, b) = t(x); a + b } }",
                &["`T` gives 1 value, but its output is declared as ([4], [4])"],
            ),
            (
                "Net: [4] -> [4] { a: Linear(4), conv: Conv2d(3) } Other: [3] -> [3] { b: Linnear(3) } ; Third",
                &[
                    "`Third` does not say what its input and output are: write `Third: [1, 28, 28] -> [10] { .. }` with your shapes",
                    "`conv` needs `kernel`: `Conv2d(16, kernel = 3)`",
                    "unknown layer `Linnear`: did you mean `Linear`?",
                ],
            ),
            (
                "R: [4] -> [4] { Relu, Tanh } Net: [4] -> [4] { #[frozen] r: R, #[param(name = \"a\")] s: [R; 2] }",
                &["`r` has no parameters to freeze", "`s` has no parameters to save under a name"],
            ),
            (
                "B: [8] -> [4] { #[param(name = \"a\")] fc: Linear(4) } Net = B { fc: Identity, fc: Linear(6), r#fc: Relu };",
                &["`fc` is replaced twice"],
            ),
        ],
    );
}
