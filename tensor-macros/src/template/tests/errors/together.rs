//! What is wrong with whole models, shapes and all: every fault of one declaration, and none that follows
//! from another.

use super::check;
use crate::errors::Errors;

fn found(text: &str) -> Vec<String> {
    let errors = Errors::new();
    crate::declarations(text.parse().expect("tokens"), &errors);
    errors.into_vec().iter().map(ToString::to_string).collect()
}

#[test]
fn every_fault_and_nothing_else() {
    check(
        found,
        &[
            (
                "Net: [1, 28, 28] -> [12] {
                    conv1: Conv2d(6, kernel = 5, strides = 1), Relu, pool1: MaxPool2d(2),
                    conv2: Conv2d(16, kernel = 50),
                    fc1: Linear(120), Relu,
                    fc3: Linear(10),
                }",
                &[
                    "unknown option `strides` of `conv1`: `Conv2d` has kernel, stride, padding, dilation, groups, bias; did you mean `stride`?",
                    "`conv2`: a 50×50 kernel does not fit its input [6, 12, 12] from `pool1` with padding 0: a kernel of at most 12 fits",
                    "`Net` gives [10] from `fc3`, but its output is declared as [12]",
                ],
            ),
            // A number that cannot be read makes sizes unknown, and no others.
            (
                "Net: [3, 8, 8] -> [4, 8, 8] { conv: Conv2d(4, kernel = 3, padding = true) }",
                &["`padding` of `conv`: `true` is no whole number"],
            ),
            (
                "Net: [3, 8, 8] -> [4, 4, 4] { conv: Conv2d(4, kernel = 3, strides = 2, padding = 1) }",
                &[
                    "unknown option `strides` of `conv`: `Conv2d` has kernel, stride, padding, dilation, groups, bias; did you mean `stride`?",
                ],
            ),
            (
                "Net: [3, 8, 8] -> [5] { conv: Conv2d(4), Relu, Flatten, fc: Linear(4) }",
                &[
                    "`conv` needs `kernel`: `Conv2d(16, kernel = 3)`",
                    "`Net` gives [4] from `fc`, but its output is declared as [5]",
                ],
            ),
            (
                "Net: [3, 8, 8] -> [4, 6, 6] { conv: Conv2d(3, 4, 3), fc: Linear(8, 2), b: Linear(2) }",
                &[
                    "`conv`: `Conv2d` takes one argument without a name, the number of output channels: `Conv2d(16, kernel = 3)`",
                    "`fc`: `Linear` takes one argument without a name, the number of outputs: `Linear(10)`",
                    "`Net` gives [2] from `b`, but its output is declared as [4, 6, 6]",
                ],
            ),
            (
                "Net: [8] -> [2] { fc1: Linear(= 4), fc2: Linear(4), conv: Conv2d(3, kernel = 3) }",
                &[
                    "`fc1`: expected an expression",
                    "`conv` gets [4] from `fc2`, but takes images [channels, height, width]",
                ],
            ),
            (
                "Net: [i32; 8] -> [8, 4] { emb: Embedding(10), lstm: Lstm(5), fc: Linear(3) }",
                &["`emb` needs the number of outputs for each: `Embedding(1000, 64)`"],
            ),
            (
                "Net: [8, 4] -> [8, 4] { att: MultiheadAttention(heads = 0), |x| att(x, x) }",
                &["`heads` of `att` must be at least 1"],
            ),
            (
                "Net: [3, 8, 8] -> [2] { a: Linnear(3), conv: Conv2d(2, kernel = 3), fc: Linear(3) }",
                &[
                    "unknown layer `Linnear`: did you mean `Linear`?",
                    "`Net` gives [3] from `fc`, but its output is declared as [2]",
                ],
            ),
            (
                "Net: [3, 8, 8] -> [2] { #[init(weight = zeros)] a: Conv2d(4, kernel = 9), fc: Linear(2) }",
                &[
                    "`a`: a 9×9 kernel does not fit its input [3, 8, 8] from the input of `Net` with padding 0: a kernel of at most 8 fits, or use padding = 4 to keep 8×8",
                ],
            ),
            // Two layers of one name.
            (
                "Net: [8] -> [2] { fc: Linear(4), fc: Linear(2) }",
                &["`fc` is declared twice: give one of the two another name"],
            ),
            (
                "Net: [8] -> [2] { fc: Linear(4), fc: Linear(2), |x| fc(x) }",
                &["`fc` is declared twice: give one of the two another name"],
            ),
            (
                "Net: [8] -> [2] { #[init(bias = zeros)] fc: Linear(2, bias = false) }",
                &["`fc` has no parameter `bias`: it has weight"],
            ),
            (
                "Net: [8] -> [2] { fc: Linear(2), |x| fc(x), fc2: Linear(2) }",
                &["the body is the last part of a model: write `fc2` before it"],
            ),
            (
                "Net: 8 -> [2] { fc: Linear(2) }",
                &[
                    "the input of `Net`: `8` is no sample: write its shape between brackets, such as `[1, 28, 28]`",
                ],
            ),
            ("Net: [2.5] -> [2] { fc: Linear(2) }", &["the input of `Net`: `2.5` is no whole number"]),
            (
                "Net: [8, 4] -> [3, 4] { |x| x[6..9] }",
                &["`x[6..9]`: 6..9 is out of range: axis 0 of the input of `Net` [8, 4] is 8"],
            ),
            (
                "Net: [4] -> [8] { encoder: my::Encoder -> ([8], [8]), |x| { let (a, b) = encoder(x); a + b } }",
                &[
                    "`encoder` gives ([8], [8]), which cannot be taken apart here: from a module that castiron does not know it is one value",
                ],
            ),
            (
                "Net: [4] -> [8] { encoder: my::Encoder -> ([8], [8]), |x| encoder(x).0 }",
                &[
                    "`encoder` gives ([8], [8]), which cannot be taken apart here: from a module that castiron does not know it is one value",
                ],
            ),
            (
                "Base: [8] -> [4] { fc1: Linear(16), fc: Linear(4) } Flowers = Base { fc: Linear(5), fc: Linear(6) };",
                &["`fc` is replaced twice"],
            ),
        ],
    );
}

#[test]
fn raw_names() {
    check(
        found,
        &[
            (
                "pub r#Move: [4] -> [4] { r#type: Linear(4), #[tap] r#fn: Linear(4), |r#in| { #[tap] let r#let = r#type(r#in); r#fn(r#let) } }
                 r#Box<const r#N: usize>: [r#N] -> [N] { r#loop: Linear(N) }
                 Net: [4] -> [3] { a: Move, b: r#Move, c: [r#Box<4>; 2], head: r#Linear(3) }
                 r#Other = Net { r#head: Linear(3) };",
                &[],
            ),
            ("r#Move: [4] -> [4] { r#type: Linear(4), |r#in| r#in }", &["`type` is declared and never called"]),
        ],
    );
}
