//! From a declaration to its messages, or to the sizes that it gets.

use crate::errors::Errors;
use crate::graph::Graph;
use crate::{expand, parse, shapes};

/// The messages for a struct, in order.
fn messages(declaration: &str) -> Vec<String> {
    let input = syn::parse_str(declaration).expect("the test's struct parses");
    let errors = Errors::new();
    // Whatever is written besides the errors must at least be items.
    let items = expand(&input, &errors);
    syn::parse2::<syn::File>(items).expect("items");
    errors.into_vec().iter().map(ToString::to_string).collect()
}

/// The messages for a struct with these attributes and fields.
fn model(input: &str, fields: &str) -> Vec<String> {
    messages(&format!("#[module({input})] #[repr(C)] struct Net {{ {fields} }}"))
}

/// Every value's shape.
fn shapes_of(input: &str, fields: &str) -> Vec<String> {
    let text = format!("#[module(input = {input})] #[repr(C)] struct Net {{ {fields} }}");
    let errors = Errors::new();
    let declaration = parse::declaration(&syn::parse_str(&text).expect("parses"), &errors).expect("a model");
    let mut graph = Graph::of_struct(declaration);
    shapes::infer(&mut graph, &errors);
    let found: Vec<_> = errors.into_vec().iter().map(ToString::to_string).collect();
    assert_eq!(found, [""; 0], "{fields}");
    graph.values.iter().map(|value| value.sample.as_ref().expect("inferred").to_string()).collect()
}

const LENET: &str = "conv1: Conv2d<1, 6, 5, 1, 2>, act1: Relu, pool1: MaxPool2d<2>, \
     conv2: nn::Conv2d<6, { 16 }, 5, 1, 0, 1, 1, Relu>, pool2: castiron::nn::MaxPool2d<2>, \
     fc1: Linear<Rank3<16, 5, 5>, 120, Relu>, fc2: Linear<[f32; 120], 84>, fc3: Linear<shape![84], 10>";

#[test]
fn infers_every_shape() {
    assert_eq!(
        shapes_of("[1, 28, 28]", LENET),
        [
            "[1, 28, 28]",
            "[6, 28, 28]",
            "[6, 28, 28]",
            "[6, 14, 14]",
            "[16, 10, 10]",
            "[16, 5, 5]",
            "[120]",
            "[84]",
            "[10]"
        ]
    );
    for (input, layer, output) in [
        ("[3, 224, 224]", "Conv2d<3, 64, 7, 2, 3>", "[64, 112, 112]"),
        ("[3, 16, 12]", "Conv2d<3, 8, 3, 1, 0, 2>", "[8, 12, 8]"),
        // Channels are those of a group: depthwise.
        ("[32, 8, 8]", "Conv2d<1, 32, 3, 1, 1, 1, 32>", "[32, 8, 8]"),
        ("[64, 112, 112]", "MaxPool2d<3, 2, 1>", "[64, 56, 56]"),
        ("[4, 7, 7]", "AvgPool2d<2>", "[4, 3, 3]"),
        ("[512, 7, 7]", "GlobalAvgPool2d", "[512]"),
        ("[8, 3, 3]", "BatchNorm2d<8>", "[8, 3, 3]"),
        ("[8, 3, 3]", "Residual<Conv2d<8, 8, 3, 1, 1>>", "[8, 3, 3]"),
        ("[9]", "[Residual<Linear<Rank1<9>, 9, Relu>>; 6]", "[9]"),
        ("[9]", "[Block; 6]", "[9]"),
        ("[5, 9]", "Linear<Rank1<9>, 4>", "[5, 4]"),
        ("f32", "Linear<f32, 4>", "[4]"),
        ("[i32; 12]", "Embedding<1000, 64>", "[12, 64]"),
        ("[12, 64]", "Lstm<64, 32>", "[12, 32]"),
        ("([4, 16], [7, 16])", "MultiheadAttention<16, 4>", "[4, 16]"),
        ("[2, 3, 4, 5]", "Dropout<10>", "[2, 3, 4, 5]"),
        ("[3]", "LeakyRelu<1, 100>", "[3]"),
        ("[3]", "#[module(output = shape![i32; 4])] custom: Mine, x: Embedding<4, 2>", "[4, 2]"),
    ] {
        let field = if layer.contains(": ") { layer.to_string() } else { format!("layer: {layer}") };
        assert_eq!(shapes_of(input, &field).last().map(String::as_str), Some(output), "{layer}");
    }
}

#[test]
fn one_message_for_one_mistake() {
    for (input, fields, message) in [
        (
            "input = [16, 10, 10]",
            "pool2: MaxPool2d<2>, fc1: Linear<Rank3<16, 4, 4>, 120>, fc2: Linear<Rank1<120>, 10>",
            "`fc1` gets [16, 5, 5] from `pool2`, but is declared for [16, 4, 4]",
        ),
        (
            "input = [1, 28, 28]",
            "fc1: Linear<Rank1<784>, 10>",
            "`fc1` gets [1, 28, 28] from the input of `Net`, but is declared for [784]",
        ),
        (
            "input = [6, 28, 28]",
            "pool1: MaxPool2d<2>, conv2: Conv2d<8, 16, 5>, fc: Linear<Rank3<16, 10, 10>, 10>",
            "`conv2` gets 6 channels from `pool1` ([6, 14, 14]), but is declared for 8",
        ),
        (
            "input = [6, 28, 28]",
            "conv: Conv2d<2, 16, 5, 1, 0, 1, 2>",
            "`conv` gets 6 channels from the input of `Net` ([6, 28, 28]), but is declared for 4, 2 in each of 2 groups",
        ),
        (
            "input = [4, 4, 4]",
            "conv: Conv2d<2, 5, 3, 1, 0, 1, 2>",
            "`conv`: 5 output channels cannot be divided into 2 equal groups",
        ),
        (
            "input = [1, 4, 4]",
            "conv1: Conv2d<1, 6, 7>, relu: Relu, fc: Linear<Rank1<9>, 10>",
            "`conv1`: a 7×7 kernel does not fit its input [1, 4, 4] with padding 0: use a smaller kernel or more padding",
        ),
        (
            "input = [1, 6, 6]",
            "conv1: Conv2d<1, 6, 3, 1, 1, 4>",
            "`conv1`: a 3×3 kernel with dilation 4, which spans 9×9, does not fit its input [1, 6, 6] with padding 1: \
             use a smaller kernel or more padding",
        ),
        (
            "input = [1, 6, 6]",
            "pool: MaxPool2d<2, 2, 2>",
            "`pool` pads by 2, more than half of its 2×2 window: use less padding",
        ),
        (
            "input = [784], output = [12]",
            "fc: Linear<Rank1<784>, 10>",
            "`Net` gives [10], but its output is declared as [12]",
        ),
        (
            "input = [784]",
            "block: Block, fc: Linear<Rank1<784>, 10>",
            "`block` is not a layer that castiron knows: say what it returns with `#[module(output = [..])]`",
        ),
        (
            "input = [784]",
            "#[module(output = [12])] fc: Linear<Rank1<784>, 10>, fc2: Linear<Rank1<12>, 3>",
            "`fc` gives [10], but its output is declared as [12]",
        ),
        (
            "input = shape![u8; 784]",
            "fc: Linear<Rank1<784>, 10>",
            "`fc` gets [784] of u8 from the input of `Net`, but is declared for [784] of f32",
        ),
        (
            "input = [784]",
            "conv: Conv2d<1, 6, 5>",
            "`conv` gets [784] from the input of `Net`, but takes images [channels, height, width]",
        ),
        (
            "input = [784]",
            "e: Embedding<9, 3>",
            "`e` gets [784] of f32 from the input of `Net`, but works on i32",
        ),
        (
            "input = ([3], [4])",
            "r: Relu",
            "`r` gets ([3], [4]) from the input of `Net`, but takes one tensor",
        ),
        (
            "input = [5, 9]",
            "l: Lstm<8, 3>",
            "`l` gets [5, 9] from the input of `Net`, but is declared for sequences of 8 numbers at a time",
        ),
        (
            "input = [8, 3, 3]",
            "res: Residual<Conv2d<8, 8, 3>>",
            "`res` makes [8, 1, 1] of [8, 3, 3], but `Residual` adds what its layer gets to what it gives: it must keep \
             the shape",
        ),
        (
            "input = [8]",
            "fc: Linear<8, 3>",
            "`fc`: parameter 1 is the shape that it gets: write `Rank1<8>`, not `8`",
        ),
        ("input = [8]", "fc: Linear<Rank1<8>>", "`fc`: parameter 2 is missing: how many numbers it gives"),
        (
            "input = [8]",
            "fc: Linear<Rank1<8>, N>",
            "`fc`: a macro does not know the value of `N`: write the number",
        ),
        (
            "input = [8]",
            "#[module(input = [8])] a: Relu",
            "what a layer gets is what the layer before it gives: declare only its `output`",
        ),
        ("input = [8]", "#[param(name = \"b\")] a: Relu, b: Relu", "`b` is saved as \"b\", and so is `a`"),
        ("input = [8, 0]", "a: Relu", "a dimension must be at least 1"),
    ] {
        assert_eq!(model(input, fields), [message], "{fields}");
    }
}

#[test]
fn all_messages_at_once() {
    let found = model(
        "input = [1, 28, 28], output = [12]",
        "conv1: Conv2d<3, 6, 5, 1, 2>, pool1: MaxPool2d<2>, conv2: Conv2d<8, 16, 5>, mine: Mine, \
         fc1: Linear<Rank3<16, 5, 5>, 120>, fc2: Linear<Rank1<100>, 10>",
    );
    assert_eq!(
        found,
        [
            "`conv1` gets 1 channel from the input of `Net` ([1, 28, 28]), but is declared for 3",
            "`conv2` gets 6 channels from `pool1` ([6, 14, 14]), but is declared for 8",
            "`mine` is not a layer that castiron knows: say what it returns with `#[module(output = [..])]`",
            "`fc2` gets [120] from `fc1`, but is declared for [100]",
            "`Net` gives [10], but its output is declared as [12]",
        ]
    );
}

#[test]
fn refuses_what_is_no_model() {
    for (text, start) in [
        ("#[module(input = [1])] enum Net { A }", "`Net` is an enum"),
        ("#[module(input = [1])] union Net { a: f32 }", "`Net` is a union"),
        ("#[module(input = [1])] #[repr(C)] struct Net(Relu);", "the layers of `Net` have no names"),
        ("#[module(input = [1])] #[repr(C)] struct Net {}", "`Net` has no layers"),
        ("#[module(input = [1])] #[repr(C)] struct Net;", "`Net` has no layers"),
        ("#[module(input = [1])] #[repr(C)] struct Net<const N: usize> { a: Relu }", "`Net` is generic"),
        ("#[module(input = [1])] #[repr(C)] struct Net<'a> { a: Relu<'a> }", "`Net` is generic"),
        ("#[module(input = [1])] struct Net { a: Relu }", "`Net` needs `#[repr(C)]`"),
        ("#[module(input = [1])] #[repr(transparent)] struct Net { a: Relu }", "`Net` needs `#[repr(C)]`"),
        (
            "#[module(input = [1])] #[repr(C, packed(4))] struct Net { a: Relu }",
            "kernels read the parameters",
        ),
        ("#[repr(C)] struct Net { a: Relu }", "`Net` does not say what one input is"),
        ("#[module(inputs = [1])] #[repr(C)] struct Net { a: Relu }", "`module` says `input = [..]`"),
        ("#[module(input = [1], input = [2])] #[repr(C)] struct Net { a: Relu }", "this is said twice"),
        (
            "#[module(input = [1])] #[repr(C)] struct Net { #[param(name = \"a..b\")] a: Relu }",
            "a name in checkpoints",
        ),
    ] {
        let found = messages(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(start), "{text}: {found:?}");
    }
    assert_eq!(model("input = [1], output = [1]", "a: Relu, b: Tanh"), [""; 0]);
    assert_eq!(messages("#[module(input = [1])] #[repr(C, align(128))] struct Net { a: Relu }"), [""; 0]);
}
