//! The axes, or the indices of an axis, in another order.
//!
//! All of these copy, but for reordered axes of which the moved ones have length 1.

use super::order::{Axes2, Axes3, Axes4, Matrices, Permute, SwapAxes};
use super::{HasAxis, Tensor};
use crate::device::Storage;
use crate::tape::Grad;
use crate::{Element, Shape};

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// The last two axes swapped: of a matrix, or of each matrix of a batch. PyTorch's `x.mT`.
    ///
    /// ```
    /// use castiron::{Rank3, Tensor, tensor};
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.transpose(), tensor![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
    /// let batch: Tensor<Rank3<8, 3, 2>> = Tensor::<Rank3<8, 2, 3>>::zeros().transpose();
    /// ```
    /// ```compile_fail
    /// castiron::tensor![1.0, 2.0].transpose(); // a vector
    /// ```
    pub fn transpose(&self) -> Tensor<S::Transposed, D, G>
    where
        S: Matrices,
    {
        self.swap([S::RANK - 2, S::RANK - 1])
    }

    /// Axes `A` and `B` swapped. PyTorch's `x.transpose(A, B)`.
    ///
    /// ```
    /// use castiron::{Rank3, Tensor};
    /// let x = Tensor::<Rank3<2, 3, 4>>::zeros();
    /// let y: Tensor<Rank3<4, 3, 2>> = x.transpose_axes::<0, -1>();
    /// ```
    /// ```compile_fail
    /// # use castiron::{Rank3, Tensor};
    /// Tensor::<Rank3<2, 3, 4>>::zeros().transpose_axes::<0, 3>(); // there is no axis 3
    /// ```
    pub fn transpose_axes<const A: isize, const B: isize>(&self) -> Tensor<S::Output, D, G>
    where
        S: SwapAxes<A, B>,
    {
        self.swap(S::AXES)
    }

    fn swap<T: Shape>(&self, [a, b]: [usize; 2]) -> Tensor<T, D, G> {
        let mut order: [usize; crate::MAX_RANK] = core::array::from_fn(|i| i);
        order.swap(a, b);
        Tensor::from_var(self.as_var().permute(&order[..S::RANK]))
    }

    /// The indices of axis `AXIS` from last to first. PyTorch's `x.flip(AXIS)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.flip::<0>(), tensor![[3.0, 4.0], [1.0, 2.0]]);
    /// assert_eq!(x.flip::<-1>(), tensor![[2.0, 1.0], [4.0, 3.0]]);
    /// ```
    pub fn flip<const AXIS: isize>(&self) -> Self
    where
        S: HasAxis<AXIS>,
    {
        Tensor::from_var(self.as_var().flip(S::INDEX))
    }

    /// Each index i of axis `AXIS` becomes i + `shift`, around the end. PyTorch's `x.roll(shift, AXIS)`.
    ///
    /// ```
    /// use castiron::tensor;
    /// let x = tensor![1.0, 2.0, 3.0, 4.0];
    /// assert_eq!(x.roll::<0>(1), tensor![4.0, 1.0, 2.0, 3.0]);
    /// assert_eq!(x.roll::<0>(-1), tensor![2.0, 3.0, 4.0, 1.0]);
    /// ```
    pub fn roll<const AXIS: isize>(&self, shift: isize) -> Self
    where
        S: HasAxis<AXIS>,
    {
        // Lengths that are used fit `isize`: no more bytes can be allocated.
        let len = <S as HasAxis<AXIS>>::LEN.max(1) as isize;
        Tensor::from_var(self.as_var().roll(S::INDEX, shift.rem_euclid(len) as usize))
    }

    fn reordered<T: Shape>(&self, order: &[usize]) -> Tensor<T, D, G> {
        Tensor::from_var(self.as_var().permute(order))
    }
}

impl<E: Element, const M: usize, const N: usize, D: Storage, G: Grad> Tensor<[[E; N]; M], D, G> {
    /// The transpose of a matrix. PyTorch's `x.t()`.
    pub fn t(&self) -> Tensor<[[E; M]; N], D, G> {
        self.reordered(&[1, 0])
    }

    /// Axis 0 of the result is axis `I`, axis 1 is axis `J`. PyTorch's `x.permute(I, J)`.
    pub fn permute<const I: usize, const J: usize>(
        &self,
    ) -> Tensor<<[[E; N]; M] as Permute<Axes2<I, J>>>::Output, D, G>
    where
        [[E; N]; M]: Permute<Axes2<I, J>>,
    {
        self.reordered(&[I, J])
    }
}

impl<E: Element, const A: usize, const B: usize, const C: usize, D: Storage, G: Grad>
    Tensor<[[[E; C]; B]; A], D, G>
{
    /// Axis 0 of the result is axis `I`, axis 1 is axis `J`, axis 2 is axis `K`. PyTorch's
    /// `x.permute(I, J, K)`.
    ///
    /// ```
    /// use castiron::{Rank3, Tensor};
    /// // An image of rows and columns of colours becomes one of channels.
    /// let image = Tensor::<Rank3<28, 20, 3>>::zeros();
    /// let channels: Tensor<Rank3<3, 28, 20>> = image.permute::<2, 0, 1>();
    /// ```
    /// ```compile_fail
    /// # use castiron::{Rank3, Tensor};
    /// Tensor::<Rank3<28, 20, 3>>::zeros().permute::<2, 0, 0>(); // axis 1 is missing
    /// ```
    pub fn permute<const I: usize, const J: usize, const K: usize>(
        &self,
    ) -> Tensor<<[[[E; C]; B]; A] as Permute<Axes3<I, J, K>>>::Output, D, G>
    where
        [[[E; C]; B]; A]: Permute<Axes3<I, J, K>>,
    {
        self.reordered(&[I, J, K])
    }
}

impl<E: Element, const A: usize, const B: usize, const C: usize, const F: usize, D: Storage, G: Grad>
    Tensor<[[[[E; F]; C]; B]; A], D, G>
{
    /// Axis 0 of the result is axis `I`, and so on. PyTorch's `x.permute(I, J, K, L)`.
    ///
    /// ```
    /// use castiron::{Rank4, Tensor};
    /// let nchw = Tensor::<Rank4<8, 3, 32, 30>>::zeros();
    /// let nhwc: Tensor<Rank4<8, 32, 30, 3>> = nchw.permute::<0, 2, 3, 1>();
    /// ```
    pub fn permute<const I: usize, const J: usize, const K: usize, const L: usize>(
        &self,
    ) -> Tensor<<[[[[E; F]; C]; B]; A] as Permute<Axes4<I, J, K, L>>>::Output, D, G>
    where
        [[[[E; F]; C]; B]; A]: Permute<Axes4<I, J, K, L>>,
    {
        self.reordered(&[I, J, K, L])
    }
}

/// Whether `to` are the lengths of `from` in this order, which names each axis once.
const fn is_order<const R: usize>(order: [usize; R], from: &[usize], to: &[usize]) -> bool {
    if to.len() != R {
        return false;
    }
    let mut named = [false; R];
    let mut i = 0;
    while i < R {
        if order[i] >= R || named[order[i]] || to[i] != from[order[i]] {
            return false;
        }
        named[order[i]] = true;
        i += 1;
    }
    true
}

macro_rules! permute_annotated {
    ($($n:ident)* => $array:ty; $($axis:ident)*) => {
        impl<E: Element, $(const $n: usize,)* D: Storage, G: Grad> Tensor<$array, D, G> {
            /// Axis 0 of the result is axis `I`, and so on; the result's shape `T` follows from annotation. That
            /// it fits is checked when the program is built, which `cargo check` does not do. PyTorch's
            /// `x.permute(I, J, ..)`.
            pub fn permute<$(const $axis: usize,)* T: Shape<Elem = E>>(&self) -> Tensor<T, D, G> {
                const {
                    assert!(
                        is_order([$($axis),*], <$array as Shape>::DIMS, T::DIMS),
                        "`permute` names each axis once, and its result has their lengths in that order"
                    )
                };
                self.reordered(&[$($axis),*])
            }
        }
    };
}
permute_annotated!(A B C F H => [[[[[E; H]; F]; C]; B]; A]; I J K L M);
permute_annotated!(A B C F H O => [[[[[[E; O]; H]; F]; C]; B]; A]; I J K L M N);
