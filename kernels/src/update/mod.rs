//! Passes over the memory of a whole model: optimizers, gradient clipping, running averages.
//!
//! A model, its gradients and each of the optimizer's states are regions of the same size and layout.
//! A table of [`RunRow`]s says which runs of floats in them a pass touches, and with which learning
//! rate and weight decay; a [`Step`] holds what changes from step to step. Each parameter has
//!
//! - the gradient g·`gradient_scale`, clamped to ±`clip_value` (`torch.nn.utils.clip_grad_value_`),
//! - the learning rate `learning_rate`·`rate` of the step and of its row,
//! - the weight decay of its row.
//!
//! Where [`Step::skipped`] is set, optimizers leave everything as it is.
//!
//! Rows of one table do not overlap. A row that does not lie within the regions, or is not aligned for
//! floats, is a [`Fault::Memory`](crate::Fault::Memory), and is skipped.

mod adam;
mod clip_norm;
mod cuda;
#[cfg(test)]
mod half_tests;
mod loss_scale;
mod merge;
mod region;
mod rms_prop;
mod round;
mod sgd;
#[cfg(test)]
mod tests;

pub use adam::{Adam, AdamArgs};
pub use clip_norm::{ClipNorm, ClipNormArgs};
pub use loss_scale::{BeginScaledStep, Unscale, UnscaleArgs};
pub use merge::{MergeAverages, ZeroGradients};
pub use rms_prop::{RmsProp, RmsPropArgs};
pub use round::{RoundArgs, RoundParameters};
pub use sgd::{Sgd, SgdArgs};

use crate::{RunRow, Step};

/// The arguments of [`MergeAverages`] and [`ZeroGradients`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// Rows of the table.
    pub rows: usize,
    /// Size of the model in bytes.
    pub bytes: usize,
}

/// What applies to every parameter of a row.
#[derive(Clone, Copy)]
struct Rates {
    gradient_scale: f32,
    clip_value: f32,
    learning_rate: f32,
    weight_decay: f32,
}

impl Rates {
    fn new(step: &Step, row: &RunRow, clip_value: f32) -> Self {
        Rates {
            gradient_scale: step.gradient_scale,
            clip_value,
            learning_rate: step.learning_rate * row.rate,
            weight_decay: row.weight_decay,
        }
    }

    /// The gradient as the optimizer sees it. A NaN stays one: a broken step must not look sound.
    #[inline(always)]
    fn gradient(self, g: f32) -> f32 {
        let g = g * self.gradient_scale;
        if g > self.clip_value {
            self.clip_value
        } else if g < -self.clip_value {
            -self.clip_value
        } else {
            g
        }
    }
}
