//! Where elements lie: broadcasting, permutation, and parts of arrays.

use castiron_kernels::DType;
use castiron_kernels::copy_strided::{self, CopyStrided};
use castiron_kernels::fill::{FillArgs, FillWith, Value};
use castiron_kernels::pairwise::PairOp;

use super::{Array, Dims, Operand, run};
use crate::shape::MAX_RANK;

/// How an array is read or written: the first element, and from one to the next along each axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strides {
    pub(crate) start: usize,
    pub(crate) steps: [isize; MAX_RANK],
}

impl Strides {
    /// Row by row.
    pub(crate) fn of(dims: &Dims) -> Self {
        Strides { start: 0, steps: dims.strides().map(|stride| stride as isize) }
    }

    /// Of an array of `dims` from index `start` of `axis` on, each `step`-th.
    pub(crate) fn along(dims: &Dims, axis: usize, start: usize, step: isize) -> Self {
        let mut strides = Self::of(dims);
        strides.start = start * dims.strides()[axis];
        strides.steps[axis] *= step;
        strides
    }

    /// Whether these name, for the indices of `dims`, elements that lie one after the other.
    pub(crate) fn is_contiguous(&self, dims: &Dims) -> bool {
        let own = dims.strides();
        dims.as_slice().iter().enumerate().all(|(i, &size)| size == 1 || self.steps[i] == own[i] as isize)
    }
}

impl Array {
    /// A scalar of its elements, on its device.
    pub(crate) fn scalar(&self, value: impl Into<Value>) -> Array {
        self.filled(Dims::SCALAR, value.into())
    }

    /// An array of its elements that holds `value` everywhere.
    pub(crate) fn filled(&self, dims: Dims, value: Value) -> Array {
        let args = FillArgs { dtype: self.dtype, len: dims.len(), value };
        self.compute::<FillWith>(&args, &[], dims, self.dtype)
    }

    /// Element i of the result is the one that `from` says, for all indices of `dims`. No copy where they lie one
    /// after the other: the result shares the memory then.
    pub(crate) fn gathered(&self, dims: Dims, from: Strides) -> Array {
        if dims.len() == 0 {
            return self.zeros(dims, self.dtype);
        }
        if from.is_contiguous(&dims) {
            let start = self.start + from.start * self.dtype.size();
            return Array { start, dims, ..self.clone() };
        }
        let mut y = self.zeros(dims, self.dtype);
        y.copy_from(self, dims, from, Strides::of(&dims));
        y
    }

    /// Adds `x` to as many elements, from element `start` on, where they are.
    pub(crate) fn add_part(&mut self, start: usize, x: &Array) {
        self.make_unique();
        let (whole, dims) = (self.start, self.dims);
        // The part alone, in memory that nobody shares.
        (self.start, self.dims) = (whole + start * self.dtype.size(), x.dims);
        self.pair_assign(PairOp::Add, x);
        (self.start, self.dims) = (whole, dims);
    }

    /// Copies the elements of `x` that `from` says to where `to` says, for all indices of `dims`.
    pub(crate) fn copy_from(&mut self, x: &Array, dims: Dims, from: Strides, to: Strides) {
        let args = copy_strided::Args {
            size: self.dtype.size(),
            dims: dims.padded(),
            from: from.steps,
            to: to.steps,
            from_start: from.start,
            to_start: to.start,
        };
        run::<CopyStrided>(&args, &mut [Operand::Read(x), Operand::Write(self)]);
    }

    /// An array of `dims` with the elements of this one where `to` says, and `value` elsewhere.
    pub(crate) fn scattered(&self, dims: Dims, to: Strides, value: Value) -> Array {
        let zero = matches!(value, Value::Int(0)) || matches!(value, Value::Float(x) if x.to_bits() == 0);
        let mut y = if zero { self.zeros(dims, self.dtype) } else { self.filled(dims, value) };
        y.copy_from(self, self.dims, Strides::of(&self.dims), to);
        y
    }

    /// The arrays one after the other along `axis`. There is at least one.
    pub(crate) fn concat(parts: &[&Array], axis: usize) -> Array {
        let len = parts.iter().map(|part| part.dims.as_slice()[axis]).sum();
        let dims = parts[0].dims.with(axis, len);
        let mut y = parts[0].zeros(dims, parts[0].dtype);
        let mut start = 0;
        for part in parts {
            y.copy_from(part, part.dims, Strides::of(&part.dims), Strides::along(&dims, axis, start, 1));
            start += part.dims.as_slice()[axis];
        }
        y
    }

    /// Index i of `axis` of the result is index i − `by`, around the end.
    pub(crate) fn rolled(&self, axis: usize, by: usize) -> Array {
        let dims = self.dims;
        let len = dims.as_slice()[axis];
        if by == 0 || dims.len() == 0 {
            return self.clone();
        }
        let mut y = self.zeros_like();
        let at = |start| Strides::along(&dims, axis, start, 1);
        y.copy_from(self, dims.with(axis, len - by), at(0), at(by));
        y.copy_from(self, dims.with(axis, by), at(len - by), at(0));
        y
    }

    /// A mask of rows and columns, on the device of this array: true where column − row ≥ `k`, or, for the
    /// lower triangle, ≤ `k`.
    pub(crate) fn triangle(&self, [rows, columns]: [usize; 2], k: isize, lower: bool) -> Array {
        let dims = Dims::new(&[rows, columns]);
        if dims.len() == 0 {
            return self.zeros(dims, DType::Bool);
        }
        // One number per diagonal, from the lower left to the upper right.
        let diagonals = rows + columns - 1;
        let before = if lower { k.saturating_add(1) } else { k };
        let before = before.saturating_add(rows as isize - 1).clamp(0, diagonals as isize) as usize;
        let falses = self.zeros(Dims::new(&[if lower { diagonals - before } else { before }]), DType::Bool);
        let trues = Dims::new(&[if lower { before } else { diagonals - before }]);
        let trues = falses.filled(trues, true.into());
        let line = Array::concat(&if lower { [&trues, &falses] } else { [&falses, &trues] }, 0);
        let mut from = Strides { start: rows - 1, steps: [0; MAX_RANK] };
        from.steps[..2].copy_from_slice(&[-1, 1]);
        line.gathered(dims, from)
    }

    /// Repeated to `dims`, as operators broadcast.
    pub(crate) fn expand_to(&self, dims: Dims) -> Array {
        let steps = self.dims.strides_to(&dims).map(|stride| stride as isize);
        self.gathered(dims, Strides { start: 0, steps })
    }

    /// Axis i of the result is axis `order[i]`.
    pub(crate) fn permute(&self, order: &[usize]) -> Array {
        let (sizes, strides) = (self.dims.as_slice(), self.dims.strides());
        let mut dims = Dims::SCALAR;
        let mut from = Strides { start: 0, steps: [0; MAX_RANK] };
        for (i, &axis) in order.iter().enumerate() {
            dims.push(sizes[axis]);
            from.steps[i] = strides[axis] as isize;
        }
        self.gathered(dims, from)
    }
}
