//! The memory plan: buffers whose lives do not overlap share memory.
//!
//! Offsets are in floats per sample. Buffer *i* of a batch of `B` lies at float `B · offset`, so one plan
//! serves every capacity, and being a multiple of 16 floats keeps each buffer on its own cache lines.

use crate::graph::Graph;

/// Floats in 64 bytes.
const LINE: usize = 16;

/// A buffer: what it takes per sample, and the steps between which it is in use, both included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) floats: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Life {
    fn meets(&self, other: &Life) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// Where each buffer is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Packing {
    pub(crate) offsets: Vec<usize>,
    /// Floats per sample of all of them.
    pub(crate) peak: usize,
}

/// Packs buffers: the largest first, each at the lowest place that is free for all of its life.
pub(crate) fn pack(lives: &[Life]) -> Packing {
    let mut order: Vec<usize> = (0..lives.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(lives[*i].floats));
    let mut offsets = vec![0; lives.len()];
    let mut peak = 0;
    let mut placed: Vec<usize> = Vec::new();
    for i in order {
        let size = round(lives[i].floats);
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(|j| lives[**j].meets(&lives[i]))
            .map(|j| (offsets[*j], round(lives[*j].floats)))
            .collect();
        taken.sort_unstable();
        let mut offset = 0;
        for (start, taken) in taken {
            if start.saturating_sub(offset) >= size {
                break;
            }
            offset = offset.max(start.saturating_add(taken));
        }
        offsets[i] = offset;
        peak = peak.max(offset.saturating_add(size));
        placed.push(i);
    }
    Packing { offsets, peak }
}

/// Up to whole cache lines. What does not fit in memory is rustc's to report.
fn round(floats: usize) -> usize {
    floats.checked_next_multiple_of(LINE).unwrap_or(usize::MAX)
}

/// The plan of a model. Both packings list the graph's intermediate values, in order.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Outputs of layers, during `infer`.
    pub(crate) values: Packing,
    /// Their gradients, during `backward`.
    pub(crate) gradients: Packing,
}

impl Plan {
    /// The plan of a graph whose types are all known.
    pub(crate) fn of(graph: &Graph<'_>) -> Self {
        let last = graph.nodes.len().saturating_sub(1);
        let (mut values, mut gradients) = (Vec::new(), Vec::new());
        for value in graph.intermediates() {
            let made = value - 1;
            let (first_read, last_read) = graph.readers(value).unwrap_or((made, made));
            let sample = graph.values[value].sample.as_ref();
            let floats = |bytes: Option<usize>| bytes.unwrap_or(0).div_ceil(4);
            // Node i runs as step i. Its output must not lie on its input, which it reads meanwhile.
            let bytes = sample.map(crate::sample::Sample::bytes);
            values.push(Life { floats: floats(bytes), from: made, to: last_read });
            // Backward runs node i as step `last - i`: the last reader writes the gradient, the maker reads it.
            let bytes = sample.map(crate::sample::Sample::gradient_bytes);
            gradients.push(Life { floats: floats(bytes), from: last - last_read, to: last - made });
            debug_assert!(made < first_read || graph.readers(value).is_none(), "nodes are in running order");
        }
        Plan { values: pack(&values), gradients: pack(&gradients) }
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE, Life, Packing, pack, round};
    use proptest::prelude::*;

    fn life(floats: usize, from: usize, to: usize) -> Life {
        Life { floats, from, to }
    }

    #[test]
    fn a_chain_alternates() {
        let chain: Vec<Life> = (0..6).map(|i| life(64, i, i + 1)).collect();
        assert_eq!(pack(&chain), Packing { offsets: vec![0, 64, 0, 64, 0, 64], peak: 128 });
    }

    #[test]
    fn a_branch_keeps_its_memory() {
        // The first buffer is read by the last step, across two others.
        let plan = pack(&[life(32, 0, 3), life(16, 1, 2), life(16, 2, 3)]);
        assert_eq!(plan, Packing { offsets: vec![0, 32, 48], peak: 64 });
    }

    #[test]
    fn fills_gaps() {
        let plan = pack(&[life(64, 0, 0), life(48, 0, 2), life(16, 2, 2), life(32, 1, 3)]);
        assert_eq!(plan.offsets, [0, 64, 32, 0]);
        assert_eq!(plan.peak, 112);
    }

    proptest! {
        #[test]
        fn live_buffers_never_overlap(
            raw in prop::collection::vec((0usize..300, 0usize..20, 0usize..8), 0..40),
        ) {
            let lives: Vec<Life> = raw.iter().map(|(floats, from, more)| life(*floats, *from, from + more)).collect();
            let plan = pack(&lives);
            let end = |i: usize| plan.offsets[i] + lives[i].floats;
            for i in 0..lives.len() {
                prop_assert_eq!(plan.offsets[i] % LINE, 0);
                prop_assert!(end(i) <= plan.peak);
                for j in 0..i {
                    let apart = end(i) <= plan.offsets[j] || end(j) <= plan.offsets[i];
                    let empty = lives[i].floats == 0 || lives[j].floats == 0;
                    prop_assert!(!lives[i].meets(&lives[j]) || apart || empty);
                }
            }
            // No better than what is live at once, no worse than no packing at all.
            let at_once = (0..30).map(|t| {
                lives.iter().filter(|l| l.from <= t && t <= l.to).map(|l| round(l.floats)).sum::<usize>()
            });
            prop_assert!(plan.peak >= at_once.max().unwrap_or(0));
            prop_assert!(plan.peak <= lives.iter().map(|l| round(l.floats)).sum());
        }
    }
}
