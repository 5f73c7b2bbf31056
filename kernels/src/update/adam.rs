use super::region::each_piece;
use super::{Rates, cuda};
use crate::launch::{Gpu, Pointers};
use crate::math::F32s;
use crate::op::{Memory, Op, Spec};
use crate::vector::{Kernel, Registers, Vector, run};
use crate::{Cpu, RunRow, Step};

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
        let (table, Some(step)) = (memory.read(0), memory.read::<Step>(1).first()) else { return };
        let (params, gradients) = (memory.write(2), memory.read(3));
        let (first, second) = (memory.write(4), memory.write(5));
        let isa = cpu.isa();
        let trained = |row: &RunRow| row.action == RunRow::TRAIN && step.skipped == 0;
        each_piece(
            cpu,
            Self::NAME,
            table,
            trained,
            (3, gradients),
            [(2, params), (4, first), (5, second)],
            8,
            |row, g, [p, m, v]| {
                let rates = Rates::new(step, row, args.clip_value);
                run(isa, Update { args, step, rates, g, p, m, v });
            },
        );
    }
    fn cuda(gpu: &Gpu<'_>, args: &AdamArgs, memory: &Pointers) {
        cuda::adam(gpu, args, memory);
    }
}

struct Update<'a> {
    args: &'a AdamArgs,
    step: &'a Step,
    rates: Rates,
    g: &'a [f32],
    p: &'a mut [f32],
    m: &'a mut [f32],
    v: &'a mut [f32],
}
impl Kernel for Update<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Update { args: &AdamArgs { beta1, beta2, eps, decoupled, .. }, step, rates, g, .. } = self;
        // SAFETY: within `run`.
        let [mut p, mut m, mut v] = [self.p, self.m, self.v].map(|x| unsafe { Registers::<V>::new(x) });
        let step_size = p.splat(-rates.learning_rate / step.first_correction);
        let (shrink, decay) = if decoupled {
            (1.0 - rates.learning_rate * rates.weight_decay, 0.0)
        } else {
            (1.0, rates.weight_decay)
        };
        let [decay, new1, new2, correction, eps] =
            [decay, 1.0 - beta1, 1.0 - beta2, 1.0 / step.second_correction, eps].map(|x| p.splat(x));
        for i in 0..p.count() {
            let (old_p, old_m) = (p.get(i), m.get(i));
            let g = (p.get_from(g, i) * rates.gradient_scale)
                .at_most(rates.clip_value)
                .at_least(-rates.clip_value);
            let g = decay.mul_add(old_p, g);
            let new_m = new1.mul_add(g - old_m, old_m);
            let new_v = (new2 * g).mul_add(g, v.get(i) * beta2);
            m.set(i, new_m);
            v.set(i, new_v);
            let change = (step_size * new_m).quick_div(new_v.quick_sqrt().mul_add(correction, eps));
            p.set(i, (old_p * shrink) + change);
        }
    }
}
