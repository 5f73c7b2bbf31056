//! Which convolutions of a prepared model work on images in blocks of sixteen channels.
//!
//! Between layers the layout of an image is the plan's choice. In blocks it is read and written fastest, but only some
//! kernels know them: convolutions that are pointwise, depthwise, or from few channels, each with a batch norm to fold,
//! so that their weights are packed anyway. An image is blocked if all who read it can; a chain of such begins with a
//! convolution from an ordinary image and ends with the mean of all pixels.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::build::Builder;
use super::forward::{arguments, create, image, product_call};
use super::fuse::{NodeId, groups, only_reader};
use super::values::classes;
use super::{Group, Operand, Phase, is_erased};
use crate::graph::{Graph, UnitId, ValueId, What};
use crate::layers::{Activation, Layer, Space};

/// Channels of a block.
pub(crate) const BLOCK: usize = 16;

/// From more channels than these, the first convolution of a chain has kernels of its own.
const FEW: usize = 4;

/// What kind of convolution, as `castiron::call::blocked::Kind` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    First,
    Pointwise,
    Depthwise,
}

/// The largest window that a depthwise convolution may have to be one step with what is before it.
const REACH: usize = 11;

/// What is blocked.
#[derive(Clone, Debug)]
pub(crate) struct Blocked {
    /// The convolutions, by their nodes.
    kinds: Vec<Option<Kind>>,
    /// By values.
    images: Vec<bool>,
    /// By the nodes of depthwise convolutions: the pointwise one before, if the two are one step.
    expands: Vec<Option<Group>>,
}

impl Blocked {
    pub(crate) fn of(graph: &Graph) -> &Self {
        graph.known.blocked.get_or_init(|| Blocked::find(graph))
    }

    pub(crate) fn kind(&self, node: NodeId) -> Option<Kind> {
        self.kinds[node]
    }

    /// Whether an image is blocked.
    pub(crate) fn has(&self, image: ValueId) -> bool {
        self.images[image]
    }

    /// The pointwise convolution that is one step with this depthwise one.
    pub(crate) fn expand(&self, node: NodeId) -> Option<&Group> {
        self.expands[node].as_ref()
    }

    /// Whether a pointwise convolution is one step with the depthwise one behind it.
    pub(crate) fn is_expanded(&self, node: NodeId) -> bool {
        self.expands.iter().flatten().any(|group| group.anchor == node)
    }

    /// Begins with all that could be, and drops what has a neighbour that cannot.
    fn find(graph: &Graph) -> Self {
        let (groups, class) = (groups(graph, Phase::Prepared), classes(graph, Phase::Prepared));
        let (mut kinds, mut images) = (vec![None; graph.nodes.len()], vec![false; graph.values.len()]);
        for group in &groups {
            kinds[group.anchor] = kind_of(graph, group);
            images[group.output] = kinds[group.anchor].is_some();
        }
        for value in &graph.outputs {
            images[class[*value]] = false;
        }
        let expands = vec![None; graph.nodes.len()];
        let mut blocked = Blocked { kinds, images, expands };
        let mut settled = false;
        while !settled {
            settled = true;
            for group in &groups {
                let inputs = &graph.nodes[group.anchor].inputs;
                let reads: Vec<ValueId> =
                    inputs.iter().chain(&group.residual).map(|value| class[*value]).collect();
                let first = blocked.kinds[group.anchor] == Some(Kind::First);
                let fits = |(i, value): (usize, &ValueId)| blocked.images[*value] != (first && i == 0);
                if blocked.kinds[group.anchor].is_some() {
                    if !blocked.images[group.output] || !reads.iter().enumerate().all(fits) {
                        (blocked.kinds[group.anchor], blocked.images[group.output]) = (None, false);
                        settled = false;
                    }
                } else if !is_mean(graph, group.anchor) {
                    for value in reads {
                        settled &= !blocked.images[value];
                        blocked.images[value] = false;
                    }
                }
            }
        }
        for each in groups.iter().filter(|each| blocked.kinds[each.anchor] == Some(Kind::Depthwise)) {
            let before = groups.iter().find(|group| only_reader(graph, group.output) == Some(each.anchor));
            if let Some(expand) = before
                && blocked.kinds[expand.anchor] == Some(Kind::Pointwise)
                && [expand, each].iter().all(|group| group.residual.is_none())
                && reach(graph, each) <= REACH
            {
                blocked.expands[each.anchor] = Some(expand.clone());
            }
        }
        blocked
    }
}

/// What a group could be.
fn kind_of(graph: &Graph, group: &Group) -> Option<Kind> {
    let What::Unit(unit) = graph.nodes[group.anchor].what else { return None };
    let Ok(Layer::Conv { input, output, groups, window, activation, .. }) = &graph.units[unit].layer else {
        return None;
    };
    let limits = matches!(
        group.activation.unwrap_or(*activation),
        Activation::Identity | Activation::Relu | Activation::Relu6
    );
    if group.folded.is_none() || !limits || window.over != Space::Image || !is_erased(&graph.units[unit]) {
        return None;
    }
    let (input, output, groups) = (input.as_ref()?.value, output.value, groups.value);
    let pointwise = window.size.value == 1 && window.stride == 1 && window.padding == 0;
    match groups {
        1 if output < BLOCK => None,
        1 if input <= FEW => (window.stride <= 2 && window.dilation == 1).then_some(Kind::First),
        1 => pointwise.then_some(Kind::Pointwise),
        _ => (input == 1 && output == groups).then_some(Kind::Depthwise),
    }
}

/// Pixels across a window of a convolution.
fn reach(graph: &Graph, group: &Group) -> usize {
    match &graph.nodes[group.anchor].what {
        What::Unit(unit) => match &graph.units[*unit].layer {
            Ok(Layer::Conv { window, .. }) => window.dilation * window.size.value.saturating_sub(1) + 1,
            _ => 0,
        },
        _ => 0,
    }
}

/// Whether a node is the mean of all pixels, of whole blocks.
fn is_mean(graph: &Graph, node: NodeId) -> bool {
    let node = &graph.nodes[node];
    let What::Unit(unit) = node.what else { return false };
    let whole =
        graph.values[node.output].sample.as_ref().is_some_and(|mean| mean.bytes().is_multiple_of(4 * BLOCK));
    matches!(graph.units[unit].layer, Ok(Layer::GlobalPool2d)) && is_erased(&graph.units[unit]) && whole
}

/// A convolution of blocked images, with the one before it if they are one step.
pub(super) fn convolution(builder: &mut Builder<'_>, group: &Group, unit: UnitId, kind: Kind) {
    let graph = builder.graph;
    let node = &graph.nodes[group.anchor];
    let before =
        Blocked::of(graph).expand(group.anchor).and_then(|first| match graph.nodes[first.anchor].what {
            What::Unit(unit) => Some((first, unit, builder.read(graph.nodes[first.anchor].inputs[0]))),
            _ => None,
        });
    let residual = group.residual.map_or(Operand::None, |value| builder.read(value));
    let conv = arguments(&product_call(builder, unit, node).1, group, false);
    let [weight, bias] = ["weight", "bias"].map(|leaf| Operand::Parameter(unit, leaf));
    let [channels, height, width] = image(builder, group.output);
    let y = create(builder, group.output);
    builder.program.buffers[y].floats = channels.next_multiple_of(BLOCK) * height * width;
    if let Some((first, unit, x)) = before {
        let expand =
            arguments(&product_call(builder, unit, &builder.graph.nodes[first.anchor]).1, first, false);
        let args = quote!(&const { call::blocked::ExpandArgs { expand: #expand, each: #conv, weight: AnyElement::DTYPE } });
        let [first_weight, first_bias] = ["weight", "bias"].map(|leaf| Operand::Parameter(unit, leaf));
        let operands = vec![first_weight, first_bias, weight, bias, x, Operand::Write(y)];
        builder.step("blocked::expand", args, operands);
    } else {
        let x = builder.read(node.inputs[0]);
        let kind = format_ident!("{kind:?}");
        let args = quote!(&const { call::blocked::Args { kind: call::blocked::Kind::#kind, conv: #conv, weight: AnyElement::DTYPE } });
        builder.step("blocked::forward", args, vec![weight, bias, x, residual, Operand::Write(y)]);
    }
}

/// The arguments of the mean of all pixels.
pub(super) fn global_pool([channels, height, width]: [usize; 3]) -> TokenStream {
    let (outer, len, inner) = (channels / BLOCK, height * width, BLOCK);
    quote!(&call::reduce::Args { outer: #outer, len: #len, inner: #inner, mean: true })
}
