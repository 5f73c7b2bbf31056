//! Arrays whose shape, element type and device are known at run time: what eager operations compute on. Typed
//! tensors are thin wrappers, so that an operation is compiled once and not once per shape.
//!
//! Every array is contiguous and row-major. Callers are the typed operations, whose shapes the compiler has
//! checked; that dimensions fit is asserted here in debug builds only.

mod dims;
mod elementwise;
mod index;
mod layout;
mod product;
mod reduce;
mod run;
mod scan;
mod sort;

use castiron_kernels::op::MAX_MEMORY;
use castiron_kernels::{DType, Fault, Op};

pub(crate) use dims::Dims;
pub(crate) use index::{At, Stand};
pub(crate) use layout::Strides;
pub(crate) use product::Order;
pub(crate) use reduce::{Axes, degrees};
pub(crate) use run::{Operand, run, trace, try_run, with_cpu};
pub use run::{num_threads, set_num_threads};

use crate::device::{Erased, out_of_memory};

/// A contiguous array. Clones share its memory.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) memory: Erased,
    /// The first element, in bytes.
    pub(crate) start: usize,
    pub(crate) dims: Dims,
    pub(crate) dtype: DType,
}

impl Array {
    /// Zeros, on the device of this one.
    pub(crate) fn zeros(&self, dims: Dims, dtype: DType) -> Array {
        let bytes = dims.len() * dtype.size();
        let memory = self.memory.sibling(bytes);
        let memory = memory.unwrap_or_else(|error| self.memory.lacking(bytes, error));
        Array { memory, start: 0, dims, dtype }
    }

    /// Zeros of its dimensions and elements.
    pub(crate) fn zeros_like(&self) -> Array {
        self.zeros(self.dims, self.dtype)
    }

    /// An array of the CPU with the bytes of `values`.
    pub(crate) fn from_slice<E: crate::Element>(values: &[E], dims: Dims) -> Array {
        debug_assert_eq!(values.len(), dims.len());
        let bytes = size_of_val(values);
        let memory = Erased::on_cpu(bytes).unwrap_or_else(|_| out_of_memory(bytes));
        if let Some(to) = memory.pointer(0, bytes) {
            // SAFETY: `bytes` bytes each; the memory was just made, and nobody else has it.
            unsafe { core::ptr::copy_nonoverlapping(values.as_ptr().cast::<u8>(), to, bytes) }
        }
        Array { memory, start: 0, dims, dtype: E::DTYPE }
    }

    /// The same elements seen with other dimensions; no copy.
    pub(crate) fn reshaped(&self, dims: Dims) -> Array {
        debug_assert_eq!(self.dims.len(), dims.len());
        Array { dims, ..self.clone() }
    }

    /// Its numbers, in row-major order.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        let wide = self.cast(DType::F64);
        let mut numbers = vec![0.0f64; wide.dims.len()];
        // SAFETY: the bytes of these numbers; any bits are a number.
        let bytes =
            unsafe { core::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast::<u8>(), wide.bytes()) };
        wide.memory.read(wide.start, bytes);
        numbers
    }

    /// The same with another number at index `i`.
    pub(crate) fn with_number(mut self, i: usize, number: f64) -> Array {
        let at = Strides { start: i, ..Strides::of(&Dims::SCALAR) };
        let number = self.scalar(number);
        self.copy_from(&number, Dims::SCALAR, Strides::of(&Dims::SCALAR), at);
        self
    }

    /// How many bytes it has.
    pub(crate) fn bytes(&self) -> usize {
        self.dims.len() * self.dtype.size()
    }

    /// Makes its memory its own, with a copy if others share it.
    pub(crate) fn make_unique(&mut self) {
        if !self.memory.is_unique() {
            let bytes = self.bytes();
            let copy = self.memory.duplicate(self.start, bytes);
            self.memory = copy.unwrap_or_else(|error| self.memory.lacking(bytes, error));
            self.start = 0;
        }
    }

    /// A new array of `dims` and `dtype`, the last memory argument of `O`, which reads `reads` before it.
    pub(crate) fn compute<O: Op>(
        &self,
        args: &O::Args,
        reads: &[Option<&Array>],
        dims: Dims,
        dtype: DType,
    ) -> Array {
        let mut y = self.zeros(dims, dtype);
        with_output(reads, &mut y, |operands| run::<O>(args, operands));
        y
    }

    /// [`Array::compute`] for operations that look at their data.
    pub(crate) fn try_compute<O: Op>(
        &self,
        args: &O::Args,
        reads: &[Option<&Array>],
        dims: Dims,
        dtype: DType,
    ) -> Result<Array, Fault> {
        let mut y = self.zeros(dims, dtype);
        with_output(reads, &mut y, |operands| try_run::<O>(args, operands))?;
        Ok(y)
    }
}

/// Calls `f` with `reads` and, behind them, what is written.
fn with_output<R>(reads: &[Option<&Array>], y: &mut Array, f: impl FnOnce(&mut [Operand<'_>]) -> R) -> R {
    let mut operands = [const { Operand::Absent }; MAX_MEMORY];
    let count = reads.len().min(MAX_MEMORY - 1);
    for (operand, read) in operands.iter_mut().zip(reads) {
        *operand = read.map_or(Operand::Absent, Operand::Read);
    }
    operands[count] = Operand::Write(y);
    f(&mut operands[..=count])
}
