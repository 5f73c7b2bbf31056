//! The same numbers in another shape. None of these copies.

use super::Tensor;
use super::axes::{InsertAxis, SqueezeAxis};
use crate::Shape;
use crate::array::Dims;
use crate::device::Storage;
use crate::tape::Grad;

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The same numbers in shape `T`, which follows from annotation; no copy. PyTorch's `x.reshape(..)` and
    /// `x.view(..)`.
    ///
    /// That both have the same number of elements is checked when the program is built: `cargo check` and
    /// editors, which do not build, do not show it.
    ///
    /// ```
    /// use castiron::{Rank1, Rank2, Tensor, tensor};
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// let y: Tensor<Rank2<3, 2>> = x.reshape();
    /// assert_eq!(y, tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(x.reshape::<Rank1<6>>()[5], 6.0);
    /// ```
    /// ```compile_fail
    /// # use castiron::{Rank2, Tensor, tensor};
    /// let y: Tensor<Rank2<4, 2>> = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].reshape();
    /// ```
    pub fn reshape<T: Shape<Elem = S::Elem>>(&self) -> Tensor<T, D, G> {
        const { assert!(S::LEN == T::LEN, "`reshape` cannot change the number of elements") };
        self.seen_as()
    }

    /// [`reshape`](Self::reshape) under PyTorch's other name, `x.view(..)`. A tensor lies row by row always, so
    /// the two are one.
    pub fn view<T: Shape<Elem = S::Elem>>(&self) -> Tensor<T, D, G> {
        const { assert!(S::LEN == T::LEN, "`view` cannot change the number of elements") };
        self.seen_as()
    }

    /// All numbers as a vector of `N`; no copy. PyTorch's `x.flatten()`. That there are `N` is checked when the
    /// program is built.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor, tensor};
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// let y: Tensor<Rank1<4>> = x.flatten();
    /// assert_eq!(y, tensor![1.0, 2.0, 3.0, 4.0]);
    /// ```
    /// ```compile_fail
    /// castiron::tensor![[1.0, 2.0], [3.0, 4.0]].flatten::<3>();
    /// ```
    pub fn flatten<const N: usize>(&self) -> Tensor<[S::Elem; N], D, G> {
        const { assert!(S::LEN == N, "`flatten` cannot change the number of elements") };
        self.seen_as()
    }

    /// Without axis `AXIS`, whose length is 1; no copy. PyTorch's `x.squeeze(AXIS)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![[1.0], [2.0]].squeeze::<1>(), tensor![1.0, 2.0]);
    /// // Also an axis that a reduction has kept.
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.sum_keep::<0>().squeeze::<0>(), x.sum_axis::<0>());
    /// ```
    /// ```compile_fail
    /// castiron::tensor![[1.0, 2.0]].squeeze::<1>(); // its length is 2
    /// ```
    pub fn squeeze<const AXIS: isize>(&self) -> Tensor<S::Output, D, G>
    where
        S: SqueezeAxis<AXIS>,
    {
        const { assert!(AXIS != isize::MIN, "no axis has this number") };
        self.seen_as()
    }

    /// With one more axis, of length 1, which becomes axis `AXIS`; no copy. PyTorch's `x.unsqueeze(AXIS)`.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// let x = tensor![1.0, 2.0];
    /// assert_eq!(x.unsqueeze::<0>(), tensor![[1.0, 2.0]]);
    /// assert_eq!(x.unsqueeze::<-1>(), tensor![[1.0], [2.0]]);
    /// // Operators do not repeat such an axis by themselves:
    /// let y: Tensor<Rank2<2, 3>> = x.unsqueeze::<1>().broadcast_to();
    /// assert_eq!(y, tensor![[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]);
    /// ```
    /// ```compile_fail
    /// castiron::tensor![1.0, 2.0].unsqueeze::<2>(); // the result has axes 0 and 1
    /// ```
    pub fn unsqueeze<const AXIS: isize>(&self) -> Tensor<S::Output, D, G>
    where
        S: InsertAxis<AXIS, 1>,
    {
        self.seen_as()
    }

    fn seen_as<T: Shape>(&self) -> Tensor<T, D, G> {
        Tensor::from_var(self.as_var().reshape(Dims::new(T::DIMS)))
    }
}
