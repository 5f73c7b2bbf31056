//! Optimizers: each is one flat pass over the model's memory, driven by a table of its leaves; and schedules
//! of the learning rate.
//!
//! ```
//! use castiron::prelude::*;
//! # #[derive(Module)]
//! # #[module(input = [4])]
//! # #[repr(C)]
//! # struct Net { fc: Linear<[f32; 4], 2> }
//! let adamw = AdamW::new(1e-3).weight_decay(0.05);
//! let schedule = Warmup { steps: 128, then: Cosine { steps: 10_000, min: 1e-5 } };
//! let mut trainer = Trainer::<Net, _, _, 32>::new(Cpu::new(), &init::<Net>(0), MseLoss, adamw)?
//!     .schedule(schedule)
//!     .clip(Clip::Norm(1.0));
//! // Biases without weight decay.
//! let group = castiron::train::Group { weight_decay: Some(0.0), ..Default::default() };
//! assert_eq!(trainer.group("*.bias", group), 1);
//! assert_eq!(trainer.learning_rate(), 1e-3 / 128.0);
//! # Ok::<(), castiron::Error>(())
//! ```

mod adam;
mod buffer;
mod rms_prop;
mod schedule;
mod sgd;

pub use adam::{Adam, AdamW, Moments};
pub use buffer::{Absent, Buffer, Present};
pub use rms_prop::{RmsProp, RmsPropState};
pub use schedule::{Constant, Cosine, LinearRamp, OneCycle, Schedule, StepDecay, Warmup};
pub use sgd::{Sgd, SgdState};

use castiron_kernels::Step;

use crate::device::Device;
use crate::memory::{Arg, Mut, Ref};
use crate::params::Params;

/// A rule that changes parameters by their gradients.
pub trait Optimizer: Clone + Send + Sync + 'static {
    /// What it remembers of a model: plain memory of the model's layout, saved with checkpoints.
    type State<M: Params>: Params;

    /// The learning rate it was made with, which schedules start from.
    fn learning_rate(&self) -> f32;
    /// The weight decay of parameters that no group says otherwise of.
    fn weight_decay(&self) -> f32;
    /// Writes what depends on the number of the step, `step.index`, into the step's scalars.
    #[allow(unused_variables)]
    fn prepare(&self, step: &mut Step) {}
    /// The pass.
    fn update<D: Device, M: Params>(
        &self,
        device: &D,
        pass: Pass<'_, D>,
        params: Mut<'_, M, D>,
        gradients: Ref<'_, M, D>,
        state: Mut<'_, Self::State<M>, D>,
    );
}

/// What every flat pass is given.
#[derive(Debug)]
pub struct Pass<'a, D: Device> {
    /// One [`RunRow`](castiron_kernels::RunRow) per leaf.
    pub table: Arg<'a, D>,
    /// How many.
    pub rows: usize,
    /// The scalars of this step.
    pub step: Ref<'a, Step, D>,
    /// Gradients are clamped to ± this.
    pub clip_value: f32,
}
