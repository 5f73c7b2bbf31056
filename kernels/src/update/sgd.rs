use super::region::each_piece;
use super::{Rates, cuda};
use crate::cpu::multiversion;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, RunRow, Step};

/// The arguments of [`Sgd`].
#[derive(Clone, Copy, Debug)]
pub struct SgdArgs {
    /// Rows of the table.
    pub rows: usize,
    /// Size of the model in bytes.
    pub bytes: usize,
    /// How much of the velocity stays from one step to the next.
    pub momentum: f32,
    /// The gradient enters the velocity times one minus this.
    pub dampening: f32,
    /// Looks ahead along the velocity.
    pub nesterov: bool,
    /// Whether there is a velocity: without it, momentum has no effect.
    pub has_velocity: bool,
    /// Gradients are clamped to ± this; infinity leaves them.
    pub clip_value: f32,
}

/// One step of `torch.optim.SGD` on the rows of action [`RunRow::TRAIN`].
///
/// g ← g + weight_decay·p; v ← momentum·v + (1 − dampening)·g, but v ← g in the first step
/// ([`Step::index`] zero); g ← v, or g + momentum·v with Nesterov's momentum; p ← p − lr·g.
///
/// Memory: table, step, parameters, gradients, velocity (absent unless `has_velocity`).
#[derive(Debug)]
pub struct Sgd;
impl Op for Sgd {
    const NAME: &'static str = "sgd";
    type Args = SgdArgs;
    fn memory(args: &SgdArgs, spec: &mut Spec) {
        spec.read::<RunRow>(args.rows).read::<Step>(1).update::<u8>(args.bytes).read::<u8>(args.bytes);
        spec.update::<u8>(if args.has_velocity { args.bytes } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &SgdArgs, memory: &mut Memory<'_>) {
        let (table, Some(step)) = (memory.read(0), memory.read::<Step>(1).first()) else { return };
        let (params, gradients, velocity) = (memory.write(2), memory.read(3), memory.write(4));
        let (isa, first) = (cpu.isa(), step.index == 0);
        let trained = |row: &RunRow| row.action == RunRow::TRAIN && step.skipped == 0;
        each_piece(
            cpu,
            Self::NAME,
            table,
            trained,
            (3, gradients),
            [(2, params), (4, velocity)],
            2,
            |row, g, [p, v]| {
                let rates = Rates::new(step, row, args.clip_value);
                if args.has_velocity {
                    with_velocity(isa, args, rates, first, g, p, v);
                } else {
                    plain(isa, rates, g, p);
                }
            },
        );
    }
    fn cuda(gpu: &Gpu<'_>, args: &SgdArgs, memory: &Pointers) {
        cuda::sgd(gpu, args, memory);
    }
}

multiversion! {
    fn plain(isa, rates: Rates, g: &[f32], p: &mut [f32]) {
        for (p, g) in p.iter_mut().zip(g) {
            *p -= rates.learning_rate * (rates.gradient(*g) + rates.weight_decay * *p);
        }
    }
}

multiversion! {
    fn with_velocity(isa, args: &SgdArgs, rates: Rates, first: bool, g: &[f32], p: &mut [f32], v: &mut [f32]) {
        let (old, new) = if first { (0.0, 1.0) } else { (args.momentum, 1.0 - args.dampening) };
        let (of_g, of_v) = if args.nesterov { (1.0, args.momentum) } else { (0.0, 1.0) };
        for ((p, v), g) in p.iter_mut().zip(v).zip(g) {
            let g = rates.gradient(*g) + rates.weight_decay * *p;
            // The first step does not look at what the memory held before.
            let kept = if first { 0.0 } else { old * *v };
            *v = kept + new * g;
            *p -= rates.learning_rate * (of_g * g + of_v * *v);
        }
    }
}
