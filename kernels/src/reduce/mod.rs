//! Sums and means over one axis, and their backward.
//!
//! Memory in row-major order is seen as `[outer, len, inner]`, where `len` is the axis that is
//! reduced, `outer` the product of the axes before it and `inner` that of the axes after it.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp};

/// The arguments of [`Reduce`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The product of the axes before the reduced one.
    pub outer: usize,
    /// The reduced axis.
    pub len: usize,
    /// The product of the axes after the reduced one.
    pub inner: usize,
    /// Divides the sum by `len`.
    pub mean: bool,
    /// Adds to what y holds, instead of overwriting it.
    pub accumulate: bool,
}

/// y ← Σ x, or y ← y + Σ x, over the middle axis; `x.sum(1)` and `x.mean(1)`.
/// Memory: x `[outer, len, inner]`, y `[outer, inner]`.
#[derive(Debug)]
pub struct Reduce;
impl Op for Reduce {
    const NAME: &'static str = "reduce";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let y = args.outer.saturating_mul(args.inner);
        spec.read::<f32>(y.saturating_mul(args.len));
        if args.accumulate {
            spec.update::<f32>(y)
        } else {
            spec.write::<f32>(y)
        };
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::reduce(cpu, args, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::reduce(gpu, args, memory);
    }
}
impl HalfOp for Reduce {}

/// The arguments of [`Expand`].
#[derive(Clone, Copy, Debug)]
pub struct ExpandArgs {
    /// The product of the axes before the repeated one.
    pub outer: usize,
    /// How often each `inner` elements are repeated.
    pub len: usize,
    /// The product of the axes after the repeated one.
    pub inner: usize,
    /// What they are multiplied by.
    pub factor: f32,
}

/// y ← factor·x, repeated along the middle axis: the backward of [`Reduce`], with a factor of 1 for
/// the sum and of 1/len for the mean; `factor * x.unsqueeze(1).expand(-1, len, -1)`.
/// Memory: x `[outer, inner]`, y `[outer, len, inner]`.
#[derive(Debug)]
pub struct Expand;
impl Op for Expand {
    const NAME: &'static str = "expand";
    type Args = ExpandArgs;
    fn memory(args: &ExpandArgs, spec: &mut Spec) {
        let x = args.outer.saturating_mul(args.inner);
        spec.read::<f32>(x).write::<f32>(x.saturating_mul(args.len));
    }
    fn cpu(cpu: &Cpu, args: &ExpandArgs, memory: &mut Memory<'_>) {
        cpu::expand(cpu, args, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &ExpandArgs, memory: &Pointers) {
        cuda::expand(gpu, args, memory);
    }
}
impl HalfOp for Expand {}
