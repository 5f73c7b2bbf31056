//! Sorting rows.

mod cpu;
mod cuda;
mod key;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType};

/// The arguments of [`Sort`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The element type.
    pub dtype: DType,
    /// How many rows are sorted, each by itself.
    pub rows: usize,
    /// Elements of a row, at most 2³² − 1.
    pub len: usize,
    /// How many of them come out, at most `len`: the first ones in the order.
    pub keep: usize,
    /// The greatest first.
    pub descending: bool,
}

/// The first `keep` elements of each row in ascending or descending order, and where they were;
/// `x.sort(dim=-1, stable=True)`, `x.topk(keep)`. Equal elements stay in their order; NaN counts as greater
/// than everything.
///
/// Memory: x `[rows, len]`, scratch i64 `[rows, len]` (left with the indices, then zeros), values
/// `[rows, keep]`, indices i64 `[rows, keep]`.
///
/// ```
/// use castiron_kernels::sort::{Args, Sort};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let x = [2.0f32, 3.0, 1.0, 3.0];
/// let (mut scratch, mut values, mut indices) = ([0i64; 4], [0.0f32; 2], [0i64; 2]);
/// let args = Args { dtype: DType::F32, rows: 1, len: 4, keep: 2, descending: true };
/// let mut memory =
///     [Raw::read(&x), Raw::write(&mut scratch), Raw::write(&mut values), Raw::write(&mut indices)];
/// Cpu::new().run::<Sort>(&args, &mut memory);
/// assert_eq!((values, indices), ([3.0, 3.0], [1, 3]));
/// ```
#[derive(Debug)]
pub struct Sort;
impl Op for Sort {
    const NAME: &'static str = "sort";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        // More is kept than there is, or rows are longer than indices of 32 bits: more than any memory has.
        let possible = args.keep <= args.len && args.len as u64 <= u32::MAX.into();
        let kept = if !possible { usize::MAX } else { args.rows.saturating_mul(args.keep) };
        let len = args.rows.saturating_mul(args.len);
        spec.read_dtype(args.dtype, len).write::<i64>(len).write_dtype(args.dtype, kept).write::<i64>(kept);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::sort(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::sort(gpu, args, memory);
    }
}
