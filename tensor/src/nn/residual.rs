//! The residual connection.

use castiron_kernels::{Plain, Precision};

use crate::call::arithmetic::{self, BinaryOp};
use crate::memory::{Aligned, Mut, Ref};
use crate::params::{Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Row, Shape, device::Device, field, split};

/// y = x + L(x), for a layer `L` that keeps the shape; a block of several layers is a struct with
/// `#[derive(Module)]`. It has no name of its own in files. He et al. 2015.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = [16, 8, 8], output = [16, 8, 8])]
/// #[repr(C)]
/// struct Block {
///     conv1: Conv2d<16, 16, 3, 1, 1, 1, 1, Identity, NoBias>,
///     bn1: BatchNorm2d<16>,
///     act1: Relu,
///     conv2: Conv2d<16, 16, 3, 1, 1, 1, 1, Identity, NoBias>,
///     bn2: BatchNorm2d<16>,
/// }
/// #[derive(Module)]
/// #[module(input = [16, 8, 8], output = [16])]
/// #[repr(C)]
/// struct ResNet {
///     blocks: [Residual<Block>; 3],
///     pool: GlobalAvgPool2d,
/// }
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct Residual<L>(pub L);

// SAFETY: `repr(C)`, one plain field.
unsafe impl<L: Plain> Plain for Residual<L> {}
impl<L: Params> Params for Residual<L> {
    const TREE: Tree = L::TREE;
    type With<E: Element> = Residual<L::With<E>>;
}

/// What [`Residual`] keeps: the output of its layer, which the sum does not give back.
#[derive(Debug)]
#[repr(C)]
pub struct Kept<T, S> {
    output: Aligned<T>,
    inner: S,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<T: Plain, S: Plain> Plain for Kept<T, S> {}

impl<X: Shape<Elem: Precision>, L: Module<X, X>> Module<X, X> for Residual<L> {
    const CHECK: () = L::CHECK;
    const KIND: &'static str = "Residual";
    const MACS: u64 = L::MACS;
    const PARTS: &'static [Row] = L::PARTS;
    type State<const B: usize> = L::State<B>;
    type Saved<const B: usize> = Kept<[X; B], L::Saved<B>>;
    type InferScratch<const B: usize> = L::InferScratch<B>;
    type TrainScratch<const B: usize> = L::TrainScratch<B>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [X; B], D>,
        mut y: Mut<'_, [X; B], D>,
        state: Mut<'_, L::State<B>, D>,
        scratch: Mut<'_, L::InferScratch<B>, D>,
    ) {
        L::infer::<D, B>(&cx.child(0), field!(p, Self, 0), x, y.reborrow(), state, scratch);
        arithmetic::add_assign(&cx.of::<X::Elem>(), X::LEN, x.arg(), y.arg());
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [X; B], D>,
        mut y: Mut<'_, [X; B], D>,
        state: Mut<'_, L::State<B>, D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        scratch: Mut<'_, L::TrainScratch<B>, D>,
    ) {
        let (output, inner) = split!(saved, Kept<[X; B], L::Saved<B>> { output, inner });
        let mut output = output.inner();
        L::forward::<D, B>(&cx.child(0), field!(p, Self, 0), x, output.reborrow(), state, inner, scratch);
        arithmetic::binary(
            &cx.of::<X::Elem>(),
            BinaryOp::Add,
            X::LEN,
            x.arg(),
            output.as_ref().arg(),
            y.arg(),
        );
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [X; B], D>,
        _: Ref<'_, [X; B], D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        dy: Ref<'_, GradBatch<X, B>, D>,
        mut dx: Option<Mut<'_, GradBatch<X, B>, D>>,
        dp: Mut<'_, Residual<L::With<f32>>, D>,
        scratch: Mut<'_, L::TrainScratch<B>, D>,
    ) {
        let (output, inner) = split!(saved, Kept<[X; B], L::Saved<B>> { output, inner });
        let output = output.into_ref().inner();
        let (dl,) = split!(dp, Residual<L::With<f32>> { 0 });
        let dx_of_layer = dx.as_mut().map(Mut::reborrow);
        L::backward::<D, B>(&cx.child(0), field!(p, Self, 0), x, output, inner, dy, dx_of_layer, dl, scratch);
        if let Some(mut dx) = dx {
            arithmetic::add_assign(&cx.of::<X::Elem>(), X::LEN, dy.arg(), dx.arg());
        }
    }
}
