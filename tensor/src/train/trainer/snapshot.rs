//! What a checkpoint holds of a [`Trainer`].

use castiron_kernels::{LossScale, Plain, Step};

use super::{Memory, Trainer};
use crate::device::Storage;
use crate::loss::Loss;
use crate::optim::Optimizer;
use crate::train::master::Master;
use crate::{Model, Tensor, field, split};

/// Copies of all that a step leaves behind.
pub(crate) struct Snapshot<M: Plain, O: Plain, S: Plain> {
    pub(crate) master: Tensor<M>,
    pub(crate) gradients: Tensor<M>,
    pub(crate) optimizer: Tensor<O>,
    pub(crate) state: Tensor<S>,
    pub(crate) step: Step,
    pub(crate) loss_scale: Option<LossScale>,
    /// Batches that the gradients are the sum of; if there are none, the gradients mean nothing.
    pub(crate) accumulated: u32,
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage> Trainer<M, L, O, B, D> {
    /// Copies of it all.
    pub(crate) fn snapshot(&self) -> Snapshot<Master<M>, O::State<Master<M>>, M::State<B>> {
        let (mut optimizer, mut state) = (Tensor::zeros(), Tensor::zeros());
        let memory = self.memory.borrow();
        self.device.read_one(field!(memory, Memory<M, L, O, B>, optimizer), &mut *optimizer);
        self.device.read_one(field!(memory, Memory<M, L, O, B>, state), &mut *state);
        let loss_scale = self.rounded.as_ref().and_then(|rounded| rounded.scale(&self.device));
        // Who goes on from here has skipped none.
        let loss_scale = loss_scale.map(|scale| LossScale { skipped: 0, ..scale });
        let (step, accumulated) = (Step { index: self.steps(), ..self.update.step }, self.accumulated);
        let (master, gradients) = (self.master(), self.gradients());
        Snapshot { master, gradients, optimizer, state, step, loss_scale, accumulated }
    }

    /// Goes on from what a checkpoint holds.
    pub(crate) fn restore(&mut self, from: &Snapshot<Master<M>, O::State<Master<M>>, M::State<B>>) {
        self.set_master(&from.master);
        let (gradients, optimizer, state) =
            split!(self.memory.borrow_mut(), Memory<M, L, O, B> { gradients, optimizer, state });
        self.device.write_one(&*from.gradients, gradients);
        self.device.write_one(&*from.optimizer, optimizer);
        self.device.write_one(&*from.state, state);
        if let Some(rounded) = &mut self.rounded
            && let Some(scale) = from.loss_scale.or(rounded.scale(&self.device))
        {
            rounded.set_scale(&self.device, LossScale { skipped: 0, ..scale });
        }
        (self.update.step, self.accumulated) = (from.step, from.accumulated);
    }
}
