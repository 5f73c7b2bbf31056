//! [`DynamicLossScale`]: what f16 needs so that small gradients are not lost.

use castiron_kernels::update::UnscaleArgs;

/// Multiplies the loss before backward, so that gradients which are too small for f16 are not rounded to zero, and
/// divides the gradients of parameters, which are f32, by the same: an update is what it would have been. A step whose
/// gradients are not finite is skipped, and the factor halved; after 2000 steps in a row that are, it is doubled.
/// PyTorch's `torch.amp.GradScaler`. Micikevicius et al. 2018.
///
/// Models with f16 in them are trained with one, with these numbers; [`Trainer::loss_scale`](super::Trainer::loss_scale)
/// takes another. bf16 has the range of f32 and needs none.
///
/// All of it happens in the device's memory: no step waits for the host, and a recorded graph follows the factor. A
/// skipped step does not count, neither for [`Trainer::steps`](super::Trainer::steps) and schedules nor for what Adam
/// corrects its averages by: as in a program of PyTorch that leaves out `scheduler.step()` where `scaler.step(optimizer)`
/// leaves out `optimizer.step()`. (When [256](castiron_kernels::StepRates::KEPT) or more steps of one run have been skipped
/// in all, schedules go on from a step that comes later by what is beyond.) Running averages do follow the batch of a
/// skipped step, as in PyTorch, whose batch norm changes them in forward; infinite statistics make them infinite in both.
///
/// ```
/// use castiron::prelude::*;
/// use castiron::train::DynamicLossScale;
/// use castiron::f16;
///
/// model! { Net: [f16; 2] -> [f16; 1] { fc1: Linear(8), Tanh, fc2: Linear(1) } }
///
/// // 10³⁰ is more than f16 can hold: the first steps are skipped until the factor fits.
/// let mut trainer = Trainer::<Net, _, _, 4>::new(Cpu::new(), &init(0), MseLoss, Adam::new(0.05))?
///     .loss_scale(DynamicLossScale::new().initial(1e30));
/// let x = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|row| row.map(f16::from_f32));
/// let t = [[0.0], [1.0], [1.0], [0.0]];
/// trainer.step(&x, &t)?;
/// assert!(trainer.was_skipped());
/// for _ in 0..500 {
///     trainer.step(&x, &t)?;
/// }
/// assert!(trainer.loss()? < 0.01);
/// assert!(trainer.current_loss_scale() < Some(1e7));
/// # Ok::<(), castiron::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DynamicLossScale {
    pub(super) initial: f32,
    growth: f32,
    backoff: f32,
    interval: u32,
}

impl DynamicLossScale {
    /// PyTorch's: starts from 65536, doubles after 2000 good steps, halves after a bad one.
    pub const fn new() -> Self {
        DynamicLossScale { initial: 65536.0, growth: 2.0, backoff: 0.5, interval: 2000 }
    }

    /// What it starts from. PyTorch's `init_scale`.
    #[must_use]
    pub const fn initial(self, initial: f32) -> Self {
        DynamicLossScale { initial, ..self }
    }

    /// What it is multiplied by after enough good steps. PyTorch's `growth_factor`.
    #[must_use]
    pub const fn growth(self, growth: f32) -> Self {
        DynamicLossScale { growth, ..self }
    }

    /// What it is multiplied by after a bad step. PyTorch's `backoff_factor`.
    #[must_use]
    pub const fn backoff(self, backoff: f32) -> Self {
        DynamicLossScale { backoff, ..self }
    }

    /// How many good steps in a row are enough. PyTorch's `growth_interval`.
    #[must_use]
    pub const fn interval(self, interval: u32) -> Self {
        DynamicLossScale { interval, ..self }
    }

    pub(super) fn args(&self, rows: usize, bytes: usize) -> UnscaleArgs {
        let &DynamicLossScale { growth, backoff, interval, .. } = self;
        UnscaleArgs { rows, bytes, growth, backoff, interval }
    }
}

impl Default for DynamicLossScale {
    fn default() -> Self {
        Self::new()
    }
}
