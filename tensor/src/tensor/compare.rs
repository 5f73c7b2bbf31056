//! Comparisons, which make masks, and what is done with masks.

use castiron_kernels::Bool;
use castiron_kernels::pairwise::PairOp;

use super::{Argument, Bits, Real, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::{Grad, OffTape, Var};

/// A mask of the shape of what `A` and a tensor of shape `S` broadcast to.
type Mask<A, S, D, G> = Tensor<<<A as Argument<S, D, G>>::Output as Shape>::With<Bool>, D>;

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => { $(
        $(#[$doc])*
        pub fn $name<A>(&self, other: A) -> Mask<A, S, D, G>
        where
            A: Argument<S, D, G>,
            A::Grad: OffTape,
        {
            let x = self.array();
            let other = other.input().with(&x).array;
            Tensor::from_var(Var::constant(x.pair(PairOp::$op, &other)))
        }
    )* };
}

/// Comparisons have no derivative: what is on a tape is compared by its numbers, `x.detach().gt(0.0)`.
impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    comparisons! {
        /// Where x = other, as a mask; `x == y` compares whole tensors. PyTorch's `x == other` and `x.eq(other)`.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![1.0, 2.0, 3.0];
        /// assert_eq!(x.eq(2.0).map(bool::from), [false, true, false]);
        /// assert_eq!(x.eq(&tensor![1.0, 0.0, 3.0]).map(bool::from), [true, false, true]);
        /// ```
        eq = Eq;
        /// Where x ≠ other. PyTorch's `x.ne(other)`.
        ne = Ne;
        /// Where x < other. PyTorch's `x.lt(other)`.
        lt = Lt;
        /// Where x ≤ other. PyTorch's `x.le(other)`.
        le = Le;
        /// Where x > other. PyTorch's `x.gt(other)`.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![[1.0, -2.0], [-3.0, 4.0]];
        /// let positive = x.gt(0.0);
        /// assert_eq!(positive.choose(&x, 0.0), tensor![[1.0, 0.0], [0.0, 4.0]]);
        /// ```
        /// On a tape it does not compile:
        /// ```compile_fail
        /// use castiron::{Tape, tensor};
        /// let x = Tape::new().watch(&tensor![1.0, -2.0]);
        /// let positive = x.gt(0.0);
        /// ```
        gt = Gt;
        /// Where x ≥ other. PyTorch's `x.ge(other)`.
        ge = Ge;
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// Where x is NaN. PyTorch's `x.isnan()`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![1.0, f32::NAN, f32::INFINITY];
    /// assert_eq!(x.isnan().map(bool::from), [false, true, false]);
    /// assert_eq!(x.isinf().map(bool::from), [false, false, true]);
    /// assert_eq!(x.isfinite().map(bool::from), [true, false, false]);
    /// ```
    pub fn isnan(&self) -> Tensor<S::With<Bool>, D>
    where
        S::Elem: Real,
        G: OffTape,
    {
        let x = self.as_var();
        Tensor::from_var(x.compare(PairOp::Ne, &x))
    }

    /// Where x is ∞ or −∞. PyTorch's `x.isinf()`.
    pub fn isinf(&self) -> Tensor<S::With<Bool>, D>
    where
        S::Elem: Real,
        G: OffTape,
    {
        Tensor::from_var(self.abs().as_var().compare_number(PairOp::Eq, f64::INFINITY))
    }

    /// Where x is neither infinite nor NaN. PyTorch's `x.isfinite()`.
    pub fn isfinite(&self) -> Tensor<S::With<Bool>, D>
    where
        S::Elem: Real,
        G: OffTape,
    {
        Tensor::from_var(self.abs().as_var().compare_number(PairOp::Lt, f64::INFINITY))
    }
}

macro_rules! bits {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => { $(
        $(#[$doc])*
        pub fn $name<A>(&self, other: A) -> Tensor<A::Output, D>
        where
            S::Elem: Bits,
            A: Argument<S, D, G>,
            A::Grad: OffTape,
        {
            let x = self.array();
            let other = other.input().with(&x).array;
            Tensor::from_var(Var::constant(x.pair(PairOp::$op, &other)))
        }
    )* };
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    bits! {
        /// And, bit by bit; of masks too. PyTorch's `x & other` and `x.bitwise_and(other)`.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![i32; 12, 10];
        /// assert_eq!(x.bitwise_and(6), tensor![i32; 4, 2]);
        /// assert_eq!(&x | &tensor![i32; 1, 2], tensor![i32; 13, 10]);
        /// assert_eq!(!&x, tensor![i32; -13, -11]);
        /// ```
        bitwise_and = And;
        /// Or, bit by bit; of masks too. PyTorch's `x | other` and `x.bitwise_or(other)`.
        bitwise_or = Or;
        /// Exclusive or, bit by bit; of masks too. PyTorch's `x ^ other` and `x.bitwise_xor(other)`.
        bitwise_xor = Xor;
    }

    /// Not, bit by bit; of masks too. PyTorch's `~x` and `x.bitwise_not()`; Rust's `!x`.
    pub fn bitwise_not(&self) -> Tensor<S, D>
    where
        S::Elem: Bits,
        G: OffTape,
    {
        Tensor::from_var(Var::constant(self.array().unary(<S::Elem as Bits>::NOT)))
    }
}

impl<S: Shape<Elem = Bool>, D: Storage, G: OffTape> Tensor<S, D, G> {
    bits! {
        /// Where both masks are true. PyTorch's `x.logical_and(other)`; `x & other` too.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![0.5, 1.5, 2.5];
        /// let inside = x.gt(1.0).logical_and(&x.lt(2.0));
        /// assert_eq!(inside.map(bool::from), [false, true, false]);
        /// assert_eq!(inside, x.gt(1.0) & x.lt(2.0));
        /// ```
        logical_and = And;
        /// Where one of the masks is true, or both. PyTorch's `x.logical_or(other)`; `x | other` too.
        logical_or = Or;
        /// Where the masks differ. PyTorch's `x.logical_xor(other)`; `x ^ other` too.
        logical_xor = Xor;
    }

    /// Where the mask is false. PyTorch's `x.logical_not()`; `!x` too.
    pub fn logical_not(&self) -> Tensor<S, D> {
        self.bitwise_not()
    }
}
