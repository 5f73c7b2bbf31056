//! Running sums and products, and the product, whose gradient consists of them.

use castiron_kernels::DType;
use castiron_kernels::fold::FoldOp;
use castiron_kernels::pairwise::PairOp;

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Array, Axes, Dims};

impl Var {
    /// yᵢ = x₀ + .. + xᵢ along `axis`, or xᵢ + .. + xₙ₋₁ where `reverse`.
    pub(crate) fn cumsum(&self, axis: usize, reverse: bool) -> Var {
        Var::record(self.array.cumsum(axis, reverse), &[self], || (CumSum { axis, reverse }, vec![]))
    }

    /// yᵢ = x₀ · .. · xᵢ along `axis`, or xᵢ · .. · xₙ₋₁ where `reverse`.
    pub(crate) fn cumprod(&self, axis: usize, reverse: bool) -> Var {
        Var::record_with(self.array.cumprod(axis, reverse), &[self], |y| {
            (CumProd { axis, reverse }, vec![self.save(), y.save()])
        })
    }

    /// Π over `axes`.
    pub(crate) fn prod_over(&self, axes: Axes, keep: bool) -> Var {
        let (dims, runs) = (self.array.dims, axes.runs(&self.array.dims));
        if runs.len() > 1 && self.handle.is_some() {
            // The rule is for axes side by side; in f64, so that what is in between does not overflow.
            let wide = self.cast(DType::F64);
            let y = runs.iter().fold(wide, |y, run| {
                let run: Vec<usize> = run.clone().collect();
                y.prod_over(Axes::of(&run), true)
            });
            return y.narrow_to(self.array.dtype).reshape(axes.left(&dims, keep));
        }
        let y = self.array.fold_over(FoldOp::Prod, axes).reshaped(axes.left(&dims, keep));
        let run = runs.first().cloned().unwrap_or(0..0);
        let product = |range: &[usize]| range.iter().product();
        let sizes = dims.as_slice();
        let around = [product(&sizes[..run.start]), product(&sizes[run.clone()]), product(&sizes[run.end..])];
        Var::record(y, &[self], || (Prod { dims, around }, vec![self.save()]))
    }

    /// Moved by one place along `axis`; `fill` comes in.
    fn shifted(&self, axis: usize, back: bool, fill: f64) -> Var {
        Var::record(self.array.shifted(axis, back, fill), &[self], || (Shift { axis, back }, vec![]))
    }
}

struct CumSum {
    axis: usize,
    reverse: bool,
}
impl Rule for CumSum {
    fn name(&self) -> &'static str {
        "cumsum"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give(0, || dy.cumsum(self.axis, !self.reverse));
        Ok(())
    }
}

struct Shift {
    axis: usize,
    back: bool,
}
impl Rule for Shift {
    fn name(&self) -> &'static str {
        "shift"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give(0, || dy.shifted(self.axis, !self.back, 0.0));
        Ok(())
    }
}

struct Prod {
    dims: Dims,
    /// x seen as `[outer, len, inner]`, of which the middle axis was reduced.
    around: [usize; 3],
}
impl Rule for Prod {
    fn name(&self) -> &'static str {
        "prod"
    }
    /// dxᵢ = dy · (x₀ · .. · xᵢ₋₁) · (xᵢ₊₁ · .. · xₙ₋₁), which divides by nothing, so that zeros are no exception.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let dtype = dy.array.dtype;
        let [outer, len, inner] = self.around;
        // In f64, as the product itself: a part of it may overflow where the whole does not.
        let x = cx.saved(0).cast(DType::F64).reshape(Dims::new(&[outer, len, inner]));
        let dy = dy.cast(DType::F64).reshape(Dims::new(&[outer, 1, inner]));
        cx.give(0, || {
            let before = x.shifted(1, false, 1.0).cumprod(1, false);
            let after = x.shifted(1, true, 1.0).cumprod(1, true);
            before.times(&after).times(&dy).narrow_to(dtype).reshape(self.dims)
        });
        Ok(())
    }
}

struct CumProd {
    axis: usize,
    reverse: bool,
}
impl Rule for CumProd {
    fn name(&self) -> &'static str {
        "cumprod"
    }
    /// dxᵢ is the sum over k ≥ i of dyₖ times the product up to k without xᵢ. Where xᵢ is not zero, that is yₖ / xᵢ.
    /// Where it is the first zero, it is the running product of x with a 1 in its place. Where it is the second
    /// one, it is zero, but its own derivative with respect to the first is not: that too is a running product
    /// with a 1 in its place, needed only if the gradient is differentiated again. Beyond, all is zero.
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let CumProd { axis, reverse } = *self;
        let dtype = dy.array.dtype;
        let (x, y, dy) = (cx.saved(0).wide(), cx.saved(1).wide(), dy.wide());
        let number = |value: f64| Var::constant(x.array.scalar(value));
        let is_zero = x.array.pair(PairOp::Eq, &number(0.0).array);
        let zeros = is_zero.cumsum(axis, reverse);
        // Which zero of its row an element is, if it is one.
        let nth = |n: i64| {
            let count = zeros.pair(PairOp::Eq, &zeros.scalar(n));
            Var::constant(count.pair(PairOp::And, &is_zero))
        };
        let from = |n: i64| Var::constant(zeros.pair(PairOp::Ge, &zeros.scalar(n)));
        let replaced = |mask: &Var, n: i64| {
            let product = Var::select(mask, &number(1.0), &x).cumprod(axis, reverse);
            Var::select(&from(n), &dy.times(&product), &number(0.0)).cumsum(axis, !reverse)
        };
        let recording = cx.recording();
        cx.give(0, || {
            let is_zero: Var = Var::constant(Array::clone(&is_zero));
            let divisor = Var::select(&is_zero, &number(1.0), &x);
            let mut dx = dy.times(&y).cumsum(axis, !reverse).over(&divisor);
            if !is_zero.array.is_all_false() {
                dx = Var::select(&is_zero, &number(0.0), &dx);
                for n in 1..=if recording { 2 } else { 1 } {
                    let mask = nth(n);
                    dx = Var::select(&mask, &replaced(&mask, n), &dx);
                }
            }
            dx.narrow_to(dtype)
        });
        Ok(())
    }
}
