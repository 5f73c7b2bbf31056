//! Two axes at once, and more of [`Keep`].

use super::{Broadcast, HasAxis, Keep};
use crate::{Element, Shape};

/// A shape that has the axes `A` and `B`, the outer one first. They are counted as [`HasAxis`] counts them.
///
/// ```
/// use castiron::{Rank1, Rank3, Tensor};
/// let x = Tensor::<Rank3<2, 3, 4>>::from([[[1.0; 4]; 3]; 2]);
/// let y: Tensor<Rank1<3>> = x.sum_axes::<0, -1>();
/// assert_eq!(*y, [8.0; 3]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no axes {A} and {B}, one inside the other",
    label = "no such pair of axes",
    note = "axes are counted from 0, the outermost, or from -1, the innermost; the outer one is named first"
)]
pub trait HasAxes<const A: isize, const B: isize>: Shape {
    /// The shape without them.
    type Removed: Shape<Elem = Self::Elem>;
    /// The shape in which they have length 1.
    type Kept: Shape<Elem = Self::Elem>;
    /// The axes counted from the front.
    const INDICES: [usize; 2];
}

type Without<S, const AXIS: isize> = <S as HasAxis<AXIS>>::Removed;

/// All pairs whose inner axis is the innermost of those that the array names.
macro_rules! front {
    ($b:literal, $generics:tt $array:ty: $($a:literal)*) => {
        $(front!(@ $a, $b, $generics $array);)*
    };
    (@ $a:literal, $b:literal, [$($n:ident),*] $array:ty) => {
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $n: usize),*> HasAxes<$a, $b> for $array {
            type Removed = Without<Without<Self, $b>, $a>;
            type Kept = Keep<Keep<Self::Removed, $a>, $b>;
            const INDICES: [usize; 2] = [$a, $b];
        }
        /// A reduction that has kept two axes.
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $n: usize),*> Broadcast<<$array as HasAxes<$a, $b>>::Kept> for $array {
            type Output = Self;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $n: usize),*> Broadcast<$array> for Keep<Keep<Without<Without<$array, $b>, $a>, $a>, $b> {
            type Output = $array;
        }
    };
}
front!(1, [A, B] [[S; B]; A]: 0);
front!(2, [A, B, C] [[[S; C]; B]; A]: 0 1);
front!(3, [A, B, C, D] [[[[S; D]; C]; B]; A]: 0 1 2);
front!(4, [A, B, C, D, F] [[[[[S; F]; D]; C]; B]; A]: 0 1 2 3);
front!(5, [A, B, C, D, F, G] [[[[[[S; G]; F]; D]; C]; B]; A]: 0 1 2 3 4);

/// Pairs of a shape of one rank of which one or both axes are counted from the back: as named = from the front.
macro_rules! back {
    ($generics:tt $array:ty: $($a:literal $b:literal = $i:literal $j:literal),*) => {
        $(back!(@ $a $b, $i $j, $generics $array);)*
    };
    (@ $a:literal $b:literal, $i:literal $j:literal, [$($n:ident),*] $array:ty) => {
        #[diagnostic::do_not_recommend]
        impl<E: Element, $(const $n: usize),*> HasAxes<$a, $b> for $array {
            type Removed = <Self as HasAxes<$i, $j>>::Removed;
            type Kept = <Self as HasAxes<$i, $j>>::Kept;
            const INDICES: [usize; 2] = [$i, $j];
        }
    };
}
back!([A, B] [[E; B]; A]:
    -2 -1 = 0 1, 0 -1 = 0 1);
back!([A, B, C] [[[E; C]; B]; A]:
    -3 -2 = 0 1, 0 -2 = 0 1, -3 -1 = 0 2, 0 -1 = 0 2, -2 -1 = 1 2, 1 -1 = 1 2);
back!([A, B, C, D] [[[[E; D]; C]; B]; A]:
    -4 -3 = 0 1, 0 -3 = 0 1, -4 -2 = 0 2, 0 -2 = 0 2, -4 -1 = 0 3, 0 -1 = 0 3,
    -3 -2 = 1 2, 1 -2 = 1 2, -3 -1 = 1 3, 1 -1 = 1 3, -2 -1 = 2 3, 2 -1 = 2 3);
back!([A, B, C, D, F] [[[[[E; F]; D]; C]; B]; A]:
    -5 -4 = 0 1, 0 -4 = 0 1, -5 -3 = 0 2, 0 -3 = 0 2, -5 -2 = 0 3, 0 -2 = 0 3,
    -5 -1 = 0 4, 0 -1 = 0 4, -4 -3 = 1 2, 1 -3 = 1 2, -4 -2 = 1 3, 1 -2 = 1 3,
    -4 -1 = 1 4, 1 -1 = 1 4, -3 -2 = 2 3, 2 -2 = 2 3, -3 -1 = 2 4, 2 -1 = 2 4,
    -2 -1 = 3 4, 3 -1 = 3 4);
back!([A, B, C, D, F, G] [[[[[[E; G]; F]; D]; C]; B]; A]:
    -6 -5 = 0 1, 0 -5 = 0 1, -6 -4 = 0 2, 0 -4 = 0 2, -6 -3 = 0 3, 0 -3 = 0 3,
    -6 -2 = 0 4, 0 -2 = 0 4, -6 -1 = 0 5, 0 -1 = 0 5, -5 -4 = 1 2, 1 -4 = 1 2,
    -5 -3 = 1 3, 1 -3 = 1 3, -5 -2 = 1 4, 1 -2 = 1 4, -5 -1 = 1 5, 1 -1 = 1 5,
    -4 -3 = 2 3, 2 -3 = 2 3, -4 -2 = 2 4, 2 -2 = 2 4, -4 -1 = 2 5, 2 -1 = 2 5,
    -3 -2 = 3 4, 3 -2 = 3 4, -3 -1 = 3 5, 3 -1 = 3 5, -2 -1 = 4 5, 4 -1 = 4 5);

/// A kept axis may be taken away, and others may be reduced besides. `$inner` is the axis within `R`.
macro_rules! kept {
    ($($axis:literal)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<R: Shape> HasAxis<$axis> for Keep<R, $axis> {
            type Removed = R;
            type Kept = Self;
            const INDEX: usize = $axis;
        }
    )* };
    (outside $($axis:literal of $kept:literal -> $left:literal),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<R: HasAxis<$axis>> HasAxis<$axis> for Keep<R, $kept> {
            type Removed = Keep<R::Removed, $left>;
            type Kept = Keep<R::Kept, $kept>;
            const INDEX: usize = $axis;
        }
    )* };
    (inside $($axis:literal of $kept:literal = $inner:literal),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<R: HasAxis<$inner>> HasAxis<$axis> for Keep<R, $kept> {
            type Removed = Keep<R::Removed, $kept>;
            type Kept = Keep<Self::Removed, $axis>;
            const INDEX: usize = $axis;
        }
    )* };
}
kept!(0 1 2 3 4 5);
kept!(outside
    0 of 1 -> 0, 0 of 2 -> 1, 1 of 2 -> 1, 0 of 3 -> 2, 1 of 3 -> 2,
    2 of 3 -> 2, 0 of 4 -> 3, 1 of 4 -> 3, 2 of 4 -> 3, 3 of 4 -> 3,
    0 of 5 -> 4, 1 of 5 -> 4, 2 of 5 -> 4, 3 of 5 -> 4, 4 of 5 -> 4);
kept!(inside
    1 of 0 = 0, 2 of 0 = 1, 3 of 0 = 2, 4 of 0 = 3, 5 of 0 = 4,
    2 of 1 = 1, 3 of 1 = 2, 4 of 1 = 3, 5 of 1 = 4, 3 of 2 = 2,
    4 of 2 = 3, 5 of 2 = 4, 4 of 3 = 3, 5 of 3 = 4, 5 of 4 = 4);

/// A reduction that has kept three axes, by way of two: `x.mean_keep_axes::<2, 3>().mean_keep::<0>()`.
macro_rules! three {
    ($($kept:ty => [$($n:ident),+] $array:ty;)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $n: usize),+> Broadcast<$kept> for $array {
            type Output = Self;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $n: usize),+> Broadcast<$array> for $kept {
            type Output = $array;
        }
    )* };
}
three! {
    Keep<Keep<Keep<S, 0>, 1>, 2> => [A, B, C] [[[S; C]; B]; A];
    Keep<Keep<Keep<[S; A], 1>, 2>, 3> => [A, B, C, D] [[[[S; D]; C]; B]; A];
    Keep<Keep<Keep<[S; B], 0>, 2>, 3> => [A, B, C, D] [[[[S; D]; C]; B]; A];
    Keep<Keep<Keep<[S; C], 0>, 1>, 3> => [A, B, C, D] [[[[S; D]; C]; B]; A];
}
