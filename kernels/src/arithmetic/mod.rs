//! Elementwise arithmetic on flat memory.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, HalfOp, copy_strided};

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a·b
    Mul,
    /// a / b
    Div,
}

/// The arguments of [`Binary`].
#[derive(Clone, Copy, Debug)]
pub struct BinaryArgs {
    /// Which operation.
    pub op: BinaryOp,
    /// How many elements.
    pub len: usize,
    /// Whether y is also a: y ← y ∘ b.
    pub in_place: bool,
}

/// y ← a ∘ b, element by element; `torch.add`, `sub`, `mul`, `div`. Memory: a (absent in place: y holds it),
/// b, y.
#[derive(Debug)]
pub struct Binary;
impl Op for Binary {
    const NAME: &'static str = "binary";
    type Args = BinaryArgs;
    fn memory(args: &BinaryArgs, spec: &mut Spec) {
        let &BinaryArgs { len, in_place, .. } = args;
        spec.read_unless::<f32>(in_place, len).read::<f32>(len).write_or_update::<f32>(in_place, len);
    }
    fn cpu(cpu: &Cpu, args: &BinaryArgs, memory: &mut Memory<'_>) {
        cpu::binary(cpu, args.op, memory.read(0), memory.read(1), memory.write(2));
    }
    fn cuda(gpu: &Gpu<'_>, args: &BinaryArgs, memory: &Pointers) {
        cuda::binary(gpu, args, memory);
    }
}
impl HalfOp for Binary {
    fn piece(args: &BinaryArgs, len: usize) -> Option<BinaryArgs> {
        Some(BinaryArgs { len, ..*args })
    }
}

/// y ← y + x; `y.add_(x)`. The arguments are the number of elements. Memory: x, y.
#[derive(Debug)]
pub struct AddAssign;
impl Op for AddAssign {
    const NAME: &'static str = "add assign";
    type Args = usize;
    fn memory(&len: &usize, spec: &mut Spec) {
        spec.read::<f32>(len).update::<f32>(len);
    }
    fn cpu(cpu: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        cpu::add_assign(cpu, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, &len: &usize, memory: &Pointers) {
        cuda::add_assign(gpu, len, memory);
    }
}
impl HalfOp for AddAssign {
    fn piece(_: &usize, len: usize) -> Option<usize> {
        Some(len)
    }
}

/// The arguments of [`Affine`].
#[derive(Clone, Copy, Debug)]
pub struct AffineArgs {
    /// How many elements.
    pub len: usize,
    /// What they are multiplied by.
    pub scale: f32,
    /// What is then added.
    pub shift: f32,
    /// Whether y is also x.
    pub in_place: bool,
}

/// y ← scale·x + shift; `torch.add(shift, x, alpha=scale)`. Memory: x (absent in place: y holds it), y.
#[derive(Debug)]
pub struct Affine;
impl Op for Affine {
    const NAME: &'static str = "affine";
    type Args = AffineArgs;
    fn memory(args: &AffineArgs, spec: &mut Spec) {
        spec.read_unless::<f32>(args.in_place, args.len).write_or_update::<f32>(args.in_place, args.len);
    }
    fn cpu(cpu: &Cpu, args: &AffineArgs, memory: &mut Memory<'_>) {
        cpu::affine(cpu, args.scale, args.shift, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &AffineArgs, memory: &Pointers) {
        cuda::affine(gpu, args, memory);
    }
}
impl HalfOp for Affine {
    fn piece(args: &AffineArgs, len: usize) -> Option<AffineArgs> {
        Some(AffineArgs { len, ..*args })
    }
}

/// The arguments of [`Reciprocal`].
#[derive(Clone, Copy, Debug)]
pub struct ReciprocalArgs {
    /// How many elements.
    pub len: usize,
    /// What is divided by them.
    pub numerator: f32,
    /// Whether y is also x.
    pub in_place: bool,
}

/// y ← numerator / x; `numerator / x` in PyTorch too. Memory: x (absent in place: y holds it), y.
#[derive(Debug)]
pub struct Reciprocal;
impl Op for Reciprocal {
    const NAME: &'static str = "reciprocal";
    type Args = ReciprocalArgs;
    fn memory(args: &ReciprocalArgs, spec: &mut Spec) {
        spec.read_unless::<f32>(args.in_place, args.len).write_or_update::<f32>(args.in_place, args.len);
    }
    fn cpu(cpu: &Cpu, args: &ReciprocalArgs, memory: &mut Memory<'_>) {
        cpu::reciprocal(cpu, args.numerator, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, args: &ReciprocalArgs, memory: &Pointers) {
        cuda::reciprocal(gpu, args, memory);
    }
}
impl HalfOp for Reciprocal {
    fn piece(args: &ReciprocalArgs, len: usize) -> Option<ReciprocalArgs> {
        Some(ReciprocalArgs { len, ..*args })
    }
}

/// y ← x; `y.copy_(x)`. The arguments are the number of elements. Memory: x, y.
#[derive(Debug)]
pub struct CopyElements;
impl Op for CopyElements {
    const NAME: &'static str = "copy";
    type Args = usize;
    fn memory(&len: &usize, spec: &mut Spec) {
        spec.read::<f32>(len).write::<f32>(len);
    }
    fn cpu(cpu: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        cpu::copy(cpu, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, &len: &usize, memory: &Pointers) {
        copy_strided::cuda::copy_bytes(gpu, len * gpu.element().size(), memory.at(0), memory.at(1));
    }
}
impl HalfOp for CopyElements {
    fn piece(_: &usize, len: usize) -> Option<usize> {
        Some(len)
    }
}

/// y ← x, byte for byte, whatever the elements. The arguments are the number of bytes. Memory: x, y.
#[derive(Debug)]
pub struct CopyBytes;
impl Op for CopyBytes {
    const NAME: &'static str = "copy bytes";
    type Args = usize;
    fn memory(&len: &usize, spec: &mut Spec) {
        spec.read::<u8>(len).write::<u8>(len);
    }
    fn cpu(cpu: &Cpu, _: &usize, memory: &mut Memory<'_>) {
        cpu::copy_bytes(cpu, memory.read(0), memory.write(1));
    }
    fn cuda(gpu: &Gpu<'_>, &bytes: &usize, memory: &Pointers) {
        copy_strided::cuda::copy_bytes(gpu, bytes, memory.at(0), memory.at(1));
    }
}

/// The arguments of [`Fill`].
#[derive(Clone, Copy, Debug)]
pub struct FillArgs {
    /// How many elements.
    pub len: usize,
    /// What each of them becomes.
    pub value: f32,
}

/// y ← value; `y.fill_(value)`. Memory: y.
#[derive(Debug)]
pub struct Fill;
impl Op for Fill {
    const NAME: &'static str = "fill";
    type Args = FillArgs;
    fn memory(args: &FillArgs, spec: &mut Spec) {
        spec.write::<f32>(args.len);
    }
    fn cpu(cpu: &Cpu, args: &FillArgs, memory: &mut Memory<'_>) {
        cpu::fill(cpu, args.value, memory.write(0));
    }
    fn cuda(gpu: &Gpu<'_>, args: &FillArgs, memory: &Pointers) {
        cuda::fill(gpu, args, memory);
    }
}
impl HalfOp for Fill {
    fn piece(args: &FillArgs, len: usize) -> Option<FillArgs> {
        Some(FillArgs { len, ..*args })
    }
}

/// The arguments of [`CopyRows`].
#[derive(Clone, Copy, Debug)]
pub struct CopyRowsArgs {
    /// How many rows.
    pub rows: usize,
    /// Elements copied of each.
    pub width: usize,
    /// Elements from one row of x to the next; at least `width`.
    pub from_stride: usize,
    /// Elements from one row of y to the next; at least `width`.
    pub to_stride: usize,
}

/// y\[i, ..width\] ← x\[i, ..width\], rows lying apart; `y[:, a:b] = x[:, c:d]`. Rows that overlap are a
/// [`Fault::Memory`](crate::Fault::Memory). Memory: x, y.
#[derive(Debug)]
pub struct CopyRows;
impl Op for CopyRows {
    const NAME: &'static str = "copy rows";
    type Args = CopyRowsArgs;
    fn memory(args: &CopyRowsArgs, spec: &mut Spec) {
        let len = |stride: usize| match args.rows {
            0 => 0,
            1 => args.width,
            // More than any memory has.
            _ if stride < args.width => usize::MAX,
            rows => (rows - 1).saturating_mul(stride).saturating_add(args.width),
        };
        spec.read::<f32>(len(args.from_stride)).update::<f32>(len(args.to_stride));
    }
    fn cpu(_: &Cpu, args: &CopyRowsArgs, memory: &mut Memory<'_>) {
        let (x, y) = (memory.read::<f32>(0), memory.write::<f32>(1));
        // A single row may have any stride, even one below its width.
        let step = |stride: usize| stride.max(args.width).max(1);
        for (y, x) in y.chunks_mut(step(args.to_stride)).zip(x.chunks(step(args.from_stride))) {
            y[..args.width].copy_from_slice(&x[..args.width]);
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &CopyRowsArgs, memory: &Pointers) {
        cuda::copy_rows(gpu, args, memory);
    }
}
impl HalfOp for CopyRows {}
