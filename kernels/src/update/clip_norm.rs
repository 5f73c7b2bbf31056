use super::cuda;
use super::region::{CHUNK, each_row};
use crate::cpu::{multiversion, sum_parts};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, RunRow, Step};

/// The arguments of [`ClipNorm`].
#[derive(Clone, Copy, Debug)]
pub struct ClipNormArgs {
    /// Rows of the table.
    pub rows: usize,
    /// Size of the model in bytes.
    pub bytes: usize,
    /// The norm that gradients are scaled down to.
    pub max_norm: f32,
}

/// `torch.nn.utils.clip_grad_norm_`: norm ← `gradient_scale`·√Σg² over the rows of action
/// [`RunRow::TRAIN`], then `gradient_scale` ← `gradient_scale`·min(1, max_norm / (norm + 10⁻⁶)).
/// The gradients themselves stay; the optimizers multiply them by [`Step::gradient_scale`].
///
/// Memory: table, gradients, step, norm `[1]`.
#[derive(Debug)]
pub struct ClipNorm;
impl Op for ClipNorm {
    const NAME: &'static str = "clip norm";
    type Args = ClipNormArgs;
    fn memory(args: &ClipNormArgs, spec: &mut Spec) {
        spec.read::<RunRow>(args.rows).read::<u8>(args.bytes).update::<Step>(1).write::<f32>(1);
    }
    fn cpu(cpu: &Cpu, args: &ClipNormArgs, memory: &mut Memory<'_>) {
        let (table, gradients) = (memory.read(0), memory.read(1));
        let (step, norm) = (&mut memory.write::<Step>(2)[0], &mut memory.write::<f32>(3)[0]);
        let trained = |row: &RunRow| row.action == RunRow::TRAIN;
        let (isa, mut total) = (cpu.isa(), 0.0);
        each_row(cpu, Self::NAME, table, trained, (1, gradients), |_, g| {
            total += sum_parts(cpu, g.len(), CHUNK, g.len(), |part| squares(isa, &g[part]));
        });
        *norm = step.gradient_scale.abs() * libm::sqrt(total) as f32;
        let coefficient = args.max_norm / (*norm + 1e-6);
        // Not `min`, which would turn a NaN into 1: a broken step must not look sound.
        step.gradient_scale *= if coefficient > 1.0 { 1.0 } else { coefficient };
    }
    fn cuda(gpu: &Gpu<'_>, args: &ClipNormArgs, memory: &Pointers) {
        cuda::clip_norm(gpu, args, memory);
    }
}

/// Lanes of the sum: enough that additions do not wait for each other.
const LANES: usize = 64;

multiversion! {
    /// Σ x², in double precision: squares of large gradients overflow in single precision.
    fn squares(isa, x: &[f32]) -> f64 {
        let mut lanes = [0.0f64; LANES];
        let (whole, rest) = x.as_chunks::<LANES>();
        for x in whole {
            for (lane, x) in lanes.iter_mut().zip(x) {
                *lane += (*x as f64) * (*x as f64);
            }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) {
            *lane += (*x as f64) * (*x as f64);
        }
        lanes.iter().sum()
    }
}
