//! Steps whose results are read while the next one runs.

use super::Trainer;
use super::pass::Memory;
use crate::array::with_cpu;
use crate::device::{Cpu, Storage};
use crate::error::outcome;
use crate::loss::{Loss, Value};
use crate::memory::Aligned;
use crate::optim::Optimizer;
use crate::{Batch, Error, Model, Sample, Tensor, field};

/// A step that was begun, and its results on their way from the device.
pub(crate) struct Begun<D: Storage> {
    /// How many updates there were before.
    index: u64,
    loss: D::Later,
    outputs: Option<D::Later>,
    faulty: Option<D::Later>,
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage> Trainer<M, L, O, B, D> {
    /// [`Trainer::step`] without waiting for it; its outputs too, if they are wanted.
    pub(crate) fn begin(
        &mut self,
        x: <M::Input as Sample>::Rows<'_>,
        target: <L::Target as Sample>::Rows<'_>,
        outputs: bool,
    ) -> Result<Begun<D>, Error> {
        let index = self.update.step.index;
        self.pass("Trainer::step", x, target, true)?;
        let (device, memory) = (&self.device, self.memory.borrow());
        let loss = device.read_later(field!(memory, Memory<M, L, O, B>, loss));
        let outputs = outputs.then(|| device.read_later(field!(memory, Memory<M, L, O, B>, output)));
        Ok(Begun { index, loss, outputs, faulty: device.read_whether_faulty() })
    }

    /// What [`Trainer::step`] returns. The outputs are copied where there are some.
    pub(crate) fn finish(
        &mut self,
        begun: Begun<D>,
        outputs: <M::Output as Sample>::RowsMut<'_>,
    ) -> Result<f32, Error> {
        let mut loss: L::Value = castiron_kernels::zeroed();
        self.device.finish(begun.loss, &mut loss);
        let mut faulty = 0u32;
        if let Some(flag) = begun.faulty {
            self.device.finish(flag, &mut faulty);
        }
        if faulty != 0 || self.device.has_known_fault() {
            self.update.step.index = begun.index;
            outcome(&self.device, M::PARTS)?;
        }
        if let Some(later) = begun.outputs {
            let mut all = Tensor::<Aligned<Batch<M::Output, B>>>::zeros();
            self.device.finish(later, &mut *all);
            with_cpu(|cpu| M::Output::download::<Cpu, B>(cpu, all.borrow().inner(), outputs));
        }
        Ok(loss.total())
    }
}
