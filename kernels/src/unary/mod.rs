//! Functions of one element, for every element type, and their derivatives.

mod code;
mod cpu;
mod cuda;
mod curves;
mod derivative;
mod elementary;
mod function;
mod integer;
mod name;
#[cfg(test)]
mod tests;

pub use function::{Function, Kept};

use crate::launch::{Gpu, Pointers};
use crate::op::{Fault, Memory, Op, Spec};
use crate::{Cpu, DType};

/// The arguments of [`Unary`] and [`UnaryBackward`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Args {
    /// Which function.
    pub function: Function,
    /// The type of the elements.
    pub dtype: DType,
    /// How many elements.
    pub len: usize,
    /// Whether the output is also what it is computed from: x of [`Unary`], dy of [`UnaryBackward`].
    pub in_place: bool,
}

impl Args {
    fn fault(&self) -> Option<Fault> {
        let &Args { function, dtype, .. } = self;
        if !function.is_defined(dtype) {
            Some(Fault::Element { op: Unary::NAME, dtype })
        } else if integer::divides_by_zero(function, dtype) {
            Some(Fault::ZeroDivisor { op: Unary::NAME })
        } else {
            None
        }
    }

    fn backward_fault(&self) -> Option<Fault> {
        let &Args { function, dtype, .. } = self;
        let defined = dtype.is_float() && function.is_defined(dtype);
        (!defined).then_some(Fault::Element { op: UnaryBackward::NAME, dtype })
    }
}

/// y ← f(x); `torch.exp`, `torch.floor`, `x + 2`. The 16-bit floats are computed in f32 and rounded once.
///
/// A [`Fault::Element`] where the function is not [defined](Function::is_defined) for the elements, a
/// [`Fault::ZeroDivisor`] where integers are divided by zero; y is then not written.
///
/// Memory: x (absent in place: y holds it), y.
///
/// ```
/// use castiron_kernels::unary::{Args, Function, Unary};
/// use castiron_kernels::{Cpu, DType, Fault, Raw};
///
/// let (cpu, x, mut y) = (Cpu::new(), [2i64, -7], [0i64; 2]);
/// let args = Args { function: Function::DivInt(2), dtype: DType::I64, len: 2, in_place: false };
/// cpu.run::<Unary>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(y, [1, -3]);
///
/// let args = Args { function: Function::Exp, ..args };
/// cpu.run::<Unary>(&args, &mut [Raw::read(&x), Raw::write(&mut y)]);
/// assert_eq!(cpu.take_fault(), Some(Fault::Element { op: "unary", dtype: DType::I64 }));
/// ```
#[derive(Debug)]
pub struct Unary;
impl Op for Unary {
    const NAME: &'static str = "unary";
    type Args = Args;
    fn name(args: &Args) -> &'static str {
        args.function.name()
    }
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { dtype, len, in_place, .. } = args;
        spec.read_dtype_unless(in_place, dtype, len).write_or_update_dtype(in_place, dtype, len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        match args.fault() {
            Some(fault) => cpu.report(fault),
            None => cpu::forward(cpu, args, memory),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        match args.fault() {
            Some(fault) => gpu.report(fault),
            None => cuda::forward(gpu, args, memory),
        }
    }
}

/// dx ← dy·f′(x), for floats. Where f has a kink, the derivative is that of PyTorch: 0 for |x| and relu at
/// zero, for a clamp at its limits, and wherever a step is.
///
/// Memory: x and y, of which [`Function::kept`] names the one that is needed, the other is absent; dy (absent
/// in place: dx holds it), dx.
#[derive(Debug)]
pub struct UnaryBackward;
impl Op for UnaryBackward {
    const NAME: &'static str = "unary backward";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { function, dtype, len, in_place } = args;
        spec.read_dtype_unless(function.kept() != Kept::Input, dtype, len);
        spec.read_dtype_unless(function.kept() != Kept::Output, dtype, len);
        spec.read_dtype_unless(in_place, dtype, len).write_or_update_dtype(in_place, dtype, len);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        match args.backward_fault() {
            Some(fault) => cpu.report(fault),
            None => cpu::backward(cpu, args, memory),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        match args.backward_fault() {
            Some(fault) => gpu.report(fault),
            None => cuda::backward(gpu, args, memory),
        }
    }
}
