//! Forward, loss and backward: what every step of training consists of, wherever its memory is.

use castiron_kernels::Plain;

use super::master::Master;
use crate::device::Device;
use crate::loss::Loss;
use crate::memory::{Aligned, Mut, Ref};
use crate::{Batch, Cx, GradBatch, Model, split};

/// What a step keeps from forward to backward, and its working memory.
#[repr(C)]
pub(super) struct StepWork<M: Model, L: Loss<M::Output>, const B: usize> {
    saved: M::Saved<B>,
    scratch: M::TrainScratch<B>,
    loss_saved: L::Saved<B>,
    doutput: Aligned<GradBatch<M::Output, B>>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Model, L: Loss<M::Output>, const B: usize> Plain for StepWork<M, L, B> {}

/// The memory that a step computes its gradients in.
pub(super) struct StepPlaces<'a, M: Model, L: Loss<M::Output>, const B: usize, D: Device> {
    pub(super) params: Ref<'a, M, D>,
    pub(super) gradients: Mut<'a, Master<M>, D>,
    pub(super) state: Mut<'a, M::State<B>, D>,
    pub(super) input: Ref<'a, Batch<M::Input, B>, D>,
    pub(super) target: Ref<'a, Batch<L::Target, B>, D>,
    pub(super) output: Mut<'a, Batch<M::Output, B>, D>,
    pub(super) config: Ref<'a, L, D>,
    pub(super) loss: Mut<'a, L::Value, D>,
    pub(super) work: Mut<'a, StepWork<M, L, B>, D>,
}

/// Forward, loss and backward, which adds to the gradients.
pub(super) fn differentiate<M: Model, L: Loss<M::Output>, D: Device, const B: usize>(
    cx: &Cx<'_, D>,
    places: StepPlaces<'_, M, L, B, D>,
) {
    let StepPlaces { params, gradients, state, input, target, mut output, config, mut loss, work } = places;
    let (mut saved, mut scratch, mut loss_saved, doutput) =
        split!(work, StepWork<M, L, B> { saved, scratch, loss_saved, doutput });
    M::forward::<D, B>(cx, params, input, output.reborrow(), state, saved.reborrow(), scratch.reborrow());
    let (output, mut doutput) = (output.into_ref(), doutput.inner());
    L::forward::<D, B>(cx, config, output, target, loss.reborrow(), loss_saved.reborrow());
    L::backward::<D, B>(cx, config, output, target, loss_saved.as_ref(), doutput.reborrow());
    M::backward::<D, B>(cx, params, input, output, saved, doutput.as_ref(), None, gradients, scratch);
}
