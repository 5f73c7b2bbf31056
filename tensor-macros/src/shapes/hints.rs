//! What would fit: looks back to where a shape was decided.

use crate::graph::{Node, Unit, Value, ValueId, What};
use crate::layers::Layer;
use crate::sample::Sample;

use super::window::by;

/// What is inferred so far.
#[derive(Clone, Copy)]
pub(super) struct Past<'a> {
    pub(super) nodes: &'a [Node],
    pub(super) units: &'a [Unit],
    pub(super) values: &'a [Value],
}

impl Past<'_> {
    /// For two images or signals that should be of one size: the padding that the convolutions before the smaller one
    /// lack, as ": use padding = 2 in `conv1` to keep 28×28"; nothing if that is not why they differ.
    pub(super) fn padding(&self, a: ValueId, b: ValueId) -> String {
        let (Some(size_a), Some(size_b)) = (self.size(a), self.size(b)) else { return String::new() };
        let (smaller, large, small) = if size_a < size_b { (a, size_b, size_a) } else { (b, size_a, size_b) };
        let lost = large[0] - small[0];
        let each = large.iter().zip(small).all(|(large, small)| large.checked_sub(*small) == Some(lost));
        if lost == 0 || large.len() != small.len() || !each {
            return String::new();
        }
        match self.unpadded(smaller, lost) {
            Some(hints) => format!(": use {} to keep {}", hints.join(" and "), by(large)),
            None => String::new(),
        }
    }

    /// Height and width of an image, or the length of a signal.
    fn size(&self, value: ValueId) -> Option<&[usize]> {
        match &self.values[value].sample {
            Some(Sample::Shape(shape)) => match shape.dims.as_slice() {
                [_, sides @ ..] if matches!(sides.len(), 1 | 2) => Some(sides),
                _ => None,
            },
            _ => None,
        }
    }

    /// The convolutions without which `value` would be larger by `lost`, the first of them first.
    fn unpadded(&self, value: ValueId, lost: usize) -> Option<Vec<String>> {
        if lost == 0 {
            return Some(Vec::new());
        }
        let node = self.nodes.iter().rfind(|node| node.output == value)?;
        let [before] = node.inputs.as_slice() else { return None };
        let unit = match &node.what {
            What::Unit(unit) => &self.units[*unit],
            What::Claim { .. } => return self.unpadded(*before, lost),
            _ => return None,
        };
        match &unit.layer {
            Ok(Layer::Conv { window, .. }) => {
                let keeps = window.padding_to_keep()?;
                let lost_here = 2 * keeps.checked_sub(window.padding)?;
                let mut hints = self.unpadded(*before, lost.checked_sub(lost_here)?)?;
                if lost_here > 0 {
                    hints.push(format!("padding = {keeps} in `{}`", unit.name));
                }
                Some(hints)
            }
            Ok(Layer::Dropout { .. } | Layer::Activation(_) | Layer::BatchNorm { .. } | Layer::Identity) => {
                self.unpadded(*before, lost)
            }
            _ => None,
        }
    }
}
