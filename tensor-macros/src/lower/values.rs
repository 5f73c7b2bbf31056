//! Which values are the same numbers and so the same memory: what is reshaped, what passes through
//! `Identity`, and at inference through dropout.

use super::Phase;
use crate::graph::{Graph, Node, ValueId, What};
use crate::layers::Layer;

/// Whether a node only gives its input another name.
pub(super) fn is_alias(graph: &Graph, node: &Node, phase: Phase) -> bool {
    match node.what {
        What::Reshape { .. } => true,
        What::Unit(unit) => match graph.units[unit].layer {
            Ok(Layer::Identity) => true,
            Ok(Layer::Dropout { .. }) => phase != Phase::Train,
            _ => false,
        },
        _ => false,
    }
}

/// For each value the first one with the same numbers.
pub(super) fn classes(graph: &Graph, phase: Phase) -> Vec<ValueId> {
    let mut class: Vec<ValueId> = (0..graph.values.len()).collect();
    for node in graph.nodes.iter().filter(|node| is_alias(graph, node, phase)) {
        class[node.output] = class[node.inputs[0]];
    }
    class
}
