//! Weights that are tied, fields that hold several units, and blocks.

use super::{Net, open, written};
use crate::graph::{Claimed, What};
use crate::layers::Layer;

fn tied(outputs: usize, to: usize) -> Layer {
    let mut layer = open(&format!("Linear<f32, {outputs}, Identity, NoBias>"));
    if let Layer::Linear { tied, .. } = &mut layer {
        *tied = Some(to);
    }
    layer
}

#[test]
fn a_tied_weight_fits() {
    for (first, second, outputs, message) in [
        ("Embedding<100, 8>", "Identity", 100, ""),
        (
            "Embedding<100, 8>",
            "Identity",
            90,
            "`head` needs a weight [90, 8], but that of `first`, which it uses, is [100, 8]: `Linear(100, tied = first)` fits",
        ),
        (
            "Embedding<100, 8>",
            "Linear<f32, 9>",
            100,
            "`head` needs a weight [100, 9], but that of `first`, which it uses, is [100, 8]",
        ),
        (
            "Embedding<100, 8>",
            "Linear<f32, 9>",
            90,
            "`head` needs a weight [90, 9], but that of `first`, which it uses, is [100, 8]",
        ),
    ] {
        let mut net = Net::new(&["[i32; 4]"]);
        let first = net.layer("first", open(first), &[0]);
        let second = net.layer("second", open(second), &[first]);
        net.layer("head", tied(outputs, 0), &[second]);
        assert_eq!(net.all().messages.join(" "), message);
    }
    // Another linear layer, which may follow.
    let mut net = Net::new(&["[4, 8]"]);
    let head = net.layer("head", tied(8, 1), &[0]);
    let other = net.layer("other", open("Linear<f32, 8>"), &[head]);
    assert_eq!(net.infer(&[other], "[4, 8]").messages, [""; 0]);
}

#[test]
fn only_matrices_can_be_tied() {
    for (to, layer) in [("conv", open("Conv2d<1, 4, 1>")), ("conv", tied(4, 0))] {
        let mut net = Net::new(&["[4, 1, 1]"]);
        net.unit(to, layer);
        net.layer("head", tied(4, 0), &[0]);
        let messages = net.all().messages;
        assert_eq!(
            messages.last().map(String::as_str),
            Some(
                "`head` is tied to `conv`, which has no weight to share: tie it to an `Embedding` or a `Linear` with a weight \
                 of its own"
            )
        );
    }
}

#[test]
fn elements_of_an_array_have_one_type() {
    for (layer, input, message) in [
        ("Conv2d<1, 8, 3, 1, 1>", "[8, 6, 6]", ""),
        ("Conv2d<1, 8, 3, 1, 1>", "[3, 6, 6]", "`all.0` gets 3 channels, but `all.1` gets 8 channels"),
        ("Linear<f32, 8>", "[3]", "`all.0` gets [3], but `all.1` gets [8]"),
        ("Lstm<1, 8>", "[5, 3]", "`all.0` gets 3 numbers at a time, but `all.1` gets 8 numbers at a time"),
    ] {
        let mut net = Net::new(&[input]);
        let first = net.layer("all.0", open(layer), &[0]);
        net.layer("all.1", open(layer), &[first]);
        let why = ": what is in an array, or is used twice, has one type, so give them names of their own";
        let message = if message.is_empty() { String::new() } else { format!("{message}{why}") };
        assert_eq!(net.all().messages.join(" "), message, "{layer}");
    }
    // Blocks of one type: the second has the same field.
    let mut net = Net::new(&["[3]"]);
    let first = net.layer("blocks.0.fc", open("Linear<f32, 8>"), &[0]);
    let first = net.layer("blocks.1.fc", open("Linear<f32, 8>"), &[first]);
    net.layer("blocks.2.fc", open("Linear<f32, 8>"), &[first]);
    assert!(net.all().message().starts_with("`blocks.0.fc` gets [3], but `blocks.1.fc` gets [8]"));
    // Fields of their own.
    let mut net = Net::new(&["[3]"]);
    let first = net.layer("a", open("Linear<f32, 8>"), &[0]);
    net.layer("b", open("Linear<f32, 8>"), &[first]);
    assert_eq!(net.all().last(), "[8]");
}

#[test]
fn a_mistake_in_a_block_is_said_once() {
    let mut net = Net::new(&["[1, 4, 4]"]);
    let mut x = 0;
    for i in 0..3 {
        net.layer(&format!("blocks.{i}.conv"), open("Conv2d<1, 8, 7>"), &[0]);
        // And it is not in the way of others.
        x = net.layer(&format!("blocks.{i}.pool"), open("MaxPool2d<1>"), &[x]);
    }
    let messages = net.all().messages;
    assert_eq!(messages.len(), 1);
    assert!(messages.iter().all(|message| message.starts_with("`blocks.0.conv`: a 7×7 kernel does not fit")));
}

#[test]
fn a_block_is_what_it_says() {
    let claim = |declared: &str, of| What::Claim { declared: written(declared), of };
    let build = |takes: &str, gives: &str| {
        let mut net = Net::new(&["[8]"]);
        let a = net.operation(claim(takes, Claimed::Input), "block", &[0]);
        let b = net.layer("block.fc", open("Linear<f32, 5>"), &[a]);
        let c = net.operation(claim(gives, Claimed::Output), "block", &[b]);
        net.layer("head", open("Linear<f32, 2>"), &[c]);
        let last = net.0.values.len() - 1;
        net.infer(&[last], "[2]")
    };
    let net = build("[8]", "[5]");
    assert_eq!(net.last(), "[2]");
    // Nothing is left of the claims.
    let edges: Vec<_> = net.graph.nodes.iter().map(|node| (&node.inputs[..], node.output)).collect();
    assert_eq!(edges, [(&[0][..], 2), (&[2][..], 4)]);
    let net = build("[9]", "[5]");
    assert_eq!(net.message(), "`block` gets [8] from `x`, but is declared for [9]");
    assert_eq!(net.ty(0), "Linear<[f32; 9], 5>");
    let net = build("[8]", "[6]");
    assert_eq!(net.message(), "`block` gives [5], but its output is declared as [6]");
    assert_eq!(net.ty(1), "Linear<[f32; 6], 2>");
}
