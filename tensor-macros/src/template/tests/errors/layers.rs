//! What is wrong with layers and their attributes.

use super::check;
use crate::template::tests::of_layers;

#[test]
fn each_mistake_once() {
    check(
        of_layers,
        &[
            (
                "conv1: Conv2d(6, kernal = 5)",
                &[
                    "unknown option `kernal` of `conv1`: `Conv2d` has kernel, stride, padding, dilation, groups, bias; did you mean `kernel`?",
                ],
            ),
            ("conv1: Conv2d(6, kernel = 5, kernel = 3)", &["`kernel` of `conv1` is said twice"]),
            (
                "conv1: Conv2d",
                &[
                    "`conv1` needs the number of output channels first: `Conv2d(16, kernel = 3)`",
                    "`conv1` needs `kernel`: `Conv2d(16, kernel = 3)`",
                ],
            ),
            ("conv1: Conv2d(3)", &["`conv1` needs `kernel`: `Conv2d(16, kernel = 3)`"]),
            (
                "conv1: Conv2d(1, 6, 5)",
                &[
                    "`conv1`: `Conv2d` takes one argument without a name, the number of output channels: `Conv2d(16, kernel = 3)`",
                ],
            ),
            (
                "Embedding(1, 2, 3), a: Relu(3)",
                &[
                    "`Embedding` takes 2 arguments without names, the number of tokens, the number of outputs for each: `Embedding(1000, 64)`",
                    "`Embedding` has parameters, and is known by its name: write `embedding: Embedding(1, 2, 3)`",
                    "`a`: `Relu` takes nothing: write `Relu`",
                ],
            ),
            (
                "e: Embedding(1, 2, 3)",
                &[
                    "`e`: `Embedding` takes 2 arguments without names, the number of tokens, the number of outputs for each: `Embedding(1000, 64)`",
                ],
            ),
            ("fc: Linnear(10)", &["unknown layer `Linnear`: did you mean `Linear`?"]),
            (
                "fc: Foo(10)",
                &[
                    "unknown layer `Foo`: a module that is not castiron's is written with what it gives, `foo: Foo -> [64]`",
                ],
            ),
            (
                "Linear(10)",
                &["`Linear` has parameters, and is known by its name: write `linear: Linear(10)`"],
            ),
            (
                "fc: Linear(0), b: Conv2d(3, kernel = 0)",
                &["the number of outputs of `fc` must be at least 1", "`kernel` of `b` must be at least 1"],
            ),
            ("fc: Linear(1.5)", &["the number of outputs of `fc`: `1.5` is no whole number"]),
            ("fc: Linear(10, bias = 1)", &["`bias` of `fc` is `true` or `false`, not `1`"]),
            ("fc: Linear(10 / 0)", &["the number of outputs of `fc`: `10 / 0` divides by zero"]),
            (
                "fc: Linear(N)",
                &["the number of outputs of `fc`: a macro does not know the value of `N`: write the number"],
            ),
            ("act: Rellu", &["unknown layer `Rellu`: did you mean `Relu`?"]),
            (
                "Foo",
                &[
                    "unknown layer `Foo`: a module that is not castiron's is written with what it gives, `foo: Foo -> [64]`",
                ],
            ),
            (
                "BatchNorm2d(3)",
                &[
                    "every option of `BatchNorm2d` has a name: `BatchNorm2d(eps = 1e-5, momentum = 0.1)`",
                    "`BatchNorm2d` has parameters, and is known by its name: write `batch_norm2d: BatchNorm2d(3)`",
                ],
            ),
            ("bn: BatchNorm2d(eps = 0)", &["`eps` of `bn` is a multiple of a billionth, and at least that"]),
            ("Dropout(1.5)", &["`Dropout` drops a share of at least 0 and less than 1"]),
            (
                "a: Relu b: Tanh, c: Foo(3)",
                &[
                    "a comma is missing before `b`",
                    "unknown layer `Foo`: a module that is not castiron's is written with what it gives, `foo: Foo -> [64]`",
                ],
            ),
            ("a: Relu,, b: Relu", &["a layer is missing between two commas"]),
            (
                "a: , b: Linnear(3)",
                &[
                    "expected a layer after this, such as `Linear(10)` or `fc: Linear(10)`",
                    "unknown layer `Linnear`: did you mean `Linear`?",
                ],
            ),
            (
                "a: Linear(3, b: Linear(4)), c: Linnear(5)",
                &["`a`: this is not expected here", "unknown layer `Linnear`: did you mean `Linear`?"],
            ),
            (
                "a: Linear(3) -> , b: Linnear(5)",
                &[
                    "expected what the layer gives, such as `-> [64]`",
                    "unknown layer `Linnear`: did you mean `Linear`?",
                ],
            ),
            (
                "a: Linear(+), b: Linnear(5), c: Lstm",
                &[
                    "`a`: expected an expression",
                    "unknown layer `Linnear`: did you mean `Linear`?",
                    "`c` needs the number of outputs at a time first: `Lstm(64)`",
                ],
            ),
            ("a: Linear(3), a: Linear(4)", &["`a` is declared twice: give one of the two another name"]),
            ("a: Linear(3), #[param(name = \"a\")] b: Linear(4)", &["`b` is saved as \"a\", and so is `a`"]),
            (
                "#[param(name = \"a..b\")] b: Linear(4)",
                &["a name in checkpoints is words with dots between them"],
            ),
            ("#[tap] Relu", &["a tap is known by its name: write `name: ..`"]),
            (
                "#[cfg(a)] b: Linear(4)",
                &["a layer is there or not whatever the configuration is: declare two models"],
            ),
            (
                "#[init(wieght = zeros)] b: Linear(4)",
                &["`b` has no parameter `wieght`: it has weight, bias; did you mean `weight`?"],
            ),
            (
                "#[init(weight = zeroes)] b: Linear(4)",
                &[
                    "parameters start from one of zeros, ones, constant, uniform, normal, xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal; did you mean `zeros`?",
                ],
            ),
            (
                "#[init(weight = normal(1, 2, 3))] b: Linear(4)",
                &["`normal` takes the mean and the standard deviation: `normal(0, 0.02)`"],
            ),
            (
                "#[init(bias = zeros)] b: Linear(4, bias = false)",
                &["`b` has no parameter `bias`: it has weight"],
            ),
            (
                "#[init(weight = zeros, weight = ones)] b: Linear(4)",
                &["what `weight` starts from is said twice"],
            ),
            ("#[frozen] pool: MaxPool2d(2)", &["`pool` has no parameters to freeze"]),
            ("#[param(name = \"a.0\")] Flatten", &["`Flatten` has no parameters to save under a name"]),
            ("#[init(weight = zeros)] a: [Relu; 2]", &["`a` has no parameters to initialise"]),
            (
                "emb: Embedding(3, 4), #[frozen] #[init(weight = zeros)] out: Linear(tied = emb)",
                &["`out` has no parameters to freeze", "`out` has no parameters to initialise"],
            ),
            ("#[frozen] a: Linnear(3)", &["unknown layer `Linnear`: did you mean `Linear`?"]),
            (
                "conv: Conv2d(3, kernel = 3, dim = 2)",
                &[
                    "unknown option `dim` of `conv`: `Conv2d` has kernel, stride, padding, dilation, groups, bias",
                ],
            ),
            (
                "a: Linear(3), |x| a(x), #[tap] b: Linear(3)",
                &["the body is the last part of a model: write `b` before it"],
            ),
            (
                "a: Linear(3), |x| { a(x) }, b: Linear(3)",
                &["the body is the last part of a model: write `b` before it"],
            ),
            ("#[frozen(true)] b: Linear(4)", &["`frozen` is said alone: `#[frozen]`"]),
            ("#[frozen] #[frozen] b: Linear(4)", &["`frozen` is said twice"]),
            ("b: [Linear(4); 0]", &["the number of layers of `b` must be at least 1"]),
            ("b: [[Linear(4); 2]; 2]", &["an array of arrays of layers: write the inner one as a model"]),
            ("b: [Linear(4), 2]", &["an array of layers is written as `[Linear(10); 3]`"]),
            (
                "b: [Linear(4); N]",
                &["the number of layers of `b`: a macro does not know the value of `N`: write the number"],
            ),
            ("out: Linear(4, tied = emb)", &["there is no layer `emb` to tie `out` to"]),
            (
                "c: Conv2d(3, kernel = 3), out: Linear(4, tied = c)",
                &["`c` is no `Embedding` and no `Linear`, so its weight cannot be used"],
            ),
            (
                "emb: Embedding(3, 4), out: Linear(4, tied = emb, bias = true)",
                &["`out` is tied: it has no parameters of its own, and so it has no bias"],
            ),
            (
                "emb: Embedding(3, 4), out: Linear(4, tied = embb)",
                &["there is no layer `embb` to tie `out` to; did you mean `emb`?"],
            ),
            (
                "b: Net",
                &["`Net` contains itself (`Net` has `Net`): a model is memory of a size that is known"],
            ),
            (
                "b: Residual",
                &[
                    "`Residual` is around a type, `Residual<Linear<Rank1<8>, 8>>`; or write a body: `|x| layer(x) + x`",
                ],
            ),
            (
                "b: Conv2d<1, 2, 3>(4)",
                &["`Conv2d` is written either as a Rust type, `Conv2d<..>`, or with options, `Conv2d(..)`"],
            ),
        ],
    );
}
