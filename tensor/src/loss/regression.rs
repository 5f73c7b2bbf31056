//! Losses whose target has the shape of the output.

use castiron_kernels::regression::{Args, Regression, RegressionBackward, RegressionLoss};
use castiron_kernels::{Plain, Precision};

use super::{Loss, is_scaled};
use crate::memory::{Arg, Mut, Ref};
use crate::{Cx, GradBatch, Shape, device::Device};

macro_rules! regression {
    ($(#[$meta:meta])* $name:ident $(<$($param:ident : $ty:ty = $default:literal),+>)?, $loss:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        #[repr(C)]
        pub struct $name $(<$(const $param: $ty = $default),+>)?;

        // SAFETY: nothing is stored.
        unsafe impl $(<$(const $param: $ty),+>)? Plain for $name $(<$($param),+>)? {}

        impl<Y: Shape<Elem: Precision> $($(, const $param: $ty)+)?> Loss<Y> for $name $(<$($param),+>)? {
            type Target = Y::With<f32>;
            type Saved<const B: usize> = ();
            type Value = f32;

            fn forward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                y: Ref<'_, [Y; B], D>,
                target: Ref<'_, [Y::With<f32>; B], D>,
                mut loss: Mut<'_, f32, D>,
                _: Mut<'_, (), D>,
            ) {
                let args = Args { loss: $loss, len: cx.rows() * Y::LEN, scaled: is_scaled::<Y::Elem>() };
                cx.run::<<Y::Elem as Precision>::Op<Regression>, 3>(args, [y.arg(), target.arg(), loss.arg()]);
            }

            fn backward<D: Device, const B: usize>(
                cx: &Cx<'_, D>,
                _: Ref<'_, Self, D>,
                y: Ref<'_, [Y; B], D>,
                target: Ref<'_, [Y::With<f32>; B], D>,
                _: Ref<'_, (), D>,
                mut dy: Mut<'_, GradBatch<Y, B>, D>,
            ) {
                let args = Args { loss: $loss, len: cx.rows() * Y::LEN, scaled: is_scaled::<Y::Elem>() };
                let step = if args.scaled { cx.step().arg() } else { Arg::none() };
                let arguments = [y.arg(), target.arg(), dy.arg(), step];
                cx.run::<<Y::Elem as Precision>::Op<RegressionBackward>, 4>(args, arguments);
            }
        }
    };
}

regression! {
    /// (y − t)², averaged. PyTorch's `MSELoss`.
    MseLoss, RegressionLoss::MeanSquared
}
regression! {
    /// |y − t|, averaged. PyTorch's `L1Loss`.
    L1Loss, RegressionLoss::MeanAbsolute
}
regression! {
    /// ½(y − t)² where |y − t| ≤ δ, else δ(|y − t| − ½δ), averaged; δ = `DELTA` / `OF`. Huber 1964.
    /// PyTorch's `HuberLoss`, with δ = 1 unless given.
    HuberLoss<DELTA: u32 = 1, OF: u32 = 1>, RegressionLoss::Huber(DELTA as f32 / OF as f32)
}
regression! {
    /// −t·ln σ(y) − (1 − t)·ln(1 − σ(y)), averaged, from logits y. PyTorch's `BCEWithLogitsLoss`.
    BceWithLogitsLoss, RegressionLoss::BinaryCrossEntropyWithLogits
}
