//! [`step`]: training on plain statics, without an allocator.

use castiron_kernels::update::{Args as Flat, MergeAverages, ZeroGradients};
use castiron_kernels::{Cpu, Plain, RunRow, Step};

use super::Group;
use super::differentiate::{StepPlaces, StepWork, differentiate};
use super::master::{Master, as_master, assert_master, is_f32};
use crate::device::Device;
use crate::error::outcome;
use crate::loss::{Loss, Value};
use crate::memory::{Mut, Ref};
use crate::optim::{Optimizer, Pass};
use crate::params::Params;
use crate::{Batch, Cx, Error, Model};

/// What training on batches of up to `B` samples needs beside the model, its input and its targets: gradients,
/// the optimizer's memory, activations, and the count of steps. Plain memory that a program may place where it
/// likes, zeroed to start with.
#[repr(C)]
pub struct TrainingWorkspace<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize> {
    gradients: Master<M>,
    optimizer: O::State<Master<M>>,
    state: M::State<B>,
    output: Batch<M::Output, B>,
    work: StepWork<M, L, B>,
    loss: L::Value,
    step: Step,
}
// SAFETY: `repr(C)`, plain fields.
unsafe impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize> Plain
    for TrainingWorkspace<M, L, O, B>
{
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize> TrainingWorkspace<M, L, O, B> {
    /// Its size.
    pub const BYTES: usize = size_of::<Self>();

    /// Zeroed memory, for a `static`.
    pub const fn zeroed() -> Self {
        castiron_kernels::zeroed()
    }

    /// Zeroes it again, in place: the optimizer's memory, recurrent layers, the seed and the count of steps.
    pub fn reset(&mut self) {
        // SAFETY: uniquely borrowed, and zero bits are a value.
        unsafe { core::ptr::from_mut(self).write_bytes(0, 1) }
    }

    /// Seeds dropout. Zero unless set.
    pub fn set_seed(&mut self, seed: u64) {
        self.step.seed = seed;
    }

    /// How many steps have been made.
    pub fn steps(&self) -> u64 {
        self.step.index
    }

    /// The model's outputs in the last step, before it changed the parameters: as many rows as it was given.
    pub fn outputs(&self) -> &Batch<M::Output, B> {
        &self.output
    }

    /// The gradients of the last step. Those of running averages are the statistics of its batch.
    pub fn gradients(&self) -> &M::With<f32> {
        &self.gradients
    }
}

impl<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize> core::fmt::Debug
    for TrainingWorkspace<M, L, O, B>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "TrainingWorkspace of {} bytes", Self::BYTES)
    }
}

/// One step of training on the first `rows` samples of a batch, in memory that the caller owns: no heap, no
/// operating system. Forward, backward and update on the mean `loss` over these samples, which it returns. It
/// computes, to the bit, what [`Trainer::step`](crate::train::Trainer::step) computes on the same device.
///
/// ```
/// use castiron::loss::MseLoss;
/// use castiron::nn::{Linear, Tanh};
/// use castiron::optim::Adam;
/// use castiron::train::{TrainingWorkspace, step};
/// use castiron::{Cpu, Module, params::init};
///
/// #[derive(Module)]
/// #[module(input = [2])]
/// #[repr(C)]
/// struct Net {
///     fc1: Linear<[f32; 2], 8, Tanh>,
///     fc2: Linear<[f32; 8], 1>,
/// }
/// // On a microcontroller all of these are statics.
/// let (x, y) = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]]);
/// let mut model = init::<Net>(0);
/// let mut workspace = TrainingWorkspace::<Net, MseLoss, Adam, 4>::zeroed();
///
/// let (cpu, adam) = (Cpu::new(), Adam::new(0.05));
/// let first = step(&cpu, &mut *model, &x, &y, 4, &MseLoss, &adam, &mut workspace)?;
/// for _ in 0..300 {
///     step(&cpu, &mut *model, &x, &y, 4, &MseLoss, &adam, &mut workspace)?;
/// }
/// assert!(step(&cpu, &mut *model, &x, &y, 4, &MseLoss, &adam, &mut workspace)? < 0.05 * first);
/// # Ok::<(), castiron::Error>(())
/// ```
///
/// The learning rate is the optimizer's: pass another [`Sgd::new`](crate::optim::Sgd::new) to follow a
/// [`Schedule`](crate::optim::Schedule).
///
/// # Errors
/// When `rows` is not from 1 to `B`, or an operation finds its data wrong (a class out of range, say); parameters
/// and running averages are then as before.
#[allow(clippy::too_many_arguments)]
pub fn step<M: Model, L: Loss<M::Output>, O: Optimizer, const B: usize>(
    cpu: &Cpu,
    model: &mut M,
    x: &Batch<M::Input, B>,
    target: &Batch<L::Target, B>,
    rows: usize,
    loss: &L,
    optimizer: &O,
    workspace: &mut TrainingWorkspace<M, L, O, B>,
) -> Result<f32, Error> {
    if !(1..=B).contains(&rows) {
        return Err(Error::Rows { call: "step", got: rows, capacity: B });
    }
    const {
        assert_master::<M>();
        assert!(is_f32::<M>(), "`step` trains models in f32; of another element, `Trainer` does");
    }
    let TrainingWorkspace { gradients, optimizer: memory, state, output, work, loss: value, step: scalars } =
        workspace;
    scalars.learning_rate = optimizer.learning_rate();
    scalars.gradient_scale = 1.0;
    optimizer.prepare(scalars);

    each_table::<M>(0.0, |table, flat| {
        Device::run::<ZeroGradients>(cpu, &flat, &mut [table.arg(), Mut::from(&mut *gradients).arg()]);
    });
    let places = StepPlaces {
        params: (&*model).into(),
        gradients: (&mut *gradients).into(),
        state: state.into(),
        input: x.into(),
        target: target.into(),
        output: output.into(),
        config: loss.into(),
        loss: (&mut *value).into(),
        work: work.into(),
    };
    differentiate::<M, L, Cpu, B>(&Cx::new(cpu, rows, (&*scalars).into()), places);
    scalars.draw = scalars.draw.wrapping_add(1);
    // Statistics of data that is wrong must not reach the running averages.
    outcome(cpu, M::PARTS)?;

    let (gradients, now) = (Ref::from(&*gradients), Ref::from(&*scalars));
    each_table::<M>(optimizer.weight_decay(), |table, flat| {
        let mut params = as_master(Mut::from(&mut *model));
        Device::run::<MergeAverages>(cpu, &flat, &mut [table.arg(), params.arg(), gradients.arg()]);
        let pass = Pass { table: table.arg(), rows: flat.rows, step: now, clip_value: f32::INFINITY };
        optimizer.update::<Cpu, Master<M>>(cpu, pass, params, gradients, (&mut *memory).into());
    });
    outcome(cpu, M::PARTS)?;
    scalars.index = scalars.index.saturating_add(1);
    Ok(value.total())
}

/// Rows of the table that a small stack has room for.
const ROWS: usize = 8;

/// Calls `f` with the table of the model's leaves, a few rows at a time.
fn each_table<M: Params>(weight_decay: f32, mut f: impl FnMut(Ref<'_, [RunRow; ROWS], Cpu>, Flat)) {
    let group = Group::default();
    for runs in M::RUNS.chunks(ROWS) {
        let mut table: [RunRow; ROWS] = castiron_kernels::zeroed();
        for (row, run) in table.iter_mut().zip(runs) {
            *row = group.row(run, weight_decay);
        }
        f((&table).into(), Flat { rows: runs.len(), bytes: size_of::<M>() });
    }
}
