//! [`Trainer`]: a model, its gradient, the optimizer's memory, and everything a step needs.

#[cfg(feature = "nccl")]
mod data_parallel;
mod pass;
#[cfg(feature = "fit")]
mod results;
#[cfg(feature = "files")]
mod snapshot;
mod values;

use super::differentiate::StepWork;
use super::enter::enter;
use super::master::{Master, assert_master, is_f32};
use super::rounded::Rounded;
use super::update::{Places, Update};
use super::{DynamicLossScale, Group};
use crate::device::{Cpu, Storage};
use crate::error::outcome;
use crate::loss::{Loss, Value};
use crate::optim::{Optimizer, Schedule};
use crate::{Error, Model, Sample, Tensor, field, split};
use pass::{Memory, apply};
#[cfg(feature = "files")]
pub(crate) use snapshot::Snapshot;

/// Limits on gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    /// None.
    Off,
    /// Scales all gradients so that their L2 norm together is at most this. PyTorch's
    /// `clip_grad_norm_`.
    #[doc(alias = "clip_grad_norm_")]
    Norm(f32),
    /// Clamps every number to ± this. PyTorch's `clip_grad_value_`.
    #[doc(alias = "clip_grad_value_")]
    Value(f32),
}

/// A model in training, for batches of up to `B` samples: parameters, gradients, optimizer state, saved
/// activations and scratch memory, allocated once. After construction a step allocates nothing.
///
/// ```
/// use castiron::prelude::*;
///
/// #[derive(Module)]
/// #[module(input = [2])]
/// #[repr(C)]
/// struct Xor {
///     fc1: Linear<[f32; 2], 8, Tanh>,
///     fc2: Linear<[f32; 8], 1>,
/// }
///
/// let model = init::<Xor>(0);
/// let mut trainer = Trainer::<Xor, _, _, 4>::new(Cpu::new(), &model, BceWithLogitsLoss, Adam::new(0.05))?;
/// let x = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// let y = [[0.0], [1.0], [1.0], [0.0]];
/// let first = trainer.step(&x, &y)?;
/// for _ in 0..300 {
///     trainer.step(&x, &y)?;
/// }
/// assert!(trainer.step(&x, &y)? < 0.05 * first);
/// # Ok::<(), castiron::Error>(())
/// ```
pub struct Trainer<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage = Cpu> {
    device: D,
    memory: Tensor<Memory<M, L, O, B>, D>,
    /// The model, where it is not f32: rounded from its master, which is in `memory`.
    rounded: Option<Rounded<M, D>>,
    update: Update<O, D>,
    graphs: D::Graphs,
    /// Batches whose gradients have been added up since the last update.
    accumulated: u32,
    // Behind the graphs, which use them.
    peers: Option<D::Peers>,
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage> Trainer<M, L, O, B, D> {
    /// Bytes of everything that is allocated, except a table of a few bytes per parameter tensor.
    pub const BYTES: usize = size_of::<Memory<M, L, O, B>>() + Rounded::<M, D>::BYTES;

    /// Bytes of what a step keeps from forward to backward, and of its working memory.
    pub const ACTIVATION_BYTES: usize = size_of::<StepWork<M, L, B>>();

    /// Training starts from a copy of `model`.
    ///
    /// # Errors
    /// When the device has not enough memory.
    pub fn new(device: D, model: &M, loss: L, optimizer: O) -> Result<Self, Error> {
        const { assert_master::<M>() };
        let mut memory = Tensor::<Memory<M, L, O, B>, D>::zeros_on(&device)?;
        let (config,) = split!(memory.borrow_mut(), Memory<M, L, O, B> { config, });
        device.write_one(&loss, config);
        let update = Update::new::<Master<M>>(&device, optimizer)?;
        let rounded = Rounded::new(&device)?;
        let graphs = D::Graphs::default();
        let mut trainer = Trainer { device, memory, rounded, update, graphs, accumulated: 0, peers: None };
        trainer.set_model(model);
        Ok(trainer)
    }

    /// Seeds dropout. Zero unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.update.step.seed = seed;
        self
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

    /// Follows another rule for the factor of the loss than [`DynamicLossScale::new`], which models with f16 in them have
    /// as it is. A model in f32 does not compile with one.
    ///
    /// ```compile_fail
    /// # use castiron::{prelude::*, train::DynamicLossScale};
    /// # model! { Net: [4] -> [2] { fc: Linear(2) } }
    /// Trainer::<Net, _, _, 16>::new(Cpu::new(), &init(0), MseLoss, Sgd::new(0.1))?.loss_scale(DynamicLossScale::new());
    /// # Ok::<(), castiron::Error>(())
    /// ```
    #[must_use]
    pub fn loss_scale(mut self, rule: DynamicLossScale) -> Self {
        const {
            assert!(!is_f32::<M>(), "a model in f32 holds its gradients as they are: its loss needs no scale")
        };
        // What was skipped is counted from here.
        self.update.step.index = self.steps();
        if let Some(rounded) = &mut self.rounded {
            rounded.set_rule(&self.device, rule);
        }
        self
    }

    /// Whether to look, after every operation, at what it wrote: [`Trainer::step`] then returns an
    /// [`Error::NotFinite`] that names the first layer and operation that made a NaN or an infinity, and leaves
    /// the parameters as they were. Slow; off until it is turned on. PyTorch's `torch.autograd.detect_anomaly`.
    ///
    /// ```
    /// # use castiron::prelude::*;
    /// # #[derive(Module)]
    /// # #[module(input = [2])]
    /// # #[repr(C)]
    /// # struct Net { fc1: Linear<[f32; 2], 4, Relu>, fc2: Linear<[f32; 4], 1> }
    /// let mut model = init::<Net>(0);
    /// model.fc1.bias.fill(1e3);
    /// model.fc2.weight[0].fill(f32::MAX);
    /// let mut trainer =
    ///     Trainer::<Net, _, _, 4>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.1))?.detect_anomaly(true);
    /// let error = trainer.step(&[[1.0, 1.0]], &[[0.0]]);
    /// assert!(error.unwrap_err().to_string().starts_with("`fc2`: "));
    /// # Ok::<(), castiron::Error>(())
    /// ```
    #[must_use]
    pub fn detect_anomaly(self, on: bool) -> Self {
        self.device.check_finite(on);
        self
    }

    /// One step: forward, backward and update on the mean loss over the rows of `x`, of which there may
    /// be any number from 1 to `B`. Returns that loss.
    ///
    /// # Errors
    /// When the rows of `x` and `target` differ in number or do not fit, or an operation finds its data
    /// wrong (a class out of range, say); parameters and running averages are then as before.
    pub fn step(
        &mut self,
        x: <M::Input as Sample>::Rows<'_>,
        target: <L::Target as Sample>::Rows<'_>,
    ) -> Result<f32, Error> {
        let index = self.update.step.index;
        self.pass("Trainer::step", x, target, true)?;
        let loss = self.loss();
        if loss.is_err() {
            self.update.step.index = index;
        }
        loss
    }

    /// [`Trainer::step`] without waiting for it on a GPU, where work runs behind what was called before: what goes
    /// wrong shows at the next call that waits, such as [`Trainer::loss`], and changes no parameter until then. On the
    /// CPU it is the same as `step`.
    ///
    /// ```
    /// # use castiron::prelude::*;
    /// # #[derive(Module)]
    /// # #[module(input = [4])]
    /// # #[repr(C)]
    /// # struct Net { fc: Linear<[f32; 4], 2> }
    /// # let model = init::<Net>(0);
    /// let mut trainer = Trainer::<Net, _, _, 16>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.1))?;
    /// for _ in 0..10 {
    ///     trainer.enqueue(&[[1.0; 4]; 16], &[[0.5; 2]; 16])?;
    /// }
    /// assert!(trainer.loss()? < 1.0);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Trainer::step`], as far as it is known at once.
    pub fn enqueue(
        &mut self,
        x: <M::Input as Sample>::Rows<'_>,
        target: <L::Target as Sample>::Rows<'_>,
    ) -> Result<(), Error> {
        self.pass("Trainer::enqueue", x, target, true)
    }

    /// The loss of the last step or evaluation, when it is done.
    ///
    /// # Errors
    /// What went wrong since the last call that waited.
    pub fn loss(&self) -> Result<f32, Error> {
        let mut value: L::Value = castiron_kernels::zeroed();
        self.device.read_one(field!(self.memory.borrow(), Memory<M, L, O, B>, loss), &mut value);
        outcome(&self.device, M::PARTS)?;
        Ok(value.total())
    }

    /// Forward and backward only: adds this batch's gradients to those since the last
    /// [`Trainer::update`]. Running averages move at once, as in PyTorch.
    ///
    /// ```
    /// # use castiron::prelude::*;
    /// # #[derive(Module)]
    /// # #[module(input = [4])]
    /// # #[repr(C)]
    /// # struct Net { fc: Linear<[f32; 4], 2> }
    /// # let (x, t) = ([[1.0; 4]; 64], [[0.0; 2]; 64]);
    /// # let model = init::<Net>(0);
    /// // Memory for 16 samples, steps on 64.
    /// let mut trainer = Trainer::<Net, _, _, 16>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.1))?;
    /// for (x, t) in x.chunks(16).zip(t.chunks(16)) {
    ///     trainer.accumulate(x, t)?;
    /// }
    /// trainer.update()?;
    /// assert_eq!(trainer.steps(), 1);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Trainer::step`]; gradients since the last update are then lost.
    pub fn accumulate(
        &mut self,
        x: <M::Input as Sample>::Rows<'_>,
        target: <L::Target as Sample>::Rows<'_>,
    ) -> Result<f32, Error> {
        self.pass("Trainer::accumulate", x, target, false)?;
        let loss = self.loss();
        if loss.is_err() {
            self.accumulated = 0;
        }
        loss
    }

    /// Changes the parameters by the mean of the gradients accumulated since the last update. Does
    /// nothing if there are none.
    ///
    /// # Errors
    /// When an operation fails.
    pub fn update(&mut self) -> Result<(), Error> {
        if self.accumulated == 0 {
            return Ok(());
        }
        let Self { device, memory, rounded, update, accumulated, .. } = self;
        let step = update.scalars(*accumulated);
        enter::<M, _, _>(device, 3, |device| {
            let (params, gradients, state, norm, mut scalars) =
                split!(memory.borrow_mut(), Memory<M, L, O, B> { params, gradients, optimizer, norm, step });
            device.write_one(&step, scalars.reborrow());
            if let Some(rounded) = rounded.as_mut() {
                rounded.begin_step(device, scalars.reborrow());
            }
            let gradients = gradients.into_ref();
            apply(device, update, rounded, Places { params, gradients, state, norm, scalars });
        });
        self.update.made(step);
        self.accumulated = 0;
        outcome(&self.device, M::PARTS)
    }

    /// Sets the group of the parameters whose names match `pattern` (`*` stands for any characters), and
    /// returns how many tensors do.
    pub fn group(&mut self, pattern: &str, group: Group) -> usize {
        self.update.change::<Master<M>>(&self.device, pattern, |g| *g = group)
    }

    /// Stops training the parameters whose names match, and returns how many tensors do.
    ///
    /// ```
    /// # use castiron::prelude::*;
    /// # #[derive(Module)]
    /// # #[module(input = [4])]
    /// # #[repr(C)]
    /// # struct Net { body: Linear<[f32; 4], 8, Relu>, head: Linear<[f32; 8], 2> }
    /// # let model = init::<Net>(0);
    /// let mut trainer = Trainer::<Net, _, _, 16>::new(Cpu::new(), &model, MseLoss, Sgd::new(0.1))?;
    /// assert_eq!(trainer.freeze("body.*"), 2); // weight and bias
    /// trainer.step(&[[1.0; 4]], &[[0.0; 2]])?;
    /// assert_eq!(*trainer.model().body.weight, *model.body.weight);
    /// # Ok::<(), castiron::Error>(())
    /// ```
    pub fn freeze(&mut self, pattern: &str) -> usize {
        self.update.change::<Master<M>>(&self.device, pattern, |group| group.frozen = true)
    }

    /// Trains the parameters whose names match again, and returns how many tensors do.
    ///
    /// Adam corrects its averages by the number of the trainer's steps, not of each parameter's: after a late
    /// unfreezing its first steps are larger than PyTorch's, so begin them with a small rate.
    pub fn unfreeze(&mut self, pattern: &str) -> usize {
        self.update.change::<Master<M>>(&self.device, pattern, |group| group.frozen = false)
    }

    /// Starts recurrent layers from zero again.
    pub fn reset_state(&mut self) {
        let (state,) = split!(self.memory.borrow_mut(), Memory<M, L, O, B> { state, });
        self.device.zero(state);
    }

    /// The device.
    pub fn device(&self) -> &D {
        &self.device
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage> core::fmt::Debug
    for Trainer<M, L, O, B, D>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Trainer<{}> at step {}, {} bytes", M::KIND, self.steps(), Self::BYTES)
    }
}
