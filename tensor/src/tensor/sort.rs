//! Extremes with their places, sorting, the k greatest, the median.

use castiron_kernels::fold::FoldOp;

use super::{HasAxis, Number, Tensor, WithLen};
use crate::Shape;
use crate::array::Dims;
use crate::device::Storage;
use crate::tape::{Grad, OffTape, Var};

/// Elements and where they were.
type Found<S, D, G> = (Tensor<S, D, G>, Indices<S, D>);
/// The indices of a shape.
type Indices<S, D> = Tensor<<S as Shape>::With<i64>, D>;

/// An element of each row and where it is.
macro_rules! found {
    ($($(#[$doc:meta])* $axis:ident $keep:ident $python:literal, |$x:ident, $index:ident, $kept:ident| $run:expr;)*) => { $(
        $(#[$doc])*
        ///
        #[doc = concat!("PyTorch's `x.", $python, "(AXIS)`.")]
        pub fn $axis<const AXIS: isize>(&self) -> Found<S::Removed, D, G>
        where
            S: HasAxis<AXIS>,
        {
            const { assert!(<S as HasAxis<AXIS>>::LEN > 0, "nothing has no such element") }
            let ($x, $index, $kept) = (&self.as_var(), S::INDEX, false);
            let (value, index) = $run;
            (Tensor::from_var(value), Tensor::from_var(index))
        }
        #[doc = concat!("[`", stringify!($axis), "`](Self::", stringify!($axis), ") that keeps the axis with length 1. PyTorch's `x.", $python, "(AXIS, keepdim=True)`.")]
        pub fn $keep<const AXIS: isize>(&self) -> Found<S::Kept, D, G>
        where
            S: HasAxis<AXIS>,
        {
            const { assert!(<S as HasAxis<AXIS>>::LEN > 0, "nothing has no such element") }
            let ($x, $index, $kept) = (&self.as_var(), S::INDEX, true);
            let (value, index) = $run;
            (Tensor::from_var(value), Tensor::from_var(index))
        }
    )* };
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Number,
{
    /// The greatest of all elements; NaN if there is one. Equal ones share the gradient evenly. PyTorch's
    /// `x.max()`.
    pub fn max(&self) -> Tensor<S::Elem, D, G> {
        self.amax()
    }

    /// The least of all elements; NaN if there is one. Equal ones share the gradient evenly. PyTorch's `x.min()`.
    pub fn min(&self) -> Tensor<S::Elem, D, G> {
        self.amin()
    }

    /// The middle one of all elements, the lower of two; NaN if there is one. PyTorch's `x.median()`.
    pub fn median(&self) -> Tensor<S::Elem, D, G> {
        const { assert!(S::LEN > 0, "nothing has no middle element") }
        let flat = self.as_var().reshape(Dims::new(&[S::LEN]));
        Tensor::from_var(flat.median(0, false).0)
    }

    found! {
        /// The greatest along axis `AXIS`, and where it is: the first of equals, which alone has the gradient
        /// ([`amax_axis`](Self::amax_axis) shares it); the first NaN if there is one.
        ///
        /// ```
        /// use castiron::tensor;
        /// let (values, indices) = tensor![[1.0, 3.0, 3.0], [4.0, 2.0, 0.0]].max_axis::<1>();
        /// assert_eq!(values, tensor![3.0, 4.0]);
        /// assert_eq!(indices, tensor![i64; 1, 0]);
        /// ```
        max_axis max_keep "max", |x, axis, keep| x.found(FoldOp::ArgMax, axis, keep);
        /// The least along axis `AXIS`, and where it is: the first of equals, which alone has the gradient
        /// ([`amin_axis`](Self::amin_axis) shares it); the first NaN if there is one.
        min_axis min_keep "min", |x, axis, keep| x.found(FoldOp::ArgMin, axis, keep);
        /// The middle one along axis `AXIS`, the lower of two, and where it is; the first NaN if there is one.
        ///
        /// ```
        /// use castiron::tensor;
        /// let (values, indices) = tensor![[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]].median_axis::<1>();
        /// assert_eq!((values, indices), (tensor![2.0, 5.0], tensor![i64; 2, 1]));
        /// ```
        median_axis median_keep "median", |x, axis, keep| x.median(axis, keep);
    }

    /// The elements in ascending order along axis `AXIS`, and where they were. Equal elements stay in their order,
    /// NaN counts as the greatest. The gradient goes back to where each was. PyTorch's
    /// `x.sort(AXIS, stable=True)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let (values, indices) = tensor![3.0, 1.0, 2.0].sort::<0>();
    /// assert_eq!((values, indices), (tensor![1.0, 2.0, 3.0], tensor![i64; 1, 2, 0]));
    /// ```
    pub fn sort<const AXIS: isize>(&self) -> (Self, Indices<S, D>)
    where
        S: HasAxis<AXIS>,
    {
        self.sorted::<S>(S::INDEX, false)
    }

    /// [`sort`](Self::sort) with the greatest first. PyTorch's `x.sort(AXIS, descending=True, stable=True)`.
    pub fn sort_descending<const AXIS: isize>(&self) -> (Self, Indices<S, D>)
    where
        S: HasAxis<AXIS>,
    {
        self.sorted::<S>(S::INDEX, true)
    }

    /// The `K` greatest along axis `AXIS`, the greatest first, and where they are. PyTorch's `x.topk(K, AXIS)`.
    ///
    /// That there are so many is checked when the program is built: `cargo check` and editors do not show it.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// let scores = tensor![[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]];
    /// let (values, classes): (Tensor<Rank2<2, 2>>, _) = scores.topk::<1, 2>();
    /// assert_eq!(values, tensor![[0.7, 0.2], [0.5, 0.4]]);
    /// assert_eq!(*classes, [[1, 2], [0, 2]]);
    /// ```
    /// ```compile_fail
    /// castiron::tensor![1.0, 2.0].topk::<0, 3>();
    /// ```
    pub fn topk<const AXIS: isize, const K: usize>(&self) -> Found<S::Output, D, G>
    where
        S: WithLen<AXIS, K>,
    {
        const { assert!(K <= <S as HasAxis<AXIS>>::LEN, "`topk` asks for more than there are") }
        self.sorted::<S::Output>(S::INDEX, true)
    }

    /// The `K` least along axis `AXIS`, the least first, and where they are. PyTorch's
    /// `x.topk(K, AXIS, largest=False)`.
    pub fn topk_smallest<const AXIS: isize, const K: usize>(&self) -> Found<S::Output, D, G>
    where
        S: WithLen<AXIS, K>,
    {
        const { assert!(K <= <S as HasAxis<AXIS>>::LEN, "`topk_smallest` asks for more than there are") }
        self.sorted::<S::Output>(S::INDEX, false)
    }

    /// The first elements along `axis` that `T` has room for.
    fn sorted<T: Shape>(&self, axis: usize, descending: bool) -> Found<T, D, G> {
        let (values, indices) = self.as_var().sort(axis, descending, T::DIMS[axis]);
        (Tensor::from_var(values), Tensor::from_var(indices))
    }
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Number,
{
    /// Where the elements along axis `AXIS` are in ascending order. PyTorch's `x.argsort(AXIS, stable=True)`.
    pub fn argsort<const AXIS: isize>(&self) -> Indices<S, D>
    where
        S: HasAxis<AXIS>,
        G: OffTape,
    {
        self.sort::<AXIS>().1
    }

    /// Where the elements along axis `AXIS` are in descending order. PyTorch's
    /// `x.argsort(AXIS, descending=True, stable=True)`.
    pub fn argsort_descending<const AXIS: isize>(&self) -> Indices<S, D>
    where
        S: HasAxis<AXIS>,
        G: OffTape,
    {
        self.sort_descending::<AXIS>().1
    }
}

/// Where an extreme is.
macro_rules! places {
    ($($what:literal $all:ident $axis:ident $keep:ident $op:ident;)*) => { $(
        #[doc = concat!("Where the ", $what, " is, counted through all elements: the first of equals, the first NaN if there is one. PyTorch's `x.", stringify!($all), "()`.")]
        pub fn $all(&self) -> Indices<S::Elem, D>
        where
            G: OffTape,
        {
            const { assert!(S::LEN > 0, "nothing has no greatest and no least element") }
            Tensor::from_var(Var::constant(self.array().fold_all(FoldOp::$op)))
        }
        #[doc = concat!("Where the ", $what, " along axis `AXIS` is: the first of equals, the first NaN if there is one. PyTorch's `x.", stringify!($all), "(AXIS)`.")]
        pub fn $axis<const AXIS: isize>(&self) -> Indices<S::Removed, D>
        where
            S: HasAxis<AXIS>,
            G: OffTape,
        {
            const { assert!(<S as HasAxis<AXIS>>::LEN > 0, "nothing has no greatest and no least element") }
            let y = self.array().fold_axis(FoldOp::$op, S::INDEX);
            Tensor::from_var(Var::constant(y.reshaped(y.dims.without(S::INDEX))))
        }
        #[doc = concat!("[`", stringify!($axis), "`](Self::", stringify!($axis), ") that keeps the axis with length 1. PyTorch's `x.", stringify!($all), "(AXIS, keepdim=True)`.")]
        pub fn $keep<const AXIS: isize>(&self) -> Indices<S::Kept, D>
        where
            S: HasAxis<AXIS>,
            G: OffTape,
        {
            const { assert!(<S as HasAxis<AXIS>>::LEN > 0, "nothing has no greatest and no least element") }
            Tensor::from_var(Var::constant(self.array().fold_axis(FoldOp::$op, S::INDEX)))
        }
    )* };
}

/// They have no derivative: they do not compile for a tensor on a tape.
impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G>
where
    S::Elem: Number,
{
    places! {
        "greatest" argmax argmax_axis argmax_keep ArgMax;
        "least" argmin argmin_axis argmin_keep ArgMin;
    }
}
