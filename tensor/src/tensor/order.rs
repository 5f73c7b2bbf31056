//! Shapes with their axes in another order.

use crate::{Element, Shape};

/// A matrix, or a batch of matrices: a shape of two to six axes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no matrix, nor a batch of matrices",
    label = "this needs at least two axes",
    note = "`x.unsqueeze::<0>()` makes a matrix of one row of a vector"
)]
pub trait Matrices: Shape {
    /// The shape with its last two axes swapped.
    type Transposed: Shape<Elem = Self::Elem>;
}
macro_rules! matrices {
    ($($batch:ident),* => $array:ty, $transposed:ty) => {
        #[diagnostic::do_not_recommend]
        impl<E: Element, const M: usize, const N: usize, $(const $batch: usize),*> Matrices for $array {
            type Transposed = $transposed;
        }
    };
}
matrices!(=> [[E; N]; M], [[E; M]; N]);
matrices!(A => [[[E; N]; M]; A], [[[E; M]; N]; A]);
matrices!(A, B => [[[[E; N]; M]; B]; A], [[[[E; M]; N]; B]; A]);
matrices!(A, B, C => [[[[[E; N]; M]; C]; B]; A], [[[[[E; M]; N]; C]; B]; A]);
matrices!(A, B, C, F => [[[[[[E; N]; M]; F]; C]; B]; A], [[[[[[E; M]; N]; F]; C]; B]; A]);

/// A shape of two to four axes, of which `A` and `B` can be swapped.
#[diagnostic::on_unimplemented(
    message = "axes {A} and {B} of `{Self}` cannot be swapped",
    label = "no such axes",
    note = "`transpose_axes` takes two different axes of a shape with two to four, counted from 0, the outermost, or from -1, the innermost; `permute` reorders more"
)]
pub trait SwapAxes<const A: isize, const B: isize>: Shape {
    /// The shape with them swapped.
    type Output: Shape<Elem = Self::Elem>;
    /// The axes counted from the front.
    const AXES: [usize; 2];
}
macro_rules! swap {
    ($a:literal $a_back:literal, $b:literal $b_back:literal: $($n:ident),* => $array:ty, $swapped:ty) => {
        swap!(@ $a $b, $a $b_back, $a_back $b, $a_back $b_back, $b $a, $b $a_back, $b_back $a, $b_back $a_back;
            $a $b ($($n),*) $array, $swapped);
    };
    (@ $($x:literal $y:literal),*; $a:literal $b:literal $n:tt $array:ty, $swapped:ty) => { $(
        swap!(# $x $y $a $b $n $array, $swapped);
    )* };
    (# $x:literal $y:literal $a:literal $b:literal ($($n:ident),*) $array:ty, $swapped:ty) => {
        #[diagnostic::do_not_recommend]
        impl<E: Element, $(const $n: usize),*> SwapAxes<$x, $y> for $array {
            type Output = $swapped;
            const AXES: [usize; 2] = [$a, $b];
        }
    };
}
swap!(0 -2, 1 -1: A, B => [[E; B]; A], [[E; A]; B]);
swap!(0 -3, 1 -2: A, B, C => [[[E; C]; B]; A], [[[E; C]; A]; B]);
swap!(0 -3, 2 -1: A, B, C => [[[E; C]; B]; A], [[[E; A]; B]; C]);
swap!(1 -2, 2 -1: A, B, C => [[[E; C]; B]; A], [[[E; B]; C]; A]);
swap!(0 -4, 1 -3: A, B, C, F => [[[[E; F]; C]; B]; A], [[[[E; F]; C]; A]; B]);
swap!(0 -4, 2 -2: A, B, C, F => [[[[E; F]; C]; B]; A], [[[[E; F]; A]; B]; C]);
swap!(0 -4, 3 -1: A, B, C, F => [[[[E; F]; C]; B]; A], [[[[E; A]; C]; B]; F]);
swap!(1 -3, 2 -2: A, B, C, F => [[[[E; F]; C]; B]; A], [[[[E; F]; B]; C]; A]);
swap!(1 -3, 3 -1: A, B, C, F => [[[[E; F]; C]; B]; A], [[[[E; B]; C]; F]; A]);
swap!(2 -2, 3 -1: A, B, C, F => [[[[E; F]; C]; B]; A], [[[[E; C]; F]; B]; A]);

/// What becomes of a shape whose axes are reordered: `Order` is one of [`Axes2`], [`Axes3`], [`Axes4`].
#[diagnostic::on_unimplemented(
    message = "`{Order}` is no order of the axes of `{Self}`",
    label = "not each axis once",
    note = "`permute` names each axis once, counted from 0, the outermost: `x.permute::<2, 0, 1>()`"
)]
pub trait Permute<Order>: Shape {
    /// The shape with its axes in this order.
    type Output: Shape<Elem = Self::Elem>;
}
/// The order of two axes.
#[derive(Debug)]
pub enum Axes2<const I: usize, const J: usize> {}
/// The order of three axes.
#[derive(Debug)]
pub enum Axes3<const I: usize, const J: usize, const K: usize> {}
/// The order of four axes.
#[derive(Debug)]
pub enum Axes4<const I: usize, const J: usize, const K: usize, const L: usize> {}

macro_rules! permute {
    ($($n:ident),* => $array:ty: $($order:ty => $permuted:ty;)*) => { permute!(@ ($($n),*) $array: $($order => $permuted;)*); };
    (@ $n:tt $array:ty: $($order:ty => $permuted:ty;)*) => { $( permute!(# $n $array, $order, $permuted); )* };
    (# ($($n:ident),*) $array:ty, $order:ty, $permuted:ty) => {
        #[diagnostic::do_not_recommend]
        impl<E: Element, $(const $n: usize),*> Permute<$order> for $array {
            type Output = $permuted;
        }
    };
}
permute! { A, B => [[E; B]; A]:
    Axes2<0, 1> => [[E; B]; A];
    Axes2<1, 0> => [[E; A]; B];
}
permute! { A, B, C => [[[E; C]; B]; A]:
    Axes3<0, 1, 2> => [[[E; C]; B]; A];
    Axes3<0, 2, 1> => [[[E; B]; C]; A];
    Axes3<1, 0, 2> => [[[E; C]; A]; B];
    Axes3<1, 2, 0> => [[[E; A]; C]; B];
    Axes3<2, 0, 1> => [[[E; B]; A]; C];
    Axes3<2, 1, 0> => [[[E; A]; B]; C];
}
permute! { A, B, C, F => [[[[E; F]; C]; B]; A]:
    Axes4<0, 1, 2, 3> => [[[[E; F]; C]; B]; A];
    Axes4<0, 1, 3, 2> => [[[[E; C]; F]; B]; A];
    Axes4<0, 2, 1, 3> => [[[[E; F]; B]; C]; A];
    Axes4<0, 2, 3, 1> => [[[[E; B]; F]; C]; A];
    Axes4<0, 3, 1, 2> => [[[[E; C]; B]; F]; A];
    Axes4<0, 3, 2, 1> => [[[[E; B]; C]; F]; A];
    Axes4<1, 0, 2, 3> => [[[[E; F]; C]; A]; B];
    Axes4<1, 0, 3, 2> => [[[[E; C]; F]; A]; B];
    Axes4<1, 2, 0, 3> => [[[[E; F]; A]; C]; B];
    Axes4<1, 2, 3, 0> => [[[[E; A]; F]; C]; B];
    Axes4<1, 3, 0, 2> => [[[[E; C]; A]; F]; B];
    Axes4<1, 3, 2, 0> => [[[[E; A]; C]; F]; B];
    Axes4<2, 0, 1, 3> => [[[[E; F]; B]; A]; C];
    Axes4<2, 0, 3, 1> => [[[[E; B]; F]; A]; C];
    Axes4<2, 1, 0, 3> => [[[[E; F]; A]; B]; C];
    Axes4<2, 1, 3, 0> => [[[[E; A]; F]; B]; C];
    Axes4<2, 3, 0, 1> => [[[[E; B]; A]; F]; C];
    Axes4<2, 3, 1, 0> => [[[[E; A]; B]; F]; C];
    Axes4<3, 0, 1, 2> => [[[[E; C]; B]; A]; F];
    Axes4<3, 0, 2, 1> => [[[[E; B]; C]; A]; F];
    Axes4<3, 1, 0, 2> => [[[[E; C]; A]; B]; F];
    Axes4<3, 1, 2, 0> => [[[[E; A]; C]; B]; F];
    Axes4<3, 2, 0, 1> => [[[[E; B]; A]; C]; F];
    Axes4<3, 2, 1, 0> => [[[[E; A]; B]; C]; F];
}
