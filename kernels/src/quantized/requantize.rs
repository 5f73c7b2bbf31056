//! From one scale to another.

use super::cuda;
use super::round::{Round, round};
use super::{Factor, Points, one};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::strided::Args;
use crate::strided::axes::{Plan, reach, reach_distinct, walk};
use crate::{Cpu, Isa};

/// y\[to\] ← clamp(z_y + ⌊M·(x\[from\] − z_x) + ½⌋, low, high), where M is the scale of x divided by that of y, for all
/// indices of the axes: the parts of a concatenation in one scale, and slices and permutations by the way. What indices
/// do not name in y stays.
///
/// The arguments are those of [`Strided`](crate::strided::Strided), but `factor` and `accumulate` are not looked at.
/// Elements of y that share a place are a [`Fault::Memory`](crate::Fault::Memory).
///
/// Memory: M (f32: a [`Factor`]); the bytes z_x, z_y, low and high; x, y.
#[derive(Debug)]
pub struct Requantize;
impl Op for Requantize {
    const NAME: &'static str = "requantize";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let args = copy(args);
        spec.read::<f32>(1).read::<u8>(Points::LEN);
        spec.read::<u8>(reach(&args)).update::<u8>(reach_distinct(&args));
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (factor, points) = (Factor::new(one(memory.read(0))), Points::new(memory.read(1)));
        let (x, y) = (memory.read::<u8>(2), memory.write::<u8>(3));
        let Some(mut plan) = Plan::new(&copy(args)) else { return };
        let (isa, inner, how) = (cpu.isa(), plan.kept.pop(), Round { bias: -points.x, factor, points });
        walk(plan.kept.as_slice(), args.from_start, args.to_start, &mut |from, to| {
            if inner.from == 1 && inner.to == 1 {
                return line(isa, &how, &x[from..][..inner.len], &mut y[to..][..inner.len]);
            }
            for i in 0..inner.len {
                y[to + i * inner.to] = how.byte(x[from + i * inner.from].into());
            }
        });
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::requantize(gpu, &copy(args), memory);
    }
}

/// Bytes side by side.
fn line(isa: Isa, how: &Round, x: &[u8], y: &mut [u8]) {
    const BLOCK: usize = 128;
    for (x, y) in x.chunks(BLOCK).zip(y.chunks_mut(BLOCK)) {
        let mut sums = [0; BLOCK];
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum = (*x).into());
        round(isa, how, &sums, [BLOCK, BLOCK], y);
    }
}

/// The arguments without a sum.
fn copy(args: &Args) -> Args {
    Args { factor: 1.0, accumulate: false, ..*args }
}
