//! Elements in another order, or a few of them.

use castiron_kernels::fold::FoldOp;

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Array, Dims};

impl Var {
    /// The elements along `axis` that `index` names, all of which are in range.
    pub(crate) fn pick_along(&self, axis: usize, index: &Array) -> Var {
        self.picked(axis, index, self.array.pick_along(axis, index))
    }

    /// [`Var::pick`] of indices that may be out of range.
    pub(crate) fn try_pick(&self, axis: usize, index: &Array) -> Result<Var, Error> {
        Ok(self.picked(axis, index, self.array.try_pick(axis, index)?))
    }

    fn picked(&self, axis: usize, index: &Array, y: Array) -> Var {
        let rule = || (Pick { axis, dims: self.array.dims }, vec![Var::constant(index.clone()).save()]);
        Var::record(y, &[self], rule)
    }

    /// Zeros of dimensions `dims`, with these elements added where `index` says.
    fn place_along(&self, axis: usize, index: &Array, dims: Dims) -> Var {
        let rule = || (Place { axis }, vec![Var::constant(index.clone()).save()]);
        Var::record(self.array.place_along(axis, index, dims), &[self], rule)
    }

    /// The first `keep` elements along `axis` in order, and where they were.
    pub(crate) fn sort(&self, axis: usize, descending: bool, keep: usize) -> (Var, Var) {
        let [values, indices] = self.array.sort(axis, descending, keep);
        (self.picked(axis, &indices, values), Var::constant(indices))
    }

    /// The element along `axis` that `op` finds, which alone has the gradient, and where it is; `op` is
    /// [`FoldOp::ArgMax`] or [`FoldOp::ArgMin`].
    pub(crate) fn found(&self, op: FoldOp, axis: usize, keep: bool) -> (Var, Var) {
        self.one_of_each(axis, self.array.fold_axis(op, axis), keep)
    }

    /// The middle element along `axis`, and where it is.
    pub(crate) fn median(&self, axis: usize, keep: bool) -> (Var, Var) {
        self.one_of_each(axis, self.array.median_index(axis), keep)
    }

    fn one_of_each(&self, axis: usize, index: Array, keep: bool) -> (Var, Var) {
        let value = self.pick_along(axis, &index);
        if keep {
            return (value, Var::constant(index));
        }
        let dims = self.array.dims.without(axis);
        (value.reshape(dims), Var::constant(index.reshaped(dims)))
    }
}

struct Pick {
    axis: usize,
    dims: Dims,
}
impl Rule for Pick {
    fn name(&self) -> &'static str {
        "pick"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let index = &cx.saved(0).array;
        cx.give(0, || dy.place_along(self.axis, index, self.dims));
        Ok(())
    }
}

struct Place {
    axis: usize,
}
impl Rule for Place {
    fn name(&self) -> &'static str {
        "place"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let index = &cx.saved(0).array;
        cx.give(0, || dy.pick_along(self.axis, index));
        Ok(())
    }
}
