//! A layer with inference and forward, but without backward.

use castiron::device::Device;
use castiron::memory::{Mut, Ref};
use castiron::params::{Params, Tree};
use castiron::{Cx, Element, Module, Plain, Rank1};

#[repr(C)]
struct Twice;
unsafe impl Plain for Twice {}
impl Params for Twice {
    const TREE: Tree = Tree::Node(&[]);
    type With<E: Element> = Self;
}

impl Module<Rank1<4>, Rank1<4>> for Twice {
    const KIND: &'static str = "Twice";
    type State<const B: usize> = ();
    type Saved<const B: usize> = ();
    type InferScratch<const B: usize> = ();
    type TrainScratch<const B: usize> = ();

    fn infer<D: Device, const B: usize>(
        _: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        _: Ref<'_, [Rank1<4>; B], D>,
        _: Mut<'_, [Rank1<4>; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
    }

    fn forward<D: Device, const B: usize>(
        _: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        _: Ref<'_, [Rank1<4>; B], D>,
        _: Mut<'_, [Rank1<4>; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
    }
}

fn main() {}
