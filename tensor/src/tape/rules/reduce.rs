//! Sums, means, extremes.

use castiron_kernels::fold::FoldOp;
use castiron_kernels::pairwise::PairOp;

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Axes, Dims};

impl Var {
    /// Σ over one axis, which is left out, or kept with size 1.
    pub(crate) fn sum_axis(&self, axis: usize, keep: bool) -> Var {
        self.sum_over(Axes::of(&[axis]), keep)
    }

    /// Σ of everything.
    pub(crate) fn sum(&self) -> Var {
        self.sum_over(Axes::ALL, false)
    }

    /// Σ over `axes`, which are left out, or kept with size 1. Constant to backward for integers.
    pub(crate) fn sum_over(&self, axes: Axes, keep: bool) -> Var {
        let dims = self.array.dims;
        let y = self.array.fold_over(FoldOp::Sum, axes).reshaped(axes.left(&dims, keep));
        Var::record(y, &[self], || (Sum { dims, axes, mean: false }, vec![]))
    }

    /// The mean over `axes`.
    pub(crate) fn mean_over(&self, axes: Axes, keep: bool) -> Var {
        let dims = self.array.dims;
        let y = self.array.mean_over(axes).reshaped(axes.left(&dims, keep));
        Var::record(y, &[self], || (Sum { dims, axes, mean: true }, vec![]))
    }

    /// The greatest or the least over `axes`; equal ones share the gradient evenly.
    pub(crate) fn extreme_over(&self, op: FoldOp, axes: Axes, keep: bool) -> Var {
        let dims = self.array.dims;
        let kept = self.array.fold_over(op, axes);
        let y = kept.reshaped(axes.left(&dims, keep));
        let name = if op == FoldOp::Max { "amax" } else { "amin" };
        Var::record(y, &[self], || (Extreme { name, axes }, vec![self.save(), Var::constant(kept).save()]))
    }

    /// x / n
    pub(crate) fn divided(&self, n: f64) -> Var {
        self.over(&Var::constant(self.array.scalar(n)))
    }

    /// The same numbers as f32 where they have 16 bits.
    pub(crate) fn wide(&self) -> Var {
        if self.array.is_half() { self.cast(castiron_kernels::DType::F32) } else { self.clone() }
    }

    /// The same numbers as elements of `like`.
    pub(crate) fn narrow_to(self, like: castiron_kernels::DType) -> Var {
        if self.array.dtype == like { self } else { self.cast(like) }
    }
}

struct Sum {
    dims: Dims,
    axes: Axes,
    mean: bool,
}
impl Rule for Sum {
    fn name(&self) -> &'static str {
        if self.mean { "mean" } else { "sum" }
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let dy = dy.reshape(self.axes.kept(&self.dims));
        cx.give(0, || {
            let part = if self.mean { dy.divided(self.axes.count(&self.dims) as f64) } else { dy };
            part.expand_to(self.dims)
        });
        Ok(())
    }
}

struct Extreme {
    name: &'static str,
    axes: Axes,
}
impl Rule for Extreme {
    fn name(&self) -> &'static str {
        self.name
    }
    /// dx = dy / n where x is one of the n greatest, of which NaN is the first.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let (x, y) = (&cx.saved(0).array, &cx.saved(1).array);
        let dy = dy.reshape(y.dims);
        let greatest = x.pair(PairOp::Eq, y).pair(PairOp::Or, &x.pair(PairOp::Ne, x));
        let count = greatest.fold_over(FoldOp::Sum, self.axes).cast(x.dtype);
        cx.give(0, || {
            let zero = Var::constant(dy.array.scalar(0.0));
            Var::select(&Var::constant(greatest), &dy.over(&Var::constant(count)), &zero)
        });
        Ok(())
    }
}
