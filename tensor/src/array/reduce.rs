//! Reductions of any set of axes.

use core::ops::Range;

use castiron_kernels::DType;
use castiron_kernels::fold::{self, Fold, FoldOp};
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use super::{Array, Dims};
use crate::shape::MAX_RANK;

/// A set of axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axes([bool; MAX_RANK]);

impl Axes {
    /// All axes.
    pub(crate) const ALL: Axes = Axes([true; MAX_RANK]);

    /// The named ones.
    pub(crate) const fn of(axes: &[usize]) -> Self {
        let mut set = [false; MAX_RANK];
        let mut i = 0;
        while i < axes.len() {
            set[axes[i]] = true;
            i += 1;
        }
        Axes(set)
    }

    /// `dims` with length 1 at these axes.
    pub(crate) fn kept(self, dims: &Dims) -> Dims {
        (0..dims.rank()).filter(|&axis| self.0[axis]).fold(*dims, |kept, axis| kept.with(axis, 1))
    }

    /// What a reduction of them leaves: `dims` without them, or with them kept.
    pub(crate) fn left(self, dims: &Dims, keep: bool) -> Dims {
        if keep {
            return self.kept(dims);
        }
        let mut left = Dims::SCALAR;
        let sizes = dims.as_slice().iter().zip(self.0).filter(|(_, reduced)| !reduced);
        sizes.for_each(|(&size, _)| left.push(size));
        left
    }

    /// How many elements become one.
    pub(crate) fn count(self, dims: &Dims) -> usize {
        dims.as_slice().iter().zip(self.0).filter(|(_, reduced)| *reduced).map(|(&size, _)| size).product()
    }

    /// The ranges of neighbouring axes, each of which is reduced at once.
    pub(crate) fn runs(self, dims: &Dims) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        let mut open = false;
        for (axis, &len) in dims.as_slice().iter().enumerate() {
            // An axis of length 1 separates nothing.
            if len == 1 {
                continue;
            }
            if self.0[axis] {
                match runs.last_mut().filter(|_| open) {
                    Some(run) => run.end = axis + 1,
                    None => runs.push(axis..axis + 1),
                }
            }
            open = self.0[axis];
        }
        runs
    }
}

impl Array {
    /// Reduces `axis`, which is left with size 1.
    pub(crate) fn fold_axis(&self, op: FoldOp, axis: usize) -> Array {
        self.fold_over(op, Axes::of(&[axis]))
    }

    /// Reduces everything to a scalar. Indices are those of the flat array.
    pub(crate) fn fold_all(&self, op: FoldOp) -> Array {
        self.fold_over(op, Axes::ALL).reshaped(Dims::SCALAR)
    }

    /// Reduces `axes`, which are left with size 1. The extremes of nothing are zero: the typed operations do not
    /// ask for them.
    ///
    /// Axes that do not lie side by side are reduced one after the other, the longest first, so that the second
    /// pass is over few numbers. What is in between has more digits than the elements where they have few.
    pub(crate) fn fold_over(&self, op: FoldOp, axes: Axes) -> Array {
        let (kept, dtype) = (axes.kept(&self.dims), op.output(self.dtype));
        let mut runs = axes.runs(&self.dims);
        match (runs.len(), op) {
            // One pass all the same: the element type may change.
            (0, _) => runs.push(0..0),
            (1, _) => {}
            (_, FoldOp::Sum) if self.is_half() => return self.wide().fold_over(op, axes).cast(dtype),
            (_, FoldOp::Prod) if dtype.is_float() && dtype != DType::F64 => {
                return self.cast(DType::F64).fold_over(op, axes).cast(dtype);
            }
            _ => {}
        }
        let len = |run: &Range<usize>| self.dims.as_slice()[run.clone()].iter().product::<usize>();
        runs.sort_by_key(|run| core::cmp::Reverse(len(run)));
        if !op.of_nothing() && runs.iter().any(|run| len(run) == 0) {
            return self.zeros(kept, dtype);
        }
        let mut y = self.clone();
        for run in runs {
            y = y.fold(op, run);
        }
        y.reshaped(kept)
    }

    /// Reduces neighbouring axes.
    fn fold(&self, op: FoldOp, run: Range<usize>) -> Array {
        let sizes = self.dims.as_slice();
        let product = |sizes: &[usize]| sizes.iter().product();
        let args = fold::Args {
            op,
            dtype: self.dtype,
            outer: product(&sizes[..run.start]),
            len: product(&sizes[run.clone()]),
            inner: product(&sizes[run.end..]),
        };
        let dims = run.fold(self.dims, |dims, axis| dims.with(axis, 1));
        self.compute::<Fold>(&args, &[Some(self)], dims, op.output(self.dtype))
    }

    /// Whether its elements have 16 bits: what is computed in several steps is then computed in f32.
    pub(crate) fn is_half(&self) -> bool {
        matches!(self.dtype, DType::Bf16 | DType::F16)
    }

    /// The same numbers as f32 where they have 16 bits.
    pub(crate) fn wide(&self) -> Array {
        if self.is_half() { self.cast(DType::F32) } else { self.clone() }
    }

    /// x / n, which is not x·(1/n).
    pub(crate) fn divided(&self, n: f64) -> Array {
        self.pair(PairOp::Div, &self.scalar(n))
    }

    /// The mean over `axes`, kept.
    pub(crate) fn mean_over(&self, axes: Axes) -> Array {
        let sum = self.wide().fold_over(FoldOp::Sum, axes);
        sum.divided(axes.count(&self.dims) as f64).cast(self.dtype)
    }

    /// Σ (x − mean)² / (n − correction) over `axes`, kept; its root for the standard deviation.
    pub(crate) fn var_over(&self, axes: Axes, correction: usize, root: bool) -> Array {
        let x = self.wide();
        let mut d = x.pair(PairOp::Sub, &x.mean_over(axes));
        d.unary_assign(Function::Square);
        let mut y = d.fold_over(FoldOp::Sum, axes).divided(degrees(axes.count(&self.dims), correction));
        if root {
            y.unary_assign(Function::Sqrt);
        }
        y.cast(self.dtype)
    }

    /// ln Σ eˣ over `axes`, kept. The greatest is subtracted first, so that nothing overflows.
    pub(crate) fn logsumexp_over(&self, axes: Axes) -> Array {
        let x = self.wide();
        let max = x.fold_over(FoldOp::Max, axes);
        // −∞ − (−∞) would be NaN.
        let max = max.is_infinite().select(&max.scalar(0.0), &max);
        let mut e = x.pair(PairOp::Sub, &max);
        e.unary_assign(Function::Exp);
        let mut y = e.fold_over(FoldOp::Sum, axes);
        y.unary_assign(Function::Log);
        y.pair_assign(PairOp::Add, &max);
        y.cast(self.dtype)
    }

    /// A mask of the elements that are ∞ or −∞.
    pub(crate) fn is_infinite(&self) -> Array {
        self.unary(Function::Abs).pair(PairOp::Eq, &self.scalar(f64::INFINITY))
    }
}

/// n − correction, or 0: what the sum of squares is divided by.
pub(crate) fn degrees(count: usize, correction: usize) -> f64 {
    count.saturating_sub(correction) as f64
}
