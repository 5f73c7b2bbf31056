//! Transposed convolutions of images and signals: the gradient of a convolution as a layer.

use core::mem::offset_of;

use castiron_kernels::conv2d::{Args, Conv2d, Conv2dBackwardInput, Conv2dBackwardWeight};
use castiron_kernels::strided::{Args as Spread, Strided};
use castiron_kernels::{Plain, Precision};

use super::{BiasOption, WithBias, forward_is_infer};
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Rank2, Rank3, Rank4, device::Device, field, split};

/// The length that becomes a length of `small` when it is convolved, `output_padding` longer than the least of these.
const fn large(
    small: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    output_padding: usize,
    dilation: usize,
) -> usize {
    ((small - 1) * stride + dilation * (kernel - 1) + 1 + output_padding).saturating_sub(2 * padding)
}

/// The bias of each of so many channels beside all their pixels in a batch.
fn spread(rows: usize, channels: usize, pixels: usize) -> Spread {
    Spread {
        dims: [1, 1, 1, 1, rows, channels, pixels],
        from: [0, 0, 0, 0, 0, 1, 0],
        to: [0, 0, 0, 0, channels * pixels, pixels, 1],
        from_start: 0,
        to_start: 0,
        factor: 1.0,
        accumulate: true,
    }
}

/// A layer over samples of `[C, ..small]` that gives `[C, ..large]`. The closure makes height and width of a size: images
/// are square in it, and signals are images one pixel high.
macro_rules! conv_transpose {
    (
        $(#[$meta:meta])* $name:ident, $weight:ident<$($k:ident),*>, $sample:ident, [$($small:ident),*] => [$($large:ident),*],
        |$size:ident, $one:ident| $pair:expr
    ) => {
        $(#[$meta])*
        #[repr(C)]
        pub struct $name<
            const I: usize,
            const O: usize,
            const K: usize,
            const STRIDE: usize = 1,
            const PADDING: usize = 0,
            const OUTPUT_PADDING: usize = 0,
            const GROUPS: usize = 1,
            const DILATION: usize = 1,
            Bias: BiasOption = WithBias,
            E: Element = f32,
        > {
            /// \[input channel\]\[output channel of the group\]\[pixels of the kernel\].
            pub weight: Aligned<$weight<I, O, $($k,)* E>>,
            /// One number per output channel, those of a group side by side.
            pub bias: Bias::Of<Rank2<GROUPS, O, E>>,
        }

        // SAFETY: `repr(C)`, plain fields.
        unsafe impl<
            const I: usize, const O: usize, const K: usize, const STRIDE: usize, const PADDING: usize,
            const OUTPUT_PADDING: usize, const GROUPS: usize, const DILATION: usize, C: BiasOption, E: Element,
        > Plain for $name<I, O, K, STRIDE, PADDING, OUTPUT_PADDING, GROUPS, DILATION, C, E> {}

        impl<
            const I: usize, const O: usize, const K: usize, const STRIDE: usize, const PADDING: usize,
            const OUTPUT_PADDING: usize, const GROUPS: usize, const DILATION: usize, C: BiasOption, E: Element,
        > $name<I, O, K, STRIDE, PADDING, OUTPUT_PADDING, GROUPS, DILATION, C, E> {
            const INIT: Init = Init::FanIn(O $(* $k)*);
            const CHILDREN: [Child; 2] = {
                let bias = Leaf::of::<Rank2<GROUPS, O, E>>(Self::INIT).with_dims(&[GROUPS * O]);
                [
                    Child::leaf("weight", offset_of!(Self, weight), Leaf::of::<$weight<I, O, $($k,)* E>>(Self::INIT)),
                    Child::leaf("bias", offset_of!(Self, bias), bias),
                ]
            };

            /// The convolution of which this is the gradient: from what the layer gives to what it gets.
            fn convolution(images: usize, large: [usize; 2]) -> Args {
                let pair = |$size: usize, $one: usize| $pair;
                Args {
                    images,
                    groups: GROUPS,
                    in_channels: O * GROUPS,
                    out_channels: I,
                    input: large,
                    kernel: pair(K, 1),
                    stride: pair(STRIDE, 1),
                    padding: pair(PADDING, 0),
                    dilation: pair(DILATION, 1),
                    bias: false,
                    activation: castiron_kernels::activation::Activation::Identity,
                    residual: false,
                    keep_pre: false,
                }
            }
        }

        impl<
            const I: usize, const O: usize, const K: usize, const STRIDE: usize, const PADDING: usize,
            const OUTPUT_PADDING: usize, const GROUPS: usize, const DILATION: usize, C: BiasOption, E: Element,
        > Params for $name<I, O, K, STRIDE, PADDING, OUTPUT_PADDING, GROUPS, DILATION, C, E> {
            const TREE: Tree = Tree::Node(Self::CHILDREN.split_at(1 + C::PRESENT as usize).0);
            type With<F: Element> = $name<I, O, K, STRIDE, PADDING, OUTPUT_PADDING, GROUPS, DILATION, C, F>;
        }

        impl<
            const I: usize, const O: usize, const K: usize, const STRIDE: usize, const PADDING: usize,
            const OUTPUT_PADDING: usize, const GROUPS: usize, const DILATION: usize, C: BiasOption,
            E: Element + Precision, const CO: usize, $(const $small: usize,)* $(const $large: usize),*
        > Module<$sample<I, $($small,)* E>, $sample<CO, $($large,)* E>>
            for $name<I, O, K, STRIDE, PADDING, OUTPUT_PADDING, GROUPS, DILATION, C, E>
        {
            const CHECK: () = {
                assert!(
                    K > 0 && STRIDE > 0 && DILATION > 0 && GROUPS > 0,
                    concat!(stringify!($name), ": kernel, stride, dilation and groups must be at least 1")
                );
                assert!(I.is_multiple_of(GROUPS), concat!(stringify!($name), ": the input channels must divide into the groups"));
                assert!(CO == O * GROUPS, concat!(stringify!($name), ": the output's channels are not the layer's (times its groups)"));
                assert!(OUTPUT_PADDING < STRIDE, concat!(stringify!($name), ": the output padding must be less than the stride"));
                $(
                    assert!(
                        $small > 0 && $large > 0 && $large == large($small, K, STRIDE, PADDING, OUTPUT_PADDING, DILATION),
                        concat!(stringify!($name), ": the output's size is not what the layer gives")
                    );
                )*
            };
            const KIND: &'static str = stringify!($name);
            const MACS: u64 = (I $(* $small)* * O $(* $k)*) as u64;
            forward_is_infer!($sample<I, $($small,)* E> => $sample<CO, $($large,)* E>);

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$sample<I, $($small,)* E>; B], D>,
                mut y: Mut<'_, [$sample<CO, $($large,)* E>; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                let args = Self::convolution(cx.rows(), [1, $($large),*].last_chunk().copied().unwrap_or_default());
                let arguments = [field!(p, Self, weight).arg(), x.arg(), y.arg()];
                cx.run::<E::Op<Conv2dBackwardInput>, 3>(args, arguments);
                if C::PRESENT {
                    let args = spread(cx.rows(), CO, 1 $(* $large)*);
                    cx.run::<E::Op<Strided>, 2>(args, [field!(p, Self, bias).arg(), y.arg()]);
                }
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$sample<I, $($small,)* E>; B], D>,
                _: Ref<'_, [$sample<CO, $($large,)* E>; B], D>,
                _: Mut<'_, (), D>,
                dy: Ref<'_, GradBatch<$sample<CO, $($large,)* E>, B>, D>,
                dx: Option<Mut<'_, GradBatch<$sample<I, $($small,)* E>, B>, D>>,
                dp: Mut<'_, Self::With<f32>, D>,
                _: Mut<'_, (), D>,
            ) {
                let args = Self::convolution(cx.rows(), [1, $($large),*].last_chunk().copied().unwrap_or_default());
                let (mut dweight, mut dbias) = split!(
                    dp,
                    $name<I, O, K, STRIDE, PADDING, OUTPUT_PADDING, GROUPS, DILATION, C> { weight, bias }
                );
                let arguments = [dy.arg(), x.arg(), dweight.arg(), Arg::none()];
                cx.run::<E::Gradient<Conv2dBackwardWeight>, 4>(args, arguments);
                if C::PRESENT {
                    let Spread { from, to, .. } = spread(cx.rows(), CO, 1 $(* $large)*);
                    let args = Spread { from: to, to: from, ..spread(cx.rows(), CO, 1 $(* $large)*) };
                    cx.run::<E::Gradient<Strided>, 2>(args, [dy.arg(), dbias.arg()]);
                }
                if let Some(mut dx) = dx {
                    let weight = field!(p, Self, weight);
                    let arguments = [weight.arg(), Arg::none(), dy.arg(), dx.arg(), Arg::none(), Arg::none()];
                    cx.run::<E::Op<Conv2d>, 6>(args, arguments);
                }
            }
        }
    };
}

conv_transpose! {
    /// What the gradient of a [`Conv2d`](super::Conv2d) does to the gradient of its input, as a layer: images of `I` channels
    /// to larger images. PyTorch's `ConvTranspose2d`, with its initialisation U(−1/√k, 1/√k), k = O·K².
    ///
    /// An image of height `H` becomes one of height (H − 1)·STRIDE − 2·PADDING + DILATION·(K − 1) + OUTPUT_PADDING + 1, and
    /// likewise its width: with a stride a convolution makes the same of several sizes, and `OUTPUT_PADDING` says which.
    ///
    /// With `GROUPS` the output has `O · GROUPS` channels, and an input channel goes to the `O` of its group: `O` is the
    /// second dimension of PyTorch's weight.
    ///
    /// ```
    /// use castiron::prelude::*;
    /// model! {
    ///     /// From codes to digits.
    ///     Decoder: [8] -> [1, 28, 28] {
    ///         fc: Linear(32 * 7 * 7),
    ///         up1: ConvTranspose2d(16, kernel = 4, stride = 2, padding = 1), // [16, 14, 14]
    ///         up2: ConvTranspose2d(1, kernel = 4, stride = 2, padding = 1),  // [1, 28, 28]
    ///         |z| up2(relu(up1(relu(fc(z)).reshape([32, 7, 7]))))
    ///     }
    /// }
    /// ```
    ConvTranspose2d, Rank4<K, K>, Rank3, [H, W] => [HO, WO], |size, _one| [size; 2]
}
conv_transpose! {
    /// [`ConvTranspose2d`] over signals: `[I, L]` to `[O · GROUPS, L']`. PyTorch's `ConvTranspose1d`.
    ///
    /// ```
    /// use castiron::{Module, Rank2, nn::ConvTranspose1d, params::Params};
    /// type Layer = ConvTranspose1d<64, 1, 16, 8, 4>; // kernel 16, stride 8, padding 4
    /// assert_eq!(<Layer as Params>::TRAINED, 64 * 16 + 1);
    /// const _: () = <Layer as Module<Rank2<64, 100>, Rank2<1, 800>>>::CHECK;
    /// ```
    ConvTranspose1d, Rank3<K>, Rank2, [L] => [LO], |size, one| [one, size]
}
