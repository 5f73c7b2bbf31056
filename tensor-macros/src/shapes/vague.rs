//! What is known of a value whose sizes are not: behind an error, the layers that follow are still looked
//! at, as far as they go with any size.

use crate::graph::{Dims, Graph, Holds, What};
use crate::layers::{Layer, Space};
use crate::sample::Sample;

/// How many axes a value has, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vague {
    Vector,
    /// `[time, width]`, or a signal `[channels, length]`
    Sequence,
    /// `[channels, height, width]`
    Image,
}

impl Vague {
    fn of(sample: &Sample) -> Option<Self> {
        let Sample::Shape(shape) = sample else { return None };
        match shape.dims.len() {
            1 => Some(Vague::Vector),
            2 => Some(Vague::Sequence),
            3 => Some(Vague::Image),
            _ => None,
        }
    }
}

/// What each value is known to be.
pub(super) struct Known {
    values: Vec<Option<Vague>>,
}

impl Known {
    pub(super) fn new(values: usize) -> Self {
        Known { values: vec![None; values] }
    }

    /// Goes on with what a node gives: `sample`, if that is known. Where only the layer decides what it
    /// gives, it is known even if what it gets is not.
    pub(super) fn output(
        &mut self,
        (what, layer): (&What, Option<&Layer>),
        (input, given): (Option<usize>, Option<&Sample>),
        (output, sample): (usize, Option<Sample>),
    ) -> Option<Sample> {
        if let Some(sample) = sample {
            self.values[output] = Vague::of(&sample);
            return Some(sample);
        }
        let gets = input.and_then(|input| self.values[input]).or_else(|| given.and_then(Vague::of));
        self.values[output] = match (what, layer) {
            (What::Reshape { dims: Dims::Flat }, _) => Some(Vague::Vector),
            (What::Affine { .. } | What::Reciprocal { .. }, _) => gets,
            (_, Some(layer)) => match layer {
                Layer::Conv { window, .. }
                | Layer::ConvTranspose { window, .. }
                | Layer::Pool { window, .. } => Some(match window.over {
                    Space::Signal => Vague::Sequence,
                    Space::Image => Vague::Image,
                }),
                Layer::BatchNorm { over: Space::Image, .. } => Some(Vague::Image),
                Layer::InstanceNorm { over, .. } => Some(match over {
                    Space::Signal => Vague::Sequence,
                    Space::Image => Vague::Image,
                }),
                Layer::Embedding { .. } | Layer::Lstm { .. } | Layer::Attention { .. } => {
                    Some(Vague::Sequence)
                }
                Layer::GlobalPool2d | Layer::LstmCell { .. } => Some(Vague::Vector),
                Layer::Linear { outputs, .. } => {
                    let whole = matches!(gets, Some(Vague::Vector | Vague::Image));
                    // What it gets does not matter, if that is not what is wrong with it.
                    if whole && given.is_none() && outputs.value > 0 {
                        self.values[output] = Some(Vague::Vector);
                        return Some(Sample::real([outputs.value]));
                    }
                    match gets {
                        Some(Vague::Image) => Some(Vague::Vector),
                        same => same,
                    }
                }
                Layer::BatchNorm { over: Space::Signal, .. }
                | Layer::LayerNorm { .. }
                | Layer::GroupNorm { .. }
                | Layer::Dropout { .. }
                | Layer::Activation(_)
                | Layer::Softmax
                | Layer::LogSoftmax
                | Layer::Identity => gets,
                Layer::Keeps { .. } | Layer::Opaque => None,
            },
            _ => None,
        };
        None
    }
}

impl Layer {
    /// Whether a size of it could not be read, which was reported: then it is 0.
    pub(super) fn is_unread(&self) -> bool {
        match self {
            Layer::Linear { outputs, .. } => outputs.value == 0,
            Layer::Conv { output, window, .. } | Layer::ConvTranspose { output, window, .. } => {
                output.value == 0 || window.size.value == 0
            }
            Layer::Pool { window, .. } => window.size.value == 0,
            Layer::Embedding { tokens, width, .. } => tokens.value == 0 || width.value == 0,
            Layer::Lstm { hidden, .. } | Layer::LstmCell { hidden, .. } => hidden.value == 0,
            Layer::Attention { heads, .. } => heads.value == 0,
            Layer::GroupNorm { groups, .. } => groups.value == 0,
            Layer::GlobalPool2d
            | Layer::BatchNorm { .. }
            | Layer::LayerNorm { .. }
            | Layer::InstanceNorm { .. }
            | Layer::Dropout { .. }
            | Layer::Activation(_)
            | Layer::Softmax
            | Layer::LogSoftmax
            | Layer::Identity
            | Layer::Keeps { .. }
            | Layer::Opaque => false,
        }
    }
}

/// A layer whose sizes stay unknown has no parameters to be initialised.
pub(super) fn forget_inits(graph: &mut Graph) {
    let units = &graph.units;
    for field in graph.structs.iter_mut().flat_map(|structure| &mut structure.fields) {
        if let Holds::Unit(unit) = field.holds
            && !units[unit].layer.as_ref().is_ok_and(|layer| layer.is_resolved() && !layer.is_unread())
        {
            field.inits.clear();
        }
    }
}
