//! Elements and slices that indices name.
//!
//! Memory in row-major order is seen as `[outer, len, inner]`, where `len` is the axis that is indexed. An
//! index that is negative, or not below `len`, is reported as [`Fault::Index`], whose row is its position
//! among the indices; the element it stands for becomes zero, or is not added.

mod cpu;
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType, Fault};
use cuda::Indices;

/// The arguments of [`Gather`], [`ScatterAdd`], [`IndexSelect`] and [`IndexAdd`].
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The element type.
    pub dtype: DType,
    /// The product of the axes before the indexed one.
    pub outer: usize,
    /// The indexed axis: indices are below it.
    pub len: usize,
    /// The axis that stands in its place where indices are.
    pub count: usize,
    /// The product of the axes after the indexed one.
    pub inner: usize,
}

impl Args {
    fn whole(&self) -> usize {
        self.outer.saturating_mul(self.len).saturating_mul(self.inner)
    }

    fn named(&self) -> usize {
        self.outer.saturating_mul(self.count).saturating_mul(self.inner)
    }

    fn place(&self, index: i64) -> Option<usize> {
        usize::try_from(index).ok().filter(|&place| place < self.len)
    }

    /// Reports the first index that is out of range.
    fn check(&self, cpu: &Cpu, op: &'static str, indices: &[i64]) {
        // Without a branch per index, so that it is vectorised: most have none.
        let limit = self.len as u64;
        if indices.iter().fold(false, |bad, &index| bad | (index as u64 >= limit))
            && let Some(row) = indices.iter().position(|&index| self.place(index).is_none())
        {
            cpu.report(Fault::Index { op, row, got: indices[row], limit: self.len });
        }
    }
}

/// y\[o, j, i\] ← x\[o, index\[o, j, i\], i\]; `x.gather(1, index)`.
///
/// Memory: x `[outer, len, inner]`, index i64 `[outer, count, inner]`, y `[outer, count, inner]`.
///
/// ```
/// use castiron_kernels::index::{Args, Gather};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let (x, index, mut y) = ([[1.0f32, 2.0], [3.0, 4.0]], [[0i64, 0], [1, 0]], [[0.0f32; 2]; 2]);
/// let args = Args { dtype: DType::F32, outer: 2, len: 2, count: 2, inner: 1 };
/// Cpu::new().run::<Gather>(&args, &mut [Raw::read(&x), Raw::read(&index), Raw::write(&mut y)]);
/// assert_eq!(y, [[1.0, 1.0], [4.0, 3.0]]);
/// ```
#[derive(Debug)]
pub struct Gather;
impl Op for Gather {
    const NAME: &'static str = "gather";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read_dtype(args.dtype, args.whole()).read::<i64>(args.named());
        spec.write_dtype(args.dtype, args.named());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        args.check(cpu, Self::NAME, memory.read(1));
        cpu::gather(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::gather(gpu, args, memory.at(0), Indices::of(memory), memory.at(2));
    }
}

/// y\[o, index\[o, j, i\], i\] ← y\[o, index\[o, j, i\], i\] + x\[o, j, i\], in the order of j;
/// `y.scatter_add_(1, index, x)`. The backward of [`Gather`]. Integers wrap around; booleans are or-ed.
///
/// Memory: x `[outer, count, inner]`, index i64 `[outer, count, inner]`, y `[outer, len, inner]`.
#[derive(Debug)]
pub struct ScatterAdd;
impl Op for ScatterAdd {
    const NAME: &'static str = "scatter add";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read_dtype(args.dtype, args.named()).read::<i64>(args.named());
        spec.update_dtype(args.dtype, args.whole());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        args.check(cpu, Self::NAME, memory.read(1));
        cpu::scatter_add(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::scatter_add(gpu, args, memory.at(0), Indices::of(memory), memory.at(2));
    }
}

/// y\[o, j\] ← x\[o, index\[j\]\], each `inner` elements; `x.index_select(1, index)`.
///
/// Memory: x `[outer, len, inner]`, index i64 `[count]`, y `[outer, count, inner]`.
///
/// ```
/// use castiron_kernels::index::{Args, IndexSelect};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let (x, index, mut y) = ([[1u8, 2], [3, 4], [5, 6]], [2i64, 0], [[0u8; 2]; 2]);
/// let args = Args { dtype: DType::U8, outer: 1, len: 3, count: 2, inner: 2 };
/// Cpu::new().run::<IndexSelect>(&args, &mut [Raw::read(&x), Raw::read(&index), Raw::write(&mut y)]);
/// assert_eq!(y, [[5, 6], [1, 2]]);
/// ```
#[derive(Debug)]
pub struct IndexSelect;
impl Op for IndexSelect {
    const NAME: &'static str = "index select";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read_dtype(args.dtype, args.whole()).read::<i64>(args.count);
        spec.write_dtype(args.dtype, args.named());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        args.check(cpu, Self::NAME, memory.read(1));
        cpu::index_select(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::index_select(gpu, args, memory.at(0), Indices::of(memory), memory.at(2));
    }
}

/// y\[o, index\[j\]\] ← y\[o, index\[j\]\] + x\[o, j\], each `inner` elements, in the order of j;
/// `y.index_add_(1, index, x)`. The backward of [`IndexSelect`]. Integers wrap around; booleans are or-ed.
///
/// Memory: x `[outer, count, inner]`, index i64 `[count]`, y `[outer, len, inner]`.
#[derive(Debug)]
pub struct IndexAdd;
impl Op for IndexAdd {
    const NAME: &'static str = "index add";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        spec.read_dtype(args.dtype, args.named()).read::<i64>(args.count);
        spec.update_dtype(args.dtype, args.whole());
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        args.check(cpu, Self::NAME, memory.read(1));
        cpu::index_add(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::index_add(gpu, args, args.dtype, memory.at(0), Indices::of(memory), memory.at(2));
    }
}
