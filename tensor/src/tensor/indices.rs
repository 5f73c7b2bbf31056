//! Which indices fit which shapes, and what they name.

use super::{HasAxis, Integer};
use crate::Shape;

/// Integers that are indices: i64 and i32.
#[diagnostic::on_unimplemented(
    message = "indices are i64 or i32, but these are `{Self}`",
    label = "not indices",
    note = "`x.cast::<i64>()` makes indices"
)]
pub trait IndexElement: Integer {}
impl IndexElement for i64 {}
impl IndexElement for i32 {}

/// Indices along axis `AXIS` of shape `S`: the other axes are as long as those of `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no indices along axis {AXIS} of `{S}`",
    label = "these indices do not fit",
    note = "they are i64 or i32, and of the same shape but for the length of axis {AXIS}"
)]
pub trait IndicesOf<S: Shape, const AXIS: isize>: Shape {
    /// As many elements of `S` as there are indices.
    type Picked: Shape<Elem = S::Elem>;
}
#[diagnostic::do_not_recommend]
impl<I, S, const AXIS: isize> IndicesOf<S, AXIS> for I
where
    // In this direction code that is generic over the element of `S` compiles.
    S: HasAxis<AXIS, Removed = <<I as HasAxis<AXIS>>::Removed as Shape>::With<<S as Shape>::Elem>>,
    I: HasAxis<AXIS>,
    I::Elem: IndexElement,
{
    type Picked = I::With<S::Elem>;
}

/// A shape of indices, and the shape with an `R` in place of each.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are no indices",
    label = "not indices",
    note = "they are i64 or i32: `x.cast::<i64>()` makes some"
)]
pub trait Lookup<R: Shape>: Shape {
    /// An `R` for each index.
    type Output: Shape<Elem = R::Elem>;
}
#[diagnostic::do_not_recommend]
impl<R: Shape> Lookup<R> for i64 {
    type Output = R;
}
#[diagnostic::do_not_recommend]
impl<R: Shape> Lookup<R> for i32 {
    type Output = R;
}
#[diagnostic::do_not_recommend]
impl<R: Shape, I: Lookup<R>, const N: usize> Lookup<R> for [I; N] {
    type Output = [I::Output; N];
}
