//! How the learning rate changes from step to step. A "step" is one step of the optimizer.

use core::f64::consts::PI;

/// A rule for the learning rate; a closure `|base, step| …` is one too.
pub trait Schedule: Send {
    /// The learning rate of step `step` (from zero), for an optimizer made with `base`.
    fn learning_rate(&self, base: f32, step: u64) -> f32;
}

impl<F: Fn(f32, u64) -> f32 + Send> Schedule for F {
    fn learning_rate(&self, base: f32, step: u64) -> f32 {
        self(base, step)
    }
}

/// Always the optimizer's own.
#[derive(Clone, Copy, Debug)]
pub struct Constant;
impl Schedule for Constant {
    fn learning_rate(&self, base: f32, _: u64) -> f32 {
        base
    }
}

/// Times `gamma` after every `every` steps. PyTorch's `StepLR`.
///
/// ```
/// use castiron::optim::{Schedule, StepDecay};
/// assert_eq!(StepDecay { every: 10, gamma: 0.5 }.learning_rate(0.1, 25), 0.025);
/// ```
#[doc(alias = "StepLR")]
#[derive(Clone, Copy, Debug)]
pub struct StepDecay {
    /// Steps between two decays.
    pub every: u64,
    /// The factor of a decay.
    pub gamma: f32,
}
impl Schedule for StepDecay {
    fn learning_rate(&self, base: f32, step: u64) -> f32 {
        let decays = (step / self.every.max(1)) as f64;
        (base as f64 * libm::pow(self.gamma as f64, decays)) as f32
    }
}

/// From the base rate down to `min` along half a cosine, in `steps` steps; `min` from there on. Loshchilov
/// & Hutter 2017. PyTorch's `CosineAnnealingLR` up to `T_max`.
///
/// ```
/// use castiron::optim::{Cosine, Schedule};
/// let schedule = Cosine { steps: 100, min: 0.0 };
/// assert_eq!([0, 50, 100, 200].map(|step| schedule.learning_rate(0.2, step)), [0.2, 0.1, 0.0, 0.0]);
/// ```
#[doc(alias = "CosineAnnealingLR")]
#[derive(Clone, Copy, Debug)]
pub struct Cosine {
    /// Steps until `min` is reached.
    pub steps: u64,
    /// The lowest rate.
    pub min: f32,
}
impl Schedule for Cosine {
    fn learning_rate(&self, base: f32, step: u64) -> f32 {
        anneal(base as f64, self.min as f64, step as f64 / self.steps.max(1) as f64)
    }
}

/// From `start`·base to `end`·base in equal steps, and `end`·base from there on. PyTorch's `LinearLR`.
#[doc(alias = "LinearLR")]
#[derive(Clone, Copy, Debug)]
pub struct LinearRamp {
    /// The factor of the first step.
    pub start: f32,
    /// The factor after `steps` steps.
    pub end: f32,
    /// Steps from one to the other.
    pub steps: u64,
}
impl Schedule for LinearRamp {
    fn learning_rate(&self, base: f32, step: u64) -> f32 {
        let part = (step as f64 / self.steps.max(1) as f64).min(1.0);
        (base as f64 * (self.start as f64 + (self.end - self.start) as f64 * part)) as f32
    }
}

/// Rises from zero to the base rate in `steps` equal steps, then follows another schedule, which counts
/// from there.
///
/// ```
/// use castiron::optim::{Cosine, Schedule, Warmup};
/// let schedule = Warmup { steps: 100, then: Cosine { steps: 1000, min: 0.0 } };
/// assert_eq!(schedule.learning_rate(0.2, 49), 0.1);
/// assert_eq!(schedule.learning_rate(0.2, 100), 0.2);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Warmup<S> {
    /// Steps until the base rate is reached.
    pub steps: u64,
    /// What comes after.
    pub then: S,
}
impl<S: Schedule> Schedule for Warmup<S> {
    fn learning_rate(&self, base: f32, step: u64) -> f32 {
        match step.checked_sub(self.steps) {
            Some(step) => self.then.learning_rate(base, step),
            None => (base as f64 * (step + 1) as f64 / self.steps as f64) as f32,
        }
    }
}

/// Up to `max` and down to almost nothing in one cycle. Smith & Topin 2018. PyTorch's `OneCycleLR` with
/// its defaults: 30 % of the steps up from `max`/25, the rest down to `max`/250,000, along cosines. The
/// momentum is not cycled, and the optimizer's own rate is not used.
///
/// ```
/// use castiron::optim::{OneCycle, Schedule};
/// let schedule = OneCycle { max: 0.1, steps: 100 };
/// assert_eq!(schedule.learning_rate(0.0, 0), 0.004);
/// assert_eq!(schedule.learning_rate(0.0, 29), 0.1);
/// ```
#[doc(alias = "OneCycleLR")]
#[derive(Clone, Copy, Debug)]
pub struct OneCycle {
    /// The highest rate.
    pub max: f32,
    /// Steps of the whole cycle.
    pub steps: u64,
}
impl Schedule for OneCycle {
    fn learning_rate(&self, _: f32, step: u64) -> f32 {
        let (max, start) = (self.max as f64, self.max as f64 / 25.0);
        let (step, steps) = (step as f64, self.steps as f64);
        let peak = 0.3 * steps - 1.0;
        if step <= peak {
            anneal(start, max, step / peak)
        } else {
            anneal(max, start / 1e4, (step - peak) / (steps - 1.0 - peak))
        }
    }
}

/// Half a cosine from `from` (part 0) to `to` (part 1, and beyond).
fn anneal(from: f64, to: f64, part: f64) -> f32 {
    (to + (from - to) * 0.5 * (1.0 + libm::cos(PI * part.clamp(0.0, 1.0)))) as f32
}
