//! Elementwise arithmetic on flat memory.

mod cpu;
#[cfg(test)]
mod tests;

use crate::Cpu;
use crate::op::{Memory, Op, Spec};

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
}

/// y ← a ∘ b, element by element; `torch.add`, `sub`, `mul`, `div`. Memory: a, b, y.
#[derive(Debug)]
pub struct Binary;
impl Op for Binary {
    const NAME: &'static str = "binary";
    type Args = BinaryArgs;
    fn memory(args: &BinaryArgs, spec: &mut Spec) {
        spec.read::<f32>(args.len).read::<f32>(args.len).write::<f32>(args.len);
    }
    fn cpu(cpu: &Cpu, args: &BinaryArgs, memory: &mut Memory<'_>) {
        cpu::binary(cpu, args.op, memory.read(0), memory.read(1), memory.write(2));
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
}

/// The arguments of [`Scale`].
#[derive(Clone, Copy, Debug)]
pub struct ScaleArgs {
    /// How many elements.
    pub len: usize,
    /// What they are multiplied by.
    pub factor: f32,
}

/// y ← factor·x; `torch.mul(x, factor)`. Memory: x, y.
#[derive(Debug)]
pub struct Scale;
impl Op for Scale {
    const NAME: &'static str = "scale";
    type Args = ScaleArgs;
    fn memory(args: &ScaleArgs, spec: &mut Spec) {
        spec.read::<f32>(args.len).write::<f32>(args.len);
    }
    fn cpu(cpu: &Cpu, args: &ScaleArgs, memory: &mut Memory<'_>) {
        cpu::scale(cpu, args.factor, memory.read(0), memory.write(1));
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
}
