//! The long short-term memory layer.

use core::mem::offset_of;

use castiron_kernels::Plain;
use castiron_kernels::arithmetic::{
    Binary, BinaryArgs, BinaryOp, CopyElements, CopyRows, CopyRowsArgs, Fill, FillArgs,
};
use castiron_kernels::gemm::{Args as Product, View};
use castiron_kernels::lstm::{Args as GatesArgs, BackwardArgs, LstmGates, LstmGatesBackward};
use castiron_kernels::reduce::{Args as Sum, Expand, ExpandArgs, Reduce};

use crate::call::linear;
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, Module, Rank2, Rank3, Rank4, device::Device, field, split};

/// One layer of long short-term memory over sequences of any length `T`: `[T, I]` to `[T, H]`.
///
/// i, f, o = σ(W·x + U·h + b), g = tanh(W·x + U·h + b), c ← f·c + i·g, h ← o·tanh c. Hochreiter &
/// Schmidhuber 1997. PyTorch's `LSTM(batch_first=True)`, whose names, order of gates (i, f, g, o) and
/// initialisation it has.
///
/// The state (h, c) is carried from call to call: feed a long sequence in pieces, or position by position
/// ([`LstmCell`](super::LstmCell)). Zero memory is the state to start from. Gradients stop at the start of a call.
///
/// ```
/// use castiron::prelude::*;
/// /// Says something about the next of a stream of measurements, after each of them.
/// #[derive(Module)]
/// #[module(input = [1, 3], output = [1, 2])]
/// #[repr(C)]
/// struct Stream {
///     lstm: Lstm<3, 16>,        // [1, 16]
///     head: Linear<[f32; 16], 2>, // [1, 2]: at every position
/// }
/// let mut stream = Predictor::<Stream, 1>::new(Cpu::new(), &init::<Stream>(0))?;
/// let (mut first, mut second) = ([[[0.0; 2]]], [[[0.0; 2]]]);
/// stream.predict(&[[[0.1, 0.2, 0.3]]], &mut first)?;
/// stream.predict(&[[[0.1, 0.2, 0.3]]], &mut second)?;
/// assert_ne!(first, second); // it remembers
/// stream.reset_state();
/// stream.predict(&[[[0.1, 0.2, 0.3]]], &mut second)?;
/// assert_eq!(first, second);
/// # Ok::<(), castiron::Error>(())
/// ```
#[repr(C)]
pub struct Lstm<const I: usize, const H: usize, E: Element = f32> {
    /// W: input to gates.
    pub weight_ih: Aligned<Rank3<4, H, I, E>>,
    /// U: previous output to gates.
    pub weight_hh: Aligned<Rank3<4, H, H, E>>,
    /// One of two biases that are added, kept apart as PyTorch does.
    pub bias_ih: Aligned<Rank2<4, H, E>>,
    /// The other.
    pub bias_hh: Aligned<Rank2<4, H, E>>,
}

// SAFETY: `repr(C)`, plain fields.
unsafe impl<const I: usize, const H: usize, E: Element> Plain for Lstm<I, H, E> {}

impl<const I: usize, const H: usize, E: Element> Lstm<I, H, E> {
    const CHILDREN: [Child; 4] = Self::children(["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]);

    /// The leaves under these names.
    pub(super) const fn children([weight_ih, weight_hh, bias_ih, bias_hh]: [&'static str; 4]) -> [Child; 4] {
        let init = Init::FanIn(H);
        let matrix_ih = Leaf::of::<Rank3<4, H, I, E>>(init).with_dims(&[4 * H, I]);
        let matrix_hh = Leaf::of::<Rank3<4, H, H, E>>(init).with_dims(&[4 * H, H]);
        let bias = Leaf::of::<Rank2<4, H, E>>(init).with_dims(&[4 * H]);
        [
            Child::leaf(weight_ih, offset_of!(Self, weight_ih), matrix_ih),
            Child::leaf(weight_hh, offset_of!(Self, weight_hh), matrix_hh),
            Child::leaf(bias_ih, offset_of!(Self, bias_ih), bias),
            Child::leaf(bias_hh, offset_of!(Self, bias_hh), bias),
        ]
    }
}
impl<const I: usize, const H: usize, E: Element> Params for Lstm<I, H, E> {
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<F: Element> = Lstm<I, H, F>;
}

/// The state between calls.
#[derive(Debug)]
#[repr(C)]
pub struct LstmState<const H: usize, const B: usize> {
    /// The last output of each row.
    pub h: Aligned<[[f32; H]; B]>,
    /// The cell of each row.
    pub c: Aligned<[[f32; H]; B]>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<const H: usize, const B: usize> Plain for LstmState<H, B> {}

/// What a call keeps.
#[derive(Debug)]
#[repr(C)]
pub struct LstmSaved<const T: usize, const H: usize, const B: usize> {
    /// Activated gates of every position.
    gates: Aligned<Rank4<B, T, 4, H>>,
    /// Cells after every position.
    cells: Aligned<Rank3<B, T, H>>,
    /// The state at the start of the call.
    start: LstmState<H, B>,
    /// The sum of the two biases.
    bias: Aligned<Rank2<4, H>>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<const T: usize, const H: usize, const B: usize> Plain for LstmSaved<T, H, B> {}

/// Working memory of backward.
#[derive(Debug)]
#[repr(C)]
pub struct LstmWork<const T: usize, const H: usize, const B: usize> {
    dgates: Aligned<Rank4<B, T, 4, H>>,
    dh: Aligned<[[f32; H]; B]>,
    dc: Aligned<[[f32; H]; B]>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<const T: usize, const H: usize, const B: usize> Plain for LstmWork<T, H, B> {}

/// Bytes of `count` floats.
const fn floats(count: usize) -> usize {
    4 * count
}

impl<const I: usize, const H: usize, const T: usize> Module<Rank2<T, I>, Rank2<T, H>> for Lstm<I, H> {
    const CHECK: () = assert!(T > 0, "Lstm: the sequence is empty");
    const KIND: &'static str = "Lstm";
    const MACS: u64 = (T * 4 * H * (I + H)) as u64;
    type State<const B: usize> = LstmState<H, B>;
    type Saved<const B: usize> = LstmSaved<T, H, B>;
    type InferScratch<const B: usize> = LstmSaved<T, H, B>;
    type TrainScratch<const B: usize> = LstmWork<T, H, B>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank2<T, I>; B], D>,
        mut y: Mut<'_, [Rank2<T, H>; B], D>,
        state: Mut<'_, LstmState<H, B>, D>,
        scratch: Mut<'_, LstmSaved<T, H, B>, D>,
    ) {
        let n = cx.rows();
        let (mut gates, mut cells, start, mut bias) =
            split!(scratch, LstmSaved<T, H, B> { gates, cells, start, bias });
        let (mut h, mut c) = split!(state, LstmState<H, B> { h, c });
        let (mut h0, mut c0) = split!(start, LstmState<H, B> { h, c });
        cx.run::<CopyElements, 2>(n * H, [h.as_ref().arg(), h0.arg()]);
        cx.run::<CopyElements, 2>(n * H, [c.as_ref().arg(), c0.arg()]);

        // W·x + b of every position at once, then position by position what depends on the one before.
        let add = BinaryArgs { op: BinaryOp::Add, len: 4 * H, in_place: false };
        let (bias_ih, bias_hh) = (field!(p, Self, bias_ih), field!(p, Self, bias_hh));
        cx.run::<Binary, 3>(add, [bias_ih.arg(), bias_hh.arg(), bias.arg()]);
        let spread = ExpandArgs { outer: 1, len: n * T, inner: 4 * H, factor: 1.0 };
        cx.run::<Expand, 2>(spread, [bias.as_ref().arg(), gates.arg()]);
        let product = Product { b: View::transposed(I), accumulate: true, ..Product::new(n * T, 4 * H, I) };
        let weight = field!(p, Self, weight_ih);
        linear::product(cx, product, [x.arg(), weight.arg(), Arg::none(), gates.arg()]);

        let weight = field!(p, Self, weight_hh);
        let product = Product {
            b: View::transposed(H),
            c: View::row_major(T * 4 * H),
            accumulate: true,
            ..Product::new(n, 4 * H, H)
        };
        let cell = GatesArgs {
            rows: n,
            hidden: H,
            gates_stride: T * 4 * H,
            c_prev_stride: H,
            c_stride: T * H,
            h_stride: T * H,
        };
        let keep = CopyRowsArgs { rows: n, width: H, from_stride: T * H, to_stride: H };
        for t in 0..T {
            let (gate, at) = (floats(t * 4 * H), floats(t * H));
            let arguments = [h.as_ref().arg(), weight.arg(), Arg::none(), gates.arg().skip(gate)];
            linear::product(cx, product, arguments);
            let outputs = (cells.arg().skip(at), y.arg().skip(at));
            cx.run::<LstmGates, 4>(cell, [gates.arg().skip(gate), c.as_ref().arg(), outputs.0, outputs.1]);
            cx.run::<CopyRows, 2>(keep, [y.as_ref().arg().skip(at), h.arg()]);
            cx.run::<CopyRows, 2>(keep, [cells.as_ref().arg().skip(at), c.arg()]);
        }
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank2<T, I>; B], D>,
        y: Mut<'_, [Rank2<T, H>; B], D>,
        state: Mut<'_, LstmState<H, B>, D>,
        saved: Mut<'_, LstmSaved<T, H, B>, D>,
        _: Mut<'_, LstmWork<T, H, B>, D>,
    ) {
        Self::infer::<D, B>(cx, p, x, y, state, saved);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank2<T, I>; B], D>,
        y: Ref<'_, [Rank2<T, H>; B], D>,
        saved: Mut<'_, LstmSaved<T, H, B>, D>,
        dy: Ref<'_, [Rank2<T, H>; B], D>,
        dx: Option<Mut<'_, [Rank2<T, I>; B], D>>,
        dp: Mut<'_, Self, D>,
        scratch: Mut<'_, LstmWork<T, H, B>, D>,
    ) {
        let saved = saved.into_ref();
        let n = cx.rows();
        let gates = field!(saved, LstmSaved<T, H, B>, gates);
        let cells = field!(saved, LstmSaved<T, H, B>, cells);
        let start = field!(saved, LstmSaved<T, H, B>, start);
        let (h0, c0) = (field!(start, LstmState<H, B>, h), field!(start, LstmState<H, B>, c));
        let (mut dgates, mut dh, mut dc) = split!(scratch, LstmWork<T, H, B> { dgates, dh, dc });
        let (mut dweight_ih, mut dweight_hh, mut dbias_ih, mut dbias_hh) =
            split!(dp, Self { weight_ih, weight_hh, bias_ih, bias_hh });

        // Backward through time: the gradients of all gates' inputs.
        cx.run::<Fill, 1>(FillArgs { len: n * H, value: 0.0 }, [dc.arg()]);
        let take = CopyRowsArgs { rows: n, width: H, from_stride: T * H, to_stride: H };
        let recur = Product { a: View::row_major(T * 4 * H), accumulate: true, ..Product::new(n, H, 4 * H) };
        for t in (0..T).rev() {
            let (gate, at) = (floats(t * 4 * H), floats(t * H));
            cx.run::<CopyRows, 2>(take, [dy.arg().skip(at), dh.arg()]);
            if t + 1 < T {
                let later = dgates.as_ref().arg().skip(gate + floats(4 * H));
                let weight = field!(p, Self, weight_hh);
                linear::product(cx, recur, [later, weight.arg(), Arg::none(), dh.arg()]);
            }
            let (c_prev, c_prev_stride) =
                if t == 0 { (c0.arg(), H) } else { (cells.arg().skip(at - floats(H)), T * H) };
            let cell = BackwardArgs {
                rows: n,
                hidden: H,
                gates_stride: T * 4 * H,
                c_prev_stride,
                c_stride: T * H,
                dh_stride: H,
                dgates_stride: T * 4 * H,
            };
            let arguments = [
                gates.arg().skip(gate),
                c_prev,
                cells.arg().skip(at),
                dh.as_ref().arg(),
                dc.arg(),
                dgates.arg().skip(gate),
            ];
            cx.run::<LstmGatesBackward, 6>(cell, arguments);
        }

        let dgates = dgates.into_ref();
        let product =
            Product { a: View::transposed(4 * H), accumulate: true, ..Product::new(4 * H, I, n * T) };
        linear::product(cx, product, [dgates.arg(), x.arg(), Arg::none(), dweight_ih.arg()]);
        for t in 0..T {
            let (h_prev, stride) =
                if t == 0 { (h0.arg(), H) } else { (y.arg().skip(floats((t - 1) * H)), T * H) };
            let product = Product {
                a: View { row: 1, column: T * 4 * H, batch: [0; 2] },
                b: View::row_major(stride),
                accumulate: true,
                ..Product::new(4 * H, H, n)
            };
            let at = dgates.arg().skip(floats(t * 4 * H));
            linear::product(cx, product, [at, h_prev, Arg::none(), dweight_hh.arg()]);
        }
        let sum = Sum { outer: 1, len: n * T, inner: 4 * H, mean: false, accumulate: true };
        cx.run::<Reduce, 2>(sum, [dgates.arg(), dbias_ih.arg()]);
        cx.run::<Reduce, 2>(sum, [dgates.arg(), dbias_hh.arg()]);
        if let Some(mut dx) = dx {
            let weight = field!(p, Self, weight_ih);
            let product = Product::new(n * T, I, 4 * H);
            linear::product(cx, product, [dgates.arg(), weight.arg(), Arg::none(), dx.arg()]);
        }
    }
}
