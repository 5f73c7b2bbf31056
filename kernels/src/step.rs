//! What changes from step to step, and which parts of a model's memory a pass over it touches. Both
//! live in device memory, so that a recorded sequence of kernels reads them afresh.

use crate::Plain;

/// The scalars of one training step, in device memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Step {
    /// Seeds every random mask.
    pub seed: u64,
    /// Counts the forward passes, so that each draws new masks.
    pub draw: u64,
    /// Counts the steps of the optimizer: how many were made before this one. With a [`LossScale`], the host counts skipped
    /// ones too, and [`BeginScaledStep`](crate::update::BeginScaledStep) takes them away.
    pub index: u64,
    /// The learning rate of this step.
    pub learning_rate: f32,
    /// Adam's 1 − β₁ᵗ.
    pub first_correction: f32,
    /// Adam's √(1 − β₂ᵗ).
    pub second_correction: f32,
    /// Gradients are multiplied by this before they are used: one over the number of accumulated
    /// batches, one over the loss scale, the clipping coefficient.
    pub gradient_scale: f32,
    /// What a loss multiplies its gradient by, so that 16-bit floats hold it: [`LossScale::scale`] where there is one.
    pub loss_scale: f32,
    /// Not zero where the gradients of this step are not finite: then optimizers leave everything as it is.
    pub skipped: u32,
}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for Step {}

impl Step {
    /// No randomness, no scaling.
    pub const fn new() -> Self {
        Step {
            seed: 0,
            draw: 0,
            index: 0,
            learning_rate: 0.0,
            first_correction: 1.0,
            second_correction: 1.0,
            gradient_scale: 1.0,
            loss_scale: 1.0,
            skipped: 0,
        }
    }
}
impl Default for Step {
    fn default() -> Self {
        Self::new()
    }
}

/// The factor of the loss in training with `f16`, which follows what its gradients can bear; `torch.amp.GradScaler`'s
/// state. In device memory, where [`Unscale`](crate::update::Unscale) changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct LossScale {
    /// The factor.
    pub scale: f32,
    /// How many steps in a row had finite gradients since it changed.
    pub steady: u32,
    /// How many of the steps that the host counts were skipped.
    pub skipped: u64,
}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for LossScale {}

impl LossScale {
    /// PyTorch's, with which a few steps are skipped before the scale is found.
    pub const fn new() -> Self {
        LossScale { scale: 65536.0, steady: 0, skipped: 0 }
    }
}
impl Default for LossScale {
    fn default() -> Self {
        Self::new()
    }
}

/// What of a [`Step`] follows from how many were made before it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct StepRates {
    /// [`Step::learning_rate`]
    pub learning_rate: f32,
    /// [`Step::first_correction`]
    pub first_correction: f32,
    /// [`Step::second_correction`]
    pub second_correction: f32,
}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for StepRates {}

impl StepRates {
    /// Those of how many steps are kept, on the device: when so many have been skipped in all, the rates are those of a
    /// step that comes later than the one that is made.
    pub const KEPT: usize = 256;
}

/// One contiguous run of `f32` in a model's memory, and what a pass over the model does there.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct RunRow {
    /// Bytes from the start of the model.
    pub offset: u64,
    /// How many floats.
    pub len: u64,
    /// [`RunRow::SKIP`], [`RunRow::TRAIN`] or [`RunRow::AVERAGE`].
    pub action: u32,
    /// Multiplies the learning rate.
    pub rate: f32,
    /// Weight decay.
    pub weight_decay: f32,
    /// A running average moves this far towards the batch's statistics.
    pub momentum: f32,
}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for RunRow {}

impl RunRow {
    /// Not touched: a frozen parameter.
    pub const SKIP: u32 = 0;
    /// A trained parameter.
    pub const TRAIN: u32 = 1;
    /// A running average, whose gradient slot holds the batch's statistics.
    pub const AVERAGE: u32 = 2;
}

/// One contiguous run of `f32` parameters, and where in a model of other elements their copies are.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct RoundRow {
    /// Bytes from the start of the `f32` parameters.
    pub from: u64,
    /// Bytes from the start of the model.
    pub to: u64,
    /// How many numbers.
    pub len: u64,
    /// The element there: [`RoundRow::F32`], [`RoundRow::BF16`] or [`RoundRow::F16`].
    pub element: u32,
    /// Nothing: fills up the row.
    pub unused: u32,
}
// SAFETY: `repr(C)`, numbers only.
unsafe impl Plain for RoundRow {}

impl RoundRow {
    /// Copied as they are: parameters and averages of norms.
    pub const F32: u32 = 0;
    /// Rounded to `bf16`.
    pub const BF16: u32 = 1;
    /// Rounded to `f16`.
    pub const F16: u32 = 2;
}
