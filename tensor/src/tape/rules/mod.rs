//! The derivative of every operation, one file per family: what it computes and how its gradient follows.

mod elementwise;
mod index;
mod layout;
mod product;
mod reduce;
mod scan;
mod softmax;
mod sort;
mod spread;

use super::{Backward, Rule, Var};
use crate::Error;

/// Stands for an operation on tensors of two tapes, which no backward can walk.
pub(super) struct TwoTapes;
impl Rule for TwoTapes {
    fn name(&self) -> &'static str {
        "two tapes"
    }
    fn backward(&self, _: &mut Backward<'_>, _: Var) -> Result<(), Error> {
        Err(Error::TwoTapes)
    }
}
