//! What may be read of a [`Trainer`] between steps, and set.

use castiron_kernels::Step;

use super::pass::working;
use super::{Memory, Trainer};
use crate::device::Storage;
use crate::loss::Loss;
use crate::optim::Optimizer;
use crate::params::cast;
use crate::{Model, Sample, Tensor, field, split};

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage> Trainer<M, L, O, B, D> {
    /// Copies the outputs of the last step or evaluation: the first rows, as many as fit.
    pub fn outputs(&self, rows: <M::Output as Sample>::RowsMut<'_>) {
        let output = field!(self.memory.borrow(), Memory<M, L, O, B>, output).inner();
        M::Output::download::<D, B>(&self.device, output, rows);
    }

    /// The L2 norm of the gradients before they were clipped, at the last step with
    /// [`Clip::Norm`](crate::train::Clip::Norm).
    pub fn gradient_norm(&self) -> f32 {
        let mut norm = 0.0;
        self.device.read_one(field!(self.memory.borrow(), Memory<M, L, O, B>, norm), &mut norm);
        norm
    }

    /// What the next loss will be multiplied by, where there is such a factor: see
    /// [`DynamicLossScale`](crate::train::DynamicLossScale).
    pub fn current_loss_scale(&self) -> Option<f32> {
        self.rounded.as_ref()?.scale(&self.device).map(|state| state.scale)
    }

    /// Whether the last step was skipped, since its gradients were not finite: see
    /// [`DynamicLossScale`](crate::train::DynamicLossScale).
    pub fn was_skipped(&self) -> bool {
        let mut step = Step::new();
        self.device.read_one(field!(self.memory.borrow(), Memory<M, L, O, B>, step), &mut step);
        step.skipped != 0
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f32 {
        self.update.learning_rate_after(self.steps())
    }

    /// How many updates have been made, without those that were skipped: see
    /// [`DynamicLossScale`](crate::train::DynamicLossScale). With one, this waits for the device.
    pub fn steps(&self) -> u64 {
        let scale = self.rounded.as_ref().and_then(|rounded| rounded.scale(&self.device));
        self.update.step.index.saturating_sub(scale.map_or(0, |scale| scale.skipped))
    }

    /// A copy of the model as it is now.
    pub fn model(&self) -> Tensor<M> {
        let mut model = Tensor::zeros();
        let params = field!(self.memory.borrow(), Memory<M, L, O, B>, params);
        self.device.read_one(working(&self.rounded, params), &mut *model);
        model
    }

    /// A copy of the master of the model: its parameters in f32, which updates change. Of a model in f32, the model.
    pub fn master(&self) -> Tensor<M::With<f32>> {
        let mut master = Tensor::zeros();
        self.device.read_one(field!(self.memory.borrow(), Memory<M, L, O, B>, params), &mut *master);
        master
    }

    /// A copy of the gradients of the last step, in f32; times the factor of the loss, where there is one.
    pub fn gradients(&self) -> Tensor<M::With<f32>> {
        let mut gradients = Tensor::zeros();
        self.device.read_one(field!(self.memory.borrow(), Memory<M, L, O, B>, gradients), &mut *gradients);
        gradients
    }

    /// Goes on from another model; the optimizer's memory stays.
    pub fn set_model(&mut self, model: &M) {
        self.set_master(&cast(model));
    }

    /// Goes on from other parameters in f32; the optimizer's memory stays.
    pub fn set_master(&mut self, master: &M::With<f32>) {
        let (mut params,) = split!(self.memory.borrow_mut(), Memory<M, L, O, B> { params, });
        self.device.write_one(master, params.reborrow());
        if let Some(rounded) = &mut self.rounded {
            rounded.round(&self.device, params.into_ref());
        }
    }
}
