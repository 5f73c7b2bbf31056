use super::region::each_piece;
use super::{Rates, cuda};
use crate::cpu::multiversion;
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, RunRow, Step, math};

/// The arguments of [`RmsProp`].
#[derive(Clone, Copy, Debug)]
pub struct RmsPropArgs {
    /// Rows of the table.
    pub rows: usize,
    /// Size of the model in bytes.
    pub bytes: usize,
    /// How much of the averages stays from one step to the next.
    pub alpha: f32,
    /// Added to the denominator.
    pub eps: f32,
    /// How much of the momentum buffer stays.
    pub momentum: f32,
    /// Divides by the standard deviation of the gradients instead of their root mean square.
    pub centered: bool,
    /// Whether there is a momentum buffer: without it, momentum has no effect.
    pub has_momentum: bool,
    /// Gradients are clamped to ± this; infinity leaves them.
    pub clip_value: f32,
}

/// One step of `torch.optim.RMSprop` on the rows of action [`RunRow::TRAIN`].
///
/// g ← g + weight_decay·p; s ← α·s + (1 − α)·g²; if centered a ← a + (1 − α)·(g − a);
/// u = g / (√s + ε), or g / (√(s − a²) + ε) if centered; with a momentum buffer b ← momentum·b + u and
/// p ← p − lr·b, else p ← p − lr·u. All three states start as zeros.
///
/// Memory: table, step, parameters, gradients, square average s, momentum buffer b (absent unless
/// `has_momentum`), average gradient a (absent unless `centered`).
#[derive(Debug)]
pub struct RmsProp;
impl Op for RmsProp {
    const NAME: &'static str = "rms prop";
    type Args = RmsPropArgs;
    fn memory(args: &RmsPropArgs, spec: &mut Spec) {
        spec.read::<RunRow>(args.rows).read::<Step>(1).update::<u8>(args.bytes).read::<u8>(args.bytes);
        spec.update::<u8>(args.bytes);
        spec.update::<u8>(if args.has_momentum { args.bytes } else { 0 });
        spec.update::<u8>(if args.centered { args.bytes } else { 0 });
    }
    fn cpu(cpu: &Cpu, args: &RmsPropArgs, memory: &mut Memory<'_>) {
        let (table, Some(step)) = (memory.read(0), memory.read::<Step>(1).first()) else { return };
        let (params, gradients) = (memory.write(2), memory.read(3));
        let states = [(2, params), (4, memory.write(4)), (5, memory.write(5)), (6, memory.write(6))];
        let isa = cpu.isa();
        let trained = |row: &RunRow| row.action == RunRow::TRAIN && step.skipped == 0;
        each_piece(cpu, Self::NAME, table, trained, (3, gradients), states, 8, |row, g, [p, s, b, a]| {
            rms_prop(isa, args, Rates::new(step, row, args.clip_value), g, p, s, b, a);
        });
    }
    fn cuda(gpu: &Gpu<'_>, args: &RmsPropArgs, memory: &Pointers) {
        cuda::rms_prop(gpu, args, memory);
    }
}

/// The denominator, after s and a have moved.
#[inline(always)]
fn spread(s: f32, a: f32, eps: f32) -> f32 {
    let variance = s - a * a;
    // Rounding may take it below zero; a NaN stays one.
    math::sqrt(if variance < 0.0 { 0.0 } else { variance }) + eps
}

multiversion! {
    fn rms_prop(
        isa, args: &RmsPropArgs, rates: Rates, g: &[f32], p: &mut [f32], s: &mut [f32], b: &mut [f32],
        a: &mut [f32],
    ) {
        let &RmsPropArgs { alpha, eps, momentum, .. } = args;
        let Rates { learning_rate, weight_decay, .. } = rates;
        // A loop for each combination of states, so that each is vectorised.
        let moved = |s: &mut f32, p: f32, g: f32| {
            let g = rates.gradient(g) + weight_decay * p;
            *s = alpha * *s + (1.0 - alpha) * g * g;
            g
        };
        match (args.has_momentum, args.centered) {
            (false, false) => {
                for ((p, s), g) in p.iter_mut().zip(s).zip(g) {
                    let g = moved(s, *p, *g);
                    *p -= learning_rate * g / spread(*s, 0.0, eps);
                }
            }
            (false, true) => {
                for (((p, s), a), g) in p.iter_mut().zip(s).zip(a).zip(g) {
                    let g = moved(s, *p, *g);
                    *a += (1.0 - alpha) * (g - *a);
                    *p -= learning_rate * g / spread(*s, *a, eps);
                }
            }
            (true, false) => {
                for (((p, s), b), g) in p.iter_mut().zip(s).zip(b).zip(g) {
                    let g = moved(s, *p, *g);
                    *b = momentum * *b + g / spread(*s, 0.0, eps);
                    *p -= learning_rate * *b;
                }
            }
            (true, true) => {
                for ((((p, s), b), a), g) in p.iter_mut().zip(s).zip(b).zip(a).zip(g) {
                    let g = moved(s, *p, *g);
                    *a += (1.0 - alpha) * (g - *a);
                    *b = momentum * *b + g / spread(*s, *a, eps);
                    *p -= learning_rate * *b;
                }
            }
        }
    }
}
