//! Functions of two tensors, or of a tensor and a number.

use castiron_kernels::Fault;
use castiron_kernels::fill::Value;
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::unary::Function;

use super::argument::Kind;
use super::{Argument, Number, Real, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::{Grad, Var};

/// The result of a function of a tensor of shape `S` and an argument `A`.
type Both<A, S, D, G> = Tensor<<A as Argument<S, D, G>>::Output, D, <A as Argument<S, D, G>>::Grad>;

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// x ∘ other
    pub(super) fn with<A: Argument<S, D, G>>(&self, op: PairOp, other: A) -> Both<A, S, D, G> {
        let x = self.as_var();
        Tensor::from_var(x.pair(op, &other.input().with(&x.array)))
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The greater of each pair; NaN if either is. Where they are equal each gets half of the gradient. PyTorch's
    /// `torch.maximum(x, y)`.
    ///
    /// ```
    /// use castiron::{Tape, tensor};
    /// let tape = Tape::new();
    /// let x = tape.watch(&tensor![1.0, 2.0, 5.0]);
    /// let y = tape.watch(&tensor![3.0, 2.0, 4.0]);
    /// let larger = x.maximum(&y);
    /// assert_eq!(larger, tensor![3.0, 2.0, 5.0]);
    /// assert_eq!(larger.sum().backward()?.get(&x), tensor![0.0, 0.5, 1.0]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn maximum<A: Argument<S, D, G>>(&self, other: A) -> Both<A, S, D, G>
    where
        S::Elem: Number,
    {
        self.with(PairOp::Maximum, other)
    }

    /// The lesser of each pair; NaN if either is. Where they are equal each gets half of the gradient. PyTorch's
    /// `torch.minimum(x, y)`.
    pub fn minimum<A: Argument<S, D, G>>(&self, other: A) -> Both<A, S, D, G>
    where
        S::Elem: Number,
    {
        self.with(PairOp::Minimum, other)
    }

    /// xⁿ, n being a number or a tensor. Of integers the result wraps around, and negative powers are zero but for
    /// those of 1 and −1. PyTorch's `x.pow(n)` and `x ** n`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![1.0, 2.0, 3.0];
    /// assert_eq!(x.pow(2.0), tensor![1.0, 4.0, 9.0]);
    /// assert_eq!(x.pow(&tensor![5.0, -1.0, 0.0]), tensor![1.0, 0.5, 1.0]);
    /// assert_eq!(tensor![i32; -2, 3].pow(3), tensor![i32; -8, 27]);
    /// ```
    pub fn pow<A: Argument<S, D, G>>(&self, exponent: A) -> Both<A, S, D, G>
    where
        S::Elem: Number,
    {
        let x = self.as_var();
        Tensor::from_var(match exponent.input().0 {
            Kind::Number(Value::Float(n)) => x.unary(Function::PowScalar(n)),
            Kind::Number(Value::Int(n)) => x.unary(Function::PowInt(n)),
            Kind::Tensor(n) => x.pair(PairOp::Pow, &n),
        })
    }

    /// The remainder of x / y, with the sign of y: x − y·⌊x/y⌋. Of integers it returns a `Result`. PyTorch's
    /// `torch.remainder(x, y)` and Python's `x % y`, but not Rust's, which is [`fmod`](Self::fmod).
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![7.0, -7.0].remainder(3.0), tensor![1.0, 2.0]);
    /// assert_eq!(tensor![i64; 7, -7].remainder(3)?, tensor![i64; 1, 2]);
    /// assert!(tensor![i64; 7, -7].remainder(&tensor![i64; 3, 0]).is_err());
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where an integer is divided by zero.
    pub fn remainder<A: Argument<S, D, G>>(&self, other: A) -> <S::Elem as Number>::Quotient<Both<A, S, D, G>>
    where
        S::Elem: Number,
    {
        self.divide(other, |x, y| x.try_pair(PairOp::Rem, y))
    }

    /// The remainder of x / y, with the sign of x. Of integers it returns a `Result`. PyTorch's
    /// `torch.fmod(x, y)`; Rust's `x % y`.
    ///
    /// # Errors
    /// Where an integer is divided by zero.
    pub fn fmod<A: Argument<S, D, G>>(&self, other: A) -> <S::Elem as Number>::Quotient<Both<A, S, D, G>>
    where
        S::Elem: Number,
    {
        self.divide(other, |x, y| x.try_pair(PairOp::Fmod, y))
    }

    /// x / y rounded down. Of integers it returns a `Result`. The gradient is zero. PyTorch's `x // y` and
    /// `torch.div(x, y, rounding_mode="floor")`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![i32; 7, -7];
    /// assert_eq!(x.div_floor(2)?, tensor![i32; 3, -4]);
    /// assert_eq!(x.div_trunc(2)?, tensor![i32; 3, -3]);
    /// assert_eq!(x.div_floor(0).unwrap_err().to_string(), "pairwise: integers are divided by zero");
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where an integer is divided by zero.
    pub fn div_floor<A: Argument<S, D, G>>(&self, other: A) -> <S::Elem as Number>::Quotient<Both<A, S, D, G>>
    where
        S::Elem: Number,
    {
        self.divide(other, |x, y| x.try_pair(PairOp::DivFloor, y))
    }

    /// x / y rounded towards zero. Of integers it returns a `Result`. The gradient is zero. PyTorch's
    /// `torch.div(x, y, rounding_mode="trunc")`.
    ///
    /// # Errors
    /// Where an integer is divided by zero.
    pub fn div_trunc<A: Argument<S, D, G>>(&self, other: A) -> <S::Elem as Number>::Quotient<Both<A, S, D, G>>
    where
        S::Elem: Number,
    {
        self.divide(other, |x, y| {
            // Off the tape: the gradient is zero, of x / 0 too.
            let y = x.array.try_pair(PairOp::Div, &y.array)?;
            Ok(Var::constant(if y.dtype.is_float() { y.unary(Function::Trunc) } else { y }))
        })
    }

    fn divide<A: Argument<S, D, G>>(
        &self,
        other: A,
        f: impl FnOnce(&Var, &Var) -> Result<Var, Fault>,
    ) -> <S::Elem as Number>::Quotient<Both<A, S, D, G>>
    where
        S::Elem: Number,
    {
        let x = self.as_var();
        let y = other.input().with(&x.array);
        <S::Elem as Number>::quotient(f(&x, &y).map(Tensor::from_var))
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The angle of the point (other, x), between −π and π. PyTorch's `torch.atan2(x, other)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// use std::f32::consts::FRAC_PI_2;
    /// assert_eq!(tensor![1.0, 0.0, -1.0].atan2(0.0), tensor![FRAC_PI_2, 0.0, -FRAC_PI_2]);
    /// ```
    pub fn atan2<A: Argument<S, D, G>>(&self, other: A) -> Both<A, S, D, G>
    where
        S::Elem: Real,
    {
        self.with(PairOp::Atan2, other)
    }
}
