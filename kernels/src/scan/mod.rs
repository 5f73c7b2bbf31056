//! Running sums and products along one axis.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType};

/// The arguments of [`CumSum`] and [`CumProd`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The type of x's elements.
    pub dtype: DType,
    /// The product of the axes before the one that is run along.
    pub outer: usize,
    /// The axis that is run along.
    pub len: usize,
    /// The product of the axes after it.
    pub inner: usize,
    /// From the last element to the first: the backward of the running sum.
    pub reverse: bool,
}

impl Args {
    /// The element type of the result: that of x for floats, i64 for integers and booleans.
    pub const fn output(&self) -> DType {
        if self.dtype.is_float() { self.dtype } else { DType::I64 }
    }

    fn memory(&self, spec: &mut Spec) {
        let len = self.outer.saturating_mul(self.len).saturating_mul(self.inner);
        spec.read_dtype(self.dtype, len).write_dtype(self.output(), len);
    }
}

/// yᵢ ← x₀ + .. + xᵢ along the middle axis (or xᵢ + .. + xₙ₋₁ where reversed); `x.cumsum(1)`. Floats are added
/// up in f64. Memory: x `[outer, len, inner]`, y likewise, of type [`Args::output`].
#[derive(Debug)]
pub struct CumSum;
impl Op for CumSum {
    const NAME: &'static str = "cumulative sum";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        args.memory(spec);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::scan::<cpu::Sum>(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::scan(gpu, args, false, memory);
    }
}

/// yᵢ ← x₀ · .. · xᵢ along the middle axis (or xᵢ · .. · xₙ₋₁ where reversed); `x.cumprod(1)`. Floats are
/// multiplied in f64. Memory: x `[outer, len, inner]`, y likewise, of type [`Args::output`].
#[derive(Debug)]
pub struct CumProd;
impl Op for CumProd {
    const NAME: &'static str = "cumulative product";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        args.memory(spec);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::scan::<cpu::Product>(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::scan(gpu, args, true, memory);
    }
}
