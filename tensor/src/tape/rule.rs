//! [`Rule`]: how the gradient of an operation follows from the gradient of its result.

use super::averages::Statistic;
use super::var::Var;
use crate::Error;
use crate::array::{Array, Dims};

/// The derivative of one operation.
///
/// A rule is written in operations on [`Var`]s, which record themselves where the gradient is to be
/// differentiated again. Where it is not ([`Backward::recording`] is false) a rule may call a fused kernel, which
/// a test compares with that composition.
pub(crate) trait Rule: 'static {
    /// The operation, in errors and tables.
    fn name(&self) -> &'static str;

    /// How many bytes into its input the result lies, if it is a part of a model.
    fn part(&self) -> Option<usize> {
        None
    }

    /// Writes the gradient of each input that needs one, given `dy`.
    ///
    /// # Errors
    /// When the rule cannot be differentiated once more, or a user's own rule fails.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error>;
}

/// A value that a rule needs, and where it came from.
pub(crate) struct Saved {
    pub(super) array: Array,
    /// Its node, unless it is a constant.
    pub(super) node: Option<usize>,
}

/// What a rule is given.
pub(crate) struct Backward<'a> {
    /// What was saved, in order.
    pub(super) saved: &'a [Var],
    /// The dimensions of each input whose gradient is wanted.
    pub(super) inputs: &'a [Option<Dims>],
    /// Where the gradients go.
    pub(super) gradients: &'a mut [Option<Var>],
    /// The nodes of the inputs, and what other operations have given them so far.
    pub(super) nodes: &'a [Option<usize>],
    pub(super) pending: &'a mut [Option<Var>],
    /// The batch statistics that modules have left.
    pub(super) statistics: &'a mut Vec<Statistic>,
    /// Whether gradients are recorded, to be differentiated again.
    pub(super) recording: bool,
}

impl<'a> Backward<'a> {
    /// Saved value `i`.
    pub(crate) fn saved(&self, i: usize) -> &'a Var {
        &self.saved[i]
    }

    /// All saved values.
    pub(crate) fn all_saved(&self) -> &'a [Var] {
        self.saved
    }

    /// The dimensions of input `i` if its gradient is wanted.
    pub(crate) fn wants(&self, i: usize) -> Option<Dims> {
        self.inputs[i]
    }

    /// How many inputs the operation had.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Whether the gradient will be differentiated again, so that only recorded operations may compute it.
    pub(crate) fn recording(&self) -> bool {
        self.recording
    }

    /// Sets the gradient of input `i`, if it is wanted.
    pub(crate) fn give(&mut self, i: usize, gradient: impl FnOnce() -> Var) {
        if self.inputs[i].is_some() {
            self.gradients[i] = Some(gradient());
        }
    }

    /// Takes what other operations have given input `i` so far, to add to it where it is: what the rule then gives
    /// is the sum.
    pub(crate) fn take_sum(&mut self, i: usize) -> Option<Var> {
        self.pending[self.nodes[i]?].take()
    }

    /// [`Backward::give`] for an input that was broadcast: its gradient is the sum over what it was repeated for.
    pub(crate) fn give_summed(&mut self, i: usize, gradient: impl FnOnce() -> Var) {
        if let Some(dims) = self.inputs[i] {
            self.gradients[i] = Some(gradient().sum_to(dims));
        }
    }
}
