//! Attention with several heads.

use core::marker::PhantomData;
use core::mem::offset_of;

use castiron_kernels::gemm::{Args as Product, Bias, View};
use castiron_kernels::masked_softmax::{Args as MaskedRows, MaskedSoftmax, Padding};
use castiron_kernels::reduce::{Args as Sum, Reduce};
use castiron_kernels::softmax::{Args as Rows, Softmax, SoftmaxBackward};
use castiron_kernels::{Bool, Plain};

use crate::call::linear;
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Rank2, Rank3, Rank4, device::Device, field, split};

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
///
/// **Masks.** With [`Causal`] as the third parameter query t attends to positions 0 to t alone: PyTorch's
/// `is_causal=True`. A third input says which positions of the memory are there: either a `[Bool; S]`, true for those that
/// are not, PyTorch's `key_padding_mask`; or an `i32`, how many there are from the first on (less than 0 counts as 0, more
/// than `S` as `S`). What is hidden has no influence and no gradient. A query that may attend to nothing mixes nothing:
/// its heads give zeros, where PyTorch gives NaN.
///
/// ```
/// use castiron::prelude::*;
/// model! {
///     /// Each position sees those before it, of the first `len` ones.
///     Decoder: ([4, 8], i32) -> [4, 8] {
///         attention: MultiheadAttention(heads = 2, is_causal = true),
///         |x, len| attention(x, x, len)
///     }
/// }
/// let mut predictor = Predictor::<Decoder, 2>::new(Cpu::new(), &init(0))?;
/// let (mut x, mut y) = ([[[0.1; 8]; 4]; 2], [[[0.0; 8]; 4]; 2]);
/// x[1][3] = [5.0; 8]; // of the second sample three positions count
/// predictor.predict((&x, &[3, 3]), &mut y)?;
/// assert_eq!(y[0][..3], y[1][..3]);
/// # Ok::<(), castiron::Error>(())
/// ```
#[repr(C)]
pub struct MultiheadAttention<
    const E: usize,
    const HEADS: usize,
    C: CausalOption = NotCausal,
    P: Element = f32,
> {
    /// Three projections on top of each other: queries, keys, values.
    pub in_proj_weight: Aligned<Rank3<3, E, E, P>>,
    /// Their biases.
    pub in_proj_bias: Aligned<Rank2<3, E, P>>,
    /// The projection of the heads' outputs.
    pub out_proj_weight: Aligned<Rank2<E, E, P>>,
    /// Its bias.
    pub out_proj_bias: Aligned<[P; E]>,
    causal: PhantomData<C>,
}

// SAFETY: `repr(C)`, plain fields.
unsafe impl<const E: usize, const HEADS: usize, C: CausalOption, P: Element> Plain
    for MultiheadAttention<E, HEADS, C, P>
{
}

/// [`NotCausal`] or [`Causal`]: whether a position attends to those behind it.
pub trait CausalOption: Send + Sync + 'static {
    /// Whether it does not.
    const CAUSAL: bool;
}

/// Each query attends to all positions. The default.
#[derive(Clone, Copy, Debug)]
pub struct NotCausal;
impl CausalOption for NotCausal {
    const CAUSAL: bool = false;
}

/// Query t attends to positions 0 to t.
#[derive(Clone, Copy, Debug)]
pub struct Causal;
impl CausalOption for Causal {
    const CAUSAL: bool = true;
}

impl<const E: usize, const HEADS: usize, C: CausalOption, P: Element> MultiheadAttention<E, HEADS, C, P> {
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
impl<const E: usize, const HEADS: usize, C: CausalOption, P: Element> Params
    for MultiheadAttention<E, HEADS, C, P>
{
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<F: Element> = MultiheadAttention<E, HEADS, C, F>;
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

impl<const E: usize, const HEADS: usize, C: CausalOption> MultiheadAttention<E, HEADS, C> {
    /// y, and all that backward needs. `padded` is what `kind` says.
    #[allow(clippy::too_many_arguments)]
    fn attend<D: Device, const T: usize, const S: usize, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        queries: Ref<'_, [Rank2<T, E>; B], D>,
        memory: Ref<'_, [Rank2<S, E>; B], D>,
        (kind, padded): (Padding, Arg<'_, D>),
        mut y: Mut<'_, [Rank2<T, E>; B], D>,
        scratch: Mut<'_, AttentionSaved<E, HEADS, T, S, B>, D>,
    ) {
        let n = cx.rows();
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
        let (scores, to) = (scores.as_ref().arg(), weights.arg());
        if C::CAUSAL || kind != Padding::Absent {
            let (causal, padding) = (C::CAUSAL, kind);
            let rows = MaskedRows { samples: n, heads: HEADS, queries: T, keys: S, causal, padding };
            cx.run::<MaskedSoftmax, 3>(rows, [padded, scores, to]);
        } else {
            let rows = Rows { rows: n * HEADS * T, len: S, log: false };
            cx.run::<Softmax, 2>(rows, [scores, to]);
        }
        let mix = Sizes::<E, HEADS, T, S>::each(n, [T, width, S], pairs, of_s, of_t, 1.0);
        let arguments = [weights.as_ref().arg(), v.as_ref().arg(), Arg::none(), mixed.arg()];
        linear::product(cx, mix, arguments);

        let (weight, bias) = (field!(p, Self, out_proj_weight), field!(p, Self, out_proj_bias));
        let arguments = [mixed.as_ref().arg(), weight.arg(), bias.arg(), y.arg()];
        linear::product(cx, project(n * T), arguments);
    }

    #[allow(clippy::too_many_arguments)]
    fn differentiate<D: Device, const T: usize, const S: usize, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        queries: Ref<'_, [Rank2<T, E>; B], D>,
        memory: Ref<'_, [Rank2<S, E>; B], D>,
        saved: Mut<'_, AttentionSaved<E, HEADS, T, S, B>, D>,
        dy: Ref<'_, [Rank2<T, E>; B], D>,
        dx: Option<(Mut<'_, [Rank2<T, E>; B], D>, Mut<'_, [Rank2<S, E>; B], D>)>,
        dp: Mut<'_, Self, D>,
        scratch: Mut<'_, AttentionSaved<E, HEADS, T, S, B>, D>,
    ) {
        let saved = saved.into_ref();
        let n = cx.rows();
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
        if let Some((mut dqueries, mut dmemory)) = dx {
            let weight = field!(p, Self, in_proj_weight).inner();
            let arguments = [dq.as_ref().arg(), weight.at(0).arg(), Arg::none(), dqueries.arg()];
            linear::product(cx, back(n * T, false), arguments);
            let arguments = [dk.as_ref().arg(), weight.at(1).arg(), Arg::none(), dmemory.arg()];
            linear::product(cx, back(n * S, false), arguments);
            let arguments = [dv.as_ref().arg(), weight.at(2).arg(), Arg::none(), dmemory.arg()];
            linear::product(cx, back(n * S, true), arguments);
        }
    }
}

/// The layer with no third input, or with one of this type, which is this kind of padding.
macro_rules! with {
    (@padded $x:ident) => { Arg::none() };
    (@padded $x:ident, $third:ty) => { field!($x, ([Rank2<T, E>; B], [Rank2<S, E>; B], [$third; B]), 2).arg() };
    ($padding:ident $(, $third:ty)?) => {
        impl<const E: usize, const HEADS: usize, const T: usize, const S: usize, C: CausalOption>
            Module<(Rank2<T, E>, Rank2<S, E> $(, $third)?), Rank2<T, E>> for MultiheadAttention<E, HEADS, C>
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
                x: Ref<'_, ([Rank2<T, E>; B], [Rank2<S, E>; B] $(, [$third; B])?), D>,
                y: Mut<'_, [Rank2<T, E>; B], D>,
                _: Mut<'_, (), D>,
                scratch: Mut<'_, Self::InferScratch<B>, D>,
            ) {
                let queries = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B] $(, [$third; B])?), 0);
                let memory = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B] $(, [$third; B])?), 1);
                let padded = with!(@padded x $(, $third)?);
                Self::attend::<D, T, S, B>(cx, p, queries, memory, (Padding::$padding, padded), y, scratch);
            }

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, ([Rank2<T, E>; B], [Rank2<S, E>; B] $(, [$third; B])?), D>,
                y: Mut<'_, [Rank2<T, E>; B], D>,
                state: Mut<'_, (), D>,
                saved: Mut<'_, Self::Saved<B>, D>,
                _: Mut<'_, Self::TrainScratch<B>, D>,
            ) {
                <Self as Module<(Rank2<T, E>, Rank2<S, E> $(, $third)?), _>>::infer::<D, B>(cx, p, x, y, state, saved);
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, ([Rank2<T, E>; B], [Rank2<S, E>; B] $(, [$third; B])?), D>,
                _: Ref<'_, [Rank2<T, E>; B], D>,
                saved: Mut<'_, Self::Saved<B>, D>,
                dy: Ref<'_, [Rank2<T, E>; B], D>,
                dx: Option<Mut<'_, GradBatch<(Rank2<T, E>, Rank2<S, E> $(, $third)?), B>, D>>,
                dp: Mut<'_, Self, D>,
                scratch: Mut<'_, Self::TrainScratch<B>, D>,
            ) {
                let queries = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B] $(, [$third; B])?), 0);
                let memory = field!(x, ([Rank2<T, E>; B], [Rank2<S, E>; B] $(, [$third; B])?), 1);
                let parts = |dx| split!(dx, GradBatch<(Rank2<T, E>, Rank2<S, E> $(, $third)?), B> { 0, 1 });
                let dx = dx.map(parts);
                Self::differentiate::<D, T, S, B>(cx, p, queries, memory, saved, dy, dx, dp, scratch);
            }
        }
    };
}
with!(Absent);
with!(Mask, [Bool; S]);
with!(Lengths, i32);
