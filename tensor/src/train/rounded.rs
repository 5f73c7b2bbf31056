//! [`Rounded`]: a model of 16-bit floats beside its master, and the scale of its loss.

use castiron_kernels::update::{BeginScaledStep, RoundArgs, RoundParameters, Unscale};
use castiron_kernels::{LossScale, RoundRow, Step, StepRates};

use super::loss_scale::DynamicLossScale;
use super::master::{Master, has, is_f32};
use super::update::Update;
use crate::device::Storage;
use crate::memory::{Arg, Mut, Ref};
use crate::params::Params;
use crate::shape::DType;
use crate::{Error, Tensor};

/// What training keeps of a model that is not its own master.
pub(super) struct Rounded<M: Params, D: Storage> {
    model: Tensor<M, D>,
    /// Which numbers of the master become which of the model.
    table: D::Memory,
    scale: Tensor<LossScale, D>,
    /// Of the last steps, so that a skipped one does not count, which the host does not hear of.
    rates: Tensor<[StepRates; StepRates::KEPT], D>,
    rule: Option<DynamicLossScale>,
}

impl<M: Params, D: Storage> Rounded<M, D> {
    /// Bytes of it, except the table.
    pub(super) const BYTES: usize = if is_f32::<M>() {
        0
    } else {
        size_of::<M>() + size_of::<LossScale>() + size_of::<[StepRates; StepRates::KEPT]>()
    };

    /// Nothing for a model in f32.
    pub(super) fn new(device: &D) -> Result<Option<Self>, Error> {
        if is_f32::<M>() {
            return Ok(None);
        }
        let table = device.allocate(size_of::<RoundRow>() * M::RUNS.len())?;
        let (model, scale, rates) =
            (Tensor::zeros_on(device)?, Tensor::zeros_on(device)?, Tensor::zeros_on(device)?);
        for (i, (from, to)) in Master::<M>::RUNS.iter().zip(M::RUNS).enumerate() {
            let element = match to.element {
                DType::Bf16 => RoundRow::BF16,
                DType::F16 => RoundRow::F16,
                _ => RoundRow::F32,
            };
            let [at, place, len] = [from.offset, to.offset, to.len].map(|number| number as u64);
            let row = RoundRow { from: at, to: place, len, element, unused: 0 };
            // SAFETY: the memory was allocated for that many rows, and nobody else has it yet.
            let at = unsafe { Mut::new(D::offset(D::address(&table), i * size_of::<RoundRow>())) };
            device.write_one(&row, at);
        }
        let mut rounded = Rounded { model, table, scale, rates, rule: None };
        if has::<M>(DType::F16) {
            rounded.set_rule(device, DynamicLossScale::new());
        }
        Ok(Some(rounded))
    }

    /// The model, to compute with.
    pub(super) fn model(&self) -> Ref<'_, M, D> {
        self.model.borrow()
    }

    /// Follows another rule from now on.
    pub(super) fn set_rule(&mut self, device: &D, rule: DynamicLossScale) {
        self.rule = Some(rule);
        self.set_scale(device, LossScale { scale: rule.initial, ..LossScale::new() });
    }

    /// Where the scale is, if there is one.
    pub(super) fn scale(&self, device: &D) -> Option<LossScale> {
        let mut scale = LossScale::new();
        device.read_one(self.scale.borrow(), &mut scale);
        self.rule.map(|_| scale)
    }

    pub(super) fn set_scale(&mut self, device: &D, scale: LossScale) {
        device.write_one(&scale, self.scale.borrow_mut());
    }

    /// The model ← the master.
    pub(super) fn round(&mut self, device: &D, master: Ref<'_, Master<M>, D>) {
        let rows = M::RUNS.len();
        let args = RoundArgs { rows, from: size_of::<Master<M>>(), to: size_of::<M>() };
        // SAFETY: the memory was allocated for that many rows, all written, and is borrowed with `self`.
        let table = unsafe { Arg::new(D::address(&self.table), rows * size_of::<RoundRow>(), false) };
        device.run::<RoundParameters>(&args, &mut [table, master.arg(), self.model.borrow_mut().arg()]);
    }

    /// Before backward: what the loss is multiplied by.
    pub(super) fn begin_step(&mut self, device: &D, mut scalars: Mut<'_, Step, D>) {
        if self.rule.is_some() {
            let arguments =
                &mut [self.scale.borrow().arg(), scalars.arg(), self.rates.borrow_mut().into_arg()];
            device.run::<BeginScaledStep>(&(), arguments);
        }
    }

    /// Before the update: whether there is to be one, and what the scale becomes.
    pub(super) fn unscale<O>(
        &mut self,
        device: &D,
        update: &Update<O, D>,
        gradients: Ref<'_, Master<M>, D>,
        mut scalars: Mut<'_, Step, D>,
    ) {
        if let Some(rule) = self.rule {
            let args = rule.args(update.table.rows(), size_of::<Master<M>>());
            let arguments =
                &mut [update.table.arg(), gradients.arg(), scalars.arg(), self.scale.borrow_mut().into_arg()];
            device.run::<Unscale>(&args, arguments);
        }
    }
}
