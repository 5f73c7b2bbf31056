//! The 2-D convolution.

use core::marker::PhantomData;
use core::mem::offset_of;

use castiron_kernels::conv2d::Args;
use castiron_kernels::{Plain, Precision};

use super::{Activation, BiasOption, Identity, WithBias};
use crate::call::conv2d as call;
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Rank3, Rank4, device::Device, field, split};

/// y\[o\] = A(Σᵢ w\[o, i\] ⋆ x\[i\] + b\[o\]): images of `I` channels to images of `O` channels, by `K`×`K` kernels.
///
/// An image of height `H` becomes one of height ⌊(H + 2·PADDING − DILATION·(K − 1) − 1) / STRIDE⌋ + 1, and
/// likewise its width. `A` is an activation applied to the output. PyTorch's `Conv2d`, with its
/// initialisation U(−1/√k, 1/√k), k = I·K².
///
/// With `GROUPS` the image has `I · GROUPS` channels, and an output channel sees the `I` of its group:
/// `I` is the second dimension of PyTorch's weight. `Conv2d<1, 32, 3, 1, 1, 1, 32>` is depthwise over 32
/// channels.
///
/// ```
/// use castiron::{Module, Rank3, nn::{Conv2d, Relu}, params::Params};
/// type Layer = Conv2d<3, 64, 7, 2, 3, 1, 1, Relu>; // kernel 7, stride 2, padding 3
/// assert_eq!(<Layer as Params>::TRAINED, 64 * 3 * 7 * 7 + 64);
/// const _: () = <Layer as Module<Rank3<3, 224, 224>, Rank3<64, 112, 112>>>::CHECK;
/// ```
/// A wrong output size does not compile:
/// ```compile_fail
/// # use castiron::{Module, Rank3, nn::Conv2d};
/// const _: () = <Conv2d<1, 6, 5> as Module<Rank3<1, 28, 28>, Rank3<6, 28, 28>>>::CHECK;
/// ```
#[repr(C)]
pub struct Conv2d<
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
    /// \[output channel\]\[input channel of the group\]\[row\]\[column\].
    pub weight: Aligned<Rank4<O, I, K, K, E>>,
    /// One number per output channel.
    pub bias: Bias::Of<[E; O]>,
    activation: PhantomData<A>,
}

/// Repeats the parameters, which Rust has no shorter way to do.
macro_rules! impl_conv2d {
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
> Plain for Conv2d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E>
{
}

impl_conv2d! { [E: Element] Conv2d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    const INIT: Init = Init::FanIn(I * K * K);
    const CHILDREN: [Child; 2] = [
        Child::leaf("weight", offset_of!(Self, weight), Leaf::of::<Rank4<O, I, K, K, E>>(Self::INIT)),
        Child::leaf("bias", offset_of!(Self, bias), Leaf::of::<[E; O]>(Self::INIT)),
    ];
} }

impl_conv2d! { [E: Element] Params for Conv2d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    const TREE: Tree = Tree::Node(Self::CHILDREN.split_at(1 + C::PRESENT as usize).0);
    type With<F: Element> = Conv2d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, F>;
} }

impl_conv2d! { [E: Element] Conv2d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    /// The layer on an image of this height and width, as [`call::conv2d`](crate::call::conv2d) takes it.
    pub const fn call(input: [usize; 2]) -> Args {
        Args {
            images: 1,
            groups: GROUPS,
            in_channels: I * GROUPS,
            out_channels: O,
            input,
            kernel: [K; 2],
            stride: [STRIDE; 2],
            padding: [PADDING; 2],
            dilation: [DILATION; 2],
            bias: C::PRESENT,
            activation: A::FUNCTION,
            residual: false,
            keep_pre: false,
        }
    }
} }

impl_conv2d! { [const CI: usize, const H: usize, const W: usize, const HO: usize, const WO: usize, E: Element + Precision]
Module<Rank3<CI, H, W, E>, Rank3<O, HO, WO, E>> for Conv2d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C, E> {
    const CHECK: () = {
        assert!(STRIDE > 0 && DILATION > 0 && GROUPS > 0 && K > 0, "Conv2d: kernel, stride, dilation and groups must be at least 1");
        assert!(CI == I * GROUPS, "Conv2d: the input's channels are not the layer's (times its groups)");
        assert!(O.is_multiple_of(GROUPS), "Conv2d: the output channels must divide into the groups");
        let reach = DILATION * (K - 1) + 1;
        assert!(H + 2 * PADDING >= reach && W + 2 * PADDING >= reach, "Conv2d: the kernel is larger than its padded input");
        let output = Self::call([H, W]).output();
        assert!(HO == output[0] && WO == output[1], "Conv2d: the output's height or width is not what the layer gives");
    };
    const KIND: &'static str = "Conv2d";
    const MACS: u64 = (O * HO * WO * I * K * K) as u64;
    type State<const B: usize> = ();
    type Saved<const B: usize> = A::Keep<[Rank3<O, HO, WO, E>; B]>;
    type InferScratch<const B: usize> = ();
    type TrainScratch<const B: usize> = A::Work<GradBatch<Rank3<O, HO, WO, E>, B>>;

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<CI, H, W, E>; B], D>,
        mut y: Mut<'_, [Rank3<O, HO, WO, E>; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
        let args = Self::call([H, W]);
        let cx = &cx.of::<E>();
        call::forward(cx, &args, weight.arg(), bias.arg(), x.arg(), Arg::none(), y.arg(), Arg::none());
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<CI, H, W, E>; B], D>,
        mut y: Mut<'_, [Rank3<O, HO, WO, E>; B], D>,
        _: Mut<'_, (), D>,
        mut saved: Mut<'_, Self::Saved<B>, D>,
        _: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
        let keep_pre = !A::FUNCTION.differentiates_from_output();
        let args = Args { keep_pre, ..Self::call([H, W]) };
        let cx = &cx.of::<E>();
        call::forward(cx, &args, weight.arg(), bias.arg(), x.arg(), Arg::none(), y.arg(), saved.arg());
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<CI, H, W, E>; B], D>,
        y: Ref<'_, [Rank3<O, HO, WO, E>; B], D>,
        saved: Mut<'_, Self::Saved<B>, D>,
        dy: Ref<'_, GradBatch<Rank3<O, HO, WO, E>, B>, D>,
        mut dx: Option<Mut<'_, GradBatch<Rank3<CI, H, W, E>, B>, D>>,
        dp: Mut<'_, Self::With<f32>, D>,
        scratch: Mut<'_, Self::TrainScratch<B>, D>,
    ) {
        let (cx, saved) = (&cx.of::<E>(), saved.into_ref());
        let args = Self::call([H, W]);
        let dz = A::gradient(cx, cx.rows() * O * HO * WO, saved, y, dy, scratch);
        let (mut dweight, mut dbias) = split!(dp, Conv2d<I, O, K, STRIDE, PADDING, DILATION, GROUPS, A, C> { weight, bias });
        let (weight, dx) = (field!(p, Self, weight), Arg::optional(dx.as_mut().map(Mut::arg)));
        call::backward(cx, &args, weight.arg(), x.arg(), dz.arg(), dx, dweight.arg(), dbias.arg());
    }
} }
