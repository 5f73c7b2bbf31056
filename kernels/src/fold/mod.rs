//! Sums, products, extremes and their places over one axis, for every element type.
//!
//! Memory in row-major order is seen as `[outer, len, inner]`, where `len` is the axis that is reduced.

mod block;
mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

pub(crate) use cuda::run as run_on_gpu;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType, Fault};

/// What [`Fold`] makes of the elements along the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldOp {
    /// Their sum. Floats are summed in blocks whose sums are added in f64, so that the error does not grow
    /// with the length; integers and booleans in i64.
    Sum,
    /// Their product: floats in f64, integers and booleans in i64.
    Prod,
    /// The greatest; NaN if there is one.
    Max,
    /// The least; NaN if there is one.
    Min,
    /// Where the greatest is: the first of equals, the first NaN if there is one.
    ArgMax,
    /// Where the least is: the first of equals, the first NaN if there is one.
    ArgMin,
    /// Whether one is not zero.
    Any,
    /// Whether none is zero.
    All,
}

impl FoldOp {
    /// The element type of the result for elements of type `dtype`.
    pub const fn output(self, dtype: DType) -> DType {
        match self {
            FoldOp::Sum | FoldOp::Prod if !dtype.is_float() => DType::I64,
            FoldOp::Sum | FoldOp::Prod | FoldOp::Max | FoldOp::Min => dtype,
            FoldOp::ArgMax | FoldOp::ArgMin => DType::I64,
            FoldOp::Any | FoldOp::All => DType::Bool,
        }
    }

    /// Whether it has a result where there are no elements: 0, 1, false or true.
    pub const fn of_nothing(self) -> bool {
        matches!(self, FoldOp::Sum | FoldOp::Prod | FoldOp::Any | FoldOp::All)
    }
}

/// The arguments of [`Fold`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// What is computed.
    pub op: FoldOp,
    /// The type of x's elements.
    pub dtype: DType,
    /// The product of the axes before the reduced one.
    pub outer: usize,
    /// The reduced axis.
    pub len: usize,
    /// The product of the axes after the reduced one.
    pub inner: usize,
}

/// y ← the sum, product, greatest, .. over the middle axis; `x.sum(1)`, `prod`, `amax`, `amin`, `argmax`,
/// `argmin`, `any`, `all`. The extremes of an empty axis are a [`Fault::Index`], and y stays.
///
/// Memory: x `[outer, len, inner]`, y `[outer, inner]` of type [`FoldOp::output`].
///
/// ```
/// use castiron_kernels::fold::{Args, Fold, FoldOp};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let (x, mut y) = ([[1i32, 5, 2], [4, 4, 3]], [0i64; 2]);
/// let args = Args { op: FoldOp::ArgMax, dtype: DType::I32, outer: 2, len: 3, inner: 1 };
/// Cpu::new().run::<Fold>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [1, 0]);
/// ```
#[derive(Debug)]
pub struct Fold;
impl Op for Fold {
    const NAME: &'static str = "fold";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let y = args.outer.saturating_mul(args.inner);
        spec.read_dtype(args.dtype, y.saturating_mul(args.len));
        spec.write_dtype(args.op.output(args.dtype), y);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        if args.len == 0 && !args.op.of_nothing() {
            if args.outer * args.inner > 0 {
                cpu.report(Fault::Index { op: Self::NAME, row: 0, got: 0, limit: 0 });
            }
            return;
        }
        cpu::fold(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::fold(gpu, args, memory);
    }
}
