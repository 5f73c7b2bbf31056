//! Vectors for tokens.

use core::mem::offset_of;

use castiron_kernels::embedding::{Args, Embedding as Look, EmbeddingBackward};
use castiron_kernels::{Plain, Precision};

use super::forward_is_infer;
use crate::memory::{Aligned, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Rank2, device::Device, field, split};

/// Row `x[t]` of a table of `V` rows of `E` numbers, for each of `T` tokens. PyTorch's `Embedding`, which
/// starts from N(0, 1).
///
/// A token outside 0..V is an error of the call; its row of the output is zero.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = shape![i32; 3], output = [3, 4])]
/// #[repr(C)]
/// struct Words {
///     embedding: Embedding<1000, 4>,
/// }
/// let model = init::<Words>(0);
/// let mut y = [[[0.0; 4]; 3]];
/// Predictor::<Words, 1>::new(Cpu::new(), &model)?.predict(&[[7, 0, 7]], &mut y)?;
/// assert_eq!(y[0][0], model.embedding.weight[7]);
/// assert_eq!(y[0][0], y[0][2]);
/// # Ok::<(), castiron::Error>(())
/// ```
#[repr(C)]
pub struct Embedding<const V: usize, const E: usize, P: Element = f32> {
    /// One row per token of the vocabulary.
    pub weight: Aligned<Rank2<V, E, P>>,
}

// SAFETY: `repr(C)`, one plain field.
unsafe impl<const V: usize, const E: usize, P: Element> Plain for Embedding<V, E, P> {}

impl<const V: usize, const E: usize, P: Element> Embedding<V, E, P> {
    const CHILDREN: [Child; 1] = [Child::leaf(
        "weight",
        offset_of!(Self, weight),
        Leaf::of::<Rank2<V, E, P>>(Init::Normal { mean: 0.0, std: 1.0 }),
    )];
}
impl<const V: usize, const E: usize, P: Element> Params for Embedding<V, E, P> {
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<F: Element> = Embedding<V, E, F>;
}

impl<const V: usize, const E: usize, const T: usize, P: Element + Precision> Module<[i32; T], Rank2<T, E, P>>
    for Embedding<V, E, P>
{
    const KIND: &'static str = "Embedding";
    forward_is_infer!([i32; T] => Rank2<T, E, P>);

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [[i32; T]; B], D>,
        mut y: Mut<'_, [Rank2<T, E, P>; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        let args = Args { vocabulary: V, width: E, len: cx.rows() * T };
        cx.run::<P::Op<Look>, 3>(args, [field!(p, Self, weight).arg(), x.arg(), y.arg()]);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, [[i32; T]; B], D>,
        _: Ref<'_, [Rank2<T, E, P>; B], D>,
        _: Mut<'_, (), D>,
        dy: Ref<'_, GradBatch<Rank2<T, E, P>, B>, D>,
        _: Option<Mut<'_, (), D>>,
        dp: Mut<'_, Embedding<V, E>, D>,
        _: Mut<'_, (), D>,
    ) {
        let (mut dweight,) = split!(dp, Embedding::<V, E> { weight });
        let args = Args { vocabulary: V, width: E, len: cx.rows() * T };
        cx.run::<P::Gradient<EmbeddingBackward>, 3>(args, [x.arg(), dy.arg(), dweight.arg()]);
    }
}
