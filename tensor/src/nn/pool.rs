//! Pooling over windows of images and signals, and over whole images.

use castiron_kernels::Precision;

use super::{forward_is_infer, zero_sized};
use crate::call::pool2d::{self as call, Args};
use crate::call::reduce;
use crate::memory::{Mut, Ref};
use crate::{Cx, Element, GradBatch, Module, Rank2, Rank3, device::Device};

/// The largest number of each `K`×`K` window. PyTorch's `MaxPool2d`.
///
/// A height `H` becomes ⌊(H + 2·PADDING − K) / STRIDE⌋ + 1, and likewise the width. The stride is the
/// window's size unless given.
///
/// ```
/// use castiron::{Module, Rank3, nn::MaxPool2d};
/// const _: () = <MaxPool2d<2> as Module<Rank3<6, 28, 28>, Rank3<6, 14, 14>>>::CHECK;
/// const _: () = <MaxPool2d<3, 2, 1> as Module<Rank3<64, 112, 112>, Rank3<64, 56, 56>>>::CHECK;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct MaxPool2d<const K: usize, const STRIDE: usize = K, const PADDING: usize = 0>;
zero_sized!(MaxPool2d<K: usize, STRIDE: usize, PADDING: usize>);

/// The largest number of each window of `K`. PyTorch's `MaxPool1d`.
///
/// A length `L` becomes ⌊(L + 2·PADDING − K) / STRIDE⌋ + 1. The stride is the window's size unless given.
///
/// ```
/// use castiron::{Module, Rank2, nn::MaxPool1d};
/// const _: () = <MaxPool1d<2> as Module<Rank2<6, 28>, Rank2<6, 14>>>::CHECK;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct MaxPool1d<const K: usize, const STRIDE: usize = K, const PADDING: usize = 0>;
zero_sized!(MaxPool1d<K: usize, STRIDE: usize, PADDING: usize>);

/// The mean of each `K`×`K` window, padding counted as zeros. PyTorch's `AvgPool2d`.
///
/// A height `H` becomes ⌊(H + 2·PADDING − K) / STRIDE⌋ + 1, and likewise the width. The stride is the
/// window's size unless given.
///
/// ```
/// use castiron::{Module, Rank3, nn::AvgPool2d};
/// const _: () = <AvgPool2d<2> as Module<Rank3<16, 10, 10>, Rank3<16, 5, 5>>>::CHECK;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct AvgPool2d<const K: usize, const STRIDE: usize = K, const PADDING: usize = 0>;
zero_sized!(AvgPool2d<K: usize, STRIDE: usize, PADDING: usize>);

/// The mean of each window of `K`, padding counted as zeros. PyTorch's `AvgPool1d`.
///
/// A length `L` becomes ⌊(L + 2·PADDING − K) / STRIDE⌋ + 1. The stride is the window's size unless given.
///
/// ```
/// use castiron::{Module, Rank2, nn::AvgPool1d};
/// const _: () = <AvgPool1d<2> as Module<Rank2<16, 10>, Rank2<16, 5>>>::CHECK;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct AvgPool1d<const K: usize, const STRIDE: usize = K, const PADDING: usize = 0>;
zero_sized!(AvgPool1d<K: usize, STRIDE: usize, PADDING: usize>);

macro_rules! pool {
    (images $name:ident, $($rest:tt)+) => {
        impl<const K: usize, const STRIDE: usize, const PADDING: usize> $name<K, STRIDE, PADDING> {
            /// The layer on images of these channels, height and width, as
            /// [`call::pool2d`](crate::call::pool2d) takes it.
            ///
            /// ```
            #[doc = concat!("use castiron::{call::pool2d::Args, nn::", stringify!($name), "};")]
            #[doc = concat!("const ARGS: Args = <", stringify!($name), "<2>>::call([16, 28, 28]);")]
            /// assert_eq!((ARGS.planes, ARGS.output()), (16, [14, 14]));
            /// ```
            pub const fn call([planes, height, width]: [usize; 3]) -> Args {
                let (kernel, stride, padding) = ([K; 2], [STRIDE; 2], [PADDING; 2]);
                Args { planes, input: [height, width], kernel, stride, padding }
            }
        }
        pool!(@ $name, [H, W] => [HO, WO], Rank3<C, H, W, E> => Rank3<C, HO, WO, E>, $($rest)+);
    };
    // Images one pixel high.
    (signals $name:ident, $($rest:tt)+) => {
        impl<const K: usize, const STRIDE: usize, const PADDING: usize> $name<K, STRIDE, PADDING> {
            /// The layer on signals of these channels and this length, as
            /// [`call::pool2d`](crate::call::pool2d) takes it.
            ///
            /// ```
            #[doc = concat!("use castiron::{call::pool2d::Args, nn::", stringify!($name), "};")]
            #[doc = concat!("const ARGS: Args = <", stringify!($name), "<2>>::call([16, 28]);")]
            /// assert_eq!((ARGS.planes, ARGS.output()), (16, [1, 14]));
            /// ```
            pub const fn call([planes, length]: [usize; 2]) -> Args {
                let (kernel, stride, padding) = ([1, K], [1, STRIDE], [0, PADDING]);
                Args { planes, input: [1, length], kernel, stride, padding }
            }
        }
        pool!(@ $name, [L] => [LO], Rank2<C, L, E> => Rank2<C, LO, E>, $($rest)+);
    };
    (
        @ $name:ident, [$($side:ident),+] => [$($out:ident),+], $x:ty => $y:ty,
        $forward:ident, |$cx:ident, $args:ident, $input:ident, $dy:ident, $dx:ident| $backward:expr
    ) => {
        impl<
            const K: usize,
            const STRIDE: usize,
            const PADDING: usize,
            const C: usize,
            $(const $side: usize,)+
            $(const $out: usize,)+
            E: Element + Precision,
        > Module<$x, $y> for $name<K, STRIDE, PADDING>
        {
            const CHECK: () = {
                assert!(STRIDE > 0 && K > 0, "pooling: window and stride must be at least 1");
                assert!(2 * PADDING <= K, "pooling: the padding is more than half the window");
                assert!(
                    $($side + 2 * PADDING >= K)&&+,
                    "pooling: the window is larger than its padded input"
                );
                assert!(
                    gives(&Self::call([C, $($side),+]), &[$($out),+]),
                    "pooling: the output's size is not what the layer gives"
                );
            };
            const KIND: &'static str = stringify!($name);
            forward_is_infer!($x => $y);

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                x: Ref<'_, [$x; B], D>,
                mut y: Mut<'_, [$y; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                call::$forward(&cx.of::<E>(), &Self::call([C, $($side),+]), x.arg(), y.arg());
            }

            fn backward<D: Device, const B: usize>(
                $cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                $input: Ref<'_, [$x; B], D>,
                _: Ref<'_, [$y; B], D>,
                _: Mut<'_, (), D>,
                $dy: Ref<'_, GradBatch<$y, B>, D>,
                dx: Option<Mut<'_, GradBatch<$x, B>, D>>,
                _: Mut<'_, Self, D>,
                _: Mut<'_, (), D>,
            ) {
                let Some(mut $dx) = dx else { return };
                let ($cx, $args) = (&$cx.of::<E>(), &Self::call([C, $($side),+]));
                $backward
            }
        }
    };
}

/// Whether the last sides of what a pool gives are these.
const fn gives(args: &Args, sides: &[usize]) -> bool {
    let (output, mut i) = (args.output(), 0);
    while i < sides.len() && sides[i] == output[2 - sides.len() + i] {
        i += 1;
    }
    i == sides.len()
}

pool!(images MaxPool2d, max_forward, |cx, args, x, dy, dx| {
    call::max_backward(cx, args, x.arg(), dy.arg(), dx.arg())
});
pool!(images AvgPool2d, mean_forward, |cx, args, _x, dy, dx| call::mean_backward(cx, args, dy.arg(), dx.arg()));
pool!(signals MaxPool1d, max_forward, |cx, args, x, dy, dx| {
    call::max_backward(cx, args, x.arg(), dy.arg(), dx.arg())
});
pool!(signals AvgPool1d, mean_forward, |cx, args, _x, dy, dx| call::mean_backward(cx, args, dy.arg(), dx.arg()));

/// The mean of each channel: \[C, H, W\] to \[C\]. PyTorch's `AdaptiveAvgPool2d(1)` with `flatten`.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = [1, 2, 2], output = [1])]
/// #[repr(C)]
/// struct Mean {
///     pool: GlobalAvgPool2d,
/// }
/// let mut y = [[0.0]];
/// Predictor::<Mean, 1>::new(Cpu::new(), &init::<Mean>(0))?.predict(&[[[[1.0, 2.0], [3.0, 6.0]]]], &mut y)?;
/// assert_eq!(y, [[3.0]]);
/// # Ok::<(), castiron::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct GlobalAvgPool2d;
zero_sized!(GlobalAvgPool2d);

impl GlobalAvgPool2d {
    /// The layer on images of these channels, height and width, as [`call::reduce`](crate::call::reduce)
    /// takes it.
    ///
    /// ```
    /// use castiron::{call::reduce::Args, nn::GlobalAvgPool2d};
    /// const ARGS: Args = GlobalAvgPool2d::call([512, 7, 7]);
    /// assert_eq!((ARGS.outer, ARGS.len, ARGS.inner), (512, 49, 1));
    /// ```
    pub const fn call([channels, height, width]: [usize; 3]) -> reduce::Args {
        reduce::Args { outer: channels, len: height * width, inner: 1, mean: true }
    }
}

impl<const C: usize, const H: usize, const W: usize, E: Element + Precision> Module<Rank3<C, H, W, E>, [E; C]>
    for GlobalAvgPool2d
{
    const KIND: &'static str = "GlobalAvgPool2d";
    forward_is_infer!(Rank3<C, H, W, E> => [E; C]);

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<C, H, W, E>; B], D>,
        mut y: Mut<'_, [[E; C]; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        reduce::forward(&cx.of::<E>(), &Self::call([C, H, W]), x.arg(), y.arg());
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        _: Ref<'_, [Rank3<C, H, W, E>; B], D>,
        _: Ref<'_, [[E; C]; B], D>,
        _: Mut<'_, (), D>,
        dy: Ref<'_, GradBatch<[E; C], B>, D>,
        dx: Option<Mut<'_, GradBatch<Rank3<C, H, W, E>, B>, D>>,
        _: Mut<'_, Self, D>,
        _: Mut<'_, (), D>,
    ) {
        let Some(mut dx) = dx else { return };
        reduce::backward(&cx.of::<E>(), &Self::call([C, H, W]), dy.arg(), dx.arg());
    }
}
