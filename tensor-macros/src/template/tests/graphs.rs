//! What is right, as graphs.

use super::{graph, graphs};

fn check(text: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let found = graph(text);
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn lenet() {
    check(
        "/// LeNet-5
         pub LeNet: [1, 28, 28] -> [10] {
             conv1: Conv2d(6, kernel = 5, padding = 2), Relu, MaxPool2d(2),
             /// The second.
             #[allow(unused)]
             conv2: Conv2d(16, kernel = 5), Relu, MaxPool2d(2, stride = 3, padding = 1), Flatten,
             #[frozen] fc1: Linear(120, bias = false), act: LeakyRelu(0.2), Dropout(0.25),
             #[param(name = \"head.0\")] #[init(weight = kaiming_normal, bias = uniform(-0.5, 1))] #[tap] fc3: Linear(10),
         }",
        "struct LeNet { conv1: Conv2d 6 k5 s1 p2 d1 g1, conv2: Conv2d 16 k5 s1 p0 d1 g1, fc1: Linear 120 no bias frozen, fc3: Linear 10 \"head.0\" weight = ::castiron::params::Init::KaimingNormal{gain:1.4142135f32} bias = ::castiron::params::Init::Uniform{low:-0.5f32,high:1f32} }
         %1 = conv1(%0)
         %2 = Relu(%1)
         %3 = MaxPool2d k2 s2 p0(%2)
         %4 = conv2(%3)
         %5 = Relu(%4)
         %6 = MaxPool2d k2 s3 p1(%5)
         %7 = flatten(%6)
         %8 = fc1 frozen(%7)
         %9 = LeakyRelu(20, 100)(%8)
         %10 = Dropout 25/100(%9)
         %11 = fc3(%10)
         %0 -> %11 tap fc3 %11",
    );
}

#[test]
fn every_layer() {
    for (layer, expected) in [
        (
            "Conv2d(8, kernel = 3, stride = 2, padding = 1, dilation = 2, groups = 4, bias = false)",
            "Conv2d 8 k3 s2 p1 d2 g4 no bias",
        ),
        ("nn::Conv2d(2 * 4, kernel = (3))", "Conv2d 8 k3 s1 p0 d1 g1"),
        ("BatchNorm2d", "BatchNorm2d 10000 100"),
        ("BatchNorm2d(eps = 1e-3, momentum = 0.01)", "BatchNorm2d 1000000 10"),
        (
            "ConvTranspose2d(8, kernel = 4, stride = 2, padding = 1, output_padding = 1, groups = 2, bias = false)",
            "ConvTranspose2d 8 k4 s2 p1 o1 g2 d1 no bias",
        ),
        ("LayerNorm", "LayerNorm 10000000 WithBias"),
        ("LayerNorm([2, 8], eps = 1e-12, bias = false)", "LayerNorm [2, 8] 1 NoBias"),
        ("RmsNorm(64)", "RmsNorm [64] 0 NoBias"),
        ("GroupNorm(2, eps = 1e-6)", "GroupNorm 2 1000000 WithBias"),
        ("InstanceNorm2d(affine = true)", "InstanceNorm2d 10000000 WithBias"),
        ("Embedding(1000, 64)", "Embedding 1000 64"),
        ("Lstm(64)", "Lstm 64"),
        ("my::Backbone -> [512]", "my::Backbone -> [512]"),
        ("[my::Block; 1 + 2] -> [64]", "[my::Block;3] -> [64]"),
        ("my::Block<3, f32> -> Rank2<3, 4>", "my::Block<3,f32> -> [3, 4]"),
        ("Linear(5) -> [5]", "Linear 5 -> [5]"),
    ] {
        let found = graph(&format!("Net: [4] -> [2] {{ layer: {layer} }}"));
        assert_eq!(found.lines().next(), Some(format!("struct Net {{ layer: {expected} }}").as_str()));
    }
    for (layer, expected) in [
        ("AvgPool2d(2)", "AvgPool2d k2 s2 p0"),
        ("GlobalAvgPool2d", "GlobalAvgPool2d"),
        ("InstanceNorm1d", "InstanceNorm1d 10000000 NotAffine"),
        ("RmsNorm(elementwise_affine = false)", "RmsNorm 0 NotAffine"),
        ("Dropout", "Dropout 50/100"),
        ("Dropout(0.125)", "Dropout 125/1000"),
        ("LeakyRelu", "LeakyRelu(1, 100)"),
        ("GeluTanh()", "GeluTanh"),
        ("Softmax", "Softmax"),
        ("Identity", "Identity"),
    ] {
        let found = graph(&format!("Net: [4] -> [2] {{ {layer} }}"));
        assert_eq!(found.lines().nth(1), Some(format!("%1 = {expected}(%0)").as_str()));
    }
}

#[test]
fn bodies() {
    let body = |input: &str, layers: &str, body: &str| {
        let found = graph(&format!("Net: {input} -> [2] {{ {layers} {body} }}"));
        found.lines().skip(1).map(str::to_string).collect::<Vec<_>>().join("; ")
    };
    let of = |expression: &str| body("[8, 4]", "", &format!("|x| {expression}"));
    for (expression, expected) in [
        ("relu(x)", "%1 = Relu(%0); %0 -> %1"),
        ("log_softmax(x)", "%1 = LogSoftmax(%0); %0 -> %1"),
        ("gelu_tanh(leaky_relu(x, 0.3))", "%1 = LeakyRelu(30, 100)(%0); %2 = GeluTanh(%1); %0 -> %2"),
        ("leaky_relu(x)", "%1 = LeakyRelu(1, 100)(%0); %0 -> %1"),
        ("x + x * x", "%1 = mul(%0, %0); %2 = add(%0, %1); %0 -> %2"),
        ("-x / 2", "%1 = -1x + 0 (%0); %2 = 0.5x + 0 (%1); %0 -> %2"),
        ("1 - x * (0.5 + 1.5)", "%1 = 2x + 0 (%0); %2 = -1x + 1 (%1); %0 -> %2"),
        ("1.0 / (x - 3)", "%1 = 1x + -3 (%0); %2 = 1/x (%1); %0 -> %2"),
        ("x.reshape([4, -1]).flatten()", "%1 = reshape [4, ?] (%0); %2 = flatten(%1); %0 -> %2"),
        ("x.permute([1, -2]).transpose()", "%1 = permute [1, -2] (%0); %2 = transpose(%1); %0 -> %2"),
        ("x.narrow(1, 0, 2)", "%1 = narrow 1 0..2 (%0); %0 -> %1"),
        ("x.narrow(axis = -1, start = 1, len = 2)", "%1 = narrow -1 1..3 (%0); %0 -> %1"),
        ("x[2..]", "%1 = narrow 0 2.. (%0); %0 -> %1"),
        ("x[..=2]", "%1 = narrow 0 0..3 (%0); %0 -> %1"),
        ("x[..]", "%0 -> %0"),
        ("x.slice([.., 2..4])", "%1 = narrow 1 2..4 (%0); %0 -> %1"),
        ("x.mean(1).sum(axis = 0)", "%1 = mean 1 (%0); %2 = sum 0 (%1); %0 -> %2"),
        (
            "{ let (a, b) = x.chunk(2, axis = 0); concat([b, a], axis = -1) }",
            "%1 = chunk 0 0/2 (%0); %2 = chunk 0 1/2 (%0); %3 = concat -1 (%2, %1); %0 -> %3",
        ),
        ("{ let (a, _) = x.split([3, 5], 0); a }", "%1 = split 0 0 of [3, 5] (%0); %0 -> %1"),
        ("{ let parts = x.chunk(2, 0); parts.1 }", "%2 = chunk 0 1/2 (%0); %0 -> %2"),
        (
            "{ let x = relu(x); let x = { let y = tanh(x); y + x }; (x, x) }",
            "%1 = Relu(%0); %2 = Tanh(%1); %3 = add(%2, %1); %0 -> %3 %3",
        ),
        ("{ #[tap] let h = relu(x); h.sum(0) }", "%1 = Relu(%0); %2 = sum 0 (%1); %0 -> %2 tap h %1"),
        ("{ #[tap] let h = relu(x); x }", "%1 = Relu(%0); %0 -> %0 tap h %1"),
    ] {
        assert_eq!(of(expression), expected, "{expression}");
    }
    assert_eq!(
        body(
            "[4]",
            "fc: Linear(4), act: Relu, fcs: [Linear(4); 2],",
            "|x| { let x = act(fc(fc(x))); fcs[1](fcs(fcs[0](x))) }"
        ),
        "%1 = fc(%0); %2 = fc(%1); %3 = Relu(%2); %4 = fcs[0](%3); %5 = fcs[0](%4); %6 = fcs[1](%5); %7 = fcs[1](%6); %0 -> %7"
    );
    assert_eq!(
        body(
            "([3, 8], [i32; 4])",
            "e: Embedding(9, 8), a: MultiheadAttention(heads = 2),",
            "|x, t| (a(x, e(t)), x)"
        ),
        "%2 = e(%1); %3 = a(%0, %2); %0 %1 -> %3 %0"
    );
    assert_eq!(
        body("([3, 8], [3, 8])", "", "|t| { let (a, b) = t; a - b }"),
        "%2 = sub(%0, %1); %0 %1 -> %2"
    );
    assert_eq!(
        body("([3, 8], i32)", "a: MultiheadAttention(4, is_causal = true),", "|x, len| a(x, x, len)"),
        "%2 = a(%0, %0, %1); %0 %1 -> %2"
    );
    assert_eq!(body("([3, 8], [3, 8])", "a: MultiheadAttention(4)", ""), "%2 = a(%0, %1); %0 %1 -> %2");
    assert_eq!(
        body("[i32; 5]", "e: Embedding(9, 8), out: Linear(tied = e)", ""),
        "%1 = e(%0); %2 = Linear 9 tied 0(%1); %0 -> %2"
    );
}

#[test]
fn templates_are_expanded() {
    let text = "
        pub Block<const C: usize, const H: usize>: [C, H, H] -> [C * 2, H / 2, H / 2] {
            conv: Conv2d(C * 2, kernel = 3, stride = 2, padding = 1), Relu,
        }
        pub Net: [4, 8, 8] -> [10] {
            one: Block<4, 8>,
            #[frozen] two: [Block<4 * 2, { 8 / 2 }>; 2],
            fc: Linear(10),
        }";
    check(
        text,
        "struct Net { one: NetBlock4x8, two: [NetBlock8x4; 2] frozen, fc: Linear 10 }
         struct NetBlock4x8 { conv: Conv2d 8 k3 s2 p1 d1 g1 }
         struct NetBlock8x4 { conv: Conv2d 16 k3 s2 p1 d1 g1 }
         %1 = input [4, 8, 8] (%0)
         %2 = one.conv(%1)
         %3 = Relu(%2)
         %4 = output [8, 4, 4] (%3)
         %5 = input [8, 4, 4] (%4)
         %6 = two[0].conv frozen(%5)
         %7 = Relu(%6)
         %8 = output [16, 2, 2] (%7)
         %9 = input [8, 4, 4] (%8)
         %10 = two[1].conv frozen(%9)
         %11 = Relu(%10)
         %12 = output [16, 2, 2] (%11)
         %13 = fc(%12)
         %0 -> %13",
    );
}

#[test]
fn blocks_in_blocks_with_bodies() {
    check(
        "Inner<const N: usize>: [N] -> [N] { fc: Linear(N), |x| { #[tap] let h = fc(x); h + N } }
         Pair<const N: usize>: ([N], [N]) -> ([N], [N]) { a: Inner<N>, |x, y| (a(x), y) }
         Net: ([4], [4]) -> [4] { p: Pair<4>, |x, y| { let (a, b) = p(x, y); a * b } }",
        "struct Net { p: NetPair4 }
         struct NetPair4 { a: NetInner4 }
         struct NetInner4 { fc: Linear 4 }
         %2 = input [4] (%0)
         %3 = input [4] (%1)
         %4 = input [4] (%2)
         %5 = p.a.fc(%4)
         %6 = 1x + 4 (%5)
         %7 = output [4] (%6)
         %8 = output [4] (%7)
         %9 = output [4] (%3)
         %10 = mul(%8, %9)
         %0 %1 -> %10 tap p_a_h %5",
    );
}

#[test]
fn heads_are_replaced_and_templates_named() {
    let found = graphs(
        "Base<const C: usize>: [C] -> [10] { a: Linear(C), Relu, /** the head */ #[param(name = \"fc\")] head: Linear(10) }
         Flowers = Base<4> { #[frozen] head: Linear(5) }
         pub Base8 = Base<8>;
         Wide<const N: usize> = Base<N> { a: Linear(N * 4) }
         Declared: -> [6] = Wide<3> { head: Linear(6) }",
    );
    let first: Vec<&str> = found.iter().filter_map(|text| text.lines().next()).collect();
    assert_eq!(
        first,
        [
            "struct Flowers { a: Linear 4, head: Linear 5 \"fc\" frozen }",
            "struct Base8 { a: Linear 8, head: Linear 10 \"fc\" }",
            "struct Declared { a: Linear 12, head: Linear 6 \"fc\" }",
        ]
    );
}

#[test]
fn claims_and_dead_nodes_can_be_dropped() {
    let text = "B: [4] -> [4] { Relu } Net: [4] -> [4] { b: B, |x| { #[tap] let h = b(x); h + x } }";
    let mut dumps = Vec::new();
    let errors = crate::errors::Errors::new();
    crate::template::expand(text.parse().expect("tokens"), &errors, &mut |mut graph, _| {
        graph.drop_claims();
        dumps.push(graph.dump());
        proc_macro2::TokenStream::new()
    });
    assert_eq!(errors.into_vec().len(), 0);
    let lines: Vec<&str> = dumps[1].lines().skip(2).collect();
    assert_eq!(lines, ["%2 = Relu(%0)", "%4 = add(%2, %0)", "%0 -> %4 tap h %2"]);
}
