//! From declarations to a [`Graph`]: names are looked up, templates are expanded, calls become nodes.
//!
//! First every layer gets its unit and its field (`instance`), then the data flows through (`flow` where
//! layers follow each other, `body` where there is one). What is wrong gives values of unknown type, so
//! that the rest is still looked at.

mod arithmetic;
mod body;
mod call;
mod flat;
pub(crate) mod init;
mod instance;
pub(crate) mod layers;
mod methods;
mod names;
mod notes;
mod pattern;

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::graph::{FrontEnd, Graph, Holds, Node, Struct, StructId, UnitId, Value, ValueId, What};
use crate::parse::Written;
use crate::parse::model::{Kind, Model};
use crate::sample::Sample;
use crate::template::library::{ItemId, Library};
use instance::Instance;

/// What an expression of a body is.
#[derive(Clone, Debug)]
pub(super) enum Val {
    One(ValueId),
    Tuple(Vec<Val>),
    Number(f64),
    /// Behind an error.
    Unknown,
}

struct Builder<'a> {
    library: &'a Library,
    errors: &'a Errors,
    graph: Graph,
    /// The structs of blocks, by declaration and numbers.
    structs: HashMap<(ItemId, Vec<usize>), StructId>,
    /// Values of operations that no name was given.
    anonymous: HashSet<ValueId>,
}

/// The graph of a model without const parameters. Nothing if what it is made from is not known or has
/// errors.
pub(crate) fn graph(library: &Library, item: ItemId, errors: &Errors) -> Option<Graph> {
    let faults = errors.count();
    let model = &library.items[item].model;
    let flat = flat::flat(library, item, &[], errors)?;
    let graph = empty(model, flat.input.clone(), flat.output.clone());
    let mut builder = Builder { library, errors, graph, structs: HashMap::new(), anonymous: HashSet::new() };
    let main = Instance::of(&mut builder, item, flat, 0, instance::Place::default());
    let from = format!("the input of `{}`", model.name.unraw());
    let parts = main.input_parts();
    builder.graph.inputs = (0..parts).map(|_| builder.value(from.clone())).collect();
    let inputs = builder.graph.inputs.iter().map(|value| Val::One(*value)).collect();
    let result = builder.run(&main, inputs);
    builder.graph.outputs = builder.values_of(&result);
    let mut graph = builder.graph;
    if faults == errors.count() {
        graph.drop_dead();
    }
    Some(graph)
}

/// The graph of a model that cannot be built: its name, and what its input and output are said to be.
pub(crate) fn hollow(library: &Library, item: ItemId) -> Graph {
    let model = &library.items[item].model;
    let silence = Errors::new();
    let sample = |tokens| flat::sample(tokens, "", &Default::default(), &silence);
    let (input, output) = match &model.kind {
        Kind::Own(own) => (sample(&own.input), sample(&own.output)),
        Kind::Of(of) => (None, of.output.as_ref().and_then(sample)),
    };
    silence.into_vec();
    empty(model, input, output)
}

fn empty(model: &Model, input: Option<Written>, output: Option<Written>) -> Graph {
    let main = Struct {
        name: model.name.clone(),
        visibility: model.visibility.clone(),
        attributes: model.attributes.clone(),
        fields: Vec::new(),
    };
    Graph {
        model: model.name.clone(),
        front_end: FrontEnd::Model,
        structs: vec![main],
        units: Vec::new(),
        values: Vec::new(),
        nodes: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        input,
        output,
        taps: Vec::new(),
        known: Default::default(),
    }
}

impl Builder<'_> {
    /// A new value.
    fn value(&mut self, from: String) -> ValueId {
        self.graph.values.push(Value { sample: None, from });
        self.graph.values.len() - 1
    }

    /// A new node and its value. `name` is what messages call it.
    fn node(&mut self, what: What, inputs: Vec<ValueId>, name: String, at: &TokenStream) -> Val {
        let output = self.value(format!("`{name}`"));
        self.graph.nodes.push(Node { what, inputs, output, name, at: at.clone() });
        Val::One(output)
    }

    /// A new node of an operation, which is better known by the name that `let` may give its value.
    fn operation(&mut self, what: What, inputs: Vec<ValueId>, name: String, at: &TokenStream) -> Val {
        let val = self.node(what, inputs, name, at);
        if let Val::One(value) = val {
            self.anonymous.insert(value);
        }
        val
    }

    /// All values in it, one behind the other. What is no value gives one of unknown type.
    fn values_of(&mut self, val: &Val) -> Vec<ValueId> {
        match val {
            Val::One(value) => vec![*value],
            Val::Tuple(parts) => parts.iter().flat_map(|part| self.values_of(part)).collect(),
            Val::Number(_) | Val::Unknown => vec![self.value("an expression with an error".to_string())],
        }
    }

    /// One tensor; nothing and an error if it is something else, unless that was reported.
    fn tensor(&mut self, val: &Val, what: &str, at: &TokenStream) -> Option<ValueId> {
        match val {
            Val::One(value) => return Some(*value),
            Val::Tuple(parts) => {
                self.errors.at(at, format!("`{what}` takes one tensor, but gets {} values", parts.len()));
            }
            Val::Number(number) => {
                self.errors.at(at, format!("`{what}` takes a tensor, but gets the number {number}"));
            }
            Val::Unknown => {}
        }
        None
    }

    /// Names a value to be seen from outside.
    fn tap(&mut self, instance: &Instance<'_>, name: &Ident, val: &Val) {
        let prefix = instance.place.prefix().replace('.', "_");
        let value = match val {
            Val::One(value) => *value,
            Val::Tuple(parts) => {
                let message = format!("`{name}` is {} values: take them apart to tap them", parts.len());
                return self.errors.at(name, message);
            }
            Val::Number(_) => {
                return self.errors.at(name, format!("`{name}` is a number, and not a value to tap"));
            }
            Val::Unknown => return,
        };
        let ident = match prefix.as_str() {
            // It may be a raw one.
            "" => name.clone(),
            _ => Ident::new(&format!("{prefix}{}", name.unraw()), name.span()),
        };
        if self.graph.taps.iter().any(|(other, _)| *other == ident) {
            let message = format!(
                "two taps are called `{ident}`: a tap is one value, computed once, of a name of its own"
            );
            return self.errors.at(name, message);
        }
        self.graph.taps.push((ident, value));
    }

    /// What a field holds, for a unit or an instance.
    fn holds(made: &instance::Made<'_>) -> Option<Holds> {
        match made {
            instance::Made::Unit(unit) => Some(Holds::Unit(*unit)),
            instance::Made::Block(block) => Some(Holds::Struct(block.structure)),
            instance::Made::Array(elements) => elements.first().and_then(Self::holds),
            instance::Made::Flatten | instance::Made::Broken => None,
        }
    }

    fn has_field(&self, unit: UnitId) -> bool {
        self.graph.units[unit].layer.as_ref().is_ok_and(layers::has_parameters)
    }
}

/// How many values a sample is.
fn parts(sample: &Sample) -> usize {
    match sample {
        Sample::Tuple(parts) => parts.len(),
        Sample::Shape(_) | Sample::Seq(..) => 1,
    }
}
