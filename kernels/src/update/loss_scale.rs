//! Training with a scaled loss, all of it on the device: no step waits for the host.

use super::cuda;
use super::region::{CHUNK, each_row};
use crate::cpu::{multiversion, sum_parts};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, LossScale, RunRow, Step};

/// [`Step::loss_scale`] ← [`LossScale::scale`]: before the backward of a step. The arguments are nothing.
/// Memory: scale `[1]`, step.
#[derive(Debug)]
pub struct LoadLossScale;
impl Op for LoadLossScale {
    const NAME: &'static str = "load loss scale";
    type Args = ();
    fn memory(_: &(), spec: &mut Spec) {
        spec.read::<LossScale>(1).update::<Step>(1);
    }
    fn cpu(_: &Cpu, _: &(), memory: &mut Memory<'_>) {
        memory.write::<Step>(1)[0].loss_scale = memory.read::<LossScale>(0)[0].scale;
    }
    fn cuda(gpu: &Gpu<'_>, _: &(), memory: &Pointers) {
        cuda::load_loss_scale(gpu, memory);
    }
}

/// The arguments of [`Unscale`].
#[derive(Clone, Copy, Debug)]
pub struct UnscaleArgs {
    /// Rows of the table.
    pub rows: usize,
    /// Size of the model in bytes.
    pub bytes: usize,
    /// What the scale is multiplied by after `interval` steps with finite gradients; PyTorch's is 2.
    pub growth: f32,
    /// What it is multiplied by after gradients that are not; PyTorch's is 1/2.
    pub backoff: f32,
    /// How many steps it stays; PyTorch's is 2000.
    pub interval: u32,
}

/// `torch.amp.GradScaler`'s `unscale_` and `update`, before gradients are clipped and used:
/// [`Step::gradient_scale`] ← `gradient_scale` / [`Step::loss_scale`], [`Step::skipped`] ← whether a gradient of the
/// rows of action [`RunRow::TRAIN`] is infinite or NaN, and the scale grows or shrinks for the next step. The gradients
/// themselves stay.
///
/// Memory: table, gradients, step, scale `[1]`.
#[derive(Debug)]
pub struct Unscale;
impl Op for Unscale {
    const NAME: &'static str = "unscale";
    type Args = UnscaleArgs;
    fn memory(args: &UnscaleArgs, spec: &mut Spec) {
        spec.read::<RunRow>(args.rows).read::<u8>(args.bytes).update::<Step>(1).update::<LossScale>(1);
    }
    fn cpu(cpu: &Cpu, args: &UnscaleArgs, memory: &mut Memory<'_>) {
        let (table, gradients) = (memory.read(0), memory.read(1));
        let (step, state) = (&mut memory.write::<Step>(2)[0], &mut memory.write::<LossScale>(3)[0]);
        let trained = |row: &RunRow| row.action == RunRow::TRAIN;
        let (isa, mut found) = (cpu.isa(), 0.0);
        each_row(cpu, Self::NAME, table, trained, (1, gradients), |_, g| {
            found += sum_parts(cpu, g.len(), CHUNK, g.len(), |part| not_finite(isa, &g[part]));
        });
        step.gradient_scale /= step.loss_scale;
        step.skipped = (found > 0.0).into();
        let LossScale { scale, steady } = *state;
        let steady = steady.saturating_add(1);
        *state = match scale * args.growth {
            _ if found > 0.0 => LossScale { scale: scale * args.backoff, steady: 0 },
            _ if steady < args.interval => LossScale { scale, steady },
            grown if grown.is_finite() => LossScale { scale: grown, steady: 0 },
            _ => LossScale { scale, steady: 0 },
        };
    }
    fn cuda(gpu: &Gpu<'_>, args: &UnscaleArgs, memory: &Pointers) {
        cuda::unscale(gpu, args, memory);
    }
}

multiversion! {
    /// How many there are.
    fn not_finite(isa, x: &[f32]) -> f64 {
        x.iter().map(|x| u32::from(!x.is_finite())).sum::<u32>() as f64
    }
}
