//! Layer norm and RMS norm: each position of a sample normalised by itself.

use core::mem::offset_of;

use castiron_kernels::layer_norm::{Args, BackwardArgs, LayerNorm as Normalize, LayerNormBackward};
use castiron_kernels::{Plain, Precision};

use super::{AffineOption, NoBias, WithBias, forward_is_infer};
use crate::memory::{Arg, Mut, Ref};
use crate::params::{Child, Init, Leaf, Params, Tree};
use crate::{Cx, Element, GradBatch, Module, Shape, device::Device, field, split};

/// ε, from a const parameter; none is the precision of f32, as for PyTorch's `RMSNorm(eps=None)`.
pub(super) const fn eps(pico: u64) -> f32 {
    if pico == 0 { f32::EPSILON } else { (pico as f64 / 1e12) as f32 }
}

/// Whether the last dimensions of a shape are these.
const fn ends_with(dims: &[usize], last: &[usize]) -> bool {
    if dims.len() < last.len() {
        return false;
    }
    let (mut i, before) = (0, dims.len() - last.len());
    while i < last.len() {
        if dims[before + i] != last[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// A layer that normalises over the shape `S`.
macro_rules! norm {
    ($(#[$meta:meta])* $name:ident, centred = $centred:literal, eps = $eps:literal, $affine:ident) => {
        $(#[$meta])*
        #[repr(C)]
        pub struct $name<S: Shape, const EPS_PICO: u64 = $eps, A: AffineOption = $affine> {
            /// Scale of each number, γ.
            pub weight: A::Weight<S>,
            /// Shift of each number, β.
            pub bias: A::Bias<S>,
        }

        // SAFETY: `repr(C)`, plain fields.
        unsafe impl<S: Shape, const EPS_PICO: u64, A: AffineOption> Plain for $name<S, EPS_PICO, A> {}

        impl<S: Shape, const EPS_PICO: u64, A: AffineOption> $name<S, EPS_PICO, A> {
            const CHILDREN: [Child; 2] = [
                Child::leaf("weight", offset_of!(Self, weight), Leaf::of::<S>(Init::ONES)),
                Child::leaf("bias", offset_of!(Self, bias), Leaf::of::<S>(Init::ZEROS)),
            ];

            /// The layer on so many samples of `len` numbers.
            fn call(samples: usize, len: usize) -> Args {
                Args {
                    samples: samples * (len / S::LEN),
                    centred: $centred,
                    weight: A::WEIGHT,
                    bias: A::BIAS,
                    ..Args::new(S::LEN, eps(EPS_PICO))
                }
            }
        }

        impl<S: Shape, const EPS_PICO: u64, A: AffineOption> Params for $name<S, EPS_PICO, A> {
            const TREE: Tree = Tree::Node(Self::CHILDREN.split_at(A::WEIGHT as usize + A::BIAS as usize).0);
            type With<E: Element> = $name<S::With<E>, EPS_PICO, A>;
        }

        impl<S: Shape<Elem = f32>, const EPS_PICO: u64, A: AffineOption, X: Shape<Elem: Precision>>
            Module<X, X> for $name<S, EPS_PICO, A>
        {
            const CHECK: () = {
                assert!(S::LEN > 0, concat!(stringify!($name), ": there is nothing to normalise over"));
                assert!(
                    ends_with(X::DIMS, S::DIMS),
                    concat!(stringify!($name), ": the last dimensions of the input are not those that it normalises over")
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
                cx.run::<<X::Elem as Precision>::Op<Normalize>, 4>(args, arguments);
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                p: Ref<'_, Self, D>,
                x: Ref<'_, [X; B], D>,
                _: Ref<'_, [X; B], D>,
                _: Mut<'_, (), D>,
                dy: Ref<'_, GradBatch<X, B>, D>,
                mut dx: Option<Mut<'_, GradBatch<X, B>, D>>,
                dp: Mut<'_, $name<S::With<f32>, EPS_PICO, A>, D>,
                _: Mut<'_, (), D>,
            ) {
                let weight = field!(p, Self, weight);
                let (mut dweight, mut dbias) = split!(dp, $name<S::With<f32>, EPS_PICO, A> { weight, bias });
                let args = BackwardArgs { forward: Self::call(cx.rows(), X::LEN), input_gradient: dx.is_some() };
                let dx = Arg::optional(dx.as_mut().map(Mut::arg));
                let arguments = [weight.arg(), x.arg(), dy.arg(), dx, dweight.arg(), dbias.arg()];
                cx.run::<<X::Elem as Precision>::Op<LayerNormBackward>, 6>(args, arguments);
            }
        }
    };
}

norm! {
    /// y = (x − μ)/√(σ² + ε)·weight + bias with the mean and the biased variance over the last dimensions, which are `S`.
    /// Ba, Kiros, Hinton 2016. PyTorch's `LayerNorm`.
    ///
    /// What comes before `S` in a sample is normalised position by position: `LayerNorm<Rank1<64>>` maps `[64]`, `[16, 64]`
    /// and so on, each row of 64 by itself. ε is `EPS_PICO`·10⁻¹²: PyTorch's 10⁻⁵ unless given. `A` says which parameters
    /// there are: [`WithBias`], [`NoBias`], or [`NotAffine`](super::NotAffine), PyTorch's `elementwise_affine=False`.
    /// Parameters are f32, whatever the samples are.
    ///
    /// ```
    /// use castiron::prelude::*;
    /// model! {
    ///     /// What follows a layer of a transformer.
    ///     Norm: [2, 4] -> [2, 4] { norm: LayerNorm(4) }
    /// }
    /// let x = [[[1.0, 3.0, 1.0, 3.0], [-20.0, -20.0, 20.0, 20.0]]];
    /// let mut y = [[[0.0; 4]; 2]];
    /// Predictor::<Norm, 1>::new(Cpu::new(), &init(0))?.predict(&x, &mut y)?;
    /// let close = |y: &[f32; 4], to: [f32; 4]| y.iter().zip(to).all(|(y, to)| (y - to).abs() < 1e-4);
    /// assert!(close(&y[0][0], [-1.0, 1.0, -1.0, 1.0]) && close(&y[0][1], [-1.0, -1.0, 1.0, 1.0]));
    /// # Ok::<(), castiron::Error>(())
    /// ```
    LayerNorm, centred = true, eps = 10_000_000, WithBias
}
norm! {
    /// y = x/√(mean x² + ε)·weight over the last dimensions, which are `S`. Zhang, Sennrich 2019. PyTorch's `RMSNorm`.
    ///
    /// As [`LayerNorm`], but it subtracts no mean and has no bias. ε is `EPS_PICO`·10⁻¹²; 0 is the precision of f32,
    /// 1.19·10⁻⁷, which is also PyTorch's default.
    ///
    /// ```
    /// use castiron::{Rank1, nn::RmsNorm, params::Params};
    /// assert_eq!(RmsNorm::<Rank1<64>>::TRAINED, 64);
    /// // With ε = 10⁻⁶.
    /// type Other = RmsNorm<Rank1<64>, 1_000_000>;
    /// ```
    RmsNorm, centred = false, eps = 0, NoBias
}
