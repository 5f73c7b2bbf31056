//! Element by element: functions, arithmetic with broadcasting, comparison, choice, conversion.

use castiron_kernels::cast::{self, Cast};
use castiron_kernels::pairwise::{self, PairOp, Pairwise};
use castiron_kernels::select::{self, Select};
use castiron_kernels::unary::{self, Function, Kept, Unary, UnaryBackward};
use castiron_kernels::{DType, Fault};

use super::{Array, Dims, Operand, run};

/// What `a` and `b` broadcast to. The typed operations allow only shapes that do.
fn common(a: &Array, b: &Array) -> Dims {
    a.dims.broadcast(&b.dims).unwrap_or(a.dims)
}

fn optional(array: Option<&Array>) -> Operand<'_> {
    array.map_or(Operand::Absent, Operand::Read)
}

impl Array {
    /// f(x)
    pub(crate) fn unary(&self, function: Function) -> Array {
        let args = unary::Args { function, dtype: self.dtype, len: self.dims.len(), in_place: false };
        self.compute::<Unary>(&args, &[Some(self)], self.dims, self.dtype)
    }

    /// x ← f(x)
    pub(crate) fn unary_assign(&mut self, function: Function) {
        let args = unary::Args { function, dtype: self.dtype, len: self.dims.len(), in_place: true };
        run::<Unary>(&args, &mut [Operand::Absent, Operand::Write(self)]);
    }

    /// dy·f′, given of x and f(x) the one that f′ follows from, if any; in the memory of `dy` if nobody else has
    /// it.
    pub(crate) fn unary_backward(function: Function, kept: Option<&Array>, mut dy: Array) -> Array {
        let in_place = dy.memory.is_unique();
        let args = unary::Args { function, dtype: dy.dtype, len: dy.dims.len(), in_place };
        let (x, y) = match function.kept() {
            Kept::Nothing => (None, None),
            Kept::Input => (kept, None),
            Kept::Output => (None, kept),
        };
        if !in_place {
            return dy.compute::<UnaryBackward>(&args, &[x, y, Some(&dy)], dy.dims, dy.dtype);
        }
        let operands = &mut [optional(x), optional(y), Operand::Absent, Operand::Write(&mut dy)];
        run::<UnaryBackward>(&args, operands);
        dy
    }

    /// a ∘ b, broadcast.
    pub(crate) fn pair(&self, op: PairOp, other: &Array) -> Array {
        let (args, dims) = self.pair_args(op, other);
        self.compute::<Pairwise>(&args, &[Some(self), Some(other)], dims, op.output(self.dtype))
    }

    /// [`Array::pair`] for what can fail: division of integers.
    pub(crate) fn try_pair(&self, op: PairOp, other: &Array) -> Result<Array, Fault> {
        if self.dtype.is_float() {
            return Ok(self.pair(op, other));
        }
        let (args, dims) = self.pair_args(op, other);
        self.try_compute::<Pairwise>(&args, &[Some(self), Some(other)], dims, op.output(self.dtype))
    }

    fn pair_args(&self, op: PairOp, other: &Array) -> (pairwise::Args, Dims) {
        let dims = common(self, other);
        let (a, b) = (self.dims.strides_to(&dims), other.dims.strides_to(&dims));
        (pairwise::Args { op, dtype: self.dtype, dims: dims.padded(), a, b, in_place: false }, dims)
    }

    /// a ← a ∘ b, `b` broadcast to `a`.
    pub(crate) fn pair_assign(&mut self, op: PairOp, other: &Array) {
        let args = pairwise::Args {
            op,
            dtype: self.dtype,
            dims: self.dims.padded(),
            a: self.dims.strides_to(&self.dims),
            b: other.dims.strides_to(&self.dims),
            in_place: true,
        };
        run::<Pairwise>(&args, &mut [Operand::Absent, Operand::Read(other), Operand::Write(self)]);
    }

    /// mask ? a : b, broadcast; `self` is the mask.
    pub(crate) fn select(&self, a: &Array, b: &Array) -> Array {
        let ab = common(a, b);
        let dims = self.dims.broadcast(&ab).unwrap_or(ab);
        let args = select::Args {
            dtype: a.dtype,
            dims: dims.padded(),
            mask: self.dims.strides_to(&dims),
            a: a.dims.strides_to(&dims),
            b: b.dims.strides_to(&dims),
        };
        self.compute::<Select>(&args, &[Some(self), Some(a), Some(b)], dims, a.dtype)
    }

    /// The same numbers as another element type.
    pub(crate) fn cast(&self, to: DType) -> Array {
        if to == self.dtype {
            return self.clone();
        }
        let args = cast::Args { from: self.dtype, to, len: self.dims.len() };
        self.compute::<Cast>(&args, &[Some(self)], self.dims, to)
    }
}
