//! The memory of a [`Trainer`], and what runs on it: a step's forward, backward and update, and evaluation.

use castiron_kernels::update::{MergeAverages, ZeroGradients};
use castiron_kernels::{Fault, Plain, Step};

use super::super::differentiate::{StepPlaces, StepWork, differentiate};
use super::super::enter::enter;
use super::super::master::{Master, as_model};
use super::super::rounded::Rounded;
use super::super::update::{Places, Update};
use super::Trainer;
use crate::device::{Peers, Storage};
use crate::error::outcome;
use crate::loss::Loss;
use crate::memory::{Aligned, Either, Ref};
use crate::module::Row;
use crate::optim::Optimizer;
use crate::{Batch, Cx, Error, Model, Sample, split};

/// All memory of training, in one piece.
#[repr(C)]
pub(super) struct Memory<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize> {
    pub(super) params: Master<M>,
    pub(super) gradients: Master<M>,
    pub(super) optimizer: O::State<Master<M>>,
    pub(super) state: M::State<B>,
    pub(super) input: Aligned<Batch<M::Input, B>>,
    pub(super) output: Aligned<Batch<M::Output, B>>,
    pub(super) target: Aligned<Batch<L::Target, B>>,
    /// A step and an evaluation do not happen at once.
    pub(super) work: Either<StepWork<M, L, B>, EvaluateWork<M, L, B>>,
    pub(super) config: L,
    pub(super) loss: L::Value,
    pub(super) norm: f32,
    pub(super) step: Step,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize> Plain for Memory<M, L, O, B> {}

#[repr(C)]
pub(super) struct EvaluateWork<M: Model, L: Loss<M::Output>, const B: usize> {
    pub(super) scratch: M::InferScratch<B>,
    pub(super) loss_saved: L::Saved<B>,
    pub(super) state: M::State<B>,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Model, L: Loss<M::Output>, const B: usize> Plain for EvaluateWork<M, L, B> {}

/// Which sequence of operations runs: with the number of rows (of those of all devices, where several train one model),
/// what a recording is known by.
#[derive(Clone, Copy)]
enum Pass {
    Step { first: bool, updates: bool },
    Evaluate,
}

impl Pass {
    fn key(self, rows: usize) -> u64 {
        let pass = match self {
            Pass::Step { first, updates } => u64::from(first) << 1 | u64::from(updates),
            Pass::Evaluate => 4,
        };
        (rows as u64) << 3 | pass
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize, D: Storage> Trainer<M, L, O, B, D> {
    /// Forward and backward, and the update if `updates`.
    pub(super) fn pass(
        &mut self,
        call: &'static str,
        x: <M::Input as Sample>::Rows<'_>,
        target: <L::Target as Sample>::Rows<'_>,
        updates: bool,
    ) -> Result<(), Error> {
        let Self { device, memory, rounded, update, graphs, accumulated, peers } = self;
        let peers = peers.as_ref();
        let rows = rows::<B>(call, M::Input::count(x), L::Target::count(target)).inspect_err(|_| {
            // The others need not wait for this one.
            peers.map(|peers| peers.meet(0, false));
        })?;
        let first = *accumulated == 0;
        let batches = accumulated.saturating_add(1);
        let step = if updates { update.scalars(batches) } else { update.step };
        // Each device draws masks of its own.
        let rank = peers.map_or(0, |peers| peers.rank() as u64);
        let told = Step { seed: step.seed.wrapping_add(rank << 32), ..step };
        let flat = update.flat::<Master<M>>();
        let result = enter::<M, _, _>(device, 3 * rows, |device| {
            let (
                mut params,
                mut gradients,
                optimizer,
                state,
                mut input,
                output,
                mut at,
                work,
                config,
                loss,
                norm,
                mut scalars,
            ) = split!(
                memory.borrow_mut(),
                Memory<M, L, O, B> {
                    params, gradients, optimizer, state, input, output, target, work, config, loss, norm, step
                }
            );
            M::Input::upload::<D, B>(device, x, input.reborrow().inner());
            L::Target::upload::<D, B>(device, target, at.reborrow().inner());
            device.write_one(&told, scalars.reborrow());
            let part = match peers {
                Some(peers) => {
                    Some(peers.meet(rows, !device.has_known_fault()).ok_or(Error::Stopped { call })?)
                }
                None => None,
            };
            if part.is_some_and(|part| !part.well) {
                outcome(device, M::PARTS)?;
                return Err(Error::Operation(Fault::Elsewhere));
            }
            let key = Pass::Step { first, updates }.key(part.map_or(rows, |part| part.kind));

            let run = |device: &D| {
                device.enter_model(M::PARTS);
                let table = || update.table.arg();
                if let Some(rounded) = rounded.as_mut() {
                    rounded.begin_step(device, scalars.reborrow());
                }
                if first {
                    device.run::<ZeroGradients>(&flat, &mut [table(), gradients.arg()]);
                }
                let cx = Cx::new(device, rows, scalars.as_ref());
                let places = StepPlaces {
                    params: working(rounded, params.as_ref()),
                    gradients: gradients.reborrow(),
                    state,
                    input: input.as_ref().inner(),
                    target: at.as_ref().inner(),
                    output: output.inner(),
                    config: config.into_ref(),
                    loss,
                    work: work.a(),
                };
                differentiate::<M, L, D, B>(&cx, places);
                if let Some((peers, part)) = peers.zip(part) {
                    let (address, floats) = (gradients.address(), size_of::<Master<M>>() / size_of::<f32>());
                    // SAFETY: all gradients, borrowed uniquely. All devices have met for this step.
                    unsafe { peers.sum(device, address, floats, part.weight) };
                }
                // Statistics of data that is wrong must not reach the running averages.
                known(device, M::PARTS)?;
                let arguments = &mut [table(), params.arg(), gradients.as_ref().arg()];
                device.run::<MergeAverages>(&flat, arguments);
                if updates {
                    let gradients = gradients.into_ref();
                    apply(
                        device,
                        update,
                        rounded,
                        Places { params, gradients, state: optimizer, norm, scalars },
                    );
                }
                known(device, M::PARTS)
            };
            let mut result = Ok(());
            // SAFETY: `run` is given the same parts of the trainer's memory each time, borrowed uniquely with it.
            unsafe { device.repeat(graphs, key, peers, |device| result = run(device)) };
            if device.has_known_fault() { outcome(device, M::PARTS) } else { result }
        });
        *accumulated = match result {
            Ok(()) if !updates => batches,
            _ => 0,
        };
        if updates && result.is_ok() {
            update.made(step);
        }
        update.step.draw = update.step.draw.wrapping_add(1);
        result
    }

    /// The mean loss over the rows of `x` as the model is used after training: no dropout, running
    /// averages. From 1 to `B` rows; nothing is changed but the output that [`Trainer::outputs`] reads.
    ///
    /// # Errors
    /// When the rows of `x` and `target` differ in number or do not fit, or an operation finds its data
    /// wrong.
    pub fn evaluate(
        &mut self,
        x: <M::Input as Sample>::Rows<'_>,
        target: <L::Target as Sample>::Rows<'_>,
    ) -> Result<f32, Error> {
        let rows = rows::<B>("Trainer::evaluate", M::Input::count(x), L::Target::count(target))?;
        let Self { device, memory, rounded, update, graphs, .. } = self;
        let step = update.step;
        enter::<M, _, _>(device, rows, |device| {
            let (params, mut input, mut output, mut at, work, config, loss, mut scalars) = split!(
                memory.borrow_mut(),
                Memory<M, L, O, B> { params, input, output, target, work, config, loss, step }
            );
            let (scratch, loss_saved, mut state) =
                split!(work.b(), EvaluateWork<M, L, B> { scratch, loss_saved, state });
            M::Input::upload::<D, B>(device, x, input.reborrow().inner());
            L::Target::upload::<D, B>(device, target, at.reborrow().inner());
            device.write_one(&step, scalars.reborrow());
            device.zero(state.reborrow());
            let work = |device: &D| {
                device.enter_model(M::PARTS);
                let cx = Cx::new(device, rows, scalars.as_ref());
                let x = input.as_ref().inner();
                M::infer::<D, B>(
                    &cx,
                    working(rounded, params.as_ref()),
                    x,
                    output.reborrow().inner(),
                    state,
                    scratch,
                );
                let (y, target) = (output.as_ref().inner(), at.as_ref().inner());
                L::forward::<D, B>(&cx, config.into_ref(), y, target, loss, loss_saved);
            };
            // SAFETY: as for a step.
            unsafe { device.repeat(graphs, Pass::Evaluate.key(rows), None, work) };
        });
        self.loss()
    }
}

/// The parameters that forward and backward read: the master, or what was rounded from it.
pub(super) fn working<'a, M: Model, D: Storage>(
    rounded: &'a Option<Rounded<M, D>>,
    master: Ref<'a, Master<M>, D>,
) -> Ref<'a, M, D> {
    match rounded {
        Some(rounded) => rounded.model(),
        None => as_model(master),
    }
}

/// The update, and what of it reaches a model that is not its own master.
pub(super) fn apply<M: Model, O: Optimizer, D: Storage>(
    device: &D,
    update: &mut Update<O, D>,
    rounded: &mut Option<Rounded<M, D>>,
    places: Places<'_, Master<M>, O, D>,
) {
    let Places { mut params, gradients, state, norm, mut scalars } = places;
    if let Some(rounded) = rounded {
        rounded.unscale(device, update, gradients, scalars.reborrow());
    }
    update.run(device, Places { params: params.reborrow(), gradients, state, norm, scalars });
    if let Some(rounded) = rounded {
        rounded.round(device, params.into_ref());
    }
}

/// What is known to have gone wrong.
fn known<D: Storage>(device: &D, parts: &'static [Row]) -> Result<(), Error> {
    if device.knows_faults() { outcome(device, parts) } else { Ok(()) }
}

/// How many rows a call has, if that is a number from 1 to `B`.
fn rows<const B: usize>(
    call: &'static str,
    inputs: Option<usize>,
    targets: Option<usize>,
) -> Result<usize, Error> {
    match (inputs, targets) {
        (Some(got), Some(targets)) if got == targets => {
            if (1..=B).contains(&got) {
                Ok(got)
            } else {
                Err(Error::Rows { call, got, capacity: B })
            }
        }
        _ => Err(Error::Count { call, inputs, targets }),
    }
}
