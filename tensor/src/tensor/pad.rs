//! Tensors with a border. It copies.

use castiron_kernels::fill::Value;

use super::Tensor;
use crate::Shape;
use crate::array::{Dims, Strides};
use crate::device::Storage;
use crate::shape::MAX_RANK;
use crate::tape::Grad;

/// How many numbers [`Tensor::pad`] puts before and after an axis; several axes are a tuple, outermost first, of
/// which the last is the innermost.
pub trait Padding {
    /// How many axes it is of.
    const AXES: usize;
    /// Before and after each of the axes.
    const AROUND: [[usize; 2]; MAX_RANK];
}

/// [`Padding`] of one axis.
#[derive(Clone, Copy, Debug)]
pub enum Pad<const BEFORE: usize, const AFTER: usize> {}

impl<const BEFORE: usize, const AFTER: usize> Padding for Pad<BEFORE, AFTER> {
    const AXES: usize = 1;
    const AROUND: [[usize; 2]; MAX_RANK] = {
        let mut around = [[0; 2]; MAX_RANK];
        around[0] = [BEFORE, AFTER];
        around
    };
}

macro_rules! padding {
    ($count:literal: $($p:ident)+) => {
        impl<$($p: Padding),+> Padding for ($($p,)+) {
            const AXES: usize = $count;
            const AROUND: [[usize; 2]; MAX_RANK] = {
                let mut around = [[0; 2]; MAX_RANK];
                let each = [$(($p::AXES, $p::AROUND[0])),+];
                let mut i = 0;
                while i < each.len() {
                    assert!(each[i].0 == 1, "a padding is a tuple of `Pad<BEFORE, AFTER>`, one per axis");
                    around[i] = each[i].1;
                    i += 1;
                }
                around
            };
        }
    };
}
padding!(1: P);
padding!(2: P Q);
padding!(3: P Q R);
padding!(4: P Q R S);
padding!(5: P Q R S T);
padding!(6: P Q R S T U);

/// Before and after axis `axis` of `rank`.
const fn around<P: Padding>(axis: usize, rank: usize) -> [usize; 2] {
    if axis + P::AXES < rank { [0, 0] } else { P::AROUND[axis + P::AXES - rank] }
}

/// Whether `P` makes of dimensions `from` those of `to`.
const fn fits<P: Padding>(from: &[usize], to: &[usize]) -> bool {
    if from.len() != to.len() || P::AXES > from.len() {
        return false;
    }
    let mut axis = 0;
    while axis < from.len() {
        let [before, after] = around::<P>(axis, from.len());
        if from[axis] + before + after != to[axis] {
            return false;
        }
        axis += 1;
    }
    true
}

impl<S: Shape, D: Storage, G: Grad> Tensor<S, D, G> {
    /// With `value` before and after its last axes, as many as `P` says; the shape `T` of the result follows from
    /// annotation. PyTorch's `F.pad(x, .., value=value)`, which names the last axis first.
    ///
    /// `value` is an `f64`, an `i64` or a `bool`, and is converted to the element type. That `P` makes `T` of the
    /// shape is checked when the program is built, which `cargo check` does not do.
    ///
    /// ```
    /// use castiron::{Pad, Rank1, Rank2, Tensor, tensor};
    /// let x: Tensor<Rank1<5>> = tensor![1.0, 2.0].pad::<Pad<1, 2>, _>(0.5);
    /// assert_eq!(x, tensor![0.5, 1.0, 2.0, 0.5, 0.5]);
    /// // One row above, one column on the right.
    /// let y: Tensor<Rank2<2, 3>> = tensor![[1.0, 2.0]].pad::<(Pad<1, 0>, Pad<0, 1>), _>(0.0);
    /// assert_eq!(y, tensor![[0.0, 0.0, 0.0], [1.0, 2.0, 0.0]]);
    /// ```
    /// ```compile_fail
    /// # use castiron::{Pad, Rank1, Tensor, tensor};
    /// let x: Tensor<Rank1<4>> = tensor![1.0, 2.0].pad::<Pad<1, 2>, _>(0.0);
    /// ```
    pub fn pad<P: Padding, T: Shape<Elem = S::Elem>>(&self, value: impl Into<Value>) -> Tensor<T, D, G> {
        const {
            assert!(
                fits::<P>(S::DIMS, T::DIMS),
                "`pad` makes each axis as long as it was, and what its padding says before and after it"
            )
        };
        let dims = Dims::new(T::DIMS);
        let mut at = Strides::of(&dims);
        let strides = dims.strides();
        at.start = (0..S::RANK).map(|axis| strides[axis] * around::<P>(axis, S::RANK)[0]).sum();
        Tensor::from_var(self.as_var().place_strided("pad", dims, at, value.into()))
    }
}
