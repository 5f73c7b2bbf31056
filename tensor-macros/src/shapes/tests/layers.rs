//! Layers of `model!`: sizes that are left out, and messages. Those of structs are in the crate's tests.

use super::{Net, open, typed, written};
use crate::layers::Layer;

/// The type of a layer without its input sizes, and what it gives.
fn given(layer: Layer, inputs: &[&str]) -> (String, String) {
    let mut net = Net::new(inputs);
    let all: Vec<_> = (0..inputs.len()).collect();
    net.layer("l", layer, &all);
    let net = net.all();
    (net.ty(0), net.last())
}

/// The only message about a layer.
fn refused(layer: Layer, inputs: &[&str]) -> String {
    let mut net = Net::new(inputs);
    let all: Vec<_> = (0..inputs.len()).collect();
    net.layer("l", layer, &all);
    net.all().message().to_string()
}

#[test]
fn fills_in_what_is_left_out() {
    for (layer, input, ty, output) in [
        ("Conv2d<1, 8, 3, 2, 1>", "[3, 16, 12]", "Conv2d<3, 8, 3, 2, 1>", "[8, 8, 6]"),
        ("Conv2d<1, 8, 3, 1, 1, 1, 4>", "[8, 5, 5]", "Conv2d<2, 8, 3, 1, 1, 1, 4>", "[8, 5, 5]"),
        ("Conv1d<1, 8, 3, 2, 1>", "[3, 16]", "Conv1d<3, 8, 3, 2, 1>", "[8, 8]"),
        ("Conv1d<1, 8, 3, 1, 1, 1, 4>", "[8, 5]", "Conv1d<2, 8, 3, 1, 1, 1, 4>", "[8, 5]"),
        ("ConvTranspose2d<1, 8, 4, 2, 1>", "[3, 7, 5]", "ConvTranspose2d<3, 8, 4, 2, 1>", "[8, 14, 10]"),
        (
            "ConvTranspose2d<1, 2, 3, 2, 1, 1, 3>",
            "[6, 4, 4]",
            "ConvTranspose2d<6, 2, 3, 2, 1, 1, 3>",
            "[6, 8, 8]",
        ),
        (
            "ConvTranspose1d<1, 8, 3, 1, 0, 0, 1, 2>",
            "[3, 6]",
            "ConvTranspose1d<3, 8, 3, 1, 0, 0, 1, 2>",
            "[8, 10]",
        ),
        ("AvgPool1d<3, 2, 1>", "[6, 9]", "AvgPool1d<3, 2, 1>", "[6, 5]"),
        ("BatchNorm1d<1>", "[6, 4]", "BatchNorm1d<6>", "[6, 4]"),
        ("BatchNorm1d<1>", "[6]", "BatchNorm1d<6>", "[6]"),
        ("LstmCell<1, 32>", "[64]", "LstmCell<64, 32>", "[32]"),
        ("BatchNorm2d<1, 1000>", "[6, 4, 4]", "BatchNorm2d<6, 1000>", "[6, 4, 4]"),
        ("LayerNorm<f32>", "[6, 4]", "LayerNorm<[f32; 4]>", "[6, 4]"),
        ("RmsNorm<f32, 1000>", "[3, 6, 4]", "RmsNorm<[f32; 4], 1000>", "[3, 6, 4]"),
        ("GroupNorm<2, 1>", "[6, 4, 4]", "GroupNorm<2, 6>", "[6, 4, 4]"),
        ("InstanceNorm2d<1>", "[6, 4, 4]", "InstanceNorm2d<6>", "[6, 4, 4]"),
        ("InstanceNorm1d<1>", "[6, 4]", "InstanceNorm1d<6>", "[6, 4]"),
        ("Linear<f32, 10>", "[784]", "Linear<[f32; 784], 10>", "[10]"),
        ("Linear<f32, 10>", "[16, 5, 5]", "Linear<[[[f32; 5]; 5]; 16], 10>", "[10]"),
        // A sequence, position by position.
        ("Linear<f32, 10>", "[7, 64]", "Linear<[f32; 64], 10>", "[7, 10]"),
        ("Linear<f32, 10>", "f32", "Linear<f32, 10>", "[10]"),
        ("Lstm<1, 32>", "[12, 64]", "Lstm<64, 32>", "[12, 32]"),
        ("MaxPool2d<2>", "[6, 28, 28]", "MaxPool2d<2>", "[6, 14, 14]"),
        ("Embedding<100, 8>", "[i32; 5]", "Embedding<100, 8>", "[5, 8]"),
    ] {
        assert_eq!(given(open(layer), &[input]), (ty.to_string(), output.to_string()), "{layer}");
    }
    let (ty, output) = given(open("MultiheadAttention<1, 4>"), &["[4, 16]", "[7, 16]"]);
    assert_eq!((&*ty, &*output), ("MultiheadAttention<16, 4>", "[4, 16]"));
    for padding in ["[Bool; 7]", "i32"] {
        let (ty, output) = given(open("MultiheadAttention<1, 4, Causal>"), &["[4, 16]", "[7, 16]", padding]);
        assert_eq!((&*ty, &*output), ("MultiheadAttention<16, 4, Causal>", "[4, 16]"));
    }
    let (ty, output) = given(open("MultiheadAttention<1, 4>"), &["([4, 16], [7, 16])"]);
    assert_eq!((&*ty, &*output), ("MultiheadAttention<16, 4>", "[4, 16]"));
}

#[test]
fn one_message_for_one_mistake() {
    for (layer, inputs, message) in [
        (
            "Conv2d<1, 6, 7>",
            &["[1, 4, 5]"][..],
            "`l`: a 7×7 kernel does not fit its input [1, 4, 5] from `x` with padding 0: a kernel of at most 4 fits, \
             or use padding = 3 to keep 4×5",
        ),
        (
            "Conv2d<1, 6, 3, 2, 1, 4>",
            &["[1, 6, 6]"],
            "`l`: a 3×3 kernel with dilation 4, which spans 9×9, does not fit its input [1, 6, 6] from `x` with padding \
             1: a kernel of at most 2 fits",
        ),
        (
            "Conv1d<1, 6, 7>",
            &["[2, 4]"],
            "`l`: a kernel of 7 does not fit its input [2, 4] from `x` with padding 0: a kernel of at most 4 fits, or \
             use padding = 3 to keep 4",
        ),
        (
            "Conv1d<1, 6, 3, 2, 1, 4>",
            &["[1, 6]"],
            "`l`: a kernel of 3 with dilation 4, which spans 9, does not fit its input [1, 6] from `x` with padding 1: \
             a kernel of at most 2 fits",
        ),
        (
            "ConvTranspose2d<1, 6, 3, 1, 2>",
            &["[1, 2, 6]"],
            "`l`: padding = 2 leaves nothing of what a 3×3 kernel makes of [1, 2, 6] from `x`",
        ),
        (
            "ConvTranspose2d<1, 6, 3, 2, 1, 2>",
            &["[1, 4, 4]"],
            "`l`: output_padding = 2 must be less than stride = 2",
        ),
        (
            "ConvTranspose2d<1, 6, 3, 1, 0, 0, 2>",
            &["[3, 4, 4]"],
            "`l`: 3 input channels cannot be divided into 2 equal groups, but into 1",
        ),
        (
            "MaxPool1d<3, 1, 2>",
            &["[1, 4]"],
            "`l` pads by 2, more than half of its window of 3: use padding = 1 at most",
        ),
        (
            "Conv1d<1, 6, 3>",
            &["[28]"],
            "`l` gets [28] from `x`, but takes signals [channels, length]: `.reshape([1, 28])` makes it one",
        ),
        (
            "Conv1d<1, 6, 3>",
            &["[1, 8, 8]"],
            "`l` gets [1, 8, 8] from `x`, but takes signals [channels, length]",
        ),
        (
            "BatchNorm1d<1>",
            &["[2, 3, 4]"],
            "`l` gets [2, 3, 4] from `x`, but takes signals [channels, length] or vectors [channels]",
        ),
        ("LstmCell<1, 3>", &["[4, 9]"], "`l` gets [4, 9] from `x`, but takes a vector"),
        (
            "MaxPool2d<7>",
            &["[1, 4, 4]"],
            "`l`: a 7×7 window does not fit its input [1, 4, 4] from `x` with padding 0: a window of at most 4 fits",
        ),
        (
            "MaxPool2d<3, 1, 2>",
            &["[1, 4, 4]"],
            "`l` pads by 2, more than half of its 3×3 window: use padding = 1 at most",
        ),
        (
            "Conv2d<1, 6, 3>",
            &["[28, 28]"],
            "`l` gets [28, 28] from `x`, but takes images [channels, height, width]: `.reshape([1, 28, 28])` makes it one",
        ),
        ("BatchNorm2d<1>", &["[8]"], "`l` gets [8] from `x`, but takes images [channels, height, width]"),
        (
            "Conv2d<1, 6, 3, 1, 0, 1, 4>",
            &["[4, 8, 8]"],
            "`l`: 6 output channels cannot be divided into 4 equal groups, but into 3",
        ),
        (
            "Conv2d<1, 8, 3, 1, 0, 1, 4>",
            &["[3, 8, 8]"],
            "`l` gets 3 channels from `x` ([3, 8, 8]), which cannot be divided into 4 equal groups",
        ),
        ("Linear<f32, 3>", &["[u8; 8]"], "`l` gets [8] of u8 from `x`, but works on f32"),
        ("Linear<f32, 3>", &["[8]", "[9]"], "`l` gets ([8], [9]) from `x` and `y`, but takes one tensor"),
        ("Lstm<1, 3>", &["[9]"], "`l` gets [9] from `x`, but takes a sequence [time, width]"),
        (
            "MultiheadAttention<1, 4>",
            &["[4, 10]", "[7, 10]"],
            "`l`: 10 numbers cannot be divided into 4 equal heads, but into 2",
        ),
        (
            "MultiheadAttention<1, 4>",
            &["[4, 16]"],
            "`l` gets [4, 16] from `x`, but takes queries [time, width] and a memory [time, width]: `l(queries, memory)`",
        ),
        (
            "MultiheadAttention<1, 4>",
            &["[4, 16]", "[4, 8]"],
            "`l` gets ([4, 16], [4, 8]) from `x` and `y`, but takes queries [time, width] and a memory [time, width]: \
             `l(queries, memory)`",
        ),
        (
            "MultiheadAttention<1, 4>",
            &["[4, 16]", "[7, 16]", "[Bool; 4]"],
            "`l` gets ([4, 16], [7, 16], [4] of Bool) from `x`, `y` and `z`, but takes queries [time, width] and a \
             memory [time, width]: `l(queries, memory)`; the third is a `[Bool; time]`, true where the memory is padding, \
             or an `i32`, how much of it there is",
        ),
        ("GroupNorm<4, 1>", &["[6, 3]"], "`l`: 6 channels cannot be divided into 4 equal groups, but into 3"),
        ("GroupNorm<4, 1>", &["f32"], "`l` gets [] from `x`, but takes [channels, ..]"),
        ("Dropout<150>", &["[4]"], "`l`: a probability is at most 1"),
    ] {
        assert_eq!(refused(open(layer), inputs), message, "{layer}");
    }
    for (layer, inputs, message) in [
        (
            "Conv2d<4, 6, 3>",
            &["[3, 8, 8]"][..],
            "`l` gets 3 channels from `x` ([3, 8, 8]), but is declared for 4",
        ),
        (
            "LayerNorm<Rank1<16>>",
            &["[4, 8]"],
            "`l` gets [4, 8] from `x`, but normalises over the last dimensions [16]",
        ),
        ("GroupNorm<2, 8>", &["[4, 8]"], "`l` gets 4 channels from `x` ([4, 8]), but is declared for 8"),
        (
            "MultiheadAttention<8, 4>",
            &["[4, 16]", "[4, 16]"],
            "`l` gets ([4, 16], [4, 16]) from `x` and `y`, but takes queries [time, 8] and a memory [time, 8]: \
             `l(queries, memory)`",
        ),
    ] {
        assert_eq!(refused(typed(layer), inputs), message, "{layer}");
    }
}

#[test]
fn a_layer_that_is_used_twice_fits_twice() {
    for (layer, first, second, faulty) in [
        ("Linear<f32, 3>", "[8]", "[9]", true),
        ("Linear<f32, 3>", "[4, 8]", "[4, 9]", true),
        ("Linear<f32, 3>", "[8]", "[5, 8]", false),
        ("Conv2d<1, 4, 1>", "[3, 8, 8]", "[4, 8, 8]", true),
        ("Conv2d<1, 4, 1>", "[3, 8, 8]", "[3, 5, 5]", false),
        ("BatchNorm2d<1>", "[3, 8, 8]", "[4, 8, 8]", true),
        ("LayerNorm<f32>", "[5, 8]", "[4, 8]", false),
        ("LayerNorm<f32>", "[5, 8]", "[5, 9]", true),
        ("GroupNorm<1, 1>", "[5, 8]", "[6, 8]", true),
        ("ConvTranspose2d<1, 4, 2>", "[3, 8, 8]", "[3, 5, 5]", false),
        ("ConvTranspose2d<1, 4, 2>", "[3, 8, 8]", "[4, 8, 8]", true),
        ("Lstm<1, 4>", "[5, 8]", "[5, 9]", true),
        ("MultiheadAttention<1, 1>", "([4, 8], [5, 8])", "([4, 9], [5, 9])", true),
    ] {
        let mut net = Net::new(&[first, second]);
        let unit = net.unit("l", open(layer));
        net.call(unit, &[0]);
        net.call(unit, &[1]);
        let net = net.all();
        if faulty {
            let [first, second] = [first, second].map(|text| written(text).sample);
            assert_eq!(
                net.message(),
                format!(
                    "`l` is used twice: first it gets {first} from `x`, now {second} from `y`, but it has only one set of \
                     parameters"
                )
            );
        } else {
            net.last();
        }
    }
    // Of a layer whose sizes are written, the declaration is what counts.
    let mut net = Net::new(&["[8]", "[9]"]);
    let unit = net.unit("l", typed("Linear<[f32; 8], 3>"));
    net.call(unit, &[0]);
    net.call(unit, &[1]);
    assert_eq!(net.all().message(), "`l` gets [9] from `y`, but is declared for [8]");
    // What its declaration alone decides is said once.
    let mut net = Net::new(&["[4, 8, 8]"]);
    let unit = net.unit("l", open("Conv2d<2, 5, 3, 1, 0, 1, 2>"));
    net.call(unit, &[0]);
    net.call(unit, &[0]);
    assert_eq!(
        net.all().message(),
        "`l`: 5 output channels cannot be divided into 2 equal groups, but into 1"
    );
}

#[test]
fn modules_that_are_not_known_say_what_they_return() {
    let mut net = Net::new(&["[3, 8, 8]", "[i32; 4]"]);
    let unit = net.unit("backbone", Layer::Opaque);
    net.0.units[unit].annotated = true;
    net.0.units[unit].output = Some(written("[512]"));
    net.call(unit, &[0, 1]);
    assert_eq!(net.all().last(), "[512]");

    let mut net = Net::new(&["[3, 8, 8]"]);
    let unit = net.unit("backbone", Layer::Opaque);
    net.call(unit, &[0]);
    net.call(unit, &[0]);
    assert_eq!(
        net.all().message(),
        "`backbone` is not a layer that castiron knows: say what it returns by `-> [..]` behind its type"
    );

    let mut net = Net::new(&["[1]"]);
    let unit = net.unit("backbone", Layer::Opaque);
    net.call(unit, &[0, 0, 0, 0]);
    net.0.units[unit].annotated = true;
    assert_eq!(net.all().message(), "`backbone`: a layer takes 1 to 3 inputs, not 4");
}

#[test]
fn a_declared_output_is_compared() {
    let mut net = Net::new(&["[8]"]);
    let unit = net.unit("fc", open("Linear<f32, 10>"));
    net.0.units[unit].output = Some(written("[12]"));
    let fc = net.call(unit, &[0]);
    let net = net.all();
    assert_eq!(net.message(), "`fc` gives [10], but its output is declared as [12]");
    assert_eq!(net.shape(fc), "[12]");
}

#[test]
fn a_layer_that_cannot_be_read_is_said_once() {
    let mut net = Net::new(&["[8]"]);
    let unit = net.unit("fc", Layer::Opaque);
    net.0.units[unit].layer = Err(syn::Error::new(proc_macro2::Span::call_site(), "no such layer"));
    net.call(unit, &[0]);
    net.call(unit, &[0]);
    assert_eq!(net.all().message(), "`fc`: no such layer");
}
