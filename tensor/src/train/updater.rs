//! [`Updater`]: an optimizer for gradients from a tape.

use castiron_kernels::Step;
use castiron_kernels::update::MergeAverages;

use super::update::{Places, Update};
use super::{Clip, Group};
use crate::device::{Cpu, Storage};
use crate::optim::{Optimizer, Schedule};
use crate::params::Params;
use crate::{Error, Tensor};

/// An optimizer with its memory of one model, for gradients that a [`Tape`](crate::Tape) gives. PyTorch's
/// `torch.optim.Adam(model.parameters())`. (A [`Trainer`](super::Trainer) has one of its own.)
///
/// ```
/// use castiron::prelude::*;
/// use castiron::{Tape, tensor};
///
/// let mut layer = init::<Linear<Rank1<2>, 1>>(0);
/// let mut optimizer = Updater::new(&layer, Sgd::new(0.02).momentum(0.9))?.clip(Clip::Norm(10.0));
/// let (x, t) = (tensor![[1.0, 2.0], [3.0, 4.0]], tensor![[1.0], [2.0]]);
/// for _ in 0..200 {
///     let tape = Tape::new();
///     let tracked = tape.watch_model(&layer);
///     let loss = (tracked.forward(&x)? - &t).square().sum();
///     optimizer.step(&mut layer, &loss.backward()?.get(&tracked))?;
/// }
/// let y: Tensor<Rank2<2, 1>> = layer.forward(&x)?;
/// assert!((y[0][0] - 1.0).abs() < 1e-2 && (y[1][0] - 2.0).abs() < 1e-2);
/// # Ok::<(), castiron::Error>(())
/// ```
pub struct Updater<M: Params, O: Optimizer, D: Storage = Cpu> {
    update: Update<O, D>,
    state: Tensor<O::State<M>, D>,
    scalars: Tensor<Step, D>,
    norm: Tensor<f32, D>,
}

impl<M: Params, O: Optimizer, D: Storage> Updater<M, O, D> {
    /// For `model` and others of its type, on its device.
    ///
    /// # Errors
    /// When the device has not enough memory.
    pub fn new(model: &Tensor<M, D>, optimizer: O) -> Result<Self, Error> {
        D::of(model.memory().0, |device| {
            Ok(Updater {
                update: Update::new::<M>(device, optimizer)?,
                state: Tensor::zeros_on(device)?,
                scalars: Tensor::zeros_on(device)?,
                norm: Tensor::zeros_on(device)?,
            })
        })
    }

    /// Follows a schedule of the learning rate.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.update.schedule = Box::new(schedule);
        self
    }

    /// Limits gradients.
    #[must_use]
    pub fn clip(mut self, clip: Clip) -> Self {
        self.update.clip = clip;
        self
    }

    /// Changes the model by `gradients`, and moves its running averages towards the statistics in them. A model
    /// that a tape still holds is copied first. PyTorch's `optimizer.step()`.
    ///
    /// # Errors
    /// When an operation fails.
    pub fn step(&mut self, model: &mut Tensor<M, D>, gradients: &Tensor<M, D>) -> Result<(), Error> {
        let Self { update, state, scalars, norm } = self;
        D::of(gradients.memory().0, |device| {
            let mut params = model.borrow_mut();
            let arguments = &mut [update.table.arg(), params.arg(), gradients.borrow().arg()];
            device.run::<MergeAverages>(&update.flat::<M>(), arguments);
            let step = update.scalars(1);
            device.write_one(&step, scalars.borrow_mut());
            let places = Places {
                params,
                gradients: gradients.borrow(),
                state: state.borrow_mut(),
                norm: norm.borrow_mut(),
                scalars: scalars.borrow_mut(),
            };
            update.run::<M>(device, places);
            update.made(step);
            device.take_fault().map_or(Ok(()), |fault| Err(Error::Operation(fault)))
        })
    }

    /// The L2 norm of the gradients before they were clipped, at the last step with [`Clip::Norm`].
    pub fn gradient_norm(&self) -> f32 {
        let (memory, _) = self.norm.memory();
        D::of(memory, |device| *self.norm.to_cpu(device))
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f32 {
        self.update.learning_rate()
    }

    /// How many steps have been made.
    pub fn steps(&self) -> u64 {
        self.update.step.index
    }

    /// Sets the group of the parameters whose names match `pattern` (`*` stands for any characters), and
    /// returns how many tensors do.
    pub fn group(&mut self, pattern: &str, group: Group) -> usize {
        D::of(self.norm.memory().0, |device| self.update.change::<M>(device, pattern, |g| *g = group))
    }
}

impl<M: Params, O: Optimizer, D: Storage> core::fmt::Debug for Updater<M, O, D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Updater at step {}", self.steps())
    }
}
