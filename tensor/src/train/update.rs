//! What every update of parameters needs, however their gradients came about.

use castiron_kernels::Step;
use castiron_kernels::update::{Args as Flat, ClipNorm, ClipNormArgs};

use super::table::Table;
use super::{Clip, Group};
use crate::Error;
use crate::device::Storage;
use crate::memory::{Mut, Ref};
use crate::optim::{Constant, Optimizer, Pass, Schedule};
use crate::params::Params;

/// An optimizer with its schedule, its limits, its groups of parameters and its place in the sequence of steps.
pub(super) struct Update<O, D: Storage> {
    pub(super) table: Table<D>,
    pub(super) optimizer: O,
    pub(super) schedule: Box<dyn Schedule>,
    pub(super) clip: Clip,
    pub(super) step: Step,
}

/// The memory that an update works on.
pub(super) struct Places<'a, M: Params, O: Optimizer, D: Storage> {
    pub(super) params: Mut<'a, M, D>,
    pub(super) gradients: Ref<'a, M, D>,
    pub(super) state: Mut<'a, O::State<M>, D>,
    pub(super) norm: Mut<'a, f32, D>,
    pub(super) scalars: Mut<'a, Step, D>,
}

impl<O: Optimizer, D: Storage> Update<O, D> {
    pub(super) fn new<M: Params>(device: &D, optimizer: O) -> Result<Self, Error> {
        let table = Table::new::<M>(device, optimizer.weight_decay())?;
        Ok(Update { table, optimizer, schedule: Box::new(Constant), clip: Clip::Off, step: Step::new() })
    }

    /// The learning rate of the next step.
    pub(super) fn learning_rate(&self) -> f32 {
        self.learning_rate_after(self.step.index)
    }

    /// That of the step after so many.
    pub(super) fn learning_rate_after(&self, steps: u64) -> f32 {
        self.schedule.learning_rate(self.optimizer.learning_rate(), steps)
    }

    /// The scalars of the next update, by the mean of the gradients of so many batches.
    pub(super) fn scalars(&self, batches: u32) -> Step {
        let (gradient_scale, learning_rate) = (1.0 / batches as f32, self.learning_rate());
        let mut step = Step { gradient_scale, learning_rate, ..self.step };
        self.optimizer.prepare(&mut step);
        step
    }

    /// The update with these scalars was made.
    pub(super) fn made(&mut self, step: Step) {
        self.step = Step { index: step.index.saturating_add(1), ..step };
    }

    /// Changes the parameters by the gradients, with the scalars that are in the device's memory.
    pub(super) fn run<M: Params>(&mut self, device: &D, places: Places<'_, M, O, D>) {
        let Places { params, gradients, state, norm, mut scalars } = places;
        if let Clip::Norm(max_norm) = self.clip {
            let args = ClipNormArgs { rows: self.table.rows(), bytes: size_of::<M>(), max_norm };
            let arguments = &mut [self.table.arg(), gradients.arg(), scalars.arg(), norm.into_arg()];
            device.run::<ClipNorm>(&args, arguments);
        }
        let clip_value = if let Clip::Value(value) = self.clip { value } else { f32::INFINITY };
        let (table, rows) = (self.table.arg(), self.table.rows());
        let pass = Pass { table, rows, step: scalars.as_ref(), clip_value };
        self.optimizer.update::<D, M>(device, pass, params, gradients, state);
    }

    /// The arguments of the flat passes.
    pub(super) fn flat<M: Params>(&self) -> Flat {
        Flat { rows: self.table.rows(), bytes: size_of::<M>() }
    }

    /// Changes the groups of matching parameters, and returns how many tensors match.
    pub(super) fn change<M: Params>(
        &mut self,
        device: &D,
        pattern: &str,
        change: impl Fn(&mut Group),
    ) -> usize {
        self.table.change::<M>(device, self.optimizer.weight_decay(), pattern, change)
    }
}
