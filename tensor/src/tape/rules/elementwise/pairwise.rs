//! Arithmetic of two tensors.

use castiron_kernels::Fault;
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use crate::Error;
use crate::array::Array;
use crate::tape::{Backward, Rule, Var};

impl Var {
    /// a ∘ b, broadcast; the result of a comparison is constant to backward.
    pub(crate) fn pair(&self, op: PairOp, other: &Var) -> Var {
        self.record_pair(op, other, self.array.pair(op, &other.array))
    }

    /// [`Var::pair`] for what can fail: division of integers.
    pub(crate) fn try_pair(&self, op: PairOp, other: &Var) -> Result<Var, Fault> {
        Ok(self.record_pair(op, other, self.array.try_pair(op, &other.array)?))
    }

    fn record_pair(&self, op: PairOp, other: &Var, y: Array) -> Var {
        if op.compares() {
            return Var::constant(y);
        }
        Var::record_with(y, &[self, other], |y| {
            let saved = match op {
                PairOp::Add | PairOp::Sub | PairOp::DivFloor => vec![],
                PairOp::Pow => vec![self.save(), other.save(), y.save()],
                _ => vec![self.save(), other.save()],
            };
            (Pair(op), saved)
        })
    }

    /// a + b, in the memory of `self` if nobody else has it and nothing is recorded.
    pub(crate) fn plus(mut self, other: Var) -> Var {
        if self.handle.is_none() && other.handle.is_none() && self.array.dims == other.array.dims {
            self.array.pair_assign(PairOp::Add, &other.array);
            return self;
        }
        self.pair(PairOp::Add, &other)
    }
}

struct Pair(PairOp);
impl Rule for Pair {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        use PairOp::*;
        match self.0 {
            Add => {
                cx.give_summed(0, || dy.clone());
                cx.give_summed(1, || dy.clone());
            }
            Sub => {
                cx.give_summed(0, || dy.clone());
                cx.give_summed(1, || dy.neg());
            }
            // Whole numbers: steps.
            DivFloor => {
                cx.give_summed(0, || dy.zeros_like());
                cx.give_summed(1, || dy.zeros_like());
            }
            Mul | Div | Pow | Rem | Fmod | Maximum | Minimum | Atan2 => {
                let (a, b) = (cx.saved(0), cx.saved(1));
                let y = if self.0 == Pow { cx.saved(2) } else { &dy };
                cx.give_summed(0, || of_first(self.0, a, b, &dy));
                cx.give_summed(1, || of_second(self.0, a, b, y, &dy));
            }
            // Their results are not real numbers, so nothing real depends on them.
            Eq | Ne | Lt | Le | Gt | Ge | And | Or | Xor => {}
        }
        Ok(())
    }
}

/// dy·∂(a ∘ b)/∂a, not yet summed over what a was repeated for.
fn of_first(op: PairOp, a: &Var, b: &Var, dy: &Var) -> Var {
    match op {
        PairOp::Mul => dy.times(b),
        PairOp::Div => dy.over(b),
        // b·aᵇ⁻¹, which is 0 where both are.
        PairOp::Pow => {
            let zeros = a.compare_number(PairOp::Eq, 0.0);
            let both = zeros.compare(PairOp::And, &b.compare_number(PairOp::Eq, 0.0));
            let exponent = Var::select(&both, &b.number(1.0), b).shift(-1.0);
            dy.times(&b.times(&a.pair(PairOp::Pow, &exponent)))
        }
        PairOp::Maximum => larger(a, b, PairOp::Lt, dy),
        PairOp::Minimum => larger(a, b, PairOp::Gt, dy),
        PairOp::Atan2 => dy.times(&b.over(&a.square().pair(PairOp::Add, &b.square()))),
        // Remainders go with the dividend.
        _ => dy.clone(),
    }
}

/// dy·∂(a ∘ b)/∂b, not yet summed over what b was repeated for; y is only there for powers.
fn of_second(op: PairOp, a: &Var, b: &Var, y: &Var, dy: &Var) -> Var {
    match op {
        PairOp::Mul => dy.times(a),
        PairOp::Div => dy.times(&a.over(b).over(b)).neg(),
        // y·ln a, which is 0 where a is, unless b is negative.
        PairOp::Pow => {
            let zeros = a.compare_number(PairOp::Eq, 0.0);
            let flat = zeros.compare(PairOp::And, &b.compare_number(PairOp::Ge, 0.0));
            dy.times(&y.times(&Var::select(&flat, &a.number(1.0), a).unary(Function::Log)))
        }
        PairOp::Maximum => larger(b, a, PairOp::Lt, dy),
        PairOp::Minimum => larger(b, a, PairOp::Gt, dy),
        PairOp::Atan2 => dy.times(&a.over(&a.square().pair(PairOp::Add, &b.square()))).neg(),
        // a − b·⌊a/b⌋, or with the quotient rounded towards zero.
        PairOp::Rem => dy.times(&a.pair(PairOp::DivFloor, b)).neg(),
        _ => dy.times(&a.over(b).unary(Function::Trunc)).neg(),
    }
}

/// dy where a is chosen over b, half of it where they are equal, 0 where it `loses`. NaN does not lose.
fn larger(a: &Var, b: &Var, loses: PairOp, dy: &Var) -> Var {
    let shared = Var::select(&a.compare(PairOp::Eq, b), &dy.scale(0.5), dy);
    Var::select(&a.compare(loses, b), &dy.number(0.0), &shared)
}
