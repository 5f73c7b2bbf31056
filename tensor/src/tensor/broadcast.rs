//! Which shapes operators take together.

use super::Keep;
use crate::Shape;

/// Two shapes that broadcast, and the shape of the result.
///
/// Operators take two tensors of the same shape, a tensor and a number, a tensor and one with fewer leading
/// dimensions (`[S; N]` and `S`), and a tensor and a reduction of it with its axis kept ([`Keep`]).
///
/// ```
/// use castiron::tensor;
/// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(&x + &tensor![10.0, 20.0], tensor![[11.0, 22.0], [13.0, 24.0]]);
/// assert_eq!(&x - x.sum_keep::<1>(), tensor![[-2.0, -1.0], [-4.0, -3.0]]);
/// ```
/// Anything else does not compile:
/// ```compile_fail
/// use castiron::tensor;
/// let y = tensor![[1.0, 2.0], [3.0, 4.0]] + tensor![1.0, 2.0, 3.0];
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` and `{T}` do not broadcast",
    label = "these shapes do not fit together",
    note = "an operator takes the same shape, a number, a tensor without the leading dimensions (`[S; N]` and `S`), or a reduction that keeps its axis (`x - x.mean_keep::<1>()`)",
    note = "both must have the same elements: `y.cast::<f32>()` converts"
)]
pub trait Broadcast<T: Shape>: Shape {
    /// The shape of the result.
    type Output: Shape<Elem = Self::Elem>;
}

#[diagnostic::do_not_recommend]
impl<S: Shape> Broadcast<S> for S {
    type Output = S;
}

/// Leading dimensions, from either side.
macro_rules! leading {
    ($($n:ident),+ => $array:ty) => {
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $n: usize),+> Broadcast<S> for $array {
            type Output = Self;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, $(const $n: usize),+> Broadcast<$array> for S {
            type Output = $array;
        }
    };
}
leading!(A => [S; A]);
leading!(A, B => [[S; B]; A]);
leading!(A, B, C => [[[S; C]; B]; A]);
leading!(A, B, C, F => [[[[S; F]; C]; B]; A]);
leading!(A, B, C, F, G => [[[[[S; G]; F]; C]; B]; A]);
leading!(A, B, C, F, G, H => [[[[[[S; H]; G]; F]; C]; B]; A]);

/// An axis of length `N` that a reduction has kept with length 1.
macro_rules! kept {
    ($axis:literal: $($n:ident),* => $removed:ty, $array:ty) => {
        #[diagnostic::do_not_recommend]
        impl<S: Shape, const N: usize, $(const $n: usize),*> Broadcast<Keep<$removed, $axis>> for $array {
            type Output = Self;
        }
        #[diagnostic::do_not_recommend]
        impl<S: Shape, const N: usize, $(const $n: usize),*> Broadcast<$array> for Keep<$removed, $axis> {
            type Output = $array;
        }
    };
}
kept!(0: => S, [S; N]);
kept!(1: A => [S; A], [[S; N]; A]);
kept!(2: A, B => [[S; B]; A], [[[S; N]; B]; A]);
kept!(3: A, B, C => [[[S; C]; B]; A], [[[[S; N]; C]; B]; A]);
kept!(4: A, B, C, F => [[[[S; F]; C]; B]; A], [[[[[S; N]; F]; C]; B]; A]);
kept!(5: A, B, C, F, G => [[[[[S; G]; F]; C]; B]; A], [[[[[[S; N]; G]; F]; C]; B]; A]);
