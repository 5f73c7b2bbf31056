//! The 1-D convolution.

use core::marker::PhantomData;
use core::mem::offset_of;

use castiron_kernels::conv2d::Args;
use castiron_kernels::{Plain, Precision};

use super::{Activation, BiasOption, Identity, WithBias};
use crate::call::conv2d as call;
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Rank2, Rank3, device::Device, field, split};

/// y\[o\] = A(Σᵢ w\[o, i\] ⋆ x\[i\] + b\[o\]): signals of `I` channels to signals of `O` channels, by kernels of `K`.
///
/// A signal of length `L`, `[I, L]`, becomes one of length ⌊(L + 2·PADDING − DILATION·(K − 1) − 1) / STRIDE⌋ + 1.
/// `A` is an activation applied to the output. PyTorch's `Conv1d`, with its initialisation U(−1/√k, 1/√k),
/// k = I·K. It is a [`Conv2d`](super::Conv2d) of images one pixel high.
///
/// With `GROUPS` the signal has `I · GROUPS` channels, and an output channel sees the `I` of its group:
/// `I` is the second dimension of PyTorch's weight.
///
/// ```
/// use castiron::{Module, Rank2, nn::{Conv1d, Relu}, params::Params};
/// type Layer = Conv1d<1, 64, 25, 5, 12, 1, 1, Relu>; // kernel 25, stride 5, padding 12
/// assert_eq!(<Layer as Params>::TRAINED, 64 * 25 + 64);
/// const _: () = <Layer as Module<Rank2<1, 16000>, Rank2<64, 3200>>>::CHECK;
/// ```
/// A wrong output size does not compile:
/// ```compile_fail
/// # use castiron::{Module, Rank2, nn::Conv1d};
/// const _: () = <Conv1d<1, 6, 5> as Module<Rank2<1, 28>, Rank2<6, 28>>>::CHECK;
/// ```
#[repr(C)]
pub struct Conv1d<
    const I: usize,
    const O: usize,
    const K: usize,
    const STRIDE: usize = 1,
    const PADDING: usize = 0,
    const DILATION: usize = 1,
    const GROUPS: usize = 1,
    A = Identity,
    Bias: BiasOption = WithBias,
    E: Element = f32,
> {
    /// \[output channel\]\[input channel of the group\]\[position\].
    pub weight: Aligned<Rank3<O, I, K, E>>,
    /// One number per output channel.
    pub bias: Bias::Of<[E; O]>,
    activation: PhantomData<A>,
}

/// Repeats the parameters, which Rust has no shorter way to do.
macro_rules! impl_conv1d {
    ([$($extra:tt)*] $($body:tt)*) => {
        impl<
            const I: usize, const O: usize, const K: usize, const STRIDE: usize, const PADDING: usize,
            const DILATION: usize, const GROUPS: usize, A: Activation, C: BiasOption, $($extra)*
        > $($body)*
    };
}

// SAFETY: `repr(C)`, plain fields.
unsafe impl<
    const I: usize,
    const O: usize,
    const K: usize,
    const STRIDE: usize,
    const PADDING: usize,
    const DILATION: usize,
    const GROUPS: usize,
    A: Activation,
    C: BiasOption,
    E: Element,
> Plain for Conv1d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E>
{
}

impl_conv1d! { [E: Element] Conv1d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    const INIT: Init = Init::FanIn(I * K);
    const CHILDREN: [Child; 2] = [
        Child::leaf("weight", offset_of!(Self, weight), Leaf::of::<Rank3<O, I, K, E>>(Self::INIT)),
        Child::leaf("bias", offset_of!(Self, bias), Leaf::of::<[E; O]>(Self::INIT)),
    ];
} }

impl_conv1d! { [E: Element] Params for Conv1d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    const TREE: Tree = Tree::Node(Self::CHILDREN.split_at(1 + C::PRESENT as usize).0);
    type With<F: Element> = Conv1d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, F>;
} }

impl_conv1d! { [E: Element] Conv1d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    /// The layer on a signal of this length, as [`call::conv2d`](crate::call::conv2d) takes it.
    pub const fn call(length: usize) -> Args {
        Args {
            images: 1,
            groups: GROUPS,
            in_channels: I * GROUPS,
            out_channels: O,
            input: [1, length],
            kernel: [1, K],
            stride: [1, STRIDE],
            padding: [0, PADDING],
            dilation: [1, DILATION],
            bias: C::PRESENT,
            activation: A::FUNCTION,
            residual: false,
            keep_pre: false,
        }
    }
} }

impl_conv1d! { [const CI: usize, const L: usize, const LO: usize, E: Element + Precision]
Module<Rank2<CI, L, E>, Rank2<O, LO, E>> for Conv1d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    const CHECK: () = {
        assert!(STRIDE > 0 && DILATION > 0 && GROUPS > 0 && K > 0, "Conv1d: kernel, stride, dilation and groups must be at least 1");
        assert!(CI == I * GROUPS, "Conv1d: the input's channels are not the layer's (times its groups)");
        assert!(O.is_multiple_of(GROUPS), "Conv1d: the output channels must divide into the groups");
        let reach = DILATION * (K - 1) + 1;
        assert!(L + 2 * PADDING >= reach, "Conv1d: the kernel is larger than its padded input");
        assert!(LO == Self::call(L).output()[1], "Conv1d: the output's length is not what the layer gives");
    };
    const KIND: &'static str = "Conv1d";
    const MACS: u64 = (O * LO * I * K) as u64;
    type State<const B: usize> = ();
    type Saved<const B: usize> = A::Keep<[Rank2<O, LO, E>; B]>;
    type InferScratch<const B: usize> = ();
    type TrainScratch<const B: usize> = A::Work<GradBatch<Rank2<O, LO, E>, B>>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank2<CI, L, E>; B], D>,
        mut y: Mut<'_, [Rank2<O, LO, E>; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
        let args = Self::call(L);
        let cx = &cx.of::<E>();
        call::forward(cx, &args, weight.arg(), bias.arg(), x.arg(), Arg::none(), y.arg(), Arg::none());
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank2<CI, L, E>; B], D>,
        mut y: Mut<'_, [Rank2<O, LO, E>; B], D>,
        _: Mut<'_, (), D>,
        mut saved: Mut<'_, Self::Saved<B>, D>,
        _: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
        let keep_pre = !A::FUNCTION.differentiates_from_output();
        let args = Args { keep_pre, ..Self::call(L) };
        let cx = &cx.of::<E>();
        call::forward(cx, &args, weight.arg(), bias.arg(), x.arg(), Arg::none(), y.arg(), saved.arg());
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank2<CI, L, E>; B], D>,
        y: Ref<'_, [Rank2<O, LO, E>; B], D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        dy: Ref<'_, GradBatch<Rank2<O, LO, E>, B>, D>,
        mut dx: Option<Mut<'_, GradBatch<Rank2<CI, L, E>, B>, D>>,
        dp: Mut<'_, Self::With<f32>, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (cx, saved) = (&cx.of::<E>(), saved.into_ref());
        let args = Self::call(L);
        let dz = A::gradient(cx, cx.rows() * O * LO, saved, y, dy, scratch);
        let (mut dweight, mut dbias) = split!(dp, Conv1d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C> { weight, bias });
        let (weight, dx) = (field!(p, Self, weight), Arg::optional(dx.as_mut().map(Mut::arg)));
        call::backward(cx, &args, weight.arg(), x.arg(), dz.arg(), dx, dweight.arg(), dbias.arg());
    }
} }
