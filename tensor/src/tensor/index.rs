//! Elements and slices that indices name. Indices are i64 or i32, on no tape, and checked: one that is negative
//! or too large is an [`Error::Operation`] that says where it is.
//!
//! PyTorch's `masked_select` has no counterpart: how many elements it finds depends on the data, so no type has
//! its shape. `mask.select(&x, &zero)`-like choices keep the shape.

use super::{HasAxis, IndexElement, IndicesOf, Lookup, Number, Tensor, WithLen};
use crate::array::{Array, At, Stand};
use crate::device::Storage;
use crate::tape::{Both, Grad, Or};
use crate::{DType, Error, Shape};

/// The indices as i64, which kernels take.
pub(super) fn indices<I: Shape, D: Storage>(index: &Tensor<I, D>) -> Array {
    index.array().cast(DType::I64)
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// Along axis `AXIS`, at each place the element that its index names: y\[i\]\[j\] = x\[i\]\[index\[i\]\[j\]\] for
    /// axis 1. PyTorch's `x.gather(AXIS, index)`, whose indices may be fewer along other axes too.
    ///
    /// ```
    /// use castiron::tensor;
    /// let scores = tensor![[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]];
    /// let chosen = scores.gather::<1, _>(&tensor![i64; [1], [0]])?;
    /// assert_eq!(chosen, tensor![[0.7], [0.5]]);
    ///
    /// let wrong = scores.gather::<1, _>(&tensor![i64; [1], [3]]);
    /// assert_eq!(wrong.unwrap_err().to_string(), "gather: index 3 in row 1 is out of range: valid are 0 to 2");
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an index is negative or not below the length of the axis; its "row" is its position among all
    /// indices.
    pub fn gather<const AXIS: isize, I>(&self, index: &Tensor<I, D>) -> Result<Tensor<I::Picked, D, G>, Error>
    where
        S: HasAxis<AXIS>,
        I: IndicesOf<S, AXIS>,
    {
        let at = At { op: "gather", stand: Stand::Element, axis: S::INDEX };
        self.as_var().pick(at, &indices(index)).map(Tensor::from_var)
    }

    /// [`gather`](Tensor::gather) under the name that goes with indices of `argsort`, `argmin_keep` and the like.
    /// PyTorch's `x.take_along_dim(index, AXIS)`; other axes do not broadcast.
    ///
    /// # Errors
    /// As [`gather`](Tensor::gather).
    pub fn take_along_dim<const AXIS: isize, I>(
        &self,
        index: &Tensor<I, D>,
    ) -> Result<Tensor<I::Picked, D, G>, Error>
    where
        S: HasAxis<AXIS>,
        I: IndicesOf<S, AXIS>,
    {
        let at = At { op: "take_along_dim", stand: Stand::Element, axis: S::INDEX };
        self.as_var().pick(at, &indices(index)).map(Tensor::from_var)
    }

    /// A copy in which each element of `source` is added to the element that its index names along axis `AXIS`;
    /// several for one place are added in their order. PyTorch's `x.scatter_add(AXIS, index, source)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let counts = tensor![0.0, 0.0, 0.0].scatter_add::<0, _, _>(&tensor![i64; 2, 0, 2], &tensor![1.0, 5.0, 1.0])?;
    /// assert_eq!(counts, tensor![5.0, 0.0, 2.0]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gather`](Tensor::gather).
    pub fn scatter_add<const AXIS: isize, I, H>(
        &self,
        index: &Tensor<I, D>,
        source: &Tensor<I::Picked, D, H>,
    ) -> Result<Tensor<S, D, Both<G, H>>, Error>
    where
        S: HasAxis<AXIS>,
        S::Elem: Number,
        I: IndicesOf<S, AXIS>,
        G: Or<H>,
        H: Grad,
    {
        let at = At { op: "scatter_add", stand: Stand::Element, axis: S::INDEX };
        self.as_var().add_at(at, &indices(index), &source.as_var()).map(Tensor::from_var)
    }

    /// The slices of axis `AXIS` that the indices name, in their order: rows for axis 0, columns for axis 1 of a
    /// matrix. PyTorch's `x.index_select(AXIS, index)`. A copy.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.index_select::<1, _, _>(&tensor![i64; 2, 0])?, tensor![[3.0, 1.0], [6.0, 4.0]]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gather`](Tensor::gather).
    pub fn index_select<const AXIS: isize, const N: usize, I: IndexElement>(
        &self,
        index: &Tensor<[I; N], D>,
    ) -> Result<Tensor<<S as WithLen<AXIS, N>>::Output, D, G>, Error>
    where
        S: WithLen<AXIS, N>,
    {
        let at = At { op: "index_select", stand: Stand::Slice, axis: S::INDEX };
        self.as_var().pick(at, &indices(index)).map(Tensor::from_var)
    }

    /// A copy in which each slice of `source` is added to the slice of axis `AXIS` that its index names; several
    /// for one place are added in their order. PyTorch's `x.index_add(AXIS, index, source)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]];
    /// let y = x.index_add::<0, _, _, _>(&tensor![i64; 2, 2], &tensor![[1.0, 2.0], [10.0, 20.0]])?;
    /// assert_eq!(y, tensor![[0.0, 0.0], [0.0, 0.0], [11.0, 22.0]]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`gather`](Tensor::gather).
    pub fn index_add<const AXIS: isize, const N: usize, I, H>(
        &self,
        index: &Tensor<[I; N], D>,
        source: &Tensor<<S as WithLen<AXIS, N>>::Output, D, H>,
    ) -> Result<Tensor<S, D, Both<G, H>>, Error>
    where
        S: WithLen<AXIS, N>,
        S::Elem: Number,
        I: IndexElement,
        G: Or<H>,
        H: Grad,
    {
        let at = At { op: "index_add", stand: Stand::Slice, axis: S::INDEX };
        self.as_var().add_at(at, &indices(index), &source.as_var()).map(Tensor::from_var)
    }

    /// At each index the element that it names among all elements, row by row. PyTorch's `x.take(index)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.take(&tensor![i64; [0, 5], [3, 3]])?, tensor![[1.0, 6.0], [4.0, 4.0]]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an index is negative or not below the number of elements.
    pub fn take<I: Lookup<S::Elem>>(&self, index: &Tensor<I, D>) -> Result<Tensor<I::Output, D, G>, Error> {
        self.as_var().take("take", &[], &indices(index)).map(Tensor::from_var)
    }
}

impl<R: Shape, const N: usize, D: Storage, G: Grad> Tensor<[R; N], D, G> {
    /// The row of this table that each index names, for indices of any shape. PyTorch's
    /// `torch.nn.functional.embedding(index, table)`.
    ///
    /// ```
    /// use castiron::{Rank3, Tensor, tensor};
    /// let table = tensor![[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]];
    /// let sentences = tensor![i64; [2, 0, 0], [1, 1, 2]];
    /// let words: Tensor<Rank3<2, 3, 2>> = table.embedding(&sentences)?;
    /// assert_eq!(words[1], [[1.0, 1.1], [1.0, 1.1], [2.0, 2.1]]);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an index is negative or not below `N`.
    pub fn embedding<I: Lookup<R>>(&self, index: &Tensor<I, D>) -> Result<Tensor<I::Output, D, G>, Error> {
        self.as_var().take("embedding", R::DIMS, &indices(index)).map(Tensor::from_var)
    }
}

#[cfg(test)]
mod tests;
