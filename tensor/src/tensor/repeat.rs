//! Numbers more than once. All of these copy.

use super::axes::WithLen;
use super::{HasAxis, Tensor};
use crate::Shape;
use crate::array::Dims;
use crate::device::Storage;
use crate::tape::Grad;

/// Whether `from`, aligned with `to` at the innermost axis, has 1 or the same length along every axis.
const fn broadcasts(from: &[usize], to: &[usize]) -> bool {
    if from.len() > to.len() {
        return false;
    }
    let missing = to.len() - from.len();
    let mut i = 0;
    while i < from.len() {
        if from[i] != 1 && from[i] != to[i + missing] {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether `to` has, along every axis of `from`, a multiple of its length.
const fn repeats(from: &[usize], to: &[usize]) -> bool {
    if from.len() > to.len() {
        return false;
    }
    let missing = to.len() - from.len();
    let mut i = 0;
    while i < from.len() {
        let (once, all) = (from[i], to[i + missing]);
        if all != once && (once == 0 || all % once != 0) {
            return false;
        }
        i += 1;
    }
    true
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// Repeated to shape `T`: missing leading axes, and axes of length 1, those that a reduction kept included,
    /// become as long as those of `T`. It copies. PyTorch's `x.broadcast_to(..)` and `x.expand(..)`.
    ///
    /// That the shapes fit is checked when the program is built, which `cargo check` does not do.
    ///
    /// ```
    /// use castiron::{Rank2, Tensor, tensor};
    /// let x: Tensor<Rank2<2, 3>> = tensor![1.0, 2.0, 3.0].broadcast_to();
    /// assert_eq!(x, tensor![[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]);
    /// let sum = x.sum_keep::<1>().broadcast_to::<Rank2<2, 3>>();
    /// assert_eq!(sum, tensor![[6.0, 6.0, 6.0], [6.0, 6.0, 6.0]]);
    /// ```
    /// ```compile_fail
    /// # use castiron::{Rank2, Tensor, tensor};
    /// let x: Tensor<Rank2<2, 4>> = tensor![1.0, 2.0, 3.0].broadcast_to();
    /// ```
    pub fn broadcast_to<T: Shape<Elem = S::Elem>>(&self) -> Tensor<T, D, G> {
        const {
            assert!(
                broadcasts(S::DIMS, T::DIMS),
                "`broadcast_to` can only repeat missing leading axes and axes of length 1"
            )
        };
        let (from, to) = (Dims::new(S::DIMS), Dims::new(T::DIMS));
        // A result is a node of its own, even if it is the same.
        Tensor::from_var(if from == to { self.as_var().reshape(to) } else { self.as_var().expand_to(to) })
    }

    /// [`broadcast_to`](Self::broadcast_to) under PyTorch's other name, `x.expand(..)`.
    pub fn expand<T: Shape<Elem = S::Elem>>(&self) -> Tensor<T, D, G> {
        self.broadcast_to()
    }

    /// Copies of the whole along each axis, as many as make shape `T`. PyTorch's `x.repeat(..)` and `x.tile(..)`.
    ///
    /// That each length is a multiple is checked when the program is built, which `cargo check` does not do.
    ///
    /// ```
    /// use castiron::{Rank1, Rank2, Tensor, tensor};
    /// let x = tensor![1.0, 2.0];
    /// assert_eq!(x.repeat::<Rank1<6>>(), tensor![1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    /// assert_eq!(x.repeat::<Rank2<3, 2>>(), tensor![[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]);
    /// ```
    /// ```compile_fail
    /// # use castiron::{Rank1, tensor};
    /// tensor![1.0, 2.0].repeat::<Rank1<5>>();
    /// ```
    pub fn repeat<T: Shape<Elem = S::Elem>>(&self) -> Tensor<T, D, G> {
        const { assert!(repeats(S::DIMS, T::DIMS), "`repeat` can only make an axis a multiple of what it was") };
        let missing = T::RANK - S::RANK;
        let mut dims = Dims::new(S::DIMS);
        (0..missing).for_each(|_| dims = dims.inserted(0, 1));
        let mut y = self.as_var().reshape(dims);
        for (axis, &len) in T::DIMS.iter().enumerate() {
            let once = dims.as_slice()[axis];
            if len != once {
                y = y.repeat_axis(axis, len / once, false);
            }
        }
        Tensor::from_var(y)
    }

    /// Each index of axis `AXIS` in turn `TIMES` times; `LEN`, the new length, follows from annotation, and is
    /// checked when the program is built. It copies. PyTorch's `x.repeat_interleave(TIMES, AXIS)`.
    ///
    /// ```
    /// use castiron::{Rank1, Tensor, tensor};
    /// let x: Tensor<Rank1<4>> = tensor![1.0, 2.0].repeat_interleave::<0, 2, _>();
    /// assert_eq!(x, tensor![1.0, 1.0, 2.0, 2.0]);
    /// ```
    pub fn repeat_interleave<const AXIS: isize, const TIMES: usize, const LEN: usize>(
        &self,
    ) -> Tensor<S::Output, D, G>
    where
        S: WithLen<AXIS, LEN>,
    {
        const {
            assert!(
                LEN == TIMES * <S as HasAxis<AXIS>>::LEN,
                "`repeat_interleave` makes the axis `TIMES` times as long"
            )
        };
        Tensor::from_var(self.as_var().repeat_axis(S::INDEX, TIMES, true))
    }
}
