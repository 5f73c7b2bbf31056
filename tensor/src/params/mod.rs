//! What a model consists of, as a constant: names, dimensions, places in memory, initialisation.
//! Saving, loading, printing, parameter groups and flat passes all read this one tree.

#[cfg(feature = "std")]
mod cast;
mod dims;
mod init;
#[cfg(feature = "std")]
mod pattern;
mod runs;
mod tree;

use castiron_kernels::Plain;

#[cfg(feature = "std")]
pub use cast::cast;
pub use dims::Dims;
pub use init::Init;
#[cfg(feature = "std")]
pub use init::{fill, init, init_matching};
#[cfg(feature = "std")]
pub(crate) use pattern::matches;
pub use runs::Run;
pub use tree::{Child, Kind, Leaf, Name, Path, Tree};

use crate::memory::Aligned;
use crate::shape::{Element, Shape};

/// A plain struct of parameters: a layer, a model, a gradient, an optimizer's moments.
///
/// Derived for models by `#[derive(Module)]`, and for structs without a forward of their own by
/// [`#[derive(Params)]`](macro@crate::Params):
///
/// ```
/// # #[cfg(feature = "std")] {
/// use castiron::memory::Aligned;
/// use castiron::prelude::*;
/// use castiron::{Tape, Tracked, field, tensor};
///
/// /// A layer of one's own: y = scale · x + shift.
/// #[derive(Params)]
/// #[repr(C)]
/// struct Scale<const N: usize> {
///     #[init(ones)]
///     scale: Aligned<Rank1<N>>,
///     shift: Aligned<Rank1<N>>,
/// }
/// fn forward<const N: usize>(
///     layer: &Tensor<Scale<N>, Cpu, Tracked>,
///     x: &Tensor<Rank1<N>>,
/// ) -> Tensor<Rank1<N>, Cpu, Tracked> {
///     x * field!(layer, Scale<N>, scale).numbers() + field!(layer, Scale<N>, shift).numbers()
/// }
///
/// let layer = init::<Scale<3>>(0);
/// let tape = Tape::new();
/// let tracked = tape.watch_model(&layer);
/// let x = tensor![1.0, 2.0, 3.0];
/// let gradients = forward(&tracked, &x).sum().backward()?.get(&tracked);
/// assert_eq!(*gradients.scale, [1.0, 2.0, 3.0]);
/// # }
/// # Ok::<(), castiron::Error>(())
/// ```
/// Written by hand for a layer with parameters of its own:
///
/// ```
/// use castiron::memory::Aligned;
/// use castiron::params::{Child, Init, Leaf, Params, Tree};
/// use castiron::{Element, Plain};
/// use core::mem::offset_of;
///
/// /// y = scale · x
/// #[repr(C)]
/// struct Scale<const N: usize, E: Element = f32> {
///     scale: Aligned<[E; N]>,
/// }
/// // SAFETY: `repr(C)`, one plain field.
/// unsafe impl<const N: usize, E: Element> Plain for Scale<N, E> {}
/// impl<const N: usize, E: Element> Params for Scale<N, E> {
///     const TREE: Tree = Tree::Node(&[
///         Child::leaf("scale", offset_of!(Self, scale), Leaf::of::<[E; N]>(Init::ONES)),
///     ]);
///     type With<F: Element> = Scale<N, F>;
/// }
/// assert_eq!(<Scale<3>>::RUNS[0].len, 3);
/// ```
/// A tree that reaches beyond its type does not compile where it is used:
/// ```compile_fail
/// # use castiron::params::{Child, Init, Leaf, Params, Tree, init};
/// # use castiron::{Element, castiron_kernels::Plain};
/// #[repr(C)]
/// struct Scale([f32; 3]);
/// # // SAFETY: `repr(C)`, one plain field.
/// # unsafe impl Plain for Scale {}
/// impl Params for Scale {
///     const TREE: Tree = Tree::Node(&[Child::leaf("scale", 0, Leaf::of::<[f32; 4]>(Init::ONES))]);
///     type With<F: Element> = Scale;
/// }
/// let scale = init::<Scale>(0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no parameters tree: it is not a layer or model",
    note = "models get one from `#[derive(Module)]`; layers implement `castiron::params::Params`"
)]
pub trait Params: Plain {
    /// Names, dimensions and offsets of everything in it.
    const TREE: Tree;
    /// The same model of another element type. Running averages stay `f32`.
    type With<E: Element>: Params;
    /// Its leaves as one flat table.
    const RUNS: &'static [Run] = runs::Table::<Self>::RUNS;
    /// How many numbers are trained.
    const TRAINED: usize = tree::count(&Self::TREE, true);
    /// How many numbers there are: trained, frozen and running averages.
    const NUMBERS: usize = tree::count(&Self::TREE, false);
}

/// Calls `visit` with every leaf's path, its offset in bytes and its description, in order; what its model
/// says of it ([`Child::frozen`], [`Child::with_init`]) is in the description. All leaves lie within `M`; a tree in which they do not fails to compile here.
pub fn visit<M: Params>(mut visit: impl FnMut(&Path<'_>, usize, &Leaf)) {
    const { assert_within::<M>() };
    tree::walk(&M::TREE, tree::Place::ROOT, &mut visit);
}

/// Trees are written by hand and in safe code, and memory is reached by what they say.
pub(crate) const fn assert_within<M: Params>() {
    assert!(tree::fits(&M::TREE, 0, size_of::<M>(), align_of::<M>()), "a leaf lies outside of its model");
}

/// A parameter on its own; it starts from zeros unless its struct says otherwise.
impl<S: Shape> Params for Aligned<S> {
    const TREE: Tree = Tree::Leaf(Leaf::of::<S>(Init::ZEROS));
    type With<E: Element> = Aligned<S::With<E>>;
}

impl Params for () {
    const TREE: Tree = Tree::Node(&[]);
    type With<E: Element> = ();
}

struct Elements<M, const N: usize>(M);
impl<M: Params, const N: usize> Elements<M, N> {
    const CHILDREN: [Child; N] = {
        let mut children = [Child::new("", 0, M::TREE); N];
        let mut i = 0;
        while i < N {
            children[i].name = Name::Index(i);
            children[i].offset = i * size_of::<M>();
            i += 1;
        }
        children
    };
}
impl<M: Params, const N: usize> Params for [M; N] {
    const TREE: Tree = Tree::Node(&Elements::<M, N>::CHILDREN);
    type With<E: Element> = [M::With<E>; N];
}
