//! Functions of two elements, with broadcasting, for every element type.

mod cpu;
mod cuda;
mod loops;
mod name;
#[cfg(test)]
mod tests;

pub use crate::broadcast::AXES;
use crate::broadcast::{count, reach};
use crate::launch::{Gpu, Pointers};
use crate::op::{Fault, Memory, Op, Spec};
use crate::{Cpu, DType};

/// A function of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairOp {
    /// a + b; of booleans: or.
    Add,
    /// a − b; not of booleans.
    Sub,
    /// a·b; of booleans: and.
    Mul,
    /// a / b; of integers towards zero. Not of booleans.
    Div,
    /// aᵇ; negative powers of integers are zero but for those of 1 and −1. Not of booleans.
    Pow,
    /// The remainder with the sign of the divisor; `torch.remainder`. Not of booleans.
    Rem,
    /// The remainder with the sign of the dividend; `torch.fmod`. Not of booleans.
    Fmod,
    /// a / b rounded down; `torch.div(a, b, rounding_mode="floor")`. Not of booleans.
    DivFloor,
    /// The greater; NaN if either is. `torch.maximum`
    Maximum,
    /// The lesser; NaN if either is. `torch.minimum`
    Minimum,
    /// The angle of the point (b, a); of floats.
    Atan2,
    /// a = b, as a boolean, as are the next five.
    Eq,
    /// a ≠ b
    Ne,
    /// a < b
    Lt,
    /// a ≤ b
    Le,
    /// a > b
    Gt,
    /// a ≥ b
    Ge,
    /// And, bit by bit, of booleans and integers.
    And,
    /// Or, bit by bit, of booleans and integers.
    Or,
    /// Exclusive or, bit by bit, of booleans and integers.
    Xor,
}

impl PairOp {
    /// Whether it compares, so that the result is a boolean.
    pub const fn compares(self) -> bool {
        use PairOp::*;
        matches!(self, Eq | Ne | Lt | Le | Gt | Ge)
    }

    /// The element type of the result.
    pub const fn output(self, dtype: DType) -> DType {
        if self.compares() { DType::Bool } else { dtype }
    }

    /// Whether there is this function of elements of this type.
    pub const fn is_defined(self, dtype: DType) -> bool {
        use PairOp::*;
        match self {
            Sub | Div | Pow | Rem | Fmod | DivFloor => !matches!(dtype, DType::Bool),
            Atan2 => dtype.is_float(),
            And | Or | Xor => !dtype.is_float(),
            _ => true,
        }
    }
}

/// The arguments of [`Pairwise`]. An axis that is not used has size 1, whatever its strides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Args {
    /// Which function.
    pub op: PairOp,
    /// The type of the elements of a and b.
    pub dtype: DType,
    /// The size of each axis of y, the outermost first.
    pub dims: [usize; AXES],
    /// From one element of a to the next along each axis, in elements; zero repeats an element.
    pub a: [usize; AXES],
    /// From one element of b to the next along each axis.
    pub b: [usize; AXES],
    /// Whether y is also a: y ← y ∘ b, for all but comparisons. The strides of a do not count then.
    pub in_place: bool,
}

impl Args {
    fn is_defined(&self) -> bool {
        self.op.is_defined(self.dtype) && !(self.in_place && self.op.compares())
    }
}

/// y ← a ∘ b, element by element, y being contiguous; `torch.add`, `torch.maximum`, `torch.lt`, and so on. The
/// 16-bit floats are computed in f32 and rounded once; integers wrap around.
///
/// A [`Fault::Element`] where the function is not [defined](PairOp::is_defined) for the elements, or where a
/// comparison is asked for in place; y is not written then. A
/// [`Fault::ZeroDivisor`] where integers are divided by zero, which gives zero.
///
/// Memory: a (absent in place: y holds it), b, y.
///
/// ```
/// use castiron_kernels::pairwise::{Args, PairOp, Pairwise};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// // A 2×3 matrix, and a row that is added to each of its rows.
/// let args = Args {
///     op: PairOp::Add,
///     dtype: DType::F32,
///     dims: [1, 1, 1, 1, 1, 1, 2, 3],
///     a: [0, 0, 0, 0, 0, 0, 3, 1],
///     b: [0, 0, 0, 0, 0, 0, 0, 1],
///     in_place: false,
/// };
/// let (a, b, mut y) = ([1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], [10.0f32, 20.0, 30.0], [0.0f32; 6]);
/// Cpu::new().run::<Pairwise>(&args, &mut [Raw::read(&a), Raw::read(&b), Raw::write(&mut y)]);
/// assert_eq!(y, [11.0, 22.0, 33.0, 14.0, 25.0, 36.0]);
/// ```
#[derive(Debug)]
pub struct Pairwise;
impl Op for Pairwise {
    const NAME: &'static str = "pairwise";
    type Args = Args;
    fn name(args: &Args) -> &'static str {
        args.op.name()
    }
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { op, dtype, ref dims, in_place, .. } = args;
        spec.read_dtype_unless(in_place, dtype, reach(dims, &args.a)).read_dtype(dtype, reach(dims, &args.b));
        spec.write_or_update_dtype(in_place, op.output(dtype), count(dims));
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        if !args.is_defined() {
            return cpu.report(Fault::Element { op: Self::NAME, dtype: args.dtype });
        }
        if cpu::pairwise(cpu, args, memory) {
            cpu.report(Fault::ZeroDivisor { op: Self::NAME });
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        if args.is_defined() {
            cuda::pairwise(gpu, args, memory);
        } else {
            gpu.report(Fault::Element { op: Self::NAME, dtype: args.dtype });
        }
    }
}
