//! Attention with several heads.

use core::mem::offset_of;

use castiron_kernels::Plain;
use castiron_kernels::gemm::{Args as Product, Bias, View};
use castiron_kernels::reduce::{Args as Sum, Reduce};
use castiron_kernels::softmax::{Args as Rows, Softmax, SoftmaxBackward};

use crate::call::linear;
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, Module, Rank2, Rank3, Rank4, device::Device, field, split};

/// `T` queries attend to `S` keys, of which the values are mixed: softmax(q·kᵀ/√d)·v in each of `HEADS`
/// heads, d = `E`/`HEADS`. Vaswani et al. 2017. PyTorch's `MultiheadAttention(batch_first=True)`, called as
/// `attention(queries, memory, memory)`, whose names and initialisation it has.
///
/// Two inputs: (queries `[T, E]`, memory `[S, E]`); self-attention passes the same samples twice.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = ([4, 8], [6, 8]), output = [4, 8])]
/// #[repr(C)]
/// struct Cross {
///     attention: MultiheadAttention<8, 2>,
/// }
/// let (queries, memory) = ([[[0.1; 8]; 4]], [[[0.2; 8]; 6]]);
/// let mut y = [[[0.0; 8]; 4]];
/// Predictor::<Cross, 1>::new(Cpu::new(), &init::<Cross>(0))?.predict((&queries, &memory), &mut y)?;
/// # Ok::<(), castiron::Error>(())
/// ```
#[repr(C)]
pub struct MultiheadAttention<const E: usize, const HEADS: usize, P: Element = f32> {
    /// Three projections on top of each other: queries, keys, values.
    pub in_proj_weight: Aligned<Rank3<3, E, E, P>>,
    /// Their biases.
    pub in_proj_bias: Aligned<Rank2<3, E, P>>,
    /// The projection of the heads' outputs.
    pub out_proj_weight: Aligned<Rank2<E, E, P>>,
    /// Its bias.
    pub out_proj_bias: Aligned<[P; E]>,
}

// SAFETY: `repr(C)`, plain fields.
unsafe impl<const E: usize, const HEADS: usize, P: Element> Plain for MultiheadAttention<E, HEADS, P> {}

impl<const E: usize, const HEADS: usize, P: Element> MultiheadAttention<E, HEADS, P> {
    const CHILDREN: [Child; 4] = {
        let xavier = Leaf::of::<Rank3<3, E, E, P>>(Init::XavierUniform { gain: 1.0 });
        let zeros = Leaf::of::<Rank2<3, E, P>>(Init::ZEROS);
        let out = Leaf::of::<Rank2<E, E, P>>(Init::FanIn(E));
        let out_bias = Leaf::of::<[P; E]>(Init::ZEROS);
        [
            Child::leaf("in_proj_weight", offset_of!(Self, in_proj_weight), xavier.with_dims(&[3 * E, E])),
            Child::leaf("in_proj_bias", offset_of!(Self, in_proj_bias), zeros.with_dims(&[3 * E])),
            Child::leaf("out_proj.weight", offset_of!(Self, out_proj_weight), out),
            Child::leaf("out_proj.bias", offset_of!(Self, out_proj_bias), out_bias),
        ]
    };
}
impl<const E: usize, const HEADS: usize, P: Element> Params for MultiheadAttention<E, HEADS, P> {
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<F: Element> = MultiheadAttention<E, HEADS, F>;
}

/// What a call keeps.
#[derive(Debug)]
#[repr(C)]
pub struct AttentionSaved<const E: usize, const HEADS: usize, const T: usize, const S: usize, const B: usize>
{
    q: Aligned<Rank3<B, T, E>>,
    k: Aligned<Rank3<B, S, E>>,
    v: Aligned<Rank3<B, S, E>>,
    scores: Aligned<Rank4<B, HEADS, T, S>>,
    weights: Aligned<Rank4<B, HEADS, T, S>>,
    mixed: Aligned<Rank3<B, T, E>>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<const E: usize, const HEADS: usize, const T: usize, const S: usize, const B: usize> Plain
    for AttentionSaved<E, HEADS, T, S, B>
{
}

/// Splits of the shapes above, by product.
struct Sizes<const E: usize, const HEADS: usize, const T: usize, const S: usize>;
impl<const E: usize, const HEADS: usize, const T: usize, const S: usize> Sizes<E, HEADS, T, S> {
    const WIDTH: usize = E / HEADS;
    /// One head's part of queries, keys, values: columns of `[positions, E]`.
    const fn head(positions: usize) -> View {
        View { row: E, column: 1, batch: [positions * E, Self::WIDTH] }
    }
    /// One head's `[T, S]`.
    const PAIRS: View = View { row: S, column: 1, batch: [HEADS * T * S, T * S] };
    /// A view with rows and columns exchanged.
    const fn flip(view: View) -> View {
        View { row: view.column, column: view.row, batch: view.batch }
    }
    /// A product for each row of the batch and each head.
    fn each(rows: usize, [m, n, k]: [usize; 3], a: View, b: View, c: View, scale: f32) -> Product {
        Product { batch: [rows, HEADS], a, b, c, scale, ..Product::new(m, n, k) }
    }
    const SCALE: f32 = {
        // 1/√width by Newton's iteration: `sqrt` is not const.
        let width = Self::WIDTH as f64;
        let (mut root, mut i) = (width, 0);
        while i < 60 && width > 0.0 {
            root = 0.5 * (root + width / root);
            i += 1;
        }
        (1.0 / root) as f32
    };
}

impl<const E: usize, const HEADS: usize, const T: usize, const S: usize>
    Module<(Rank2<T, E>, Rank2<S, E>), Rank2<T, E>> for MultiheadAttention<E, HEADS>
{
    const CHECK: () = {
        assert!(
            HEADS > 0 && E.is_multiple_of(HEADS),
            "MultiheadAttention: the width must divide into the heads"
        );
        assert!(S > 0, "MultiheadAttention: there is nothing to attend to");
    };
    const KIND: &'static str = "MultiheadAttention";
    const MACS: u64 = (2 * T * E * E + 2 * S * E * E + 2 * T * S * E) as u64;
    type State<const B: usize> = ();
    type Saved<const B: usize> = AttentionSaved<E, HEADS, T, S, B>;
    type InferScratch<const B: usize> = AttentionSaved<E, HEADS, T, S, B>;
    type TrainScratch<const B: usize> = AttentionSaved<E, HEADS, T, S, B>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, ([Rank2<T, E>; B], [Rank2<S, E>; B]), D>,
        mut y: Mut<'_, [Rank2<T, E>; B], D>,
        _: Mut<'_, (), D>,
        scratch: Mut<'_, Self::InferScratch<B>, D>,
    ) {
        let n = cx.rows();
        let queries = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B]), 0);
        let memory = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B]), 1);
        let (mut q, mut k, mut v, mut scores, mut weights, mut mixed) =
            split!(scratch, AttentionSaved<E, HEADS, T, S, B> { q, k, v, scores, weights, mixed });
        let (weight, bias) = (field!(p, Self, in_proj_weight).inner(), field!(p, Self, in_proj_bias).inner());
        let project =
            |rows| Product { b: View::transposed(E), bias: Bias::PerColumn, ..Product::new(rows, E, E) };
        let part = |i| (weight.at(i).arg(), bias.at(i).arg());
        let (w, b) = part(0);
        linear::product(cx, project(n * T), [queries.arg(), w, b, q.arg()]);
        let (w, b) = part(1);
        linear::product(cx, project(n * S), [memory.arg(), w, b, k.arg()]);
        let (w, b) = part(2);
        linear::product(cx, project(n * S), [memory.arg(), w, b, v.arg()]);

        let (of_t, of_s) = (Sizes::<E, HEADS, T, S>::head(T), Sizes::<E, HEADS, T, S>::head(S));
        let pairs = Sizes::<E, HEADS, T, S>::PAIRS;
        let width = Sizes::<E, HEADS, T, S>::WIDTH;
        let flip = Sizes::<E, HEADS, T, S>::flip;
        let similarity = Sizes::<E, HEADS, T, S>::each(
            n,
            [T, S, width],
            of_t,
            flip(of_s),
            pairs,
            Sizes::<E, HEADS, T, S>::SCALE,
        );
        let arguments = [q.as_ref().arg(), k.as_ref().arg(), Arg::none(), scores.arg()];
        linear::product(cx, similarity, arguments);
        let rows = Rows { rows: n * HEADS * T, len: S, log: false };
        cx.run::<Softmax, 2>(rows, [scores.as_ref().arg(), weights.arg()]);
        let mix = Sizes::<E, HEADS, T, S>::each(n, [T, width, S], pairs, of_s, of_t, 1.0);
        let arguments = [weights.as_ref().arg(), v.as_ref().arg(), Arg::none(), mixed.arg()];
        linear::product(cx, mix, arguments);

        let (weight, bias) = (field!(p, Self, out_proj_weight), field!(p, Self, out_proj_bias));
        let arguments = [mixed.as_ref().arg(), weight.arg(), bias.arg(), y.arg()];
        linear::product(cx, project(n * T), arguments);
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, ([Rank2<T, E>; B], [Rank2<S, E>; B]), D>,
        y: Mut<'_, [Rank2<T, E>; B], D>,
        state: Mut<'_, (), D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        _: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        Self::infer::<D, B>(cx, p, x, y, state, saved);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, ([Rank2<T, E>; B], [Rank2<S, E>; B]), D>,
        _: Ref<'_, [Rank2<T, E>; B], D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        dy: Ref<'_, [Rank2<T, E>; B], D>,
        dx: Option<Mut<'_, ([Rank2<T, E>; B], [Rank2<S, E>; B]), D>>,
        dp: Mut<'_, Self, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let saved = saved.into_ref();
        let n = cx.rows();
        let queries = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B]), 0);
        let memory = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B]), 1);
        let q = field!(saved, AttentionSaved<E, HEADS, T, S, B>, q);
        let k = field!(saved, AttentionSaved<E, HEADS, T, S, B>, k);
        let v = field!(saved, AttentionSaved<E, HEADS, T, S, B>, v);
        let weights = field!(saved, AttentionSaved<E, HEADS, T, S, B>, weights);
        let mixed = field!(saved, AttentionSaved<E, HEADS, T, S, B>, mixed);
        let (mut dq, mut dk, mut dv, mut dscores, mut dweights, mut dmixed) =
            split!(scratch, AttentionSaved<E, HEADS, T, S, B> { q, k, v, scores, weights, mixed });
        let (din_weight, din_bias, mut dout_weight, mut dout_bias) =
            split!(dp, Self { in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias });
        let (mut din_weight, mut din_bias) = (din_weight.inner(), din_bias.inner());

        // Products that occur for every projection: parameters' gradients, and the gradient of its input.
        let collect = |rows| Product { a: View::transposed(E), accumulate: true, ..Product::new(E, E, rows) };
        let sum = |rows| Sum { outer: 1, len: rows, inner: E, mean: false, accumulate: true };
        let back = |rows, accumulate| Product { accumulate, ..Product::new(rows, E, E) };

        // The output projection.
        let weight = field!(p, Self, out_proj_weight);
        linear::product(cx, collect(n * T), [dy.arg(), mixed.arg(), Arg::none(), dout_weight.arg()]);
        cx.run::<Reduce, 2>(sum(n * T), [dy.arg(), dout_bias.arg()]);
        let arguments = [dy.arg(), weight.arg(), Arg::none(), dmixed.arg()];
        linear::product(cx, back(n * T, false), arguments);

        // Mixing, softmax, similarity.
        let (of_t, of_s) = (Sizes::<E, HEADS, T, S>::head(T), Sizes::<E, HEADS, T, S>::head(S));
        let (pairs, width) = (Sizes::<E, HEADS, T, S>::PAIRS, Sizes::<E, HEADS, T, S>::WIDTH);
        let (flip, each) = (Sizes::<E, HEADS, T, S>::flip, Sizes::<E, HEADS, T, S>::each);
        let scale = Sizes::<E, HEADS, T, S>::SCALE;
        let arguments = [dmixed.as_ref().arg(), v.arg(), Arg::none(), dweights.arg()];
        linear::product(cx, each(n, [T, S, width], of_t, flip(of_s), pairs, 1.0), arguments);
        let arguments = [weights.arg(), dmixed.as_ref().arg(), Arg::none(), dv.arg()];
        linear::product(cx, each(n, [S, width, T], flip(pairs), of_t, of_s, 1.0), arguments);
        let rows = Rows { rows: n * HEADS * T, len: S, log: false };
        cx.run::<SoftmaxBackward, 3>(rows, [weights.arg(), dweights.as_ref().arg(), dscores.arg()]);
        let arguments = [dscores.as_ref().arg(), k.arg(), Arg::none(), dq.arg()];
        linear::product(cx, each(n, [T, width, S], pairs, of_s, of_t, scale), arguments);
        let arguments = [dscores.as_ref().arg(), q.arg(), Arg::none(), dk.arg()];
        linear::product(cx, each(n, [S, width, T], flip(pairs), of_t, of_s, scale), arguments);

        // The three input projections.
        let arguments = [dq.as_ref().arg(), queries.arg(), Arg::none(), din_weight.at(0).into_arg()];
        linear::product(cx, collect(n * T), arguments);
        cx.run::<Reduce, 2>(sum(n * T), [dq.as_ref().arg(), din_bias.at(0).arg()]);
        let arguments = [dk.as_ref().arg(), memory.arg(), Arg::none(), din_weight.at(1).into_arg()];
        linear::product(cx, collect(n * S), arguments);
        cx.run::<Reduce, 2>(sum(n * S), [dk.as_ref().arg(), din_bias.at(1).arg()]);
        let arguments = [dv.as_ref().arg(), memory.arg(), Arg::none(), din_weight.at(2).into_arg()];
        linear::product(cx, collect(n * S), arguments);
        cx.run::<Reduce, 2>(sum(n * S), [dv.as_ref().arg(), din_bias.at(2).arg()]);
        if let Some(dx) = dx {
            let weight = field!(p, Self, in_proj_weight).inner();
            let (mut dqueries, mut dmemory) = split!(dx, ([Rank2<T, E>; B], [Rank2<S, E>; B]) { 0, 1 });
            let arguments = [dq.as_ref().arg(), weight.at(0).arg(), Arg::none(), dqueries.arg()];
            linear::product(cx, back(n * T, false), arguments);
            let arguments = [dk.as_ref().arg(), weight.at(1).arg(), Arg::none(), dmemory.arg()];
            linear::product(cx, back(n * S, false), arguments);
            let arguments = [dv.as_ref().arg(), weight.at(2).arg(), Arg::none(), dmemory.arg()];
            linear::product(cx, back(n * S, true), arguments);
        }
    }
}
