//! [`Var`]: an array that may be on a tape. The rules compute with these.

use super::handle::Handle;
use super::record::{Kind, Operation};
use super::rule::{Rule, Saved};
use crate::array::Array;

/// An array, and its node if it is on a tape.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) array: Array,
    pub(crate) handle: Option<Handle>,
}

impl Var {
    /// One that is on no tape.
    pub(crate) fn constant(array: Array) -> Self {
        Var { array, handle: None }
    }

    /// Whether an operation on these is recorded.
    pub(crate) fn is_recorded(inputs: &[&Var]) -> bool {
        recording(inputs).is_some()
    }

    /// To be kept for backward.
    pub(crate) fn save(&self) -> Saved {
        Saved { array: self.array.clone(), node: self.handle.as_ref().map(|handle| handle.index) }
    }

    /// `y`, computed from `inputs`: recorded if one of them is on a tape that records. `rule` is then asked for
    /// the rule and for what backward needs of the inputs.
    pub(crate) fn record<R: Rule>(y: Array, inputs: &[&Var], rule: impl FnOnce() -> (R, Vec<Saved>)) -> Var {
        Self::record_with(y, inputs, |_| rule())
    }

    /// [`Var::record`] for rules that need the result itself, which `rule` is given to save.
    pub(crate) fn record_with<R: Rule>(
        y: Array,
        inputs: &[&Var],
        rule: impl FnOnce(&Output<'_>) -> (R, Vec<Saved>),
    ) -> Var {
        let Some(first) = recording(inputs) else { return Var::constant(y) };
        let mut one_tape = true;
        let nodes = inputs.iter().map(|x| {
            let handle = x.handle.as_ref()?;
            one_tape &= handle.same_tape(first);
            Some(handle.index)
        });
        let nodes: Vec<_> = nodes.collect();
        let (dims, index) = (y.dims, first.record.len());
        let (rule, saved) = rule(&Output { array: &y, index });
        let operation = if one_tape {
            Operation { rule: Box::new(rule), inputs: nodes, saved }
        } else {
            Operation { rule: Box::new(super::rules::TwoTapes), inputs: Vec::new(), saved: Vec::new() }
        };
        let handle = first.record.push(dims, Kind::Operation(operation));
        Var { array: y, handle: Some(handle) }
    }
}

/// The first node among them whose tape records, whatever the order of the operands.
fn recording<'a>(inputs: &[&'a Var]) -> Option<&'a Handle> {
    inputs.iter().filter_map(|x| x.handle.as_ref()).find(|handle| handle.record.recording.get())
}

/// The result of an operation that is being recorded.
pub(crate) struct Output<'a> {
    array: &'a Array,
    index: usize,
}

impl Output<'_> {
    /// To be kept for backward.
    pub(crate) fn save(&self) -> Saved {
        Saved { array: self.array.clone(), node: Some(self.index) }
    }
}
