//! Elements and slices that indices name.

use castiron_kernels::index::{Args, Gather, IndexAdd, IndexSelect, ScatterAdd};
use castiron_kernels::{Fault, Op};

use super::{Array, Operand, try_run};

/// What indices stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Each index for one element: `gather`, `scatter_add`.
    Element,
    /// Each index for everything at that place of the axis: `index_select`, `index_add`.
    Slice,
}

/// Which operation indexes which axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// The method, in errors.
    pub(crate) op: &'static str,
    pub(crate) stand: Stand,
    pub(crate) axis: usize,
}

impl At {
    fn args(self, whole: &Array, index: &Array) -> Args {
        let [outer, len, inner] = whole.dims.around(self.axis);
        let count = match self.stand {
            Stand::Element => index.dims.as_slice()[self.axis],
            Stand::Slice => index.dims.len(),
        };
        Args { dtype: whole.dtype, outer, len, count, inner }
    }

    /// The fault in the words of the method that was called.
    fn named(self, fault: Fault) -> Fault {
        match fault {
            Fault::Index { row, got, limit, .. } => Fault::Index { op: self.op, row, got, limit },
            other => other,
        }
    }
}

impl Array {
    /// What the indices, which are i64, name of `self`: its dimensions, but for `at.axis`, which is as long as
    /// there are indices along it.
    pub(crate) fn pick(&self, at: At, index: &Array) -> Result<Array, Fault> {
        let args = at.args(self, index);
        let (dims, reads) = (self.dims.with(at.axis, args.count), [Some(self), Some(index)]);
        let picked = match at.stand {
            Stand::Element => self.try_compute::<Gather>(&args, &reads, dims, self.dtype),
            Stand::Slice => self.try_compute::<IndexSelect>(&args, &reads, dims, self.dtype),
        };
        picked.map_err(|fault| at.named(fault))
    }

    /// Adds `x` to what the indices name of `self`, in their order. Transposes [`Array::pick`].
    pub(crate) fn add_at(&mut self, at: At, index: &Array, x: &Array) -> Result<(), Fault> {
        let args = at.args(self, index);
        let outcome = match at.stand {
            Stand::Element => self.update::<ScatterAdd>(&args, x, index),
            Stand::Slice => self.update::<IndexAdd>(&args, x, index),
        };
        outcome.map_err(|fault| at.named(fault))
    }

    fn update<O: Op<Args = Args>>(&mut self, args: &Args, x: &Array, index: &Array) -> Result<(), Fault> {
        try_run::<O>(args, &mut [Operand::Read(x), Operand::Read(index), Operand::Write(self)])
    }
}
