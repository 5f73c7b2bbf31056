//! Softmax and its logarithm.

use castiron_kernels::fold::FoldOp;
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::softmax::{Args, Softmax, SoftmaxBackward};
use castiron_kernels::unary::Function;
use castiron_kernels::{DType, Op};

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Array, Axes};

impl Var {
    /// eˣ / Σeˣ along `axis`, or its logarithm.
    pub(crate) fn softmax(&self, axis: usize, log: bool) -> Var {
        let y = forward(&self.array.wide(), axis, log).cast(self.array.dtype);
        Var::record_with(y, &[self], |y| (SoftmaxRule { axis, log }, vec![y.save()]))
    }
}

/// The rows of the kernels, which are of f32 and lie along the innermost axis.
fn rows(x: &Array, axis: usize, log: bool) -> Option<Args> {
    let [rows, len, inner] = x.dims.around(axis);
    (inner == 1 && x.dtype == DType::F32).then_some(Args { rows, len, log })
}

fn fused<O: Op<Args = Args>>(args: &Args, reads: &[&Array]) -> Array {
    let options: Vec<Option<&Array>> = reads.iter().copied().map(Some).collect();
    reads[0].compute::<O>(args, &options, reads[0].dims, DType::F32)
}

fn forward(x: &Array, axis: usize, log: bool) -> Array {
    match rows(x, axis, log) {
        Some(args) => fused::<Softmax>(&args, &[x]),
        None => composed(x, axis, log),
    }
}

/// Softmax as operations of every element type and axis.
fn composed(x: &Array, axis: usize, log: bool) -> Array {
    let axes = Axes::of(&[axis]);
    let mut d = x.pair(PairOp::Sub, &x.fold_over(FoldOp::Max, axes));
    if log {
        let mut sum = d.unary(Function::Exp).fold_over(FoldOp::Sum, axes);
        sum.unary_assign(Function::Log);
        d.pair_assign(PairOp::Sub, &sum);
    } else {
        d.unary_assign(Function::Exp);
        let sum = d.fold_over(FoldOp::Sum, axes);
        d.pair_assign(PairOp::Div, &sum);
    }
    d
}

struct SoftmaxRule {
    axis: usize,
    log: bool,
}

/// y·(dy − Σ y·dy); for the logarithm dy − eʸ·Σ dy.
fn gradient(y: &Var, dy: &Var, axis: usize, log: bool) -> Var {
    if log {
        return dy.minus(&y.unary(Function::Exp).times(&dy.sum_axis(axis, true)));
    }
    y.times(&dy.minus(&y.times(dy).sum_axis(axis, true)))
}

impl Rule for SoftmaxRule {
    fn name(&self) -> &'static str {
        if self.log { "log_softmax" } else { "softmax" }
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let SoftmaxRule { axis, log } = *self;
        let (y, dtype) = (cx.saved(0).wide(), dy.array.dtype);
        let dy = dy.wide();
        let args = rows(&y.array, axis, log).filter(|_| !cx.recording());
        cx.give(0, || {
            let dx = match args {
                Some(args) => Var::constant(fused::<SoftmaxBackward>(&args, &[&y.array, &dy.array])),
                None => gradient(&y, &dy, axis, log),
            };
            dx.narrow_to(dtype)
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Dims;

    /// Both ways to compute it, on rows of many lengths.
    #[test]
    fn fused_equals_composed() {
        for len in [1, 2, 7, 33] {
            let dims = Dims::new(&[3, len]);
            let number = |i: usize| ((i * 37 % 101) as f32 - 50.0) / 9.0;
            let x: Vec<f32> = (0..3 * len).map(number).collect();
            let dy: Vec<f32> = (0..3 * len).map(|i| number(i + 5)).collect();
            let (x, dy) = (Array::from_slice(&x, dims), Array::from_slice(&dy, dims));
            for log in [false, true] {
                let args = rows(&x, 1, log).expect("innermost, f32");
                let y = forward(&x, 1, log);
                close(&y, &composed(&x, 1, log));
                let dx = fused::<SoftmaxBackward>(&args, &[&y, &dy]);
                let (y, dy) = (Var::constant(y), Var::constant(dy.clone()));
                close(&dx, &gradient(&y, &dy, 1, log).array);
            }
        }
    }

    fn close(a: &Array, b: &Array) {
        let mut d = a.pair(PairOp::Sub, b);
        d.unary_assign(Function::Abs);
        let limit = a.scalar(2e-5);
        assert!(d.pair(PairOp::Gt, &limit).is_all_false(), "fused and composed differ");
    }
}
