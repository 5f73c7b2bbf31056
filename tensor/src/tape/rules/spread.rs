//! Variance, standard deviation, norms, and the logarithm of a sum of exponentials.

use castiron_kernels::fold::FoldOp;
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Axes, degrees};

impl Var {
    /// Σ (x − mean)² / (n − correction) over `axes`.
    pub(crate) fn var_over(&self, axes: Axes, correction: usize, keep: bool) -> Var {
        let kept = self.array.var_over(axes, correction, false);
        let y = kept.reshaped(axes.left(&self.array.dims, keep));
        Var::record(y, &[self], || (Variance { axes, correction }, vec![self.save()]))
    }

    /// The root of the variance.
    pub(crate) fn std_over(&self, axes: Axes, correction: usize, keep: bool) -> Var {
        let kept = self.array.var_over(axes, correction, true);
        let y = kept.reshaped(axes.left(&self.array.dims, keep));
        Var::record_with(y, &[self], |y| (Deviation { axes, correction }, vec![self.save(), y.save()]))
    }

    /// (Σ |x|ᵖ)^(1/p) over `axes`; the greatest |x| for p = ∞, the least for −∞, how many are not zero for 0.
    pub(crate) fn norm_over(&self, p: f64, axes: Axes, keep: bool) -> Var {
        let absolute = || self.unary(Function::Abs);
        if p == 2.0 {
            let mut square = self.array.wide().unary(Function::Square).fold_over(FoldOp::Sum, axes);
            square.unary_assign(Function::Sqrt);
            let y = square.cast(self.array.dtype).reshaped(axes.left(&self.array.dims, keep));
            return Var::record_with(y, &[self], |y| (Norm { axes }, vec![self.save(), y.save()]));
        }
        if p == 1.0 {
            return absolute().sum_over(axes, keep);
        }
        if p == 0.0 {
            let zero = self.array.scalar(0.0);
            return Var::constant(self.array.pair(PairOp::Ne, &zero).cast(self.array.dtype))
                .sum_over(axes, keep);
        }
        if p.is_infinite() {
            let op = if p > 0.0 { FoldOp::Max } else { FoldOp::Min };
            return absolute().extreme_over(op, axes, keep);
        }
        // Zeros have no part in the gradient: 0 to a power below 1 has an infinite slope.
        let x = absolute().wide();
        let is_zero = Var::constant(x.array.pair(PairOp::Eq, &x.array.scalar(0.0)));
        let [zero, one] = [0.0, 1.0].map(|value| Var::constant(x.array.scalar(value)));
        let power = Var::select(&is_zero, &one, &x).unary(Function::PowScalar(p));
        let at_zero = if p > 0.0 { &zero } else { &Var::constant(x.array.scalar(f64::INFINITY)) };
        let sum = Var::select(&is_zero, at_zero, &power).sum_over(axes, keep);
        let no_sum = Var::constant(sum.array.pair(PairOp::Eq, &sum.array.scalar(0.0)));
        let root = Var::select(&no_sum, &one, &sum).unary(Function::PowScalar(1.0 / p));
        Var::select(&no_sum, &zero, &root).narrow_to(self.array.dtype)
    }

    /// ln Σ eˣ over `axes`.
    pub(crate) fn logsumexp_over(&self, axes: Axes, keep: bool) -> Var {
        let y = self.array.logsumexp_over(axes).reshaped(axes.left(&self.array.dims, keep));
        Var::record_with(y, &[self], |y| (LogSumExp { axes }, vec![self.save(), y.save()]))
    }
}

/// dy / y, but 0 where y = 0: what a root of a sum of squares has as its gradient there.
fn over_or_zero(dy: &Var, y: &Var) -> Var {
    let is_zero = Var::constant(y.array.pair(PairOp::Eq, &y.array.scalar(0.0)));
    let [zero, one] = [0.0, 1.0].map(|value| Var::constant(y.array.scalar(value)));
    Var::select(&is_zero, &zero, &dy.over(&Var::select(&is_zero, &one, y)))
}

/// d var/dx = 2·(x − mean) / (n − correction), times what `part` says of half of it.
fn deviations(x: &Var, axes: Axes, correction: usize, factor: f64) -> Var {
    let n = degrees(axes.count(&x.array.dims), correction);
    x.minus(&x.mean_over(axes, true)).scale(factor / n)
}

struct Variance {
    axes: Axes,
    correction: usize,
}
impl Rule for Variance {
    fn name(&self) -> &'static str {
        "var"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let (x, dtype) = (cx.saved(0).wide(), dy.array.dtype);
        let dy = dy.wide().reshape(self.axes.kept(&x.array.dims));
        cx.give(0, || deviations(&x, self.axes, self.correction, 2.0).times(&dy).narrow_to(dtype));
        Ok(())
    }
}

struct Deviation {
    axes: Axes,
    correction: usize,
}
impl Rule for Deviation {
    fn name(&self) -> &'static str {
        "std"
    }
    /// dx = dy·(x − mean) / (y·(n − correction)); 0 where y = 0.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let (x, y, dtype) = (cx.saved(0).wide(), cx.saved(1).wide(), dy.array.dtype);
        let part = over_or_zero(&dy.wide(), &y).reshape(self.axes.kept(&x.array.dims));
        cx.give(0, || deviations(&x, self.axes, self.correction, 1.0).times(&part).narrow_to(dtype));
        Ok(())
    }
}

struct Norm {
    axes: Axes,
}
impl Rule for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }
    /// dx = dy·x / y; 0 where y = 0.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let (x, y, dtype) = (cx.saved(0).wide(), cx.saved(1).wide(), dy.array.dtype);
        let part = over_or_zero(&dy.wide(), &y).reshape(self.axes.kept(&x.array.dims));
        cx.give(0, || x.times(&part).narrow_to(dtype));
        Ok(())
    }
}

struct LogSumExp {
    axes: Axes,
}
impl Rule for LogSumExp {
    fn name(&self) -> &'static str {
        "logsumexp"
    }
    /// dx = dy·e^(x − y); 0 where all x are −∞.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let (x, y, dtype) = (cx.saved(0).wide(), cx.saved(1).wide(), dy.array.dtype);
        let kept = self.axes.kept(&x.array.dims);
        let nothing = y.array.pair(PairOp::Eq, &y.array.scalar(f64::NEG_INFINITY));
        let y = Var::select(&Var::constant(nothing), &Var::constant(y.array.scalar(0.0)), &y);
        let dy = dy.wide().reshape(kept);
        cx.give(0, || x.minus(&y.reshape(kept)).unary(Function::Exp).times(&dy).narrow_to(dtype));
        Ok(())
    }
}
