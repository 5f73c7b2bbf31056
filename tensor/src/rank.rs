//! Overloading by rank in other crates.

use crate::shape::Shape;

/// Tells implementations for shapes of different rank apart.
///
/// rustc does not accept one `impl` for `[E; N]` and another for `[[E; N]; M]` in a crate that does not
/// own the trait: the element of the first could be an array. With the rank as a parameter they are
/// disjoint:
///
/// ```
/// use castiron::{ByRank, Element, R0, Shape, Up};
///
/// struct RowSums;
/// impl<E: Element, const N: usize> ByRank<[E; N], Up<R0>> for RowSums {
///     type Output = E;
/// }
/// impl<E: Element, const N: usize, const M: usize> ByRank<[[E; N]; M], Up<Up<R0>>> for RowSums {
///     type Output = [E; M];
/// }
/// type Sums<S> = <RowSums as ByRank<S, <S as Shape>::Rank>>::Output;
/// let sums: Sums<[[f32; 3]; 4]> = [0.0; 4];
/// ```
pub trait ByRank<S: Shape, R = <S as Shape>::Rank> {
    /// What becomes of `S`.
    type Output;
}
