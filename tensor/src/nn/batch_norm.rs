//! Batch normalisation over images, signals and vectors.

use core::mem::offset_of;

use castiron_kernels::{Plain, Precision};

use crate::call::batch_norm::{self as call, Args};
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Kind, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Rank2, Rank3, device::Device, field, split};

/// A struct of parameters.
macro_rules! batch_norm {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[repr(C)]
        pub struct $name<
            const C: usize,
            const EPS_NANO: u64 = 10_000,
            const MOMENTUM_MILLI: u32 = 100,
            E: Element = f32,
        > {
            /// Scale per channel, γ.
            pub weight: Aligned<[E; C]>,
            /// Shift per channel, β.
            pub bias: Aligned<[E; C]>,
            /// Running average of μ.
            pub running_mean: Aligned<[f32; C]>,
            /// Running average of the unbiased σ².
            pub running_var: Aligned<[f32; C]>,
        }

        // SAFETY: `repr(C)`, plain fields.
        unsafe impl<const C: usize, const EPS_NANO: u64, const MOMENTUM_MILLI: u32, E: Element> Plain
            for $name<C, EPS_NANO, MOMENTUM_MILLI, E>
        {
        }

        impl<const C: usize, const EPS_NANO: u64, const MOMENTUM_MILLI: u32, E: Element>
            $name<C, EPS_NANO, MOMENTUM_MILLI, E>
        {
            /// The layer on samples of so many numbers of each channel, as
            /// [`call::batch_norm`](crate::call::batch_norm) takes it.
            ///
            /// ```
            #[doc = concat!("use castiron::{call::activation::Activation, call::batch_norm::Args, nn::", stringify!($name), "};")]
            #[doc = concat!("const ARGS: Args = <", stringify!($name), "<16>>::call(28 * 28).activation(Activation::Relu);")]
            /// assert_eq!((ARGS.channels, ARGS.pixels, ARGS.eps), (16, 784, 1e-5));
            /// ```
            pub const fn call(pixels: usize) -> Args {
                Args::new(C, pixels, (EPS_NANO as f64 / 1e9) as f32)
            }

            const CHILDREN: [Child; 4] = {
                let momentum = (MOMENTUM_MILLI as f64 / 1e3) as f32;
                let mean = Leaf::of::<[f32; C]>(Init::ZEROS).with_kind(Kind::RunningAverage { momentum });
                let variance = Leaf::of::<[f32; C]>(Init::ONES).with_kind(Kind::RunningAverage { momentum });
                [
                    Child::leaf("weight", offset_of!(Self, weight), Leaf::of::<[E; C]>(Init::ONES)),
                    Child::leaf("bias", offset_of!(Self, bias), Leaf::of::<[E; C]>(Init::ZEROS)),
                    Child::leaf("running_mean", offset_of!(Self, running_mean), mean),
                    Child::leaf("running_var", offset_of!(Self, running_var), variance),
                ]
            };
        }
        impl<const C: usize, const EPS_NANO: u64, const MOMENTUM_MILLI: u32, E: Element> Params
            for $name<C, EPS_NANO, MOMENTUM_MILLI, E>
        {
            const TREE: Tree = Tree::Node(&Self::CHILDREN);
            type With<F: Element> = $name<C, EPS_NANO, MOMENTUM_MILLI, F>;
        }
    };
}

batch_norm! {
    /// y = (x − μ) / √(σ² + ε) · weight + bias, per channel. Ioffe & Szegedy 2015. PyTorch's `BatchNorm2d`.
    ///
    /// In training μ and σ² are those of the batch's live rows, and the running averages move towards them
    /// (towards the unbiased variance, as in PyTorch) when the optimizer's pass merges them; at inference the
    /// running averages are used. ε is `EPS_NANO`·10⁻⁹ and the averages' momentum `MOMENTUM_MILLI`·10⁻³:
    /// PyTorch's 10⁻⁵ and 0.1 unless given. Parameters and averages are f32, whatever the samples are.
    ///
    /// ```
    /// use castiron::{nn::BatchNorm2d, params::{Params, init}};
    /// type Layer = BatchNorm2d<16>; // [16, H, W] to [16, H, W], for any height and width
    /// assert_eq!((Layer::TRAINED, Layer::NUMBERS), (32, 64)); // 32 of them are running averages
    /// assert_eq!(*init::<Layer>(0).running_var, [1.0; 16]);
    /// // Another ε and momentum: 10⁻³ and 0.01.
    /// type Other = BatchNorm2d<16, 1_000_000, 10>;
    /// ```
    BatchNorm2d
}
batch_norm! {
    /// [`BatchNorm2d`] over signals, `[C, L]`, or over vectors, `[C]`. PyTorch's `BatchNorm1d`.
    ///
    /// ```
    /// use castiron::prelude::*;
    /// model! {
    ///     Net: [1, 100] -> [10] {
    ///         conv: Conv1d(8, kernel = 5, stride = 2, bias = false), bn1: BatchNorm1d, Relu, // [8, 48]
    ///         Flatten, fc: Linear(20, bias = false), bn2: BatchNorm1d, Relu,                 // [20]
    ///         head: Linear(10),
    ///     }
    /// }
    /// ```
    BatchNorm1d
}

/// The statistics of the batch, kept for backward.
#[derive(Debug)]
#[repr(C)]
pub struct Statistics<const C: usize> {
    mean: Aligned<[f32; C]>,
    variance: Aligned<[f32; C]>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<const C: usize> Plain for Statistics<C> {}

/// The layer over samples with these axes beside the channels.
macro_rules! over {
    ($name:ident, [$($axis:ident),*], $sample:ty) => {
        impl<const C: usize, const EPS_NANO: u64, const MOMENTUM_MILLI: u32 $(, const $axis: usize)*, E: Element + Precision>
            Module<$sample, $sample> for $name<C, EPS_NANO, MOMENTUM_MILLI>
        {
            const KIND: &'static str = stringify!($name);
            type State<const B: usize> = ();
            type Saved<const B: usize> = Statistics<C>;
            type InferScratch<const B: usize> = ();
            type TrainScratch<const B: usize> = ();

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$sample; B], D>,
                mut y: Mut<'_, [$sample; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
                let (mean, var) = (field!(p, Self, running_mean), field!(p, Self, running_var));
                call::infer(
                    &cx.of::<E>(),
                    &Self::call(1 $(* $axis)*),
                    weight.arg(),
                    bias.arg(),
                    mean.arg(),
                    var.arg(),
                    x.arg(),
                    Arg::none(),
                    y.arg(),
                );
            }

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$sample; B], D>,
                mut y: Mut<'_, [$sample; B], D>,
                _: Mut<'_, (), D>,
                saved: Mut<'_, Statistics<C>, D>,
                _: Mut<'_, (), D>,
            ) {
                let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
                let (mut mean, mut variance) = split!(saved, Statistics<C> { mean, variance });
                call::forward(
                    &cx.of::<E>(),
                    &Self::call(1 $(* $axis)*),
                    weight.arg(),
                    bias.arg(),
                    x.arg(),
                    Arg::none(),
                    y.arg(),
                    mean.arg(),
                    variance.arg(),
                );
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [$sample; B], D>,
                _: Ref<'_, [$sample; B], D>,
                saved: Mut<'_, Statistics<C>, D>,
                dy: Ref<'_, GradBatch<$sample, B>, D>,
                mut dx: Option<Mut<'_, GradBatch<$sample, B>, D>>,
                dp: Mut<'_, Self, D>,
                _: Mut<'_, (), D>,
            ) {
                let saved = saved.into_ref();
                let (mut dweight, mut dbias, mut batch_mean, mut batch_variance) =
                    split!(dp, Self { weight, bias, running_mean, running_var });
                call::backward(
                    &cx.of::<E>(),
                    &Self::call(1 $(* $axis)*),
                    field!(p, Self, weight).arg(),
                    x.arg(),
                    dy.arg(),
                    field!(saved, Statistics<C>, mean).arg(),
                    field!(saved, Statistics<C>, variance).arg(),
                    Arg::optional(dx.as_mut().map(Mut::arg)),
                    dweight.arg(),
                    dbias.arg(),
                    batch_mean.arg(),
                    batch_variance.arg(),
                );
            }
        }
    };
}
over!(BatchNorm2d, [H, W], Rank3<C, H, W, E>);
over!(BatchNorm1d, [L], Rank2<C, L, E>);
over!(BatchNorm1d, [], [E; C]);
