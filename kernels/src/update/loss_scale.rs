//! Training with a scaled loss, all of it on the device: no step waits for the host.

use super::cuda;
use super::region::{CHUNK, each_row};
use crate::cpu::{multiversion, sum_parts};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, LossScale, RunRow, Step, StepRates};

/// Before the backward of a step: [`Step::loss_scale`] ← [`LossScale::scale`], and the step becomes the one after those
/// that were made. The host counts skipped ones too, since it does not wait to hear of them; it comes with the rates of
/// step [`Step::index`], which are kept, and those that were kept of step `index` − [`LossScale::skipped`] take their place.
/// So `torch.amp.GradScaler` leaves out `optimizer.step()`, and a program its `scheduler.step()`.
///
/// The arguments are nothing. Memory: scale `[1]`, step, the rates of the last steps `[StepRates::KEPT]`.
#[derive(Debug)]
pub struct BeginScaledStep;
impl Op for BeginScaledStep {
    const NAME: &'static str = "begin scaled step";
    type Args = ();
    fn memory(_: &(), spec: &mut Spec) {
        spec.read::<LossScale>(1).update::<Step>(1).update::<StepRates>(StepRates::KEPT);
    }
    fn cpu(_: &Cpu, _: &(), memory: &mut Memory<'_>) {
        const KEPT: u64 = StepRates::KEPT as u64;
        let (scale, step) = (memory.read::<LossScale>(0)[0], &mut memory.write::<Step>(1)[0]);
        let kept = memory.write::<StepRates>(2);
        let Step { index, learning_rate, first_correction, second_correction, .. } = *step;
        kept[(index % KEPT) as usize] = StepRates { learning_rate, first_correction, second_correction };
        let taken = index.saturating_sub(scale.skipped);
        let now = kept[(taken.max(index.saturating_sub(KEPT - 1)) % KEPT) as usize];
        *step = Step {
            index: taken,
            learning_rate: now.learning_rate,
            first_correction: now.first_correction,
            second_correction: now.second_correction,
            loss_scale: scale.scale,
            ..*step
        };
    }
    fn cuda(gpu: &Gpu<'_>, _: &(), memory: &Pointers) {
        cuda::begin_scaled_step(gpu, memory);
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
/// rows of action [`RunRow::TRAIN`] is infinite or NaN, and the scale grows or shrinks for the next step, which counts
/// this one if it is skipped. The gradients themselves stay.
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
        let LossScale { scale, steady, skipped } = *state;
        let steady = steady.saturating_add(1);
        *state = match scale * args.growth {
            _ if found > 0.0 => LossScale { scale: scale * args.backoff, steady: 0, skipped: skipped + 1 },
            _ if steady < args.interval => LossScale { scale, steady, skipped },
            grown if grown.is_finite() => LossScale { scale: grown, steady: 0, skipped },
            _ => LossScale { scale, steady: 0, skipped },
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
