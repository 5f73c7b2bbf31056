//! The memory plan: buffers whose lives do not overlap share memory.
//!
//! Offsets are in floats per sample. Buffer *i* of a batch of `B` lies at float `B · offset`, so one plan
//! serves every capacity, and being a multiple of 16 floats keeps each buffer on its own cache lines.

#[cfg(test)]
pub(crate) mod verify;

use crate::lower::{Operand, Place, Program, Step};

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

/// Where the buffers of a program are.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Of each buffer; zero for those that are elsewhere.
    pub(crate) offsets: Vec<usize>,
    /// Floats per sample of all of them.
    pub(crate) peak: usize,
    /// Whether each step works in place.
    pub(crate) in_place: Vec<bool>,
}

impl Plan {
    pub(crate) fn of(program: &Program) -> Self {
        let mut storage = Storage::of(program);
        let in_place: Vec<bool> =
            (0..program.steps.len()).map(|step| storage.merge_in_place(program, step)).collect();
        let roots: Vec<usize> =
            (0..program.buffers.len()).filter(|buffer| storage.is_root(*buffer)).collect();
        let lives: Vec<Life> = roots.iter().filter_map(|root| storage.lives[*root]).collect();
        let Packing { offsets: packed, peak } = pack(&lives);
        let placed = roots.iter().filter(|root| storage.lives[**root].is_some()).zip(packed);
        let mut offsets = vec![0; program.buffers.len()];
        for (root, offset) in placed {
            for (place, _) in offsets.iter_mut().zip(&storage.of).filter(|(_, owner)| *owner == root) {
                *place = offset;
            }
        }
        Plan { offsets, peak, in_place }
    }
}

/// Which buffers are the same memory, and when it is in use.
struct Storage {
    /// Of each buffer, the one whose memory it is.
    of: Vec<usize>,
    /// Of each buffer that the plan places and a step mentions; of merged ones, the whole.
    lives: Vec<Option<Life>>,
}

impl Storage {
    fn of(program: &Program) -> Self {
        let mut lives: Vec<Option<Life>> = vec![None; program.buffers.len()];
        for (i, step) in program.steps.iter().enumerate() {
            for buffer in step.operands.iter().filter_map(Operand::buffer) {
                let root = program.root(buffer);
                if program.buffers[root].place == Place::Planned {
                    let floats = program.buffers[root].floats;
                    lives[root].get_or_insert(Life { floats, from: i, to: i }).to = i;
                }
            }
        }
        Storage { of: (0..program.buffers.len()).collect(), lives }
    }

    fn is_root(&self, buffer: usize) -> bool {
        self.of[buffer] == buffer
    }

    /// Lets a step write what it reads, if nobody reads that later. Of the others' lives this changes
    /// nothing: what is written takes the place of what was read.
    fn merge_in_place(&mut self, program: &Program, step: usize) -> bool {
        let Step { operands, in_place, .. } = &program.steps[step];
        let Some((read, written)) = *in_place else { return false };
        let [Some(from), Some(to)] = [read, written].map(|operand| operands[operand].buffer()) else {
            return false;
        };
        let planned = |buffer: usize| program.buffers[buffer].place == Place::Planned;
        if !planned(from) || !planned(to) {
            return false;
        }
        let (from, to) = (self.of[from], self.of[to]);
        let [Some(old), Some(new)] = [self.lives[from], self.lives[to]] else { return false };
        let mentions = operands
            .iter()
            .filter_map(Operand::buffer)
            .filter(|buffer| self.of[program.root(*buffer)] == from)
            .count();
        if from == to || old.to != step || new.from != step || old.floats != new.floats || mentions != 1 {
            return false;
        }
        self.lives[from] = Some(Life { to: new.to, ..old });
        self.lives[to] = None;
        for owner in &mut self.of {
            if *owner == to {
                *owner = from;
            }
        }
        true
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
