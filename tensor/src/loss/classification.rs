//! Losses whose target is a class.

use castiron_kernels::cross_entropy::{Args, CrossEntropy, CrossEntropyBackward};
use castiron_kernels::{Plain, Precision};

use super::{Loss, is_scaled};
use crate::memory::{Aligned, Arg, Mut, Ref};
use crate::{Cx, Element, GradBatch, device::Device, field};

macro_rules! classification {
    ($(#[$meta:meta])* $name:ident, log_probabilities = $log:literal) => {
        $(#[$meta])*
        #[derive(Debug)]
        #[repr(C)]
        pub struct $name<const C: usize> {
            /// How much each class counts.
            weights: Aligned<[f32; C]>,
            smoothing: [f32; 1],
        }

        // SAFETY: `repr(C)`, plain fields.
        unsafe impl<const C: usize> Plain for $name<C> {}

        impl<const C: usize> $name<C> {
            /// Every class counts alike.
            pub const fn new() -> Self {
                $name { weights: Aligned([1.0; C]), smoothing: [0.0] }
            }

            /// Class `c` counts `weights[c]` times, in the sum and in what it is divided by. PyTorch's
            /// `weight=`.
            #[must_use]
            pub const fn weights(self, weights: [f32; C]) -> Self {
                $name { weights: Aligned(weights), smoothing: self.smoothing }
            }
        }
        impl<const C: usize> Default for $name<C> {
            fn default() -> Self {
                Self::new()
            }
        }

        classification!(@ $name, $log, [E; C], [f32; C], i32, 1);
        classification!(@ $name, $log, [[E; C]; T], [[f32; C]; T], [i32; T], T, const T: usize);
    };
    (@ $name:ident, $log:literal, $y:ty, $kept:ty, $target:ty, $positions:expr $(, const $t:ident: usize)?) => {
        impl<const C: usize $(, const $t: usize)?, E: Element + Precision> Loss<$y> for $name<C> {
            type Target = $target;
            type Saved<const B: usize> = Aligned<[$kept; B]>;
            type Value = f32;

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                config: Ref<'_, Self, D>,
                y: Ref<'_, [$y; B], D>,
                target: Ref<'_, [$target; B], D>,
                mut loss: Mut<'_, f32, D>,
                mut saved: Mut<'_, Aligned<[$kept; B]>, D>,
            ) {
                let args = Args { rows: cx.rows() * $positions, classes: C, log_probabilities: $log, scaled: is_scaled::<E>() };
                let (weights, smoothing) = (field!(config, Self, weights), field!(config, Self, smoothing));
                let kept = if $log { Arg::none() } else { saved.arg() };
                let arguments = [y.arg(), target.arg(), weights.arg(), smoothing.arg(), loss.arg(), kept];
                cx.run::<E::Op<CrossEntropy>, 6>(args, arguments);
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                config: Ref<'_, Self, D>,
                _: Ref<'_, [$y; B], D>,
                target: Ref<'_, [$target; B], D>,
                saved: Ref<'_, Aligned<[$kept; B]>, D>,
                mut dy: Mut<'_, GradBatch<$y, B>, D>,
            ) {
                let args = Args { rows: cx.rows() * $positions, classes: C, log_probabilities: $log, scaled: is_scaled::<E>() };
                let (weights, smoothing) = (field!(config, Self, weights), field!(config, Self, smoothing));
                let kept = if $log { Arg::none() } else { saved.arg() };
                let step = if args.scaled { cx.step().arg() } else { Arg::none() };
                let arguments = [kept, target.arg(), weights.arg(), smoothing.arg(), dy.arg(), step];
                cx.run::<E::Op<CrossEntropyBackward>, 6>(args, arguments);
            }
        }
    };
}

classification! {
    /// −ln softmax(y)\[target\], from logits over `C` classes (or at each of `T` positions). PyTorch's
    /// `CrossEntropyLoss`, with its class weights, label smoothing, and −100 as the target that does not
    /// count.
    ///
    /// ```
    /// use castiron::loss::CrossEntropyLoss;
    /// let loss = CrossEntropyLoss::<3>::new().weights([1.0, 1.0, 5.0]).label_smoothing(0.1);
    /// ```
    CrossEntropyLoss, log_probabilities = false
}
classification! {
    /// −y\[target\], from log-probabilities over `C` classes (or at each of `T` positions), as
    /// [`LogSoftmax`](crate::nn::LogSoftmax) gives them. PyTorch's `NLLLoss`, with its class weights and −100
    /// as the target that does not count.
    NllLoss, log_probabilities = true
}

impl<const C: usize> CrossEntropyLoss<C> {
    /// A part `smoothing` of the target's probability is spread over all classes. Szegedy et al. 2016.
    /// PyTorch's `label_smoothing=`.
    #[must_use]
    pub const fn label_smoothing(mut self, smoothing: f32) -> Self {
        self.smoothing = [smoothing];
        self
    }
}
