//! Axes, counted from the front or, negative, from the back; [`Keep`].

use core::ops::{Deref, DerefMut};

use castiron_kernels::{Numbers, Plain};

use crate::shape::{MAX_RANK, Up, sealed};
use crate::{Element, Shape};

/// A shape that has axis `AXIS`: 0 is the outermost, −1 the innermost.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no axis {AXIS}",
    label = "no such axis",
    note = "axes are counted from 0, the outermost, or from -1, the innermost"
)]
pub trait HasAxis<const AXIS: isize>: Shape {
    /// The shape without it.
    type Removed: Shape<Elem = Self::Elem>;
    /// The shape in which it has length 1.
    type Kept: Shape<Elem = Self::Elem>;
    /// The axis counted from the front.
    const INDEX: usize;
    /// Its length.
    const LEN: usize = Self::DIMS[Self::INDEX];
}

/// The shape `R` with one more axis, `AXIS`, of length 1: what a reduction leaves that keeps its axis. Operators
/// broadcast it back over any length.
///
/// It is stored as `R`, to which it derefs.
///
/// ```
/// use castiron::{Keep, Rank1, Shape, Tensor, tensor};
/// let x = tensor![[1.0, 2.0], [3.0, 5.0]];
/// let mean: Tensor<Keep<Rank1<2>, 1>> = x.mean_keep::<1>();
/// assert_eq!(<Keep<Rank1<2>, 1>>::DIMS, [2, 1]);
/// assert_eq!(&x - &mean, tensor![[-0.5, 0.5], [-1.0, 1.0]]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(transparent)]
pub struct Keep<R, const AXIS: usize>(pub R);

// SAFETY: transparent around one `Plain` value.
unsafe impl<R: Plain, const AXIS: usize> Plain for Keep<R, AXIS> {
    const AS_NUMBERS: Option<Numbers> = Numbers::inserted(R::AS_NUMBERS, AXIS, 1);
}
impl<R: sealed::OnlyArrays, const AXIS: usize> sealed::OnlyArrays for Keep<R, AXIS> {}
impl<R: Shape, const AXIS: usize> Shape for Keep<R, AXIS> {
    type Elem = R::Elem;
    type Rank = Up<R::Rank>;
    type With<E: Element> = Keep<R::With<E>, AXIS>;
    const RANK: usize = R::RANK + 1;
    const LEN: usize = R::LEN;
    const LAST: usize = if AXIS == R::RANK { 1 } else { R::LAST };
    const PADDED: [usize; MAX_RANK] = {
        assert!(R::RANK < MAX_RANK && AXIS <= R::RANK, "a shape has at most 8 dimensions");
        let mut dims = [0; MAX_RANK];
        let mut i = 0;
        while i < R::RANK + 1 {
            dims[i] = if i == AXIS {
                1
            } else if i < AXIS {
                R::PADDED[i]
            } else {
                R::PADDED[i - 1]
            };
            i += 1;
        }
        dims
    };
}
impl<R, const AXIS: usize> Deref for Keep<R, AXIS> {
    type Target = R;
    fn deref(&self) -> &R {
        &self.0
    }
}
impl<R, const AXIS: usize> DerefMut for Keep<R, AXIS> {
    fn deref_mut(&mut self) -> &mut R {
        &mut self.0
    }
}

/// Axis `AXIS` of length `N` within the axes `outer` (outermost first), of any rank.
macro_rules! front {
    ($axis:literal: $($outer:ident),* => $array:ty, $removed:ty) => {
        #[diagnostic::do_not_recommend]
        impl<S: Shape, const N: usize, $(const $outer: usize),*> HasAxis<$axis> for $array {
            type Removed = $removed;
            type Kept = Keep<$removed, $axis>;
            const INDEX: usize = $axis;
        }
    };
}
front!(0: => [S; N], S);
front!(1: A => [[S; N]; A], [S; A]);
front!(2: A, B => [[[S; N]; B]; A], [[S; B]; A]);
front!(3: A, B, C => [[[[S; N]; C]; B]; A], [[[S; C]; B]; A]);
front!(4: A, B, C, F => [[[[[S; N]; F]; C]; B]; A], [[[[S; F]; C]; B]; A]);
front!(5: A, B, C, F, G => [[[[[[S; N]; G]; F]; C]; B]; A], [[[[[S; G]; F]; C]; B]; A]);

/// Axis `back` of a shape of one rank, which is `front` counted from the front.
macro_rules! back {
    ($back:literal = $front:literal: $($n:ident),+ => $array:ty) => {
        #[diagnostic::do_not_recommend]
        impl<E: Element, $(const $n: usize),+> HasAxis<$back> for $array {
            type Removed = <Self as HasAxis<$front>>::Removed;
            type Kept = <Self as HasAxis<$front>>::Kept;
            const INDEX: usize = $front;
        }
    };
}
back!(-1 = 0: A => [E; A]);
back!(-1 = 1: A, B => [[E; B]; A]);
back!(-2 = 0: A, B => [[E; B]; A]);
back!(-1 = 2: A, B, C => [[[E; C]; B]; A]);
back!(-2 = 1: A, B, C => [[[E; C]; B]; A]);
back!(-3 = 0: A, B, C => [[[E; C]; B]; A]);
back!(-1 = 3: A, B, C, F => [[[[E; F]; C]; B]; A]);
back!(-2 = 2: A, B, C, F => [[[[E; F]; C]; B]; A]);
back!(-3 = 1: A, B, C, F => [[[[E; F]; C]; B]; A]);
back!(-4 = 0: A, B, C, F => [[[[E; F]; C]; B]; A]);
back!(-1 = 4: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back!(-2 = 3: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back!(-3 = 2: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back!(-4 = 1: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back!(-5 = 0: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back!(-1 = 5: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back!(-2 = 4: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back!(-3 = 3: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back!(-4 = 2: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back!(-5 = 1: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back!(-6 = 0: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
