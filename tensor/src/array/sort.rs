//! Sorting along an axis, and elements picked by the indices that it gives.

use castiron_kernels::fold::FoldOp;
use castiron_kernels::index::{self, Gather, ScatterAdd};
use castiron_kernels::pairwise::PairOp;
use castiron_kernels::sort::{self, Sort};
use castiron_kernels::{DType, Fault};

use super::{Array, Dims, Operand, run};

impl Array {
    /// The first `keep` elements along `axis` in ascending or descending order, and where they were. Equal ones
    /// stay in their order, NaN is the greatest.
    pub(crate) fn sort(&self, axis: usize, descending: bool, keep: usize) -> [Array; 2] {
        let rank = self.dims.rank();
        if axis + 1 < rank {
            // Rows are sorted where they lie side by side.
            let mut order: Vec<usize> = (0..rank).collect();
            order.swap(axis, rank - 1);
            return self.permute(&order).sort(rank - 1, descending, keep).map(|y| y.permute(&order));
        }
        let [rows, len, _] = self.dims.around(axis);
        let dims = self.dims.with(axis, keep);
        let args = sort::Args { dtype: self.dtype, rows, len, keep, descending };
        let mut scratch = self.zeros(self.dims, DType::I64);
        let (mut values, mut indices) = (self.zeros(dims, self.dtype), self.zeros(dims, DType::I64));
        let mut operands = [
            Operand::Read(self),
            Operand::Write(&mut scratch),
            Operand::Write(&mut values),
            Operand::Write(&mut indices),
        ];
        run::<Sort>(&args, &mut operands);
        [values, indices]
    }

    /// Where the middle one along `axis` is, the lower of two; the first NaN if there is one. `axis` is kept.
    pub(crate) fn median_index(&self, axis: usize) -> Array {
        let half = self.dims.as_slice()[axis].div_ceil(2);
        let last = self.dims.with(axis, 1);
        // The greatest of the lower half is its last.
        let [values, indices] = self.sort(axis, false, half);
        let middle = indices.pick_along(axis, &values.places(last, half.saturating_sub(1)));
        if !self.dtype.is_float() {
            return middle;
        }
        let max = self.fold_axis(FoldOp::Max, axis);
        max.pair(PairOp::Ne, &max).select(&self.fold_axis(FoldOp::ArgMax, axis), &middle)
    }

    /// The index `place` everywhere.
    fn places(&self, dims: Dims, place: usize) -> Array {
        self.zeros(Dims::SCALAR, DType::I64).filled(dims, (place as i64).into())
    }

    /// The elements along `axis` that `index` names: `gather` with indices known to be in range.
    pub(crate) fn pick_along(&self, axis: usize, index: &Array) -> Array {
        let args = self.index_args(axis, index);
        self.compute::<Gather>(&args, &[Some(self), Some(index)], index.dims, self.dtype)
    }

    /// [`Array::pick`] of indices that may be out of range.
    pub(crate) fn try_pick(&self, axis: usize, index: &Array) -> Result<Array, Fault> {
        let args = self.index_args(axis, index);
        self.try_compute::<Gather>(&args, &[Some(self), Some(index)], index.dims, self.dtype)
    }

    /// Zeros of dimensions `dims`, with these elements added where `index` says: the transpose of
    /// [`Array::pick`].
    pub(crate) fn place_along(&self, axis: usize, index: &Array, dims: Dims) -> Array {
        let mut y = self.zeros(dims, self.dtype);
        let args = y.index_args(axis, index);
        let mut operands = [Operand::Read(self), Operand::Read(index), Operand::Write(&mut y)];
        run::<ScatterAdd>(&args, &mut operands);
        y
    }

    fn index_args(&self, axis: usize, index: &Array) -> index::Args {
        let [outer, len, inner] = self.dims.around(axis);
        index::Args { dtype: self.dtype, outer, len, count: index.dims.as_slice()[axis], inner }
    }

    /// Whether no element of a mask is true.
    pub(crate) fn is_all_false(&self) -> bool {
        let any = self.fold_all(FoldOp::Any);
        let mut byte = [1];
        any.memory.read(any.start, &mut byte);
        byte == [0]
    }
}
