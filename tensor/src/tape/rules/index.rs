//! Elements and slices that indices name. Each of the two operations is the transpose of the other.

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Array, At, Dims, Stand};

impl Var {
    /// What the indices name of `self`. The indices, which are i64, have no gradient.
    pub(crate) fn pick(&self, at: At, index: &Array) -> Result<Var, Error> {
        let y = self.array.pick(at, index)?;
        let from = self.array.dims;
        Ok(Var::record(y, &[self], || (Pick { at, from }, vec![Var::constant(index.clone()).save()])))
    }

    /// For each index, in the dimensions of the indices, one of the parts of `self` that have the dimensions
    /// `row`.
    pub(crate) fn take(&self, op: &'static str, row: &[usize], index: &Array) -> Result<Var, Error> {
        let own = self.array.dims.as_slice();
        let rows = own[..own.len() - row.len()].iter().product();
        let (mut table, mut dims) = (Dims::new(&[rows]), index.dims);
        row.iter().for_each(|&size| {
            table.push(size);
            dims.push(size);
        });
        let at = At { op, stand: Stand::Slice, axis: 0 };
        Ok(self.shaped(table).pick(at, index)?.shaped(dims))
    }

    /// `self` with `x` added to what the indices name; in its own memory if nobody else has it.
    pub(crate) fn add_at(self, at: At, index: &Array, x: &Var) -> Result<Var, Error> {
        let Var { mut array, handle } = self;
        array.add_at(at, index, &x.array)?;
        // An input only says which node it is.
        let base = Var { array: array.clone(), handle };
        Ok(Var::record(array, &[&base, x], || (AddAt { at }, vec![Var::constant(index.clone()).save()])))
    }
}

struct Pick {
    at: At,
    from: Dims,
}
impl Rule for Pick {
    fn name(&self) -> &'static str {
        self.at.op
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        if cx.wants(0).is_some() {
            let zeros = Var::constant(dy.array.zeros(self.from, dy.array.dtype));
            let dx = zeros.add_at(self.at, &cx.saved(0).array, &dy)?;
            cx.give(0, || dx);
        }
        Ok(())
    }
}

struct AddAt {
    at: At,
}
impl Rule for AddAt {
    fn name(&self) -> &'static str {
        self.at.op
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        if let Some(dims) = cx.wants(1) {
            let dx = dy.pick(self.at, &cx.saved(0).array)?;
            // Indices of another rank than 1 stand for slices of that rank.
            cx.give(1, || dx.shaped(dims));
        }
        cx.give(0, || dy);
        Ok(())
    }
}
