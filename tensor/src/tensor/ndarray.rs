//! To and from the crate [`ndarray`](https://docs.rs/ndarray).

use castiron_kernels::Cpu;
use ndarray::{Array, ArrayView, ArrayViewD, ArrayViewMut, Dimension, IxDyn};
use ndarray::{Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};

use super::{ConvertError, DynTensor, Tensor};
use crate::tape::Grad;
use crate::{Element, R0, Shape, Up};

/// The dimensions that `ndarray` has for a rank, up to 6.
pub trait NdRank {
    /// `Ix0` to `Ix6`.
    type Dim: Dimension;
}
impl NdRank for R0 {
    type Dim = Ix0;
}
impl NdRank for Up<R0> {
    type Dim = Ix1;
}
impl NdRank for Up<Up<R0>> {
    type Dim = Ix2;
}
impl NdRank for Up<Up<Up<R0>>> {
    type Dim = Ix3;
}
impl NdRank for Up<Up<Up<Up<R0>>>> {
    type Dim = Ix4;
}
impl NdRank for Up<Up<Up<Up<Up<R0>>>>> {
    type Dim = Ix5;
}
impl NdRank for Up<Up<Up<Up<Up<Up<R0>>>>>> {
    type Dim = Ix6;
}

/// The dimension type of `ndarray` for a shape.
type Dim<S> = <<S as Shape>::Rank as NdRank>::Dim;

/// The dimensions of a shape, which has the rank of `D`.
fn dims<D: Dimension>(sizes: &[usize]) -> D {
    let mut dims = D::zeros(sizes.len());
    dims.slice_mut().copy_from_slice(sizes);
    dims
}

impl<S: Shape, G: Grad> Tensor<S, Cpu, G>
where
    S::Rank: NdRank,
{
    /// The tensor as `ndarray` sees arrays; no copy.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// let view: ndarray::ArrayView2<'_, f32> = x.nd_view();
    /// assert_eq!(view.t()[[0, 1]], 3.0);
    /// assert_eq!(view.as_ptr(), x.flat().as_ptr());
    /// ```
    pub fn nd_view(&self) -> ArrayView<'_, S::Elem, Dim<S>> {
        // SAFETY: as many elements as the dimensions say, row by row, borrowed with `self`.
        unsafe { ArrayView::from_shape_ptr(dims::<Dim<S>>(S::DIMS), self.flat().as_ptr()) }
    }
}

impl<S: Shape> Tensor<S>
where
    S::Rank: NdRank,
{
    /// The tensor as `ndarray` sees arrays, to write; no copy but of memory that clones or views share.
    ///
    /// ```
    /// let mut x = castiron::tensor![[1.0, 2.0], [3.0, 4.0]];
    /// x.nd_view_mut().swap([0, 0], [1, 1]);
    /// assert_eq!(*x, [[4.0, 2.0], [3.0, 1.0]]);
    /// ```
    pub fn nd_view_mut(&mut self) -> ArrayViewMut<'_, S::Elem, Dim<S>> {
        // SAFETY: as in `nd_view`, uniquely.
        unsafe { ArrayViewMut::from_shape_ptr(dims::<Dim<S>>(S::DIMS), self.flat_mut().as_mut_ptr()) }
    }

    /// An array of `ndarray`. As [`Tensor::into_vec`], without a copy only of memory that came from a `Vec` or
    /// an array of `ndarray` and is not shared.
    pub fn into_ndarray(self) -> Array<S::Elem, Dim<S>> {
        Array::from_shape_vec(dims::<Dim<S>>(S::DIMS), self.into_vec())
            .unwrap_or_else(|error| unreachable!("a tensor has the numbers of its shape: {error}"))
    }
}

/// Takes over the memory of an array whose numbers lie row by row; of others the numbers are copied.
///
/// ```
/// use castiron::{Rank2, Tensor};
/// let array = ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let address = array.as_ptr();
/// let x = Tensor::<Rank2<2, 3>>::try_from(array)?;
/// assert_eq!(x[1], [4.0, 5.0, 6.0]);
/// assert_eq!(x.flat().as_ptr(), address);
///
/// let error = Tensor::<Rank2<3, 2>>::try_from(x.into_ndarray()).unwrap_err();
/// assert_eq!(error.to_string(), "this is f32 [2, 3], but f32 [3, 2] is wanted");
/// # Ok::<(), castiron::ConvertError>(())
/// ```
impl<S: Shape<Elem = E>, E: Element, D: Dimension> TryFrom<Array<E, D>> for Tensor<S> {
    type Error = ConvertError;
    fn try_from(array: Array<E, D>) -> Result<Self, ConvertError> {
        DynTensor::try_from(array)?.try_into()
    }
}

/// Copies.
impl<S: Shape<Elem = E>, E: Element, D: Dimension> TryFrom<ArrayView<'_, E, D>> for Tensor<S> {
    type Error = ConvertError;
    fn try_from(view: ArrayView<'_, E, D>) -> Result<Self, ConvertError> {
        DynTensor::from_vec(view.shape(), view.iter().copied().collect())?.try_into()
    }
}

/// Takes over the memory of an array whose numbers lie row by row; of others the numbers are copied.
impl<E: Element, D: Dimension> TryFrom<Array<E, D>> for DynTensor {
    type Error = ConvertError;
    fn try_from(array: Array<E, D>) -> Result<Self, ConvertError> {
        let dims = array.shape().to_vec();
        if !array.is_standard_layout() {
            return DynTensor::from_vec(&dims, array.iter().copied().collect());
        }
        let (mut values, start) = array.into_raw_vec_and_offset();
        // What was sliced off an array is still in its memory.
        let len = dims.iter().product();
        values.drain(..start.unwrap_or(0));
        values.truncate(len);
        DynTensor::from_vec(&dims, values)
    }
}

impl DynTensor {
    /// The tensor as `ndarray` sees arrays, if `E` is the type of its numbers; no copy.
    pub fn nd_view<E: Element>(&self) -> Option<ArrayViewD<'_, E>> {
        ArrayViewD::from_shape(IxDyn(self.dims()), self.as_slice::<E>()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, Array2, ArrayD, array, s};

    use crate::{DynTensor, Rank2, Tensor, tensor};

    #[test]
    fn any_order_and_any_part_of_an_array() {
        let array = Array::from_shape_fn((4, 3), |(i, j)| (10 * i + j) as i32);
        let x = Tensor::<Rank2<3, 4, i32>>::try_from(array.clone().reversed_axes()).unwrap();
        assert_eq!(x[2], [2, 12, 22, 32]);
        let part = array.clone().slice_move(s![1..3, ..]);
        let x = Tensor::<Rank2<2, 3, i32>>::try_from(part).unwrap();
        assert_eq!(*x, [[10, 11, 12], [20, 21, 22]]);
        let x = Tensor::<Rank2<2, 2, i32>>::try_from(array.slice(s![..;3, ..;2])).unwrap();
        assert_eq!(*x, [[0, 2], [30, 32]]);
        let upside_down = array.slice_move(s![..;-1, ..]);
        let x = Tensor::<Rank2<4, 3, i32>>::try_from(upside_down).unwrap();
        assert_eq!(x[0], [30, 31, 32]);
    }

    #[test]
    fn there_and_back_without_a_copy() {
        let array: Array2<f32> = array![[1.0, 2.0], [3.0, 4.0]];
        let address = array.as_ptr();
        let x = Tensor::<Rank2<2, 2>>::try_from(array).unwrap();
        let back: Array2<f32> = x.into_ndarray();
        assert_eq!((back.as_ptr(), back[[1, 0]]), (address, 3.0));
        // Memory of castiron is copied.
        assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].into_ndarray(), back);
    }

    #[test]
    fn scalars_empty_and_dynamic_arrays() {
        assert_eq!(Tensor::from(2.5f64).nd_view().into_scalar(), &2.5);
        assert_eq!(Tensor::<Rank2<0, 3>>::zeros().nd_view().shape(), [0, 3]);
        let dynamic = ArrayD::from_elem(vec![2, 1, 2], 7u8);
        let x = DynTensor::try_from(dynamic.clone()).unwrap();
        assert_eq!(x.nd_view::<u8>().unwrap(), dynamic);
        assert!(x.nd_view::<i8>().is_none());
        assert!(DynTensor::try_from(ArrayD::from_elem(vec![1; 9], 0u8)).is_err());
    }
}
