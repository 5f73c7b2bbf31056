//! Reductions: of everything, of one axis or two, which are left out or kept with length 1.

use castiron_kernels::fold::FoldOp;
use castiron_kernels::{Bool, DType};

use super::{HasAxes, HasAxis, Number, Real, Tensor};
use crate::array::Axes;
use crate::device::Storage;
use crate::tape::{Grad, OffTape, Var};
use crate::{Element, Shape};

/// The forms of one reduction. `$of!(S)` is the type of the result where `S` is left, `$check!(n)` what is asserted
/// of the number of elements that are reduced to one.
macro_rules! reduction {
    (
        $(#[$doc:meta])* $python:literal, $of:ident, $check:ident;
        $all:ident $axis:ident $keep:ident $axes:ident $keep_axes:ident
        ($($arg:ident: $type:ty),*), |$x:ident, $set:ident, $kept:ident| $run:expr
    ) => {
        $(#[$doc])*
        #[doc = concat!("\n\nOf all elements. PyTorch's `x.", $python, "()`.")]
        pub fn $all(&self $(, $arg: $type)*) -> Tensor<$of!(S::Elem), D, G> {
            $check!(S::LEN);
            let ($x, $set, $kept) = (&self.as_var(), Axes::ALL, false);
            Tensor::from_var($run)
        }
        #[doc = concat!("[`", stringify!($all), "`](Self::", stringify!($all), ") of axis `AXIS`, which is left out. PyTorch's `x.", $python, "(AXIS)`.")]
        pub fn $axis<const AXIS: isize>(&self $(, $arg: $type)*) -> Tensor<$of!(S::Removed), D, G>
        where
            S: HasAxis<AXIS>,
        {
            $check!(<S as HasAxis<AXIS>>::LEN);
            let ($x, $set, $kept) = (&self.as_var(), Axes::of(&[S::INDEX]), false);
            Tensor::from_var($run)
        }
        #[doc = concat!("[`", stringify!($all), "`](Self::", stringify!($all), ") of axis `AXIS`, which is kept with length 1. PyTorch's `x.", $python, "(AXIS, keepdim=True)`.")]
        pub fn $keep<const AXIS: isize>(&self $(, $arg: $type)*) -> Tensor<$of!(S::Kept), D, G>
        where
            S: HasAxis<AXIS>,
        {
            $check!(<S as HasAxis<AXIS>>::LEN);
            let ($x, $set, $kept) = (&self.as_var(), Axes::of(&[S::INDEX]), true);
            Tensor::from_var($run)
        }
        #[doc = concat!("[`", stringify!($all), "`](Self::", stringify!($all), ") of the axes `A` and `B`, the outer one first, which are left out. PyTorch's `x.", $python, "((A, B))`.")]
        pub fn $axes<const A: isize, const B: isize>(&self $(, $arg: $type)*) -> Tensor<$of!(S::Removed), D, G>
        where
            S: HasAxes<A, B>,
        {
            $check!(S::DIMS[S::INDICES[0]] * S::DIMS[S::INDICES[1]]);
            let ($x, $set, $kept) = (&self.as_var(), Axes::of(&S::INDICES), false);
            Tensor::from_var($run)
        }
        #[doc = concat!("[`", stringify!($all), "`](Self::", stringify!($all), ") of the axes `A` and `B`, the outer one first, which are kept with length 1. PyTorch's `x.", $python, "((A, B), keepdim=True)`.")]
        pub fn $keep_axes<const A: isize, const B: isize>(&self $(, $arg: $type)*) -> Tensor<$of!(S::Kept), D, G>
        where
            S: HasAxes<A, B>,
        {
            $check!(S::DIMS[S::INDICES[0]] * S::DIMS[S::INDICES[1]]);
            let ($x, $set, $kept) = (&self.as_var(), Axes::of(&S::INDICES), true);
            Tensor::from_var($run)
        }
    };
}

/// The same elements.
macro_rules! same {
    ($s:ty) => {
        $s
    };
}
/// Those of a sum.
macro_rules! total {
    ($s:ty) => { <S::Elem as Element>::Sum<$s> };
}
macro_rules! mask {
    ($s:ty) => { <$s as Shape>::With<Bool> };
}
macro_rules! any_length {
    ($n:expr) => {};
}
macro_rules! not_empty {
    ($n:expr) => {
        const { assert!($n > 0, "nothing has no greatest and no least element") }
    };
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    reduction! {
        /// Σ x: of integers and booleans as i64, so that it does not overflow; of nothing 0.
        ///
        /// ```
        /// use castiron::{Keep, Rank1, Tensor, tensor};
        /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        /// assert_eq!(*x.sum(), 21.0);
        /// assert_eq!(x.sum_axis::<0>(), tensor![5.0, 7.0, 9.0]);
        /// let rows: Tensor<Keep<Rank1<2>, 1>> = x.sum_keep::<-1>();
        /// assert_eq!(&x / rows, tensor![[1.0 / 6.0, 1.0 / 3.0, 0.5], [4.0 / 15.0, 1.0 / 3.0, 0.4]]);
        /// assert_eq!(*tensor![u8; 200, 100].sum(), 300);
        /// ```
        "sum", total, any_length;
        sum sum_axis sum_keep sum_axes sum_keep_axes (), |x, axes, keep| x.sum_over(axes, keep)
    }
    reduction! {
        /// Π x: of integers as i64; of nothing 1. Computed in f64.
        ///
        /// ```
        /// use castiron::tensor;
        /// assert_eq!(*tensor![2.0, 3.0, 4.0].prod(), 24.0);
        /// ```
        "prod", total, any_length;
        prod prod_axis prod_keep prod_axes prod_keep_axes (), |x, axes, keep| x.prod_over(axes, keep)
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Real,
{
    reduction! {
        /// Σ x / n; of nothing NaN.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![[1.0, 2.0], [3.0, 6.0]];
        /// assert_eq!(*x.mean(), 3.0);
        /// assert_eq!(&x - x.mean_keep::<0>(), tensor![[-1.0, -2.0], [1.0, 2.0]]);
        /// ```
        "mean", same, any_length;
        mean mean_axis mean_keep mean_axes mean_keep_axes (), |x, axes, keep| x.mean_over(axes, keep)
    }
    reduction! {
        /// The variance Σ (x − mean)² / (n − 1), with Bessel's correction, as PyTorch has it; NaN for n = 1.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![1.0, 2.0, 3.0, 6.0];
        /// assert_eq!(*x.var_correction(0), 3.5);
        /// assert_eq!(*x.var(), 14.0 / 3.0);
        /// ```
        "var", same, any_length;
        var var_axis var_keep var_axes var_keep_axes (), |x, axes, keep| x.var_over(axes, 1, keep)
    }
    reduction! {
        /// The variance Σ (x − mean)² / (n − correction): 0 for that of the numbers themselves, 1 for an estimate
        /// from a sample. PyTorch's `correction=`.
        "var", same, any_length;
        var_correction var_correction_axis var_correction_keep var_correction_axes var_correction_keep_axes
        (correction: usize), |x, axes, keep| x.var_over(axes, correction, keep)
    }
    reduction! {
        /// The standard deviation, the root of the [variance](Self::var). Where it is 0, so is its gradient.
        "std", same, any_length;
        std std_axis std_keep std_axes std_keep_axes (), |x, axes, keep| x.std_over(axes, 1, keep)
    }
    reduction! {
        /// The standard deviation, the root of the [variance](Self::var_correction) with that correction.
        "std", same, any_length;
        std_correction std_correction_axis std_correction_keep std_correction_axes std_correction_keep_axes
        (correction: usize), |x, axes, keep| x.std_over(axes, correction, keep)
    }
    reduction! {
        /// The Euclidean length √Σ x². Where it is 0, so is its gradient.
        ///
        /// ```
        /// use castiron::tensor;
        /// assert_eq!(tensor![[3.0, 4.0], [0.0, 0.0]].norm_axis::<1>(), tensor![5.0, 0.0]);
        /// ```
        "norm", same, any_length;
        norm norm_axis norm_keep norm_axes norm_keep_axes (), |x, axes, keep| x.norm_over(2.0, axes, keep)
    }
    reduction! {
        /// (Σ |x|ᵖ)^(1/p): 1 for the sum of |x|, 2 for the Euclidean length, `f64::INFINITY` for the greatest |x|,
        /// 0 for how many are not zero. PyTorch's `torch.linalg.vector_norm`; of nothing 0.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![3.0, -4.0];
        /// assert_eq!((*x.norm_p(1.0), *x.norm_p(f64::INFINITY)), (7.0, 4.0));
        /// ```
        "norm", same, any_length;
        norm_p norm_p_axis norm_p_keep norm_p_axes norm_p_keep_axes (p: f64), |x, axes, keep| x.norm_over(p, axes, keep)
    }
    reduction! {
        /// ln Σ eˣ, without overflow; of nothing −∞.
        ///
        /// ```
        /// use castiron::tensor;
        /// assert_eq!(*tensor![1000.0, 1000.0].logsumexp(), 1000.0 + 2.0_f32.ln());
        /// ```
        "logsumexp", same, any_length;
        logsumexp logsumexp_axis logsumexp_keep logsumexp_axes logsumexp_keep_axes (),
        |x, axes, keep| x.logsumexp_over(axes, keep)
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Number,
{
    reduction! {
        /// The greatest; NaN if there is one. Equal ones share the gradient evenly. Of nothing it is an error when
        /// the program is built.
        ///
        /// ```
        /// use castiron::{Tape, tensor};
        /// let tape = Tape::new();
        /// let x = tape.watch(&tensor![[1.0, 3.0, 3.0], [4.0, 2.0, 0.0]]);
        /// let y = x.amax_axis::<1>();
        /// assert_eq!(y, tensor![3.0, 4.0]);
        /// let dx = y.sum().backward()?.get(&x);
        /// assert_eq!(dx, tensor![[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]);
        /// # Ok::<(), castiron::Error>(())
        /// ```
        "amax", same, not_empty;
        amax amax_axis amax_keep amax_axes amax_keep_axes (), |x, axes, keep| x.extreme_over(FoldOp::Max, axes, keep)
    }
    reduction! {
        /// The least; NaN if there is one. Equal ones share the gradient evenly. Of nothing it is an error when
        /// the program is built.
        "amin", same, not_empty;
        amin amin_axis amin_keep amin_axes amin_keep_axes (), |x, axes, keep| x.extreme_over(FoldOp::Min, axes, keep)
    }
}

impl<S: Shape, D: Storage, G: OffTape> Tensor<S, D, G> {
    reduction! {
        /// Whether one is true, or not zero; of nothing false.
        ///
        /// ```
        /// use castiron::tensor;
        /// let x = tensor![[0.0, 1.0], [0.0, 0.0]];
        /// assert!(x.any().get());
        /// assert_eq!(x.any_axis::<1>().map(|b| b.get()), [true, false]);
        /// ```
        "any", mask, any_length;
        any any_axis any_keep any_axes any_keep_axes (), |x, axes, keep| masked(x, FoldOp::Any, axes, keep)
    }
    reduction! {
        /// Whether all are true, or not zero; of nothing true.
        "all", mask, any_length;
        all all_axis all_keep all_axes all_keep_axes (), |x, axes, keep| masked(x, FoldOp::All, axes, keep)
    }
}

fn masked(x: &Var, op: FoldOp, axes: Axes, keep: bool) -> Var {
    let y = x.array.fold_over(op, axes);
    debug_assert_eq!(y.dtype, DType::Bool);
    Var::constant(y.reshaped(axes.left(&x.array.dims, keep)))
}
