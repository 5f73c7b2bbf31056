//! Products of vectors, matrices and batches of them.

use super::{Number, Tensor};
use crate::Shape;
use crate::device::Storage;
use crate::tape::{Both, Grad, Or};

/// Two shapes that [`Tensor::matmul`] multiplies, and the shape of the product.
#[diagnostic::on_unimplemented(
    message = "cannot multiply `{Self}` by `{T}`",
    label = "these shapes have no matrix product",
    note = "a row of the left (its innermost length) must be as long as the right has rows (its second length from the inside, or the length of a vector): `[[f32; K]; M]` and `[[f32; N]; K]` give `[[f32; N]; M]`",
    note = "the numbers must be of one type, not booleans; leading dimensions of batches must be the same or absent"
)]
pub trait Matmul<T: Shape>: Shape {
    /// The shape of the product.
    type Output: Shape<Elem = Self::Elem>;
}

macro_rules! products {
    ($([$($n:ident)*] $left:ty, $right:ty => $output:ty;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<E: Number, $(const $n: usize),*> Matmul<$right> for $left {
            type Output = $output;
        }
    )* };
}
products! {
    [K] [E; K], [E; K] => E;
    [K N] [E; K], [[E; N]; K] => [E; N];
    [A K N] [E; K], [[[E; N]; K]; A] => [[E; N]; A];
    [A B K N] [E; K], [[[[E; N]; K]; B]; A] => [[[E; N]; B]; A];

    [M K] [[E; K]; M], [E; K] => [E; M];
    [M K N] [[E; K]; M], [[E; N]; K] => [[E; N]; M];
    [A M K N] [[E; K]; M], [[[E; N]; K]; A] => [[[E; N]; M]; A];
    [A B M K N] [[E; K]; M], [[[[E; N]; K]; B]; A] => [[[[E; N]; M]; B]; A];

    [A M K] [[[E; K]; M]; A], [E; K] => [[E; M]; A];
    [A M K N] [[[E; K]; M]; A], [[E; N]; K] => [[[E; N]; M]; A];
    [A M K N] [[[E; K]; M]; A], [[[E; N]; K]; A] => [[[E; N]; M]; A];
    [A B M K N] [[[E; K]; M]; B], [[[[E; N]; K]; B]; A] => [[[[E; N]; M]; B]; A];

    [A B M K] [[[[E; K]; M]; B]; A], [E; K] => [[[E; M]; B]; A];
    [A B M K N] [[[[E; K]; M]; B]; A], [[E; N]; K] => [[[[E; N]; M]; B]; A];
    [A B M K N] [[[[E; K]; M]; B]; A], [[[E; N]; K]; B] => [[[[E; N]; M]; B]; A];
    [A B M K N] [[[[E; K]; M]; B]; A], [[[[E; N]; K]; B]; A] => [[[[E; N]; M]; B]; A];
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The product of vectors, matrices, or batches of matrices. PyTorch's `a @ b`, `a.matmul(b)`.
    ///
    /// | left | right | product |
    /// |---|---|---|
    /// | `[K]` | `[K]` | a number: [`dot`](Tensor::dot) |
    /// | `[M, K]` | `[K]` | `[M]` |
    /// | `[K]` | `[K, N]` | `[N]` |
    /// | `[M, K]` | `[K, N]` | `[M, N]` |
    /// | `[.., M, K]` | `[.., K, N]` | `[.., M, N]`: one product for each index of the leading dimensions, of which there are at most two; they are the same, or one side has fewer and is repeated |
    ///
    /// 16-bit floats are summed in f32; integers wrap around.
    ///
    /// ```
    /// use castiron::{Rank2, Rank3, Tensor, tensor};
    /// let a = tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    /// assert_eq!(a.matmul(&tensor![10.0, 1.0]), tensor![12.0, 34.0, 56.0]);
    /// assert_eq!(tensor![1.0, 0.0, 1.0].matmul(&a), tensor![6.0, 8.0]);
    ///
    /// let batch = Tensor::<Rank3<5, 2, 4>>::ones();
    /// let y: Tensor<Rank3<5, 3, 4>> = a.matmul(&batch);
    /// assert_eq!(y[4], [[3.0; 4], [7.0; 4], [11.0; 4]]);
    /// ```
    /// What does not fit does not compile: "cannot multiply `[[f32; 2]; 3]` by `[[f32; 4]; 5]`".
    /// ```compile_fail,E0277
    /// # use castiron::{Rank2, Tensor};
    /// Tensor::<Rank2<3, 2>>::ones().matmul(&Tensor::<Rank2<5, 4>>::ones());
    /// ```
    pub fn matmul<T, H>(&self, other: &Tensor<T, D, H>) -> Tensor<S::Output, D, Both<G, H>>
    where
        S: Matmul<T>,
        T: Shape,
        G: Or<H>,
        H: Grad,
    {
        Tensor::from_var(self.as_var().matmul(&other.as_var()))
    }

    /// x·Wᵀ + b, W being `[outputs, inputs]`: what a linear layer computes. PyTorch's
    /// `torch.nn.functional.linear(x, w, b)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let (w, b) = (tensor![[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]], tensor![10.0, 20.0]);
    /// assert_eq!(tensor![1.0, 2.0, 3.0].linear(&w, &b), tensor![11.0, 25.0]);
    /// let rows = tensor![[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]];
    /// assert_eq!(rows.linear(&w, &b), tensor![[11.0, 25.0], [10.0, 20.0]]);
    /// ```
    pub fn linear<E, const K: usize, const N: usize, H, I>(
        &self,
        weight: &Tensor<[[E; K]; N], D, H>,
        bias: &Tensor<[E; N], D, I>,
    ) -> Tensor<S::Output, D, Both<Both<G, H>, I>>
    where
        E: Number,
        S: Matmul<[[E; N]; K]>,
        G: Or<H>,
        H: Grad,
        Both<G, H>: Or<I>,
        I: Grad,
    {
        Tensor::from_var(self.as_var().linear(&weight.as_var(), &bias.as_var()))
    }
}

impl<E: Number, const N: usize, D: Storage, G: Grad> Tensor<[E; N], D, G> {
    /// Σᵢ aᵢ·bᵢ. PyTorch's `a.dot(b)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(*tensor![1.0, 2.0, 3.0].dot(&tensor![4.0, 5.0, 6.0]), 32.0);
    /// ```
    pub fn dot<H: Grad>(&self, other: &Tensor<[E; N], D, H>) -> Tensor<E, D, Both<G, H>>
    where
        G: Or<H>,
    {
        Tensor::from_var(self.as_var().matmul(&other.as_var()))
    }

    /// All products aᵢ·bⱼ, in row i and column j. PyTorch's `a.outer(b)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// assert_eq!(tensor![1.0, 2.0].outer(&tensor![3.0, 4.0, 5.0]), tensor![[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]);
    /// ```
    pub fn outer<const M: usize, H: Grad>(
        &self,
        other: &Tensor<[E; M], D, H>,
    ) -> Tensor<[[E; M]; N], D, Both<G, H>>
    where
        G: Or<H>,
    {
        Tensor::from_var(self.as_var().outer(&other.as_var()))
    }
}

impl<E: Number, const M: usize, const K: usize, const B: usize, D: Storage, G: Grad>
    Tensor<[[[E; K]; M]; B], D, G>
{
    /// The products of the matrices of two batches. PyTorch's `a.bmm(b)`; [`matmul`](Tensor::matmul) does it too.
    pub fn bmm<const N: usize, H: Grad>(
        &self,
        other: &Tensor<[[[E; N]; K]; B], D, H>,
    ) -> Tensor<[[[E; N]; M]; B], D, Both<G, H>>
    where
        G: Or<H>,
    {
        Tensor::from_var(self.as_var().matmul(&other.as_var()))
    }
}

#[cfg(test)]
mod tests;
