//! Batch normalisation over images.

use core::mem::offset_of;

use castiron_kernels::Plain;
use castiron_kernels::batch_norm::{Args, BackwardArgs, BatchNorm, BatchNormBackward, BatchNormInfer};

use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::params::{Child, Init, Kind, Leaf, Params, Tree};
use crate::{Cx, Element, Module, Rank3, device::Device, field, split};

/// y = (x − μ) / √(σ² + ε) · weight + bias, per channel. Ioffe & Szegedy 2015. PyTorch's `BatchNorm2d`.
///
/// In training μ and σ² are those of the batch's live rows, and the running averages move towards them
/// (towards the unbiased variance, as in PyTorch) when the optimizer's pass merges them; at inference the
/// running averages are used. ε is `EPS_NANO`·10⁻⁹ and the averages' momentum `MOMENTUM_MILLI`·10⁻³:
/// PyTorch's 10⁻⁵ and 0.1 unless given.
///
/// ```
/// use castiron::{nn::BatchNorm2d, params::{Params, init}};
/// type Layer = BatchNorm2d<16>; // [16, H, W] to [16, H, W], for any height and width
/// assert_eq!((Layer::TRAINED, Layer::NUMBERS), (32, 64)); // 32 of them are running averages
/// assert_eq!(*init::<Layer>(0).running_var, [1.0; 16]);
/// // Another ε and momentum: 10⁻³ and 0.01.
/// type Other = BatchNorm2d<16, 1_000_000, 10>;
/// ```
#[repr(C)]
pub struct BatchNorm2d<
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
    for BatchNorm2d<C, EPS_NANO, MOMENTUM_MILLI, E>
{
}

impl<const C: usize, const EPS_NANO: u64, const MOMENTUM_MILLI: u32, E: Element>
    BatchNorm2d<C, EPS_NANO, MOMENTUM_MILLI, E>
{
    const EPS: f32 = (EPS_NANO as f64 / 1e9) as f32;
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
    for BatchNorm2d<C, EPS_NANO, MOMENTUM_MILLI, E>
{
    const TREE: Tree = Tree::Node(&Self::CHILDREN);
    type With<F: Element> = BatchNorm2d<C, EPS_NANO, MOMENTUM_MILLI, F>;
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

impl<const C: usize, const EPS_NANO: u64, const MOMENTUM_MILLI: u32, const H: usize, const W: usize>
    Module<Rank3<C, H, W>, Rank3<C, H, W>> for BatchNorm2d<C, EPS_NANO, MOMENTUM_MILLI>
{
    const KIND: &'static str = "BatchNorm2d";
    type State<const B: usize> = ();
    type Saved<const B: usize> = Statistics<C>;
    type InferScratch<const B: usize> = ();
    type TrainScratch<const B: usize> = ();

    fn infer<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<C, H, W>; B], D>,
        mut y: Mut<'_, [Rank3<C, H, W>; B], D>,
        _: Mut<'_, (), D>,
        _: Mut<'_, (), D>,
    ) {
        let args = Args { images: cx.rows(), channels: C, pixels: H * W, eps: Self::EPS };
        let arguments = [
            field!(p, Self, weight).arg(),
            field!(p, Self, bias).arg(),
            field!(p, Self, running_mean).arg(),
            field!(p, Self, running_var).arg(),
            x.arg(),
            y.arg(),
        ];
        cx.run::<BatchNormInfer, 6>(args, arguments);
    }

    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<C, H, W>; B], D>,
        mut y: Mut<'_, [Rank3<C, H, W>; B], D>,
        _: Mut<'_, (), D>,
        saved: Mut<'_, Statistics<C>, D>,
        _: Mut<'_, (), D>,
    ) {
        let args = Args { images: cx.rows(), channels: C, pixels: H * W, eps: Self::EPS };
        let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
        let (mut mean, mut variance) = split!(saved, Statistics<C> { mean, variance });
        let arguments = [weight.arg(), bias.arg(), x.arg(), y.arg(), mean.arg(), variance.arg()];
        cx.run::<BatchNorm, 6>(args, arguments);
    }

    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        p: Ref<'_, Self, D>,
        x: Ref<'_, [Rank3<C, H, W>; B], D>,
        _: Ref<'_, [Rank3<C, H, W>; B], D>,
        saved: Ref<'_, Statistics<C>, D>,
        dy: Ref<'_, [Rank3<C, H, W>; B], D>,
        mut dx: Option<Mut<'_, [Rank3<C, H, W>; B], D>>,
        dp: Mut<'_, Self, D>,
        _: Mut<'_, (), D>,
    ) {
        let args = BackwardArgs {
            images: cx.rows(),
            channels: C,
            pixels: H * W,
            eps: Self::EPS,
            input_gradient: dx.is_some(),
        };
        let (mut dweight, mut dbias, mut batch_mean, mut batch_variance) =
            split!(dp, Self { weight, bias, running_mean, running_var });
        let arguments = [
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
        ];
        cx.run::<BatchNormBackward, 10>(args, arguments);
    }
}
