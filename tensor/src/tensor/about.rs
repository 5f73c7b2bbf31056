//! What can be said of a tensor without looking at its numbers; and the number of a scalar.

use castiron_kernels::{Cpu, DType};

use super::{OneNumber, Tensor};
use crate::device::Storage;
use crate::tape::Grad;
use crate::{Element, Shape, flat};

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The dimensions, outermost first: a constant of the type, [`Shape::DIMS`]. PyTorch's `x.shape`.
    ///
    /// ```
    /// let x = castiron::tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.dims(), [2, 3]);
    /// assert_eq!(x.sum_keep::<1>().dims(), [2, 1]);
    /// assert_eq!((x.numel(), x.dtype()), (6, castiron::DType::F32));
    /// ```
    pub fn dims(&self) -> &'static [usize] {
        S::DIMS
    }

    /// How many numbers it has. PyTorch's `x.numel()`.
    pub fn numel(&self) -> usize {
        S::LEN
    }

    /// The element type. PyTorch's `x.dtype`.
    pub fn dtype(&self) -> DType {
        S::Elem::DTYPE
    }
}

impl<S: Shape, G: Grad> Tensor<S, Cpu, G> {
    /// The number of a tensor that has one. PyTorch's `x.item()`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![1.0, 2.0, 3.0].sum().item(), 6.0);
    /// assert_eq!(tensor![[7.0]].item(), 7.0);
    /// ```
    /// ```compile_fail,E0277
    /// castiron::tensor![1.0, 2.0].item();
    /// ```
    pub fn item(&self) -> S::Elem
    where
        S: OneNumber,
    {
        flat(&**self)[0]
    }
}
