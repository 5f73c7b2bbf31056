//! A choice between two elements, with broadcasting, for every element type.

mod cpu;
mod cuda;
#[cfg(test)]
mod tests;

pub use crate::broadcast::AXES;
use crate::broadcast::{count, reach};
use crate::launch::{Gpu, Pointers};
use crate::op::{Memory, Op, Spec};
use crate::{Cpu, DType};

/// The arguments of [`Select`]. An axis that is not used has size 1, whatever its strides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Args {
    /// The type of the elements of a, b and y.
    pub dtype: DType,
    /// The size of each axis of y, the outermost first.
    pub dims: [usize; AXES],
    /// From one element of the mask to the next along each axis, in elements; zero repeats an element.
    pub mask: [usize; AXES],
    /// From one element of a to the next along each axis.
    pub a: [usize; AXES],
    /// From one element of b to the next along each axis.
    pub b: [usize; AXES],
}

/// y ← a where the mask is true, else b, y being contiguous; `torch.where(mask, a, b)`.
///
/// Memory: mask ([`Bool`](crate::Bool)), a, b, y.
///
/// ```
/// use castiron_kernels::select::{Args, Select};
/// use castiron_kernels::{Bool, Cpu, DType, Raw};
///
/// // A number in place of those that are masked: the same for all, so it is read with strides of zero.
/// let axis = |stride| [0, 0, 0, 0, 0, 0, 0, stride];
/// let dims = [1, 1, 1, 1, 1, 1, 1, 3];
/// let args = Args { dtype: DType::F32, dims, mask: axis(1), a: axis(0), b: axis(1) };
/// let (mask, x, mut y) = ([true, false, true].map(Bool::from), [1.0f32, 2.0, 3.0], [0.0f32; 3]);
/// let memory = &mut [Raw::read(&mask), Raw::read(&-1.0f32), Raw::read(&x), Raw::write(&mut y)];
/// Cpu::new().run::<Select>(&args, memory);
/// assert_eq!(y, [-1.0, 2.0, -1.0]);
/// ```
#[derive(Debug)]
pub struct Select;
impl Op for Select {
    const NAME: &'static str = "select";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let &Args { dtype, ref dims, .. } = args;
        spec.read_dtype(DType::Bool, reach(dims, &args.mask));
        spec.read_dtype(dtype, reach(dims, &args.a)).read_dtype(dtype, reach(dims, &args.b));
        spec.write_dtype(dtype, count(dims));
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        cpu::select(cpu, args, memory);
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::select(gpu, args, memory);
    }
}
