//! Triangles and diagonals of matrices. All of these copy.

use castiron_kernels::fill::Value;

use super::Tensor;
use super::order::Matrices;
use crate::Element;
use crate::array::{Dims, Strides};
use crate::device::Storage;
use crate::tape::Grad;

impl<S: Matrices, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The lower triangle, zero elsewhere, of a matrix or of each of a batch: the elements whose column is at
    /// most the row plus `k`. PyTorch's `x.tril(k)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.tril(0), tensor![[1.0, 0.0, 0.0], [4.0, 5.0, 0.0]]);
    /// assert_eq!(x.tril(-1), tensor![[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]]);
    /// ```
    pub fn tril(&self, k: isize) -> Self {
        Tensor::from_var(self.as_var().triangle(k, true))
    }

    /// The upper triangle, zero elsewhere, of a matrix or of each of a batch: the elements whose column is at
    /// least the row plus `k`. PyTorch's `x.triu(k)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.triu(1), tensor![[0.0, 2.0, 3.0], [0.0, 0.0, 6.0]]);
    /// ```
    pub fn triu(&self, k: isize) -> Self {
        Tensor::from_var(self.as_var().triangle(k, false))
    }
}

/// The diagonal of a square matrix of `n` rows.
fn diagonal(n: usize) -> Strides {
    let mut at = Strides::of(&Dims::new(&[n]));
    at.steps[0] = n as isize + 1;
    at
}

impl<E: Element, const N: usize, D: Storage, G: Grad> Tensor<[[E; N]; N], D, G> {
    /// The diagonal of a square matrix. PyTorch's `x.diagonal()`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].diagonal(), tensor![1.0, 4.0]);
    /// ```
    pub fn diagonal(&self) -> Tensor<[E; N], D, G> {
        Tensor::from_var(self.as_var().pick_strided("diagonal", Dims::new(&[N]), diagonal(N)))
    }
}

impl<E: Element, const N: usize, D: Storage, G: Grad> Tensor<[E; N], D, G> {
    /// The matrix with this on its diagonal, and zeros elsewhere. PyTorch's `torch.diag(x)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![1.0, 4.0].diag(), tensor![[1.0, 0.0], [0.0, 4.0]]);
    /// ```
    pub fn diag(&self) -> Tensor<[[E; N]; N], D, G> {
        Tensor::from_var(self.as_var().place_strided("diag", Dims::new(&[N, N]), diagonal(N), Value::Int(0)))
    }
}
