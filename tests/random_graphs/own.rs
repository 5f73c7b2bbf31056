//! Layers that `model!` does not know: it is told what they give, and rustc checks it.

use castiron::castiron_kernels::arithmetic::{Affine, AffineArgs};
use castiron::device::Device;
use castiron::memory::{Mut, Ref};
use castiron::nn::{Linear, Tanh};
use castiron::params::{Params, Tree};
use castiron::{Cx, Element, Module, Plain, Rank1, Shape};

/// y = x/2, for any shape.
#[repr(C)]
pub struct Half;
// SAFETY: nothing is stored.
unsafe impl Plain for Half {}
impl Params for Half {
    const TREE: Tree = Tree::Node(&[]);
    type With<E: Element> = Self;
}

fn half(len: usize) -> AffineArgs {
    AffineArgs { len, scale: 0.5, shift: 0.0, in_place: false }
}

impl<S: Shape<Elem = f32>> Module<S, S> for Half {
    const KIND: &'static str = "Half";
    type State<const B: usize> = ();
    type Saved<const B: usize> = ();
    type InferScratch<const B: usize> = ();
    type TrainScratch<const B: usize> = ();

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, [S; B], D>,
        mut y: Mut<'_, [S; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        cx.run::<Affine, 2>(half(cx.rows() * S::LEN), [x.arg(), y.arg()]);
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [S; B], D>,
        y: Mut<'_, [S; B], D>,
        state: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
        scratch: Mut<'_, (), D>,
    ) {
        <Self as Module<S, S>>::infer::<D, B>(cx, p, x, y, state, scratch);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        _: Ref<'_, [S; B], D>,
        _: Ref<'_, [S; B], D>,
        _: Mut<'_, (), D>,
        dy: Ref<'_, [S; B], D>,
        dx: Option<Mut<'_, [S; B], D>>,
        _: Mut<'_, Self, D>,
        _: Mut<'_, (), D>,
    ) {
        if let Some(mut dx) = dx {
            cx.run::<Affine, 2>(half(cx.rows() * S::LEN), [dy.arg(), dx.arg()]);
        }
    }
}

/// tanh(W·x + b), from six numbers to three.
#[derive(Module)]
#[module(input = [6], output = [3])]
#[repr(C)]
pub struct Squash {
    fc: Linear<Rank1<6>, 3, Tanh>,
}
