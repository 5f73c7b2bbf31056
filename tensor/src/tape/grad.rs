//! Whether a tensor is on a tape, as a type.

use super::handle::Handle;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Untracked {}
    impl Sealed for super::Tracked {}
}

/// [`Tracked`] or [`Untracked`]. Code that is generic over it computes on a tape and off it alike:
///
/// ```
/// use castiron::tape::Grad;
/// use castiron::{Cpu, Rank1, Tape, Tensor, tensor};
///
/// fn norm<G: Grad>(x: &Tensor<Rank1<3>, Cpu, G>) -> Tensor<f32, Cpu, G> {
///     (x * x).sum().sqrt()
/// }
/// let x = tensor![0.0, 3.0, 4.0];
/// let tracked = Tape::new().watch(&x);
/// assert_eq!(*norm(&x), 5.0);
/// assert_eq!(norm(&tracked).backward()?.get(&tracked), tensor![0.0, 0.6, 0.8]);
/// # Ok::<(), castiron::Error>(())
/// ```
pub trait Grad:
    sealed::Sealed
    + Sized
    + Or<Self, Output = Self>
    + Or<Untracked, Output = Self>
    + Or<Tracked, Output = Tracked>
    + 'static
{
    /// What such a tensor carries.
    #[doc(hidden)]
    type Node: Clone;
    #[doc(hidden)]
    fn handle(node: &Self::Node) -> Option<&Handle>;
    #[doc(hidden)]
    fn node(handle: Option<Handle>) -> Self::Node;
}

/// A tensor that is nothing but its numbers. What is computed of such tensors is not recorded.
#[derive(Clone, Copy, Debug)]
pub enum Untracked {}

/// A tensor on a [`Tape`](super::Tape): what is computed of it is recorded, and
/// [`backward`](crate::Tensor::backward) can tell how it changes with it.
#[derive(Clone, Copy, Debug)]
pub enum Tracked {}

impl Grad for Untracked {
    type Node = ();
    fn handle((): &()) -> Option<&Handle> {
        None
    }
    fn node(_: Option<Handle>) {}
}

impl Grad for Tracked {
    /// None for a constant: what was computed while recording was off.
    type Node = Option<Handle>;
    fn handle(node: &Option<Handle>) -> Option<&Handle> {
        node.as_ref()
    }
    fn node(handle: Option<Handle>) -> Option<Handle> {
        handle
    }
}

/// What is computed of a `Self` and an `H`: [`Tracked`] if one of them is.
pub trait Or<H> {
    /// [`Tracked`] or [`Untracked`].
    type Output: Grad;
}
impl<H: Grad> Or<H> for Untracked {
    type Output = H;
}
impl<H: Grad> Or<H> for Tracked {
    type Output = Tracked;
}

/// [`Tracked`] if `G` or `H` is.
pub type Both<G, H> = <G as Or<H>>::Output;

/// Tensors that operations without a derivative accept.
#[diagnostic::on_unimplemented(
    message = "this operation has no derivative, so it cannot be recorded on a tape",
    label = "this tensor is on a tape",
    note = "take its numbers off the tape first: `x.detach()`, which costs nothing"
)]
pub trait OffTape: Grad {}
impl OffTape for Untracked {}
