//! Graphs made by hand, and what is inferred and said of them.

mod layers;
mod operations;
mod sharing;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::infer;
use crate::errors::Errors;
use crate::graph::{FrontEnd, Graph, Hop, Node, Unit, UnitId, Value, ValueId, What};
use crate::layers::Layer;
use crate::parse::Written;
use crate::parse::number::Number;

/// A graph that grows.
struct Net(Graph);

/// What came of it.
struct Inferred {
    graph: Graph,
    messages: Vec<String>,
}

fn written(text: &str) -> Written {
    syn::parse_str(text).expect("a sample")
}

/// A number as `model!` reads it; negative ones as they are in memory.
fn number(value: isize) -> Number {
    Number { value: value.cast_unsigned(), at: quote!(number) }
}

/// The layer of this type.
fn typed(text: &str) -> Layer {
    Layer::of(&syn::parse_str(text).expect("a type")).expect("a layer")
}

/// The layer of this type, without the sizes that `model!` leaves out.
fn open(text: &str) -> Layer {
    let mut layer = typed(text);
    match &mut layer {
        Layer::Linear { input, at, .. } => (*input, *at) = (None, TokenStream::new()),
        Layer::Conv { input, .. } | Layer::ConvTranspose { input, .. } => *input = None,
        Layer::BatchNorm { channels, .. }
        | Layer::GroupNorm { channels, .. }
        | Layer::InstanceNorm { channels, .. } => *channels = None,
        Layer::LayerNorm { over, .. } => *over = None,
        Layer::Lstm { input, .. } | Layer::LstmCell { input, .. } => *input = None,
        Layer::Attention { width, .. } => *width = None,
        _ => {}
    }
    layer
}

impl Net {
    /// A model `Net` of `model!` with the inputs `x`, `y` and `z`, as many as there are.
    fn new(inputs: &[&str]) -> Self {
        let name =
            |(input, from): (&&str, &str)| Value { sample: Some(written(input).sample), from: from.into() };
        Net(Graph {
            model: format_ident!("Net"),
            front_end: FrontEnd::Model,
            structs: Vec::new(),
            units: Vec::new(),
            values: inputs.iter().zip(["`x`", "`y`", "`z`"]).map(name).collect(),
            nodes: Vec::new(),
            inputs: (0..inputs.len()).collect(),
            outputs: Vec::new(),
            input: None,
            output: None,
            taps: Vec::new(),
            known: Default::default(),
        })
    }

    /// A unit in the field of its name; `name.0` is an element of an array.
    fn unit(&mut self, name: &str, layer: Layer) -> UnitId {
        let mut path: Vec<Hop> = Vec::new();
        for part in name.split('.') {
            path.push(match part.parse() {
                Ok(index) => Hop::Index(index),
                // Structs are numbered by their depth.
                Err(_) => Hop::Field(path.len(), format_ident!("{part}")),
            });
        }
        self.0.units.push(Unit {
            path,
            name: name.to_string(),
            layer: Ok(layer),
            ty: None,
            output: None,
            annotated: false,
            frozen: false,
            at: quote!(unit),
        });
        self.0.units.len() - 1
    }

    fn node(&mut self, what: What, name: &str, from: &str, inputs: &[ValueId]) -> ValueId {
        let output = self.0.values.len();
        self.0.values.push(Value { sample: None, from: format!("`{from}`") });
        let (inputs, name, at) = (inputs.to_vec(), name.to_string(), quote!(node));
        self.0.nodes.push(Node { what, inputs, output, name, at });
        output
    }

    fn call(&mut self, unit: UnitId, inputs: &[ValueId]) -> ValueId {
        let name = self.0.units[unit].name.clone();
        self.node(What::Unit(unit), &name, &name, inputs)
    }

    /// A new layer that is called once.
    fn layer(&mut self, name: &str, layer: Layer, inputs: &[ValueId]) -> ValueId {
        let unit = self.unit(name, layer);
        self.call(unit, inputs)
    }

    /// An operation whose result is called `h`.
    fn operation(&mut self, what: What, name: &str, inputs: &[ValueId]) -> ValueId {
        self.node(what, name, "h", inputs)
    }

    fn infer(mut self, outputs: &[ValueId], declared: &str) -> Inferred {
        self.0.outputs = outputs.to_vec();
        self.0.output = (!declared.is_empty()).then(|| written(declared));
        let errors = Errors::new();
        infer(&mut self.0, &errors);
        let messages = errors.into_vec().iter().map(ToString::to_string).collect();
        Inferred { graph: self.0, messages }
    }

    /// Everything, where nothing is declared.
    fn all(self) -> Inferred {
        self.infer(&[], "")
    }
}

impl Inferred {
    fn shape(&self, value: ValueId) -> String {
        self.graph.values[value].sample.as_ref().map_or("unknown".to_string(), ToString::to_string)
    }

    /// What the last node gives, if all is well.
    fn last(&self) -> String {
        assert_eq!(self.messages, [""; 0]);
        self.shape(self.graph.values.len() - 1)
    }

    /// The only message.
    fn message(&self) -> &str {
        assert_eq!(self.messages.len(), 1, "{:?}", self.messages);
        &self.messages[0]
    }

    /// The type of a unit.
    fn ty(&self, unit: UnitId) -> String {
        let layer = self.graph.units[unit].layer.as_ref().expect("a layer");
        let ty = layer.rust_type().expect("resolved").to_string().replace(' ', "");
        ty.replace("::castiron::nn::", "").replace(',', ", ").replace(';', "; ")
    }
}

#[test]
fn output_is_what_is_declared() {
    let build = || {
        let mut net = Net::new(&["[4, 8]", "[8]"]);
        let a = net.layer("a", open("Linear<f32, 5>"), &[0]);
        let b = net.layer("b", open("Linear<f32, 3>"), &[1]);
        (net, a, b)
    };
    let (net, a, b) = build();
    assert_eq!(net.infer(&[a, b], "([4, 5], [3])").messages, [""; 0]);
    let (net, a, b) = build();
    assert_eq!(
        net.infer(&[a, b], "([5], [3])").message(),
        "`Net` gives ([4, 5], [3]) from `a` and `b`, but its output is declared as ([5], [3])"
    );
    let (net, _, b) = build();
    assert_eq!(
        net.infer(&[b], "[4]").message(),
        "`Net` gives [3] from `b`, but its output is declared as [4]"
    );
    // The input may be the output, and a value may be there twice.
    assert_eq!(Net::new(&["[4]"]).infer(&[0, 0], "([4], [4])").messages, [""; 0]);
}

#[test]
fn every_mistake_is_said_once() {
    let mut net = Net::new(&["[3, 8, 8]"]);
    let big = net.layer("big", open("Conv2d<1, 4, 9>"), &[0]);
    // Nothing is known of what it gives, and nothing is said of those that get it.
    let bn = net.layer("bn", open("BatchNorm2d<1>"), &[big]);
    let fc = net.layer("fc", open("Linear<f32, 7>"), &[bn]);
    let sum = net.operation(What::Binary(crate::graph::BinaryOp::Add), "+", &[big, 0]);
    net.layer("gap", Layer::GlobalPool2d, &[sum]);
    let other = net.layer("other", open("Lstm<1, 2>"), &[0]);
    let net = net.infer(&[fc, other], "([1], [2])");
    assert_eq!(
        net.messages,
        [
            "`big`: a 9×9 kernel does not fit its input [3, 8, 8] from `x` with padding 0: a kernel of at most 8 \
             fits, or use padding = 4 to keep 8×8",
            "`other` gets [3, 8, 8] from `x`, but takes a sequence [time, width]",
        ]
    );
}
