//! [`Graph`]: layers and what flows between them.

use crate::layers::Layer;
use crate::parse::{Declaration, Field};
use crate::sample::Sample;

/// An index into [`Graph::values`].
pub(crate) type ValueId = usize;

/// A model: nodes in an order in which they can run.
pub(crate) struct Graph<'a> {
    pub(crate) declaration: &'a Declaration,
    pub(crate) nodes: Vec<Node<'a>>,
    /// Value 0 is the model's input.
    pub(crate) values: Vec<Value>,
}

/// A layer at its place. It makes the value whose index is one more than its own.
pub(crate) struct Node<'a> {
    pub(crate) field: &'a Field,
    /// What it does to shapes, if its type can be read.
    pub(crate) layer: syn::Result<Layer>,
    pub(crate) input: ValueId,
    pub(crate) output: ValueId,
}

/// What flows from the layer that makes it to the layers that use it.
#[derive(Debug)]
pub(crate) struct Value {
    /// Its type, once that is inferred. Unknown behind a layer with an error.
    pub(crate) sample: Option<Sample>,
}

impl<'a> Graph<'a> {
    /// The graph of a struct: its fields, one after the other.
    pub(crate) fn chain(declaration: &'a Declaration) -> Self {
        let input = declaration.input.as_ref().map(|written| written.sample.clone());
        let mut values = vec![Value { sample: input }];
        let mut nodes = Vec::new();
        for (input, field) in declaration.fields.iter().enumerate() {
            values.push(Value { sample: None });
            nodes.push(Node { field, layer: Layer::of(&field.ty), input, output: input + 1 });
        }
        Graph { declaration, nodes, values }
    }

    /// The model's output.
    pub(crate) fn output(&self) -> ValueId {
        self.nodes.last().map_or(0, |node| node.output)
    }

    /// The values that are neither the model's input nor its output.
    pub(crate) fn intermediates(&self) -> impl Iterator<Item = ValueId> {
        let output = self.output();
        (1..self.values.len()).filter(move |value| *value != output)
    }

    /// The last node that reads `value`, and the first.
    pub(crate) fn readers(&self, value: ValueId) -> Option<(usize, usize)> {
        let mut readers = (0..self.nodes.len()).filter(|node| self.nodes[*node].input == value);
        let first = readers.next()?;
        Some((first, readers.next_back().unwrap_or(first)))
    }
}
