//! Losses: what training makes small.
//!
//! | loss | outputs | targets |
//! |---|---|---|
//! | [`CrossEntropyLoss`] | logits `[C]`, or `[T, C]` | a class `i32` from 0 to C − 1, or `[T]` of them |
//! | [`NllLoss`] | log-probabilities, as above | as above |
//! | [`MseLoss`], [`L1Loss`], [`HuberLoss`] | any shape | the same shape |
//! | [`BceWithLogitsLoss`] | logits of any shape | the same shape, from 0 to 1 |
//!
//! Outputs may be bf16 or f16; targets that are not classes, and the value of the loss, are f32.

mod classification;
mod regression;

use castiron_kernels::{DType, Plain, Precision};

pub use classification::{CrossEntropyLoss, NllLoss};
pub use regression::{BceWithLogitsLoss, HuberLoss, L1Loss, MseLoss};

use crate::device::Device;
use crate::memory::{Mut, Ref};
use crate::{Batch, Cx, GradBatch, Sample, field, split};

/// A number that says how far outputs `Y` are from targets, averaged over the live rows, and its gradient.
///
/// A loss is plain memory itself: class weights live where the model lives. A model with several outputs
/// takes a tuple of losses, whose values add up:
///
/// ```
/// use castiron::loss::{CrossEntropyLoss, Loss, MseLoss};
/// fn trains<L: Loss<([f32; 10], [f32; 4])>>(_: L) {}
/// trains((CrossEntropyLoss::<10>::new(), MseLoss));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loss for outputs `{Y}`",
    note = "compare the model's output with what the loss takes; a tuple of outputs takes a tuple of losses"
)]
pub trait Loss<Y: Sample>: Plain {
    /// What one sample should have been.
    type Target: Sample;
    /// What forward keeps for backward.
    type Saved<const B: usize>: Plain;
    /// Its value in device memory: a number, or a tuple of such.
    type Value: Value;

    /// loss = the mean over `cx.rows()` rows.
    fn forward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        config: Ref<'_, Self, D>,
        y: Ref<'_, Batch<Y, B>, D>,
        target: Ref<'_, Batch<Self::Target, B>, D>,
        loss: Mut<'_, Self::Value, D>,
        saved: Mut<'_, Self::Saved<B>, D>,
    );

    /// dy = ∂loss/∂y; for outputs of bf16 and f16 times the step's `loss_scale`, before it is rounded.
    fn backward<D: Device, const B: usize>(
        cx: &Cx<'_, D>,
        config: Ref<'_, Self, D>,
        y: Ref<'_, Batch<Y, B>, D>,
        target: Ref<'_, Batch<Self::Target, B>, D>,
        saved: Ref<'_, Self::Saved<B>, D>,
        dy: Mut<'_, GradBatch<Y, B>, D>,
    );
}

/// Whether gradients of outputs `E` are multiplied by the scale of the loss: where [`DynamicLossScale`] may be.
///
/// [`DynamicLossScale`]: crate::train::DynamicLossScale
const fn is_scaled<E: Precision>() -> bool {
    !matches!(E::DTYPE, DType::F32)
}

/// The value of a loss: a number, or a tuple of such, which add up.
pub trait Value: Plain + Copy {
    /// The number that is printed.
    fn total(self) -> f32;
}
impl Value for f32 {
    fn total(self) -> f32 {
        self
    }
}

macro_rules! tuple {
    ($all:ty, $($loss:ident $y:ident $value:ident $index:tt),+) => {
        impl<$($value: Value),+> Value for ($($value,)+) {
            fn total(self) -> f32 {
                [$(self.$index.total()),+].into_iter().sum()
            }
        }

        impl<$($y: Sample, $loss: Loss<$y>),+> Loss<$all> for ($($loss,)+) {
            type Target = ($($loss::Target,)+);
            type Saved<const B: usize> = ($($loss::Saved<B>,)+);
            type Value = ($($loss::Value,)+);

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                config: Ref<'_, Self, D>,
                y: Ref<'_, Batch<$all, B>, D>,
                target: Ref<'_, Batch<Self::Target, B>, D>,
                loss: Mut<'_, Self::Value, D>,
                saved: Mut<'_, Self::Saved<B>, D>,
            ) {
                let saved = split!(saved, Self::Saved<B> { $($index),+ });
                let loss = split!(loss, Self::Value { $($index),+ });
                $($loss::forward::<D, B>(
                    cx,
                    field!(config, Self, $index),
                    field!(y, Batch<$all, B>, $index),
                    field!(target, Batch<Self::Target, B>, $index),
                    loss.$index,
                    saved.$index,
                );)+
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                config: Ref<'_, Self, D>,
                y: Ref<'_, Batch<$all, B>, D>,
                target: Ref<'_, Batch<Self::Target, B>, D>,
                saved: Ref<'_, Self::Saved<B>, D>,
                dy: Mut<'_, GradBatch<$all, B>, D>,
            ) {
                let dy = split!(dy, GradBatch<$all, B> { $($index),+ });
                $($loss::backward::<D, B>(
                    cx,
                    field!(config, Self, $index),
                    field!(y, Batch<$all, B>, $index),
                    field!(target, Batch<Self::Target, B>, $index),
                    field!(saved, Self::Saved<B>, $index),
                    dy.$index,
                );)+
            }
        }
    };
}
tuple!((Y0, Y1), L0 Y0 V0 0, L1 Y1 V1 1);
tuple!((Y0, Y1, Y2), L0 Y0 V0 0, L1 Y1 V1 1, L2 Y2 V2 2);
