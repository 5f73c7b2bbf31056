//! Memory full of one number.

mod cpu;
pub(crate) mod cuda;
#[cfg(test)]
mod tests;

use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType};

/// A number of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A real number.
    Float(f64),
    /// An integer, exact above 2⁵³ too.
    Int(i64),
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Int(value.into())
    }
}

/// The arguments of [`FillWith`].
#[derive(Clone, Copy, Debug)]
pub struct FillArgs {
    /// The element type.
    pub dtype: DType,
    /// How many elements.
    pub len: usize,
    /// What each of them becomes.
    pub value: Value,
}

/// y ← value, converted to y's type as Rust's `as` does (a float that is too large for an integer becomes
/// the largest one, NaN becomes 0); true where it is not zero. `y.fill_(value)`. Memory: y.
///
/// ```
/// use castiron_kernels::fill::{FillArgs, FillWith};
/// use castiron_kernels::{Cpu, DType, Raw};
///
/// let mut y = [0i64; 3];
/// let args = FillArgs { dtype: DType::I64, len: 3, value: i64::MAX.into() };
/// Cpu::new().run::<FillWith>(&args, &mut [Raw::write(&mut y)]);
/// assert_eq!(y, [i64::MAX; 3]);
/// ```
#[derive(Debug)]
pub struct FillWith;
impl Op for FillWith {
    const NAME: &'static str = "fill with";
    type Args = FillArgs;
    fn memory(args: &FillArgs, spec: &mut Spec) {
        spec.write_dtype(args.dtype, args.len);
    }
    fn cpu(cpu: &Cpu, args: &FillArgs, memory: &mut Memory<'_>) {
        cpu::fill(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &FillArgs, memory: &Pointers) {
        cuda::fill(gpu, cpu::bits(args), args.dtype.size(), args.len, memory.at(0));
    }
}
