//! Models that are easily got wrong: values that have several names, several uses, or none.

use castiron::prelude::*;
use castiron::testing::{check, check_prepared};
use castiron::{Bool, Seq};

model! {
    Quotient: ([3, 4], [5]) -> [3, 4] { fc: Linear(12), |a, b| a / (sigmoid(fc(b)) + 1.0).reshape([3, 4]) }
    QuotientOfInputs: ([3, 4], [4]) -> [3, 4] { |a, b| a / (sigmoid(b) + 1.0) }
    BothRepeated: ([3, 1], [1, 4]) -> [3, 4] { |a, b| a / (sigmoid(b) + 1.0) }
    BothRepeatedBack: ([3, 1], [1, 4]) -> [3, 4] { |a, b| (sigmoid(b) + 1.0) / (sigmoid(a) + 0.5) }
    Square: [4] -> [4] { |x| x * x }
    Ratio: [4] -> [4] { |x| { let h = sigmoid(x) + 1.0; h / h } }
    Zero: [4] -> [4] { |x| 0.0 / (sigmoid(x) + 1.0) + x }
    Tiny: [4] -> [4] { |x| 1e-40 / (sigmoid(x) + 1.0) + x }
    Huge: [4] -> [4] { |x| sigmoid(x * 1e300) }
    Small: [4] -> [4] { |x| 1e24 * (1e-24 / (sigmoid(x) + 1.0)) }
    Same: [4] -> [4] { |x| x }
    Twice: [4] -> ([4], [4]) { |x| (x, x) }
    Folded: [2, 6] -> ([12], [3, 4], [2, 6]) { fc: Linear(6), |x| { let h = fc(x); (h.flatten(), h.reshape([3, 4]), h) } }
    OutAndUsed: [4] -> ([4], [4]) { a: Linear(4), b: Linear(4), |x| { let h = a(x); (h, relu(b(gelu(h)) + h)) } }
    ConvTwice: [2, 5, 5] -> [2, 5, 5] {
        conv: Conv2d(2, kernel = 3, padding = 1),
        |x| { let h = relu(conv(x) + x); gelu(conv(h) + h) }
    }
    SharedNorms: [2, 5, 5] -> [2, 5, 5] {
        conv: Conv2d(2, kernel = 3, padding = 1), a: BatchNorm2d, b: BatchNorm2d,
        |x| { let h = sigmoid(a(conv(x)) + x); silu(b(conv(h)) + h) }
    }
    ItselfAdded: [2, 3, 3] -> [2, 3, 3] { bn: BatchNorm2d, conv: Conv2d(2, kernel = 1), |x| { let h = conv(x); relu(bn(h) + h) } }
    SumOfItself: [4] -> [4] { fc: Linear(4), |x| { let h = fc(x); tanh(h + h) } }
    Silus: [4] -> [4] { a: Linear(4), b: Linear(4), |x| { let h = silu(a(x) + x); gelu(h + b(h)) + h } }
    Frozen: [2, 4, 4] -> [3] {
        #[frozen] conv: Conv2d(2, kernel = 3, padding = 1), #[frozen] bn: BatchNorm2d, Relu, Flatten,
        #[frozen] fc: Linear(3),
    }
    FrozenNorm: [2, 4, 4] -> [2, 4, 4] { conv: Conv2d(2, kernel = 3, padding = 1), #[frozen] bn: BatchNorm2d, Gelu }
    FrozenFirst: [2, 4, 4] -> [3] { #[frozen] conv: Conv2d(2, kernel = 3), #[frozen] bn: BatchNorm2d, Relu, fc: Linear(3) }
    FrozenLast: [4] -> [3] { a: Linear(5), Silu, #[frozen] b: Linear(3) }
    Mixed: ([i32; 3], [3, 4]) -> [3, 4] { emb: Embedding(7, 4), fc: Linear(4), |t, x| relu(fc(emb(t)) + x) * x }
    Dropouts: [6] -> [6] { d: Dropout(0.5), fc: Linear(6), |x| d(fc(d(x))) + x }
    Decoded: [5] -> [2, 8, 6] {
        fc: Linear(4 * 4 * 3), up: ConvTranspose2d(4, kernel = 4, stride = 2, padding = 1, groups = 2), last: Conv2d(2, kernel = 1),
        |z| last(relu(up(fc(z).reshape([4, 4, 3]))))
    }
    WithinSamples: [4, 3, 4] -> [4, 3, 4] {
        group: GroupNorm(groups = 2), InstanceNorm2d, layer: LayerNorm([3, 4], eps = 1e-3), rms: RmsNorm(eps = 1e-6),
    }
    WithinSamplesTwice: [3, 4] -> [3, 4] {
        norm: LayerNorm(bias = false), bare: LayerNorm(4, elementwise_affine = false),
        |x| norm(tanh(norm(x))) + bare(x) * x
    }
    Attends: ([3, 4], [5, 4]) -> [3, 4] { attend: MultiheadAttention(heads = 2), |a, b| attend(a, b) + a * b.mean(0) }
    AttendsWhole: ([3, 4], [5, 4]) -> [3, 4] { attend: MultiheadAttention(heads = 2), |a, b| attend(a, b) }
    AttendsTwice: ([3, 4], [5, 4]) -> [3, 4] { attend: MultiheadAttention(heads = 2), |a, b| attend(attend(a, b), b) }
    AttendsSelf: [3, 4] -> [3, 4] { attend: MultiheadAttention(heads = 2), |x| attend(x, x) + x }
    AttendsBoth: ([3, 4], [5, 4]) -> ([3, 4], [5, 4]) { attend: MultiheadAttention(heads = 2), |a, b| (attend(a, b), b) }
    AttendsCausally: [3, 4] -> [3, 4] { attend: MultiheadAttention(heads = 2, is_causal = true), |x| attend(x, x) + x }
    AttendsSome: ([3, 4], [Bool; 3]) -> [3, 4] { attend: MultiheadAttention(heads = 2), |x, pad| attend(x, tanh(x), pad) }
    AttendsFirst: ([3, 4], i32) -> [3, 4] { attend: MultiheadAttention(heads = 2), |x, len| attend(tanh(attend(x, x, len)), x, len) }
    Swapped: ([3, 4], [5, 4]) -> [5, 4] { attend: MultiheadAttention(heads = 2), |a, b| attend(b, a) }
    SwappedInts: ([i32; 3], [4]) -> ([4], [i32; 3]) { fc: Linear(4), |t, x| (fc(x), t) }
    Axes: [1, 3, 1] -> [1] { |x| x.sum(0).mean(1).sum(0).reshape([1]) * 2.0 }
    Scalar: [3] -> [3] { |x| x - x.mean(0) }
    Tokens: [i32; 6] -> [4] { emb: Embedding(7, 4), |t| emb(t[1..4]).mean(0) }
    Tapped: [2, 4, 4] -> [2, 4, 4] {
        conv: Conv2d(2, kernel = 1), bn: BatchNorm2d,
        |x| { #[tap] let a = conv(x); #[tap] let b = bn(a); #[tap] let c = b + x; relu(c) }
    }
    TapEnds: [4] -> [4] { fc: Linear(4), |x| { #[tap] let a = x; let h = fc(a); #[tap] let z = h; z } }
    TapOnly: [2, 3, 3] -> [2, 3, 3] { bn: BatchNorm2d, conv: Conv2d(2, kernel = 1), |x| { #[tap] let seen = bn(x); conv(x) } }
    Signals: [2, 9] -> [6] {
        conv1: Conv1d(3, kernel = 3, stride = 2), bn1: BatchNorm1d, Relu, MaxPool1d(2),
        conv2: Conv1d(4, kernel = 2, padding = 1), AvgPool1d(2, stride = 1), Tanh, Flatten,
        fc: Linear(6), Silu,
    }
    SignalBlock: [3, 5] -> [3, 5] {
        conv: Conv1d(3, kernel = 3, padding = 1, bias = false), bn: BatchNorm1d, depthwise: Conv1d(3, kernel = 3, padding = 1, groups = 3),
        |x| { let h = relu(bn(conv(x)) + x); gelu(depthwise(h) + x) }
    }
    Magnitudes: [1, 8] -> [3] {
        spectrum: Conv1d(6, kernel = 8), cell: LstmCell(3),
        |x| { let (re, im) = spectrum(x).chunk(2, axis = 0); cell(sqrt(re * re + im * im + 0.5).flatten()) }
    }
    Steps: [3, 4] -> [3, 5] { lstm: Lstm(5), Tanh }
    Stack: [3, 4] -> [3, 4] { a: [Steps2; 2], b: Lstm(4) }
    Steps2: [3, 4] -> [3, 4] { lstm: Lstm(4), Silu }
    Cut: [6, 4] -> [4] { |x| { let (a, b) = x.chunk(2, axis = 0); (a * b).mean(0) + x[0..2].sum(0) } }
    Joined: [2, 4] -> [6, 4] { |x| concat([x, x, x * 2.0], axis = 0) }
    Passed: [4] -> ([4], [4]) { d: Dropout(0.3), fc: Linear(4), |x| { let h = fc(x); (d(h), h) } }
    Ints: [i32; 6] -> [i32; 3] { |t| t[1..4] }
    Bytes: [u8; 6] -> [u8; 6] { |t| t }
    BytesToo: ([u8; 6], [4]) -> ([u8; 2, 3], [4]) { fc: Linear(4), |t, x| (t.reshape([2, 3]), fc(x)) }
    IntsJoined: [i32; 2, 3] -> [i32; 4, 3] { |t| concat([t, t], axis = 0) }
    IntsTurned: [i32; 2, 3] -> [i32; 3, 2] { |t| t.transpose() }
    Tied: [i32; 3] -> [3, 7] { emb: Embedding(7, 4), #[tap] fc: Linear(4), out: Linear(7, tied = emb), |t| out(gelu(fc(emb(t)))) }
    TiedFrozen: [i32; 3] -> [3, 7] { #[frozen] emb: Embedding(7, 4), fc: Linear(4), out: Linear(7, tied = emb), |t| out(silu(fc(emb(t)))) }
    TiedFirst: [4] -> [4] { #[tap] a: Linear(6), b: Linear(4), c: Linear(6, tied = a), |x| b(relu(a(x))) + b(c(x)) }
    Deep: [4] -> [4] { a: [Pair; 6], |x| a(x) + a[2](x) }
    Pair: [4] -> [4] { u: Linear(4), Tanh, drop: Dropout(0.2), v: Linear(4) }
    Norms: [2, 3, 3] -> [2, 3, 3] { bn: BatchNorm2d, |x| bn(bn(x)) }
    Pools: [2, 6, 6] -> [2, 3, 3] { p: MaxPool2d(2), q: AvgPool2d(2), |x| p(x) * q(x) + p(x) }
    OneNode: [2, 6, 6] -> [2] { GlobalAvgPool2d }
    Soft: [3, 4] -> [3, 4] { Softmax, LogSoftmax }
    SoftShared: [4] -> ([4], [4]) { |x| { let s = softmax(x); (s, s * x) } }
    BothOut: ([4], [4]) -> ([4], [4], [4]) { |a, b| (b, a, a) }
    Half: [4] -> [4] { |x| x / 2.0 - 1.0 / (x * x + 1.0) }
    DoubledSeq: Seq<[f32; 2], 3> -> (Seq<[f32; 2], 3>, Seq<[f32; 2], 3>) { |x| (x, x) }
    SeqInts: (Seq<i32, 3>, [u8; 3]) -> (Seq<i32, 3>, [u8; 3]) { |x, y| (x, y) }
    FrozenSteps: [3, 4] -> [3, 4] { #[frozen] lstm: Lstm(4), #[frozen] bn: Linear(4), Silu }
    FrozenTwo: ([3, 4], [5, 4]) -> [3, 4] { #[frozen] attend: MultiheadAttention(heads = 2), |a, b| sigmoid(attend(sigmoid(a), b)) }
}
/// Names that generated code might use itself.
#[allow(non_snake_case)]
mod names {
    use castiron::prelude::*;
    model! {
        pub Odd: [4] -> [4] {
            p: Linear(4), x: Linear(4), memory: Linear(4), cx: Linear(4), call: Linear(4), state: Lstm(4),
            cap: Linear(4), CAP: Linear(4), dx: Linear(4),
            |dy| {
                let p = p(x(dy));
                let h = cx(memory(p)) + call(dy);
                let y = state(h.reshape([1, 4])).flatten();
                dx(CAP(cap(y))) + y
            }
        }
        pub Sharp: [4] -> [4] { grosse: Linear(4), Relu, größe: Linear(4), Relu, große: Linear(4) }
        pub D: [4] -> [4] {
            D: Linear(4), B: Linear(4), E: Lstm(4), X: Linear(4),
            |D_| E(D(B(X(D_))).reshape([1, 4])).flatten()
        }
        pub E: [4] -> [4] { a: [D; 2] }
        pub r#Match: [4] -> [4] {
            r#type: Linear(4), r#fn: Lstm(4),
            |r#in| {
                #[tap]
                let r#let = r#type(r#in);
                r#fn(r#let.reshape([1, 4])).flatten()
            }
        }
        pub Area: [1, 4] -> [1, 4] { arg: Linear(4), lstm: Lstm(4) }
        pub Arg: [1, 4] -> [1, 4] { arg: Area, lstm: Lstm(4) }
        pub Activation: [1, 4] -> [1, 4] { arg: Linear(4), lstm: Lstm(4), Relu }
        pub AnyDevice: [1, 4] -> [1, 4] { arg: Linear(4), lstm: Lstm(4) }
        pub Leaf: [1, 4] -> [1, 4] { arg: Linear(4), lstm: Lstm(4) }
        pub Tree: [1, 4] -> [1, 4] { arg: Leaf, lstm: Lstm(4) }
        pub Params: [1, 4] -> [1, 4] { arg: [Tree; 2] }
    }
}
mod a {
    use castiron::prelude::*;
    model! { pub Block: [4] -> [4] { fc: Linear(4) } }
}
mod b {
    use castiron::prelude::*;
    model! { pub Block: [4] -> [4] { fc: Linear(4), Tanh } }
}
model! { Blocks: [4] -> [4] { x: a::Block, y: b::Block, z: [a::Block; 2] } }

macro_rules! cases {
    ($($name:ident: $model:path, $x:ty, $y:ty;)*) => {$(
        #[test]
        fn $name() {
            check::<$model, $x, $y, 5>(3, 1, 3);
            check::<$model, $x, $y, 2>(1, 2, 3);
            check_prepared::<$model, 5>(3, 1, 3);
        }
    )*};
}
type V<const N: usize> = [f32; N];
type M<const A: usize, const B: usize> = [[f32; B]; A];
type I<const C: usize, const H: usize> = [[[f32; H]; H]; C];

cases! {
    quotient: Quotient, (M<3, 4>, V<5>), M<3, 4>;
    quotient_of_inputs: QuotientOfInputs, (M<3, 4>, V<4>), M<3, 4>;
    both_repeated: BothRepeated, (M<3, 1>, M<1, 4>), M<3, 4>;
    both_repeated_back: BothRepeatedBack, (M<3, 1>, M<1, 4>), M<3, 4>;
    square: Square, V<4>, V<4>;
    ratio: Ratio, V<4>, V<4>;
    zero: Zero, V<4>, V<4>;
    small: Small, V<4>, V<4>;
    same: Same, V<4>, V<4>;
    twice: Twice, V<4>, (V<4>, V<4>);
    folded: Folded, M<2, 6>, (V<12>, M<3, 4>, M<2, 6>);
    out_and_used: OutAndUsed, V<4>, (V<4>, V<4>);
    conv_twice: ConvTwice, I<2, 5>, I<2, 5>;
    shared_norms: SharedNorms, I<2, 5>, I<2, 5>;
    itself_added: ItselfAdded, I<2, 3>, I<2, 3>;
    sum_of_itself: SumOfItself, V<4>, V<4>;
    silus: Silus, V<4>, V<4>;
    frozen: Frozen, I<2, 4>, V<3>;
    frozen_norm: FrozenNorm, I<2, 4>, I<2, 4>;
    frozen_first: FrozenFirst, I<2, 4>, V<3>;
    frozen_last: FrozenLast, V<4>, V<3>;
    mixed: Mixed, ([i32; 3], M<3, 4>), M<3, 4>;
    dropouts: Dropouts, V<6>, V<6>;
    decoded: Decoded, V<5>, [[[f32; 6]; 8]; 2];
    within_samples: WithinSamples, [[[f32; 4]; 3]; 4], [[[f32; 4]; 3]; 4];
    within_samples_twice: WithinSamplesTwice, M<3, 4>, M<3, 4>;
    attends: Attends, (M<3, 4>, M<5, 4>), M<3, 4>;
    attends_whole: AttendsWhole, (M<3, 4>, M<5, 4>), M<3, 4>;
    attends_twice: AttendsTwice, (M<3, 4>, M<5, 4>), M<3, 4>;
    attends_self: AttendsSelf, M<3, 4>, M<3, 4>;
    attends_both: AttendsBoth, (M<3, 4>, M<5, 4>), (M<3, 4>, M<5, 4>);
    attends_causally: AttendsCausally, M<3, 4>, M<3, 4>;
    attends_some: AttendsSome, (M<3, 4>, [Bool; 3]), M<3, 4>;
    attends_first: AttendsFirst, (M<3, 4>, i32), M<3, 4>;
    swapped: Swapped, (M<3, 4>, M<5, 4>), M<5, 4>;
    swapped_ints: SwappedInts, ([i32; 3], V<4>), (V<4>, [i32; 3]);
    axes: Axes, [[[f32; 1]; 3]; 1], V<1>;
    scalar: Scalar, V<3>, V<3>;
    tokens: Tokens, [i32; 6], V<4>;
    tapped: Tapped, I<2, 4>, I<2, 4>;
    tap_ends: TapEnds, V<4>, V<4>;
    tap_only: TapOnly, I<2, 3>, I<2, 3>;
    signals: Signals, M<2, 9>, V<6>;
    signal_block: SignalBlock, M<3, 5>, M<3, 5>;
    magnitudes: Magnitudes, M<1, 8>, V<3>;
    steps: Steps, M<3, 4>, M<3, 5>;
    stack: Stack, M<3, 4>, M<3, 4>;
    cut: Cut, M<6, 4>, V<4>;
    joined: Joined, M<2, 4>, M<6, 4>;
    frozen_steps: FrozenSteps, M<3, 4>, M<3, 4>;
    frozen_two: FrozenTwo, (M<3, 4>, M<5, 4>), M<3, 4>;
    odd_names: names::Odd, V<4>, V<4>;
    sharp: names::Sharp, V<4>, V<4>;
    named_d: names::D, V<4>, V<4>;
    named_e: names::E, V<4>, V<4>;
    raw_names: names::r#Match, V<4>, V<4>;
    ints: Ints, [i32; 6], [i32; 3];
    bytes: Bytes, [u8; 6], [u8; 6];
    bytes_too: BytesToo, ([u8; 6], V<4>), ([[u8; 3]; 2], V<4>);
    ints_joined: IntsJoined, [[i32; 3]; 2], [[i32; 3]; 4];
    ints_turned: IntsTurned, [[i32; 3]; 2], [[i32; 2]; 3];
    tied: Tied, [i32; 3], M<3, 7>;
    tied_frozen: TiedFrozen, [i32; 3], M<3, 7>;
    tied_first: TiedFirst, V<4>, V<4>;
    tied_first_taps: TiedFirstTaps, V<4>, (V<4>, V<6>);
    deep: Deep, V<4>, V<4>;
    pair: Pair, V<4>, V<4>;
    norms: Norms, I<2, 3>, I<2, 3>;
    pools: Pools, I<2, 6>, I<2, 3>;
    one_node: OneNode, I<2, 6>, V<2>;
    soft: Soft, M<3, 4>, M<3, 4>;
    soft_shared: SoftShared, V<4>, (V<4>, V<4>);
    both_out: BothOut, (V<4>, V<4>), (V<4>, V<4>, V<4>);
    half: Half, V<4>, V<4>;
    doubled_seq: DoubledSeq, Seq<[f32; 2], 3>, (Seq<[f32; 2], 3>, Seq<[f32; 2], 3>);
    seq_ints: SeqInts, (Seq<i32, 3>, [u8; 3]), (Seq<i32, 3>, [u8; 3]);
    tiny: Tiny, V<4>, V<4>;
    blocks: Blocks, V<4>, V<4>;
    area: names::Area, M<1, 4>, M<1, 4>;
    arg: names::Arg, M<1, 4>, M<1, 4>;
    activation: names::Activation, M<1, 4>, M<1, 4>;
    any_device: names::AnyDevice, M<1, 4>, M<1, 4>;
    params: names::Params, M<1, 4>, M<1, 4>;
    passed: Passed, V<4>, (V<4>, V<4>);
}

/// As numbers of f32 some of these would be NaNs, whose bits are not kept by arithmetic.
#[test]
fn integers_keep_their_bits() {
    let x = [[-5_000_000, i32::MIN, 0x7f80_0001, 0x7fa0_0000, -1, 7]];
    let (model, mut y) = (castiron::Tensor::<Ints>::zeros(), [[0; 3]]);
    Predictor::<Ints, 2>::new(Cpu::new(), &*model).unwrap().predict(&x, &mut y).unwrap();
    assert_eq!(y[0], x[0][1..4]);
}

/// As in PyTorch, a factor beyond f32 is infinite.
#[test]
fn large_factors() {
    let (model, mut y) = (castiron::Tensor::<Huge>::zeros(), [[0.5; 4]]);
    Predictor::<Huge, 2>::new(Cpu::new(), &*model)
        .unwrap()
        .predict(&[[1.0, -1.0, 2.0, -3.0]], &mut y)
        .unwrap();
    assert_eq!(y[0], [1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn models_in_a_function() {
    model! {
        Block<const N: usize>: [N] -> [N] { fc: Linear(N), Relu }
        Local: [4] -> [4] { a: Block<4>, b: [Block<4>; 2] }
    }
    model! { Outer: [4] -> [4] { inner: Local, fc: Linear(4) } }
    check::<Outer, V<4>, V<4>, 4>(2, 1, 1);
}
