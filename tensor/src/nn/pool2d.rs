//! Pooling over windows, and over whole images.

use castiron_kernels::pool2d::{
    Args, AvgPool2d as Average, AvgPool2dBackward, MaxPool2d as Max, MaxPool2dBackward,
};
use castiron_kernels::reduce::{Args as Sum, Expand, ExpandArgs, Reduce};

use super::{forward_is_infer, zero_sized};
use crate::memory::{Mut, Ref};
use crate::{Cx, Module, Rank3, device::Device};

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

const fn args(planes: usize, input: [usize; 2], kernel: usize, stride: usize, padding: usize) -> Args {
    Args { planes, input, kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2] }
}

macro_rules! pool {
    ($name:ident, $forward:ident, $backward:ident, |$cx:ident, $args:ident, $x:ident, $dy:ident, $dx:ident| $run:expr) => {
        impl<
            const K: usize,
            const STRIDE: usize,
            const PADDING: usize,
            const C: usize,
            const H: usize,
            const W: usize,
            const HO: usize,
            const WO: usize,
        > Module<Rank3<C, H, W>, Rank3<C, HO, WO>> for $name<K, STRIDE, PADDING>
        {
            const CHECK: () = {
                assert!(STRIDE > 0 && K > 0, "pooling: window and stride must be at least 1");
                assert!(2 * PADDING <= K, "pooling: the padding is more than half the window");
                assert!(
                    H + 2 * PADDING >= K && W + 2 * PADDING >= K,
                    "pooling: the window is larger than its padded input"
                );
                let output = args(C, [H, W], K, STRIDE, PADDING).output();
                assert!(
                    HO == output[0] && WO == output[1],
                    "pooling: the output's height or width is not what the layer gives"
                );
            };
            const KIND: &'static str = stringify!($name);
            forward_is_infer!(Rank3<C, H, W> => Rank3<C, HO, WO>);

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                x: Ref<'_, [Rank3<C, H, W>; B], D>,
                mut y: Mut<'_, [Rank3<C, HO, WO>; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                cx.run::<$forward, 2>(args(cx.rows() * C, [H, W], K, STRIDE, PADDING), [x.arg(), y.arg()]);
            }

            fn backward<D: Device, const B: usize>(
                $cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                $x: Ref<'_, [Rank3<C, H, W>; B], D>,
                _: Ref<'_, [Rank3<C, HO, WO>; B], D>,
                _: Ref<'_, (), D>,
                $dy: Ref<'_, [Rank3<C, HO, WO>; B], D>,
                dx: Option<Mut<'_, [Rank3<C, H, W>; B], D>>,
                _: Mut<'_, Self, D>,
                _: Mut<'_, (), D>,
            ) {
                let Some(mut $dx) = dx else { return };
                let $args = args($cx.rows() * C, [H, W], K, STRIDE, PADDING);
                $run
            }
        }
    };
}
pool!(MaxPool2d, Max, MaxPool2dBackward, |cx, args, x, dy, dx| {
    cx.run::<MaxPool2dBackward, 3>(args, [x.arg(), dy.arg(), dx.arg()])
});
pool!(AvgPool2d, Average, AvgPool2dBackward, |cx, args, _x, dy, dx| {
    cx.run::<AvgPool2dBackward, 2>(args, [dy.arg(), dx.arg()])
});

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

impl<const C: usize, const H: usize, const W: usize> Module<Rank3<C, H, W>, [f32; C]> for GlobalAvgPool2d {
    const KIND: &'static str = "GlobalAvgPool2d";
    forward_is_infer!(Rank3<C, H, W> => [f32; C]);

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<C, H, W>; B], D>,
        mut y: Mut<'_, [[f32; C]; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        let mean = Sum { outer: cx.rows() * C, len: H * W, inner: 1, mean: true, accumulate: false };
        cx.run::<Reduce, 2>(mean, [x.arg(), y.arg()]);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        _: Ref<'_, Self, D>,
        _: Ref<'_, [Rank3<C, H, W>; B], D>,
        _: Ref<'_, [[f32; C]; B], D>,
        _: Ref<'_, (), D>,
        dy: Ref<'_, [[f32; C]; B], D>,
        dx: Option<Mut<'_, [Rank3<C, H, W>; B], D>>,
        _: Mut<'_, Self, D>,
        _: Mut<'_, (), D>,
    ) {
        let Some(mut dx) = dx else { return };
        let factor = 1.0 / (H * W) as f32;
        let args = ExpandArgs { outer: cx.rows() * C, len: H * W, inner: 1, factor };
        cx.run::<Expand, 2>(args, [dy.arg(), dx.arg()]);
    }
}
