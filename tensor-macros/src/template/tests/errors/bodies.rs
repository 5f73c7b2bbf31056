//! What is wrong in bodies.

use super::check;
use crate::template::tests::of_layers;

#[test]
fn each_mistake_once() {
    check(
        of_layers,
        &[
            ("a: Linear(4), |x| x", &["`a` is declared and never called"]),
            (
                "a: Linear(4), Relu, |x| a(x)",
                &["`Relu` has no name by which the body could call it: write `relu: Relu`"],
            ),
            ("a: Linear(4), |x| { let h = a(x); x }", &["`h` is computed and never used"]),
            ("a: Linear(4), |x, y| a(x)", &["the body takes 2 values, but the input of `Net` is 1 value"]),
            ("a: Linear(4), |x| a(x, x)", &["`a` takes 1 value, but gets 2"]),
            ("a: Linear(4), |x| b(a(x))", &["there is no layer or function `b`; did you mean `a`?"]),
            (
                "a: Linear(4), |x| aa(x) + a(y)",
                &[
                    "there is no layer or function `aa`; did you mean `a`?",
                    "there is no value `y` here; did you mean `x`?",
                ],
            ),
            ("conv: Linear(4), |x| con(x)", &["there is no layer or function `con`; did you mean `conv`?"]),
            (
                "a: Linear(4), |x| { if x { a(x) } else { x } }",
                &[
                    "a compiled model is one graph: for control flow that depends on data, call several models from ordinary Rust",
                ],
            ),
            (
                "a: Linear(4), |x| { for i in 0..3 { a(x) } x }",
                &[
                    "a compiled model is one graph: there are no loops in it; layers that follow each other are an array, `[Block; 3]`",
                ],
            ),
            ("a: Linear(4), |x| { let h = a(x) relu(h) }", &["expected `;`"]),
            (
                "a: Linear(4), |x| { let h = a(x +); let g = relu(h); g + bb(x) }",
                &[
                    "expected an expression after this",
                    "there is no layer or function `bb`: the layers are a",
                ],
            ),
            (
                "a: Linear(4), |x| { let h = match x { _ => a(x) }; h }",
                &[
                    "a compiled model is one graph: for control flow that depends on data, call several models from ordinary Rust",
                ],
            ),
            ("a: Linear(4), |x| { a(x); x }", &["`a(x)` is computed and never used"]),
            (
                "a: Linear(4), |x| { a(x); }",
                &["`a(x)` is computed and never used: without the semicolon it is the result"],
            ),
            (
                "a: Linear(4), |x| { let h = a(x); }",
                &["the body has no result: end it with what the model gives"],
            ),
            (
                "a: Linear(4), |x| x.map(|y| a(y))",
                &[
                    "a value has no method `map`: it has reshape, flatten, permute, transpose, narrow, slice, chunk, split, mean, sum",
                ],
            ),
            (
                "a: Linear(4), |x| a(x).reshap([4])",
                &[
                    "a value has no method `reshap`: it has reshape, flatten, permute, transpose, narrow, slice, chunk, split, mean, sum; did you mean `reshape`?",
                ],
            ),
            (
                "a: Linear(4), |x| a(x).reshape(4)",
                &["`reshape` takes the new dimensions between brackets: `x.reshape([16, -1])`"],
            ),
            ("a: Linear(4), |x| a(x).reshape([-1, -1])", &["only one dimension can be left to infer"]),
            ("a: Linear(4), |x| a(x).relu()", &["`relu` is called with its input: `relu(a(x))`"]),
            ("a: Linear(4), |x| reshape(a(x), [4])", &["`reshape` is a method: `x.reshape([16, -1])`"]),
            (
                "a: Linear(4), |x| { let (b, c) = a(x); b + c }",
                &["this takes 2 values apart, but gets 1 value"],
            ),
            (
                "a: Linear(4), |x| { let (b, c) = a(x).chunk(3, 0); b + c }",
                &["this takes 2 values apart, but gets 3 values"],
            ),
            (
                "a: Linear(4), |x| { let (b, c) = a(x).chunk(2); b + c }",
                &["`chunk` needs `axis`: `x.chunk(2, axis = 0)`"],
            ),
            (
                "a: Linear(4), |x| { let (b, c) = a(x).chunk(2, axis = 0); b }",
                &["`c` is computed and never used"],
            ),
            ("a: Linear(4), |x| a(x) / 0", &["`a(x) / 0` divides by zero"]),
            ("a: Linear(4), |x| a(x)[3]", &["a slice keeps its axis: `a(x)[3..4]`"]),
            ("a: Linear(4), |x| a(x)[3..2]", &["the slice 3..2 is empty"]),
            ("a: Linear(4), |x| a + x", &["`a` is a layer: call it, `a(x)`"]),
            (
                "a: Linear(4), |x| concat(a(x), x)",
                &["`concat` takes its values between brackets: `concat([a, b], axis = 0)`"],
            ),
            ("a: Linear(4), |x| concat([a(x), x])", &["`concat` needs `axis`: `concat([a, b], axis = 0)`"]),
            (
                "a: Linear(4), |x| concat([a(x), x], axis = 0, dim = 2)",
                &["unknown option `dim` of `concat`: it has axis"],
            ),
            ("a: Linear(4), |x| a[0](x)", &["`a` is one layer, and not an array of them: call it as `a(x)`"]),
            ("a: [Linear(4); 2], |x| a[2](x)", &["`a` has 2 layers: there is no `a[2]`"]),
            ("a: [Linear(4); 2], |x| a[1](x)", &["`a[0]` is declared and never called"]),
            ("a: Linear(4), |x| { x += a(x); x }", &["values do not change: bind the new one with `let`"]),
            (
                "a: Linear(4), |x| { let mut h = a(x); h }",
                &["values do not change: bind the new one with `let`"],
            ),
            ("a: Linear(4), |x| { let h: f32 = a(x); h }", &["shapes are inferred: leave this out"]),
            (
                "a: Linear(4), |x| println!(\"{}\", a(x))",
                &["a macro cannot be expanded in a body: write what it stands for"],
            ),
            (
                "#[tap] a: Linear(4), |x| a(a(x))",
                &["`a` is called more than once: tap what it gives, `#[tap] let h = a(x);`"],
            ),
            (
                "a: Linear(4), |x| { #[tap] let (h, g) = (a(x), x); #[tap] let h = h + g; h }",
                &["two taps are called `h`: a tap is one value, computed once, of a name of its own"],
            ),
            ("a: Linear(4), |x| a(x).mean()", &["`mean` needs `axis`: `x.mean(axis = 0)`"]),
            ("a: Linear(4), |x| (a(x), 3)", &["the result is the number 3, but a model gives tensors"]),
            ("a: Linear(4), |x| { }", &["the body has no result: end it with what the model gives"]),
            ("a: Linear(4), |x|", &["the body is missing: `|x| relu(fc(x))` or `|x| { .. }`"]),
            ("a: Linear(4), |x a(x)", &["the inputs of a body are between two bars: `|x| ..`"]),
            ("a: Linear(4), |x| Relu(a(x))", &["a layer is declared before the body: `relu: Relu`"]),
            (
                "a: Linear(4), |x| leaky_relu(a(x), 0.1, 3)",
                &[
                    "`leaky_relu` takes one argument without a name, the slope below zero: `leaky_relu(x, 0.01)`",
                ],
            ),
        ],
    );
}
