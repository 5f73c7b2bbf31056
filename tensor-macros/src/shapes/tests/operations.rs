//! Operations: what they give, and their messages.

use super::{Inferred, Net, number, open};
use crate::graph::{BinaryOp, Dims, What};

fn run(what: What, name: &str, inputs: &[&str]) -> Inferred {
    let mut net = Net::new(inputs);
    let all: Vec<_> = (0..inputs.len()).collect();
    net.operation(what, name, &all);
    net.all()
}

fn concat(axis: isize) -> What {
    What::Concat { axis: number(axis) }
}

fn narrow(axis: isize, start: isize, end: isize) -> What {
    What::Narrow { axis: number(axis), start: number(start), end: number(end) }
}

/// −1 is inferred.
fn reshape(dims: &[isize]) -> What {
    What::Reshape { dims: Dims::Given(dims.iter().map(|dim| (*dim >= 0).then(|| number(*dim))).collect()) }
}

fn permute(axes: &[isize]) -> What {
    What::Permute { axes: axes.iter().map(|axis| number(*axis)).collect() }
}

fn mean(axis: isize) -> What {
    What::Reduce { axis: number(axis), mean: true }
}

fn chunk(axis: isize, index: usize, of: isize) -> What {
    What::Chunk { axis: number(axis), index, of: number(of) }
}

fn split(axis: isize, index: usize, sizes: &[isize]) -> What {
    What::Split { axis: number(axis), index, sizes: sizes.iter().map(|size| number(*size)).collect() }
}

#[test]
fn gives_shapes() {
    use BinaryOp::{Add, Div, Mul, Sub};
    for (what, inputs, output) in [
        (What::Binary(Add), &["[64, 28, 28]", "[64, 28, 28]"][..], "[64, 28, 28]"),
        (What::Binary(Sub), &["[64, 28, 28]", "[28]"], "[64, 28, 28]"),
        (What::Binary(Mul), &["[64, 1, 1]", "[64, 28, 28]"], "[64, 28, 28]"),
        (What::Binary(Div), &["[5, 1]", "[1, 7]"], "[5, 7]"),
        (What::Binary(Add), &["f32", "[3]"], "[3]"),
        (What::Affine { scale: 2.0, shift: 1.0 }, &["[3, 4]"], "[3, 4]"),
        (What::Reciprocal { numerator: 1.0 }, &["[3]"], "[3]"),
        (concat(0), &["[3, 8, 8]", "[5, 8, 8]", "[1, 8, 8]"], "[9, 8, 8]"),
        (concat(-1), &["[3, 8]", "[3, 2]"], "[3, 10]"),
        (concat(0), &["[i32; 8]", "[i32; 2]"], "[10] of i32"),
        (narrow(0, 2, 5), &["[8, 4]"], "[3, 4]"),
        (narrow(-1, 0, 4), &["[i32; 8, 4]"], "[8, 4] of i32"),
        (What::From { axis: number(1), start: number(1) }, &["[8, 4]"], "[8, 3]"),
        (chunk(0, 1, 2), &["[8, 4]"], "[4, 4]"),
        (split(-1, 1, &[3, 5]), &["[2, 8]"], "[2, 5]"),
        (reshape(&[16, 25]), &["[16, 5, 5]"], "[16, 25]"),
        (reshape(&[-1, 25]), &["[i32; 400]"], "[16, 25] of i32"),
        (reshape(&[]), &["[1]"], "[]"),
        (What::Reshape { dims: Dims::Flat }, &["[16, 5, 5]"], "[400]"),
        (permute(&[1, 0, 2]), &["[3, 8, 5]"], "[8, 3, 5]"),
        (permute(&[-1, 0, 1]), &["[3, 8, 5]"], "[5, 3, 8]"),
        (What::Transpose, &["[3, 8, 5]"], "[3, 5, 8]"),
        (mean(0), &["[3, 8, 5]"], "[8, 5]"),
        (mean(-1), &["[3]"], "[]"),
    ] {
        let inputs: Vec<&str> = inputs
            .iter()
            .map(|text| if *text == "[i32; 8, 4]" { "shape![i32; 8, 4]" } else { text })
            .collect();
        assert_eq!(run(what, "operation", &inputs).last(), output, "{inputs:?}");
    }
}

#[test]
fn one_message_for_one_mistake() {
    use BinaryOp::{Add, Div, Mul, Sub};
    for (what, name, inputs, message) in [
        (
            What::Binary(Add),
            "+",
            &["[64, 28, 28]", "[32, 28, 28]"][..],
            "cannot add `x` [64, 28, 28] and `y` [32, 28, 28]: axis 0 is 64 and 32",
        ),
        (
            What::Binary(Sub),
            "-",
            &["[64, 28]", "[32, 27]"],
            "cannot subtract `y` [32, 27] from `x` [64, 28]: axis 0 is 32 and 64, axis 1 is 27 and 28",
        ),
        (What::Binary(Div), "/", &["[3]", "[4]"], "cannot divide `x` [3] by `y` [4]: axis 0 is 3 and 4"),
        (
            What::Binary(Mul),
            "*",
            &["[64]", "[64, 28, 28]"],
            "cannot multiply `x` [64] and `y` [64, 28, 28]: axes are compared from the last, and axis 2 of `y` [64, 28, 28] \
             is 28, axis 0 of `x` [64] is 64: use `.reshape([64, 1, 1])` to repeat it over the axes behind",
        ),
        (
            What::Binary(Add),
            "+",
            &["[3, 5]", "[4]"],
            "cannot add `x` [3, 5] and `y` [4]: axes are compared from the last, and axis 1 of `x` [3, 5] is 5, axis 0 of \
             `y` [4] is 4",
        ),
        (What::Binary(Add), "+", &["[i32; 3]", "[3]"], "`+` gets [3] of i32 from `x`, but works on f32"),
        (
            What::Binary(Add),
            "+",
            &["[3]", "([3], [3])"],
            "`+` gets ([3], [3]) from `y`, but takes one tensor",
        ),
        (What::Binary(Add), "+", &["[3]"], "`+`: it takes two tensors, not 1"),
        (
            What::Affine { scale: 2.0, shift: 0.0 },
            "*",
            &["[i32; 3]"],
            "`*` gets [3] of i32 from `x`, but works on f32",
        ),
        (
            What::Reciprocal { numerator: 2.0 },
            "/",
            &["[i32; 3]"],
            "`/` gets [3] of i32 from `x`, but works on f32",
        ),
        (
            concat(1),
            "concat",
            &["[3, 8, 8]", "[5, 4, 7]"],
            "cannot concatenate `x` [3, 8, 8] and `y` [5, 4, 7] along axis 1: axis 0 is 3 and 5, axis 2 is 8 and 7",
        ),
        (
            concat(0),
            "concat",
            &["[3, 8]", "[3, 8]", "[5]"],
            "cannot concatenate `x` [3, 8] and `z` [5] along axis 0: one has 2 axes, the other 1 axis",
        ),
        (
            concat(0),
            "concat",
            &["[3]", "[i32; 3]"],
            "cannot concatenate `x` [3] and `y` [3] of i32 along axis 0: one is of f32, the other of i32",
        ),
        (concat(2), "concat", &["[3]", "[3]"], "`concat`: there is no axis 2: `x` [3] has only axis 0"),
        (concat(0), "concat", &[], "`concat`: it takes tensors, not 0"),
        (
            narrow(-3, 0, 1),
            "narrow",
            &["[3, 4]"],
            "`narrow`: there is no axis -3: `x` [3, 4] has the axes 0 to 1",
        ),
        (
            narrow(0, 5, 7),
            "narrow",
            &["[i64; 8]"],
            "`narrow`: it moves numbers of f32, bf16, f16 and i32, not of i64",
        ),
        (
            narrow(0, 0, 1),
            "narrow",
            &["[2, 1, 2, 1, 2, 1, 2]"],
            "`narrow`: [1, 1, 2, 1, 2, 1, 2] has more than six axes",
        ),
        (narrow(0, 5, 9), "narrow", &["[8, 4]"], "`narrow`: 5..9 is out of range: axis 0 of `x` [8, 4] is 8"),
        (
            narrow(0, 5, 5),
            "narrow",
            &["[8, 4]"],
            "`narrow`: nothing is left of `x` [8, 4]: 5..5 of axis 0 is empty",
        ),
        (
            What::From { axis: number(0), start: number(8) },
            "slice",
            &["[8]"],
            "`slice`: nothing is left of `x` [8]: 8..8 of axis 0 is empty",
        ),
        (
            chunk(0, 0, 3),
            "chunk",
            &["[8, 4]"],
            "`chunk`: axis 0 of `x` [8, 4] is 8, which cannot be divided into 3 equal parts",
        ),
        (
            split(0, 0, &[3, 4]),
            "split",
            &["[8, 4]"],
            "`split`: [3, 4] is 7 together, but axis 0 of `x` [8, 4] is 8",
        ),
        (
            reshape(&[16, 24]),
            "reshape",
            &["[16, 5, 5]"],
            "cannot reshape `x` [16, 5, 5] to [16, 24]: it has 400 numbers, not 384: [16, 25] fits",
        ),
        (
            reshape(&[3, 3]),
            "reshape",
            &["[16, 5, 5]"],
            "cannot reshape `x` [16, 5, 5] to [3, 3]: it has 400 numbers, not 9",
        ),
        (
            reshape(&[-1, 7]),
            "reshape",
            &["[16, 5, 5]"],
            "cannot reshape `x` [16, 5, 5] to [-1, 7]: its 400 numbers cannot be divided by 7",
        ),
        (
            reshape(&[-1, -1]),
            "reshape",
            &["[4]"],
            "cannot reshape `x` [4] to [-1, -1]: only one dimension can be left to infer",
        ),
        (
            permute(&[0, 0, 1]),
            "permute",
            &["[3, 4, 5]"],
            "`permute`: [0, 0, 1] is no order of the axes 0, 1, 2 of `x` [3, 4, 5]: name each of them once",
        ),
        (
            permute(&[1, -3]),
            "permute",
            &["[3, 4]"],
            "`permute`: [1, -3] is no order of the axes 0, 1 of `x` [3, 4]: name each of them once",
        ),
        (
            What::Transpose,
            "transpose",
            &["[3]"],
            "`transpose`: `x` [3] has 1 axis, and it swaps the last two",
        ),
        (mean(0), "mean", &["f32"], "`mean`: there is no axis 0: `x` [] has no axes"),
        (mean(0), "mean", &["[i32; 3]"], "`mean` gets [3] of i32 from `x`, but works on f32"),
    ] {
        assert_eq!(run(what, name, inputs).message(), message);
    }
}

#[test]
fn goes_on_with_what_is_asked_for() {
    for (what, output) in [
        (narrow(0, 5, 9), "[4, 4]"),
        (reshape(&[3, 3]), "[3, 3]"),
        (split(0, 0, &[3, 4]), "[3, 4]"),
        (permute(&[0, 0]), "unknown"),
    ] {
        let net = run(what, "operation", &["[8, 4]"]);
        net.message();
        assert_eq!(net.shape(1), output);
    }
}

#[test]
fn fills_in_what_the_shape_decides() {
    let mut net = Net::new(&["[8, 4]"]);
    net.operation(What::From { axis: number(-1), start: number(1) }, "slice", &[0]);
    net.operation(chunk(0, 1, 2), "chunk", &[0]);
    net.operation(split(-2, 1, &[3, 5]), "split", &[0]);
    net.operation(What::Transpose, "transpose", &[0]);
    net.operation(permute(&[-1, 0]), "permute", &[0]);
    net.operation(mean(-2), "mean", &[0]);
    net.operation(concat(-1), "concat", &[0, 0]);
    let net = net.all();
    net.last();
    let found = net.graph.nodes.iter().map(|node| match &node.what {
        What::Narrow { axis, start, end } => vec![axis.value, start.value, end.value],
        What::Permute { axes } => axes.iter().map(|axis| axis.value).collect(),
        What::Reduce { axis, .. } | What::Concat { axis } => vec![axis.value],
        _ => panic!("{} is left as it was", node.name),
    });
    let found: Vec<_> = found.collect();
    assert_eq!(found, [&[1, 1, 4][..], &[0, 4, 8], &[0, 3, 8], &[1, 0], &[1, 0], &[0], &[1]]);
}

#[test]
fn a_fault_of_a_split_is_said_once() {
    let mut net = Net::new(&["[7]"]);
    for index in 0..2 {
        net.operation(chunk(0, index, 2), "chunk", &[0]);
    }
    for index in 0..2 {
        net.operation(split(0, index, &[3, 3]), "split", &[0]);
    }
    assert_eq!(net.all().messages.len(), 2);
}

#[test]
fn says_which_padding_is_missing() {
    for (second, hint) in [
        ("Conv2d<1, 8, 3>", ": use padding = 2 in `conv1` and padding = 1 in `conv2` to keep 28×28"),
        ("Conv2d<1, 8, 3, 1, 1>", ": use padding = 2 in `conv1` to keep 28×28"),
        // That is not what is wrong.
        ("Conv2d<1, 8, 3, 2>", ""),
        ("MaxPool2d<2>", ""),
    ] {
        for what in [What::Binary(BinaryOp::Add), concat(0)] {
            let mut net = Net::new(&["[8, 28, 28]"]);
            let a = net.layer("conv1", open("Conv2d<1, 8, 5>"), &[0]);
            let b = net.layer("relu", open("Relu"), &[a]);
            let c = net.layer("conv2", open(second), &[b]);
            net.operation(what, "join", &[c, 0]);
            let net = net.all();
            let message = net.message();
            let end = message.split(" is ").last().expect("a part");
            assert_eq!(end.find(':').map_or("", |i| &end[i..]), hint, "{message}");
        }
    }
}
