use super::region::each_piece;
use super::{Rates, cuda};
use crate::cpu::multiversion;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, RunRow, Step, math};

/// The arguments of [`Adam`].
#[derive(Clone, Copy, Debug)]
pub struct AdamArgs {
    /// Rows of the table.
    pub rows: usize,
    /// Size of the model in bytes.
    pub bytes: usize,
    /// β₁: how much of the first moment stays from one step to the next.
    pub beta1: f32,
    /// β₂: how much of the second moment stays.
    pub beta2: f32,
    /// Added to the denominator.
    pub eps: f32,
    /// AdamW: weight decay shrinks the parameters themselves, instead of adding to their gradients.
    pub decoupled: bool,
    /// Gradients are clamped to ± this; infinity leaves them.
    pub clip_value: f32,
}

/// One step of `torch.optim.Adam`, or of `AdamW` if `decoupled`, on the rows of action
/// [`RunRow::TRAIN`].
///
/// g ← g + weight_decay·p, or if decoupled p ← p·(1 − lr·weight_decay); m ← m + (1 − β₁)·(g − m);
/// v ← β₂·v + (1 − β₂)·g²; p ← p − lr/[`Step::first_correction`] · m / (√v/[`Step::second_correction`] + ε).
///
/// Memory: table, step, parameters, gradients, first moment m, second moment v.
#[derive(Debug)]
pub struct Adam;
impl Op for Adam {
    const NAME: &'static str = "adam";
    type Args = AdamArgs;
    fn memory(args: &AdamArgs, spec: &mut Spec) {
        spec.read::<RunRow>(args.rows).read::<Step>(1).update::<u8>(args.bytes).read::<u8>(args.bytes);
        spec.update::<u8>(args.bytes).update::<u8>(args.bytes);
    }
    fn cpu(cpu: &Cpu, args: &AdamArgs, memory: &mut Memory<'_>) {
        let (table, step) = (memory.read(0), &memory.read::<Step>(1)[0]);
        let (params, gradients) = (memory.write(2), memory.read(3));
        let (first, second) = (memory.write(4), memory.write(5));
        let isa = cpu.isa();
        let trained = |row: &RunRow| row.action == RunRow::TRAIN;
        each_piece(
            cpu,
            Self::NAME,
            table,
            trained,
            (3, gradients),
            [(2, params), (4, first), (5, second)],
            8,
            |row, g, [p, m, v]| adam(isa, args, step, Rates::new(step, row, args.clip_value), g, p, m, v),
        );
    }
    fn cuda(gpu: &Gpu<'_>, args: &AdamArgs, memory: &Pointers) {
        cuda::adam(gpu, args, memory);
    }
}

multiversion! {
    fn adam(
        isa, args: &AdamArgs, step: &Step, rates: Rates, g: &[f32], p: &mut [f32], m: &mut [f32], v: &mut [f32],
    ) {
        let &AdamArgs { beta1, beta2, eps, decoupled, .. } = args;
        let step_size = rates.learning_rate / step.first_correction;
        let (shrink, decay) = if decoupled {
            (1.0 - rates.learning_rate * rates.weight_decay, 0.0)
        } else {
            (1.0, rates.weight_decay)
        };
        for (((p, m), v), g) in p.iter_mut().zip(m).zip(v).zip(g) {
            let g = rates.gradient(*g) + decay * *p;
            *m += (1.0 - beta1) * (g - *m);
            *v = beta2 * *v + (1.0 - beta2) * g * g;
            *p = *p * shrink - step_size * *m / (math::sqrt(*v) / step.second_correction + eps);
        }
    }
}
