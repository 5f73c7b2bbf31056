//! Which nodes one kernel computes in one pass.
//!
//! Products, convolutions and batch norms can add another tensor to what they compute and apply an
//! activation before they write it. So a product, the addition behind it and the activation behind that
//! are one step, which runs where the last of them stands; nobody else may want what is between them.
//! With prepared parameters a batch norm behind a convolution is part of its weights. Sums of bytes have
//! activations, too.

use super::Phase;
use super::build::is_erased;
use crate::graph::{BinaryOp, Graph, UnitId, ValueId, What};
use crate::layers::{Activation, Layer};

/// An index into [`Graph::nodes`].
pub(crate) type NodeId = usize;

/// Nodes that are one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) anchor: NodeId,
    /// The batch norm that is folded into the anchor's weights.
    pub(crate) folded: Option<NodeId>,
    /// What is added.
    pub(crate) residual: Option<ValueId>,
    pub(crate) activation: Option<Activation>,
    /// What the activation gets.
    pub(crate) before: ValueId,
    /// What the step writes.
    pub(crate) output: ValueId,
    /// The node at whose place it runs.
    pub(crate) last: NodeId,
}

/// The groups in the order in which they run. Each node is in one of them.
pub(crate) fn groups(graph: &Graph, phase: Phase) -> Vec<Group> {
    let mut absorbed = vec![false; graph.nodes.len()];
    let mut groups = Vec::new();
    for anchor in 0..graph.nodes.len() {
        if !absorbed[anchor] {
            groups.push(Group::at(graph, phase, anchor, &mut absorbed));
        }
    }
    groups.sort_by_key(|group| group.last);
    groups
}

impl Group {
    fn at(graph: &Graph, phase: Phase, anchor: NodeId, absorbed: &mut [bool]) -> Self {
        let output = graph.nodes[anchor].output;
        let (folded, residual, activation) = (None, None, None);
        let mut group = Group { anchor, folded, residual, activation, before: output, output, last: anchor };
        if !is_anchor(graph, phase, anchor) {
            return group;
        }
        if matches!(phase, Phase::Prepared | Phase::Quantized)
            && let Some(norm) = folds(graph, anchor)
        {
            group.folded = Some(norm);
            group.absorb(graph, norm, absorbed);
        }
        if !is_sum(graph, anchor)
            && let Some(sum) = group.next(graph, absorbed)
            && let Some(other) = other_summand(graph, sum, group.output)
        {
            group.residual = Some(other);
            group.absorb(graph, sum, absorbed);
        }
        group.before = group.output;
        if let Some(next) = group.next(graph, absorbed)
            && let Some(function) = activation_of(graph, next)
            && (phase != Phase::Train || can_differentiate(graph, anchor, function))
        {
            group.activation = Some(function);
            group.absorb(graph, next, absorbed);
        }
        group
    }

    fn absorb(&mut self, graph: &Graph, node: NodeId, absorbed: &mut [bool]) {
        absorbed[node] = true;
        self.output = graph.nodes[node].output;
        self.last = node;
    }

    /// The one node that reads what this gives so far, if it is free.
    fn next(&self, graph: &Graph, absorbed: &[bool]) -> Option<NodeId> {
        only_reader(graph, self.output).filter(|node| !absorbed[*node])
    }
}

/// The node that alone reads a value, which nobody else sees.
pub(crate) fn only_reader(graph: &Graph, value: ValueId) -> Option<NodeId> {
    let seen = graph.outputs.contains(&value) || graph.taps.iter().any(|(_, tapped)| *tapped == value);
    let mut readers = graph
        .nodes
        .iter()
        .enumerate()
        .flat_map(|(i, node)| node.inputs.iter().filter(|input| **input == value).map(move |_| i));
    let first = readers.next()?;
    (!seen && readers.next().is_none()).then_some(first)
}

fn unit_of(graph: &Graph, node: NodeId) -> Option<(UnitId, &Layer)> {
    let What::Unit(unit) = graph.nodes[node].what else { return None };
    let layer = graph.units[unit].layer.as_ref().ok()?;
    is_erased(&graph.units[unit]).then_some((unit, layer))
}

/// Whether a node adds two tensors of one shape.
fn is_sum(graph: &Graph, node: NodeId) -> bool {
    let node = &graph.nodes[node];
    let same = |a: ValueId, b: ValueId| graph.values[a].sample == graph.values[b].sample;
    matches!(node.what, What::Binary(BinaryOp::Add)) && same(node.inputs[0], node.inputs[1])
}

/// Whether a node can have an epilogue: a type may have given it an activation already.
fn is_anchor(graph: &Graph, phase: Phase, node: NodeId) -> bool {
    (phase == Phase::Quantized && is_sum(graph, node))
        || matches!(
            unit_of(graph, node),
            Some((
                _,
                Layer::Linear { activation: Activation::Identity, .. }
                    | Layer::Conv { activation: Activation::Identity, .. }
                    | Layer::BatchNorm { .. }
            ))
        )
}

/// The batch norm behind a convolution. Both must be used once: shared weights would have to be folded
/// with each batch norm behind them.
fn folds(graph: &Graph, node: NodeId) -> Option<NodeId> {
    let (conv, Layer::Conv { .. }) = unit_of(graph, node)? else { return None };
    let next = only_reader(graph, graph.nodes[node].output)?;
    let (norm, Layer::BatchNorm { .. }) = unit_of(graph, next)? else { return None };
    let uses =
        |unit| graph.nodes.iter().filter(|node| matches!(node.what, What::Unit(u) if u == unit)).count();
    (uses(conv) == 1 && uses(norm) == 1).then_some(next)
}

/// What a node adds to `value`, if it is of the same shape.
fn other_summand(graph: &Graph, node: NodeId, value: ValueId) -> Option<ValueId> {
    let node = &graph.nodes[node];
    if !matches!(node.what, What::Binary(BinaryOp::Add)) {
        return None;
    }
    let other = node.inputs.iter().copied().find(|input| *input != value)?;
    (graph.values[other].sample == graph.values[value].sample).then_some(other)
}

fn activation_of(graph: &Graph, node: NodeId) -> Option<Activation> {
    match unit_of(graph, node)? {
        (_, Layer::Activation(function)) => Some(*function),
        _ => None,
    }
}

/// Products can keep what their activation gets, batch norm cannot.
fn can_differentiate(graph: &Graph, anchor: NodeId, function: Activation) -> bool {
    function.differentiates_from_output()
        || !matches!(unit_of(graph, anchor), Some((_, Layer::BatchNorm { .. })))
}
