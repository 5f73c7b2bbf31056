//! Running sums and products.

use super::{HasAxis, Tensor};
use crate::device::Storage;
use crate::tape::Grad;
use crate::{Element, Shape};

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The running sum along axis `AXIS`, x₀ + .. + xᵢ at i; of integers and booleans as i64. PyTorch's
    /// `x.cumsum(AXIS)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.cumsum::<1>(), tensor![[1.0, 3.0, 6.0], [4.0, 9.0, 15.0]]);
    /// assert_eq!(x.cumsum::<0>(), tensor![[1.0, 2.0, 3.0], [5.0, 7.0, 9.0]]);
    /// ```
    pub fn cumsum<const AXIS: isize>(&self) -> Tensor<<S::Elem as Element>::Sum<S>, D, G>
    where
        S: HasAxis<AXIS>,
    {
        Tensor::from_var(self.as_var().cumsum(S::INDEX, false))
    }

    /// The running product along axis `AXIS`, x₀ · .. · xᵢ at i; of integers and booleans as i64. Its gradient is
    /// right where there are zeros, too. PyTorch's `x.cumprod(AXIS)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![1.0, 2.0, 3.0, 4.0].cumprod::<0>(), tensor![1.0, 2.0, 6.0, 24.0]);
    /// ```
    pub fn cumprod<const AXIS: isize>(&self) -> Tensor<<S::Elem as Element>::Sum<S>, D, G>
    where
        S: HasAxis<AXIS>,
    {
        Tensor::from_var(self.as_var().cumprod(S::INDEX, false))
    }
}
