//! Shapes that follow from shapes: an axis of another length, one axis more, one less.

use super::{HasAxis, Keep};
use crate::{Element, Shape};

/// A shape in which axis `AXIS` has another length, `LEN`: what parts and joins of tensors have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no axis {AXIS} of which to take a part, or to join",
    label = "no such axis",
    note = "axes are counted from 0, the outermost, or from -1, the innermost"
)]
pub trait WithLen<const AXIS: isize, const LEN: usize>: HasAxis<AXIS> {
    /// The shape with it.
    type Output: Shape<Elem = Self::Elem>;
}

/// A shape that can have one more axis, of length `LEN`, that becomes axis `AXIS`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot have a new axis {AXIS}",
    label = "no such place",
    note = "a new axis is counted from 0, the outermost, or from -1, the innermost, in the result; a shape has at most 6 axes here"
)]
pub trait InsertAxis<const AXIS: isize, const LEN: usize>: Shape {
    /// The shape with it.
    type Output: Shape<Elem = Self::Elem>;
    /// The new axis counted from the front.
    const INDEX: usize;
}

/// A shape whose axis `AXIS` has length 1, as an array (`[S; 1]`) or because a reduction kept it ([`Keep`]).
#[diagnostic::on_unimplemented(
    message = "axis {AXIS} of `{Self}` cannot be squeezed: its length is not 1",
    label = "only an axis of length 1 can be left out",
    note = "`reshape` gives the same numbers another shape; `select::<AXIS>(i)` takes one index of an axis"
)]
pub trait SqueezeAxis<const AXIS: isize>: Shape {
    /// The shape without it.
    type Output: Shape<Elem = Self::Elem>;
}

/// For the compiler, which asks whether `squeeze` may exist before it knows the axis, and would not speak of lengths
/// if there were none. No axis has this number.
#[diagnostic::do_not_recommend]
impl<S: Shape> SqueezeAxis<{ isize::MIN }> for S {
    type Output = S;
}

/// Axis `AXIS` counted from the front within the axes `outer` (outermost first), of any rank.
macro_rules! front {
    ($axis:literal: $($outer:ident),* => $with:ty, $resized:ty, $one:ty, $without:ty) => {
        #[diagnostic::do_not_recommend]
        impl<S: Shape, const N: usize, const LEN: usize, $(const $outer: usize),*> WithLen<$axis, LEN> for $with {
            type Output = $resized;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, const LEN: usize, $(const $outer: usize),*> InsertAxis<$axis, LEN> for $without {
            type Output = $resized;
            const INDEX: usize = $axis;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $outer: usize),*> SqueezeAxis<$axis> for $one {
            type Output = $without;
        }
        #[diagnostic::do_not_recommend]
        impl<R: Shape> SqueezeAxis<$axis> for Keep<R, $axis> {
            type Output = R;
        }
    };
}
front!(0: => [S; N], [S; LEN], [S; 1], S);
front!(1: A => [[S; N]; A], [[S; LEN]; A], [[S; 1]; A], [S; A]);
front!(2: A, B => [[[S; N]; B]; A], [[[S; LEN]; B]; A], [[[S; 1]; B]; A], [[S; B]; A]);
front!(3: A, B, C => [[[[S; N]; C]; B]; A], [[[[S; LEN]; C]; B]; A], [[[[S; 1]; C]; B]; A], [[[S; C]; B]; A]);
front!(4: A, B, C, F => [[[[[S; N]; F]; C]; B]; A], [[[[[S; LEN]; F]; C]; B]; A], [[[[[S; 1]; F]; C]; B]; A], [[[[S; F]; C]; B]; A]);
front!(5: A, B, C, F, G => [[[[[[S; N]; G]; F]; C]; B]; A], [[[[[[S; LEN]; G]; F]; C]; B]; A], [[[[[[S; 1]; G]; F]; C]; B]; A], [[[[[S; G]; F]; C]; B]; A]);

/// Axis `back` counted from the back, of one rank; `one` has length 1 there, and `without` has not this axis.
macro_rules! back {
    ($back:literal = $front:literal: $($n:ident),* => $one:ty, $without:ty) => {
        #[diagnostic::do_not_recommend]
        impl<E: Element, const LEN: usize, $(const $n: usize),*> InsertAxis<$back, LEN> for $without {
            type Output = <Self as InsertAxis<$front, LEN>>::Output;
            const INDEX: usize = $front;
        }
        #[diagnostic::do_not_recommend]
        impl<E: Element, $(const $n: usize),*> SqueezeAxis<$back> for $one {
            type Output = $without;
        }
        #[diagnostic::do_not_recommend]
        impl<E: Element, $(const $n: usize),*> SqueezeAxis<$back> for Keep<$without, $front> {
            type Output = $without;
        }
    };
}
back!(-1 = 0: => [E; 1], E);
back!(-1 = 1: A => [[E; 1]; A], [E; A]);
back!(-2 = 0: A => [[E; A]; 1], [E; A]);
back!(-1 = 2: A, B => [[[E; 1]; B]; A], [[E; B]; A]);
back!(-2 = 1: A, B => [[[E; B]; 1]; A], [[E; B]; A]);
back!(-3 = 0: A, B => [[[E; B]; A]; 1], [[E; B]; A]);
back!(-1 = 3: A, B, C => [[[[E; 1]; C]; B]; A], [[[E; C]; B]; A]);
back!(-2 = 2: A, B, C => [[[[E; C]; 1]; B]; A], [[[E; C]; B]; A]);
back!(-3 = 1: A, B, C => [[[[E; C]; B]; 1]; A], [[[E; C]; B]; A]);
back!(-4 = 0: A, B, C => [[[[E; C]; B]; A]; 1], [[[E; C]; B]; A]);
back!(-1 = 4: A, B, C, F => [[[[[E; 1]; F]; C]; B]; A], [[[[E; F]; C]; B]; A]);
back!(-2 = 3: A, B, C, F => [[[[[E; F]; 1]; C]; B]; A], [[[[E; F]; C]; B]; A]);
back!(-3 = 2: A, B, C, F => [[[[[E; F]; C]; 1]; B]; A], [[[[E; F]; C]; B]; A]);
back!(-4 = 1: A, B, C, F => [[[[[E; F]; C]; B]; 1]; A], [[[[E; F]; C]; B]; A]);
back!(-5 = 0: A, B, C, F => [[[[[E; F]; C]; B]; A]; 1], [[[[E; F]; C]; B]; A]);
back!(-1 = 5: A, B, C, F, G => [[[[[[E; 1]; G]; F]; C]; B]; A], [[[[[E; G]; F]; C]; B]; A]);
back!(-2 = 4: A, B, C, F, G => [[[[[[E; G]; 1]; F]; C]; B]; A], [[[[[E; G]; F]; C]; B]; A]);
back!(-3 = 3: A, B, C, F, G => [[[[[[E; G]; F]; 1]; C]; B]; A], [[[[[E; G]; F]; C]; B]; A]);
back!(-4 = 2: A, B, C, F, G => [[[[[[E; G]; F]; C]; 1]; B]; A], [[[[[E; G]; F]; C]; B]; A]);
back!(-5 = 1: A, B, C, F, G => [[[[[[E; G]; F]; C]; B]; 1]; A], [[[[[E; G]; F]; C]; B]; A]);
back!(-6 = 0: A, B, C, F, G => [[[[[[E; G]; F]; C]; B]; A]; 1], [[[[[E; G]; F]; C]; B]; A]);

/// The length of an axis counted from the back, of one rank.
macro_rules! back_len {
    ($back:literal = $front:literal: $($n:ident),* => $array:ty) => {
        #[diagnostic::do_not_recommend]
        impl<E: Element, const LEN: usize, $(const $n: usize),*> WithLen<$back, LEN> for $array {
            type Output = <Self as WithLen<$front, LEN>>::Output;
        }
    };
}
back_len!(-1 = 0: A => [E; A]);
back_len!(-1 = 1: A, B => [[E; B]; A]);
back_len!(-2 = 0: A, B => [[E; B]; A]);
back_len!(-1 = 2: A, B, C => [[[E; C]; B]; A]);
back_len!(-2 = 1: A, B, C => [[[E; C]; B]; A]);
back_len!(-3 = 0: A, B, C => [[[E; C]; B]; A]);
back_len!(-1 = 3: A, B, C, F => [[[[E; F]; C]; B]; A]);
back_len!(-2 = 2: A, B, C, F => [[[[E; F]; C]; B]; A]);
back_len!(-3 = 1: A, B, C, F => [[[[E; F]; C]; B]; A]);
back_len!(-4 = 0: A, B, C, F => [[[[E; F]; C]; B]; A]);
back_len!(-1 = 4: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back_len!(-2 = 3: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back_len!(-3 = 2: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back_len!(-4 = 1: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back_len!(-5 = 0: A, B, C, F, G => [[[[[E; G]; F]; C]; B]; A]);
back_len!(-1 = 5: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back_len!(-2 = 4: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back_len!(-3 = 3: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back_len!(-4 = 2: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back_len!(-5 = 1: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
back_len!(-6 = 0: A, B, C, F, G, H => [[[[[[E; H]; G]; F]; C]; B]; A]);
