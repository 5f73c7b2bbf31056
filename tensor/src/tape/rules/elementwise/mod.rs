//! Functions of one number, arithmetic of two, and choices between them.

mod choose;
mod derivative;
mod pairwise;
#[cfg(test)]
mod tests;
mod unary;

use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use super::super::Var;

/// What rules are written in.
impl Var {
    pub(crate) fn scale(&self, factor: f64) -> Var {
        self.unary(Function::MulScalar(factor))
    }
    pub(crate) fn shift(&self, number: f64) -> Var {
        self.unary(Function::AddScalar(number))
    }
    pub(crate) fn neg(&self) -> Var {
        self.unary(Function::Neg)
    }
    pub(crate) fn square(&self) -> Var {
        self.unary(Function::Square)
    }
    pub(crate) fn times(&self, other: &Var) -> Var {
        self.pair(PairOp::Mul, other)
    }
    pub(crate) fn over(&self, other: &Var) -> Var {
        self.pair(PairOp::Div, other)
    }
    pub(crate) fn minus(&self, other: &Var) -> Var {
        self.pair(PairOp::Sub, other)
    }

    /// A number of its element type, constant to backward.
    pub(crate) fn number(&self, number: f64) -> Var {
        Var::constant(self.array.scalar(number))
    }

    /// Zeros of its dimensions, constant to backward.
    pub(crate) fn zeros_like(&self) -> Var {
        Var::constant(self.array.zeros_like())
    }

    /// a ∘ b as a mask, constant to backward.
    pub(crate) fn compare(&self, op: PairOp, other: &Var) -> Var {
        Var::constant(self.array.pair(op, &other.array))
    }

    /// x > `number` and the like as a mask, constant to backward.
    pub(crate) fn compare_number(&self, op: PairOp, number: f64) -> Var {
        self.compare(op, &self.number(number))
    }
}
