//! Group norm and instance norm: groups of the channels of a sample, each normalised by itself.

use core::mem::offset_of;

use castiron_kernels::layer_norm::{Args, BackwardArgs, LayerNorm, LayerNormBackward};
use castiron_kernels::{Plain, Precision};

use super::layer_norm::eps;
use super::{AffineOption, NotAffine, WithBias, forward_is_infer};
use crate::memory::{Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Shape, device::Device, field, split};

/// A layer over `[C, ..]` with these const parameters and so many groups of channels, where the rank of samples is
/// right.
macro_rules! norm {
    (
        $(#[$meta:meta])* $name:ident <$($groups_name:ident)?> $affine:ident, groups = $groups:expr, ranks = $ranks:pat,
        $what:literal
    ) => {
        $(#[$meta])*
        #[repr(C)]
        pub struct $name<
            $(const $groups_name: usize,)?
            const C: usize,
            const EPS_PICO: u64 = 10_000_000,
            A: AffineOption = $affine,
            E: Element = f32,
        > {
            /// Scale per channel, γ.
            pub weight: A::Weight<[E; C]>,
            /// Shift per channel, β.
            pub bias: A::Bias<[E; C]>,
        }

        // SAFETY: `repr(C)`, plain fields.
        unsafe impl<$(const $groups_name: usize,)? const C: usize, const EPS_PICO: u64, A: AffineOption, E: Element> Plain
            for $name<$($groups_name,)? C, EPS_PICO, A, E>
        {
        }

        impl<$(const $groups_name: usize,)? const C: usize, const EPS_PICO: u64, A: AffineOption, E: Element>
            $name<$($groups_name,)? C, EPS_PICO, A, E>
        {
            const CHILDREN: [Child; 2] = [
                Child::leaf("weight", offset_of!(Self, weight), Leaf::of::<[E; C]>(Init::ONES)),
                Child::leaf("bias", offset_of!(Self, bias), Leaf::of::<[E; C]>(Init::ZEROS)),
            ];

            /// The layer on so many samples of `len` numbers.
            fn call(samples: usize, len: usize) -> Args {
                Args {
                    samples,
                    groups: $groups,
                    channels: C / $groups,
                    pixels: len / C,
                    weight: A::WEIGHT,
                    bias: A::BIAS,
                    ..Args::new(C, eps(EPS_PICO))
                }
            }
        }

        impl<$(const $groups_name: usize,)? const C: usize, const EPS_PICO: u64, A: AffineOption, E: Element> Params
            for $name<$($groups_name,)? C, EPS_PICO, A, E>
        {
            const TREE: Tree = Tree::Node(Self::CHILDREN.split_at(A::WEIGHT as usize + A::BIAS as usize).0);
            type With<F: Element> = $name<$($groups_name,)? C, EPS_PICO, A, F>;
        }

        impl<
            $(const $groups_name: usize,)?
            const C: usize,
            const EPS_PICO: u64,
            A: AffineOption,
            X: Shape<Elem: Precision>,
        > Module<X, X> for $name<$($groups_name,)? C, EPS_PICO, A>
        {
            const CHECK: () = {
                assert!(
                    C > 0 && $groups > 0 && C.is_multiple_of($groups),
                    concat!(stringify!($name), ": the channels must divide into the groups")
                );
                assert!(
                    matches!(X::RANK, $ranks) && X::DIMS[0] == C && X::LEN > 0,
                    concat!(stringify!($name), ": takes ", $what, " with as many channels as it is declared for")
                );
            };
            const KIND: &'static str = stringify!($name);
            forward_is_infer!(X => X);

            fn infer<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [X; B], D>,
                mut y: Mut<'_, [X; B], D>,
                _: Mut<'_, (), D>,
                _: Mut<'_, (), D>,
            ) {
                let (weight, bias) = (field!(p, Self, weight), field!(p, Self, bias));
                let args = Self::call(cx.rows(), X::LEN);
                let arguments = [weight.arg(), bias.arg(), x.arg(), y.arg()];
                cx.run::<<X::Elem as Precision>::Op<LayerNorm>, 4>(args, arguments);
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [X; B], D>,
                _: Ref<'_, [X; B], D>,
                _: Mut<'_, (), D>,
                dy: Ref<'_, GradBatch<X, B>, D>,
                mut dx: Option<Mut<'_, GradBatch<X, B>, D>>,
                dp: Mut<'_, Self, D>,
                _: Mut<'_, (), D>,
            ) {
                let weight = field!(p, Self, weight);
                let (mut dweight, mut dbias) = split!(dp, Self { weight, bias });
                let args = BackwardArgs { forward: Self::call(cx.rows(), X::LEN), input_gradient: dx.is_some() };
                let dx = Arg::optional(dx.as_mut().map(Mut::arg));
                let arguments = [weight.arg(), x.arg(), dy.arg(), dx, dweight.arg(), dbias.arg()];
                cx.run::<<X::Elem as Precision>::Op<LayerNormBackward>, 6>(args, arguments);
            }
        }
    };
}

norm! {
    /// y = (x − μ)/√(σ² + ε)·weight + bias with the mean and the biased variance of each of `GROUPS` groups of the `C`
    /// channels of a sample; weight and bias are per channel. Wu, He 2018. PyTorch's `GroupNorm`.
    ///
    /// Takes `[C]`, `[C, L]`, `[C, H, W]` and so on. It does in training what it does after it: nothing depends on the
    /// batch. ε is `EPS_PICO`·10⁻¹²: PyTorch's 10⁻⁵ unless given. `A` says which parameters there are:
    /// [`WithBias`], or [`NotAffine`], PyTorch's `affine=False`. Parameters are f32, whatever the samples are.
    ///
    /// ```
    /// use castiron::prelude::*;
    /// model! {
    ///     Net: [3, 8, 8] -> [10] {
    ///         conv: Conv2d(16, kernel = 3), norm: GroupNorm(groups = 4), Relu,
    ///         fc: Linear(10),
    ///     }
    /// }
    /// assert_eq!(*init::<Net>(0).norm.weight, [1.0; 16]);
    /// ```
    GroupNorm<GROUPS> WithBias, groups = GROUPS, ranks = 1.., "[C, ..]"
}
norm! {
    /// [`GroupNorm`] of groups of one channel, over images `[C, H, W]`. Without parameters, as PyTorch's `InstanceNorm2d`,
    /// unless `A` is [`WithBias`]: `affine=True`. Ulyanov et al. 2016.
    ///
    /// ```
    /// use castiron::{nn::{InstanceNorm2d, WithBias}, params::Params};
    /// assert_eq!(InstanceNorm2d::<16>::TRAINED, 0);
    /// assert_eq!(InstanceNorm2d::<16, 10_000_000, WithBias>::TRAINED, 32);
    /// ```
    InstanceNorm2d<> NotAffine, groups = C, ranks = 3, "images [C, H, W]"
}
norm! {
    /// [`InstanceNorm2d`] over signals, `[C, L]`. PyTorch's `InstanceNorm1d`.
    InstanceNorm1d<> NotAffine, groups = C, ranks = 2, "signals [C, L]"
}
