//! Where numbers lie: reshaping, broadcasting, other orders, parts and joins. Every gradient is the transposed
//! operation: a part goes back to its place, what was joined is split, what was repeated is summed.

use castiron_kernels::fill::Value;

use super::super::{Backward, Rule, Var};
use crate::Error;
use crate::array::{Array, Dims, Strides};
use crate::shape::MAX_RANK;

impl Var {
    /// The same numbers with other dimensions.
    pub(crate) fn reshape(&self, dims: Dims) -> Var {
        let from = self.array.dims;
        Var::record(self.array.reshaped(dims), &[self], || (Reshape { from }, vec![]))
    }

    /// Repeated to `dims`, as operators broadcast.
    pub(crate) fn expand_to(&self, dims: Dims) -> Var {
        if self.array.dims == dims {
            return self.clone();
        }
        Var::record(self.array.expand_to(dims), &[self], || (Expand, vec![]))
    }

    /// Axis i of the result is axis `order[i]`.
    pub(crate) fn permute(&self, order: &[usize]) -> Var {
        Var::record(self.array.permute(order), &[self], || {
            let mut inverse = [0; MAX_RANK];
            order.iter().enumerate().for_each(|(i, &axis)| inverse[axis] = i);
            (Permute { inverse, rank: order.len() }, vec![])
        })
    }

    /// The elements that `at` says for all indices of `dims`, each at most once.
    pub(crate) fn pick_strided(&self, name: &'static str, dims: Dims, at: Strides) -> Var {
        let from = self.array.dims;
        Var::record(self.array.gathered(dims, at), &[self], || (Pick { name, from, at }, vec![]))
    }

    /// The transpose of [`Var::pick`]: its elements where `at` says in an array of `dims`, with `value` around.
    pub(crate) fn place_strided(&self, name: &'static str, dims: Dims, at: Strides, value: Value) -> Var {
        let from = self.array.dims;
        Var::record(self.array.scattered(dims, at, value), &[self], || (Place { name, from, at }, vec![]))
    }

    /// Indices `start`, `start` + `step`, .. of an axis, `len` of them.
    pub(crate) fn slice(
        &self,
        name: &'static str,
        axis: usize,
        start: usize,
        len: usize,
        step: isize,
    ) -> Var {
        let dims = self.array.dims;
        self.pick_strided(name, dims.with(axis, len), Strides::along(&dims, axis, start, step))
    }

    /// Index `i` of an axis, which is left out.
    pub(crate) fn index_axis(&self, name: &'static str, axis: usize, i: usize) -> Var {
        let dims = self.array.dims;
        let mut at = Strides::along(&dims, axis, i, 1);
        at.steps.copy_within(axis + 1.., axis);
        self.pick_strided(name, dims.without(axis), at)
    }

    /// Indices from last to first.
    pub(crate) fn flip(&self, axis: usize) -> Var {
        let len = self.array.dims.as_slice()[axis];
        self.slice("flip", axis, len.saturating_sub(1), len, -1)
    }

    /// One after the other along an axis.
    pub(crate) fn concat(parts: &[&Var], axis: usize) -> Var {
        let arrays: Vec<&Array> = parts.iter().map(|part| &part.array).collect();
        Var::record(Array::concat(&arrays, axis), parts, || {
            let lens = arrays.iter().map(|array| array.dims.as_slice()[axis]).collect();
            (Concat { axis, lens }, vec![])
        })
    }

    /// One after the other along a new axis.
    pub(crate) fn stack(parts: &[&Var], axis: usize) -> Var {
        let dims = parts[0].array.dims;
        let arrays: Vec<Array> =
            parts.iter().map(|part| part.array.reshaped(dims.inserted(axis, 1))).collect();
        let arrays: Vec<&Array> = arrays.iter().collect();
        Var::record(Array::concat(&arrays, axis), parts, || (Stack { axis }, vec![]))
    }

    /// Index i of an axis becomes i + `by`, around the end; `by` is less than the length.
    pub(crate) fn roll(&self, axis: usize, by: usize) -> Var {
        Var::record(self.array.rolled(axis, by), &[self], || (Roll { axis, by }, vec![]))
    }

    /// An axis `times` times over: each index in turn that often, or all of them in order.
    pub(crate) fn repeat_axis(&self, axis: usize, times: usize, interleaved: bool) -> Var {
        let dims = self.array.dims;
        let [outer, len, inner] = dims.around(axis);
        let once = if interleaved { [outer * len, 1, inner] } else { [outer, 1, len * inner] };
        let all = Dims::new(&[once[0], times, once[2]]);
        self.reshape(Dims::new(&once)).expand_to(all).reshape(dims.with(axis, len * times))
    }

    /// The upper or lower triangle of matrices, zero elsewhere.
    pub(crate) fn triangle(&self, k: isize, lower: bool) -> Var {
        let sizes = self.array.dims.as_slice();
        let matrix = [sizes[sizes.len() - 2], sizes[sizes.len() - 1]];
        let mask = Var::constant(self.array.triangle(matrix, k, lower));
        Var::select(&mask, self, &Var::constant(self.array.scalar(0i64)))
    }

    /// The sum over everything that [`Var::expand_to`] repeats: its transpose.
    pub(crate) fn sum_to(&self, dims: Dims) -> Var {
        let own = self.array.dims;
        if own == dims {
            return self.clone();
        }
        let mut sum = self.clone();
        for axis in (0..own.rank()).rev() {
            let size = (axis + dims.rank()).checked_sub(own.rank()).map_or(1, |i| dims.as_slice()[i]);
            if size == 1 && own.as_slice()[axis] != 1 {
                sum = sum.sum_axis(axis, true);
            }
        }
        sum.reshape(dims)
    }
}

struct Reshape {
    from: Dims,
}
impl Rule for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give(0, || dy.reshape(self.from));
        Ok(())
    }
}

struct Expand;
impl Rule for Expand {
    fn name(&self) -> &'static str {
        "expand"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give_summed(0, || dy);
        Ok(())
    }
}

struct Permute {
    inverse: [usize; MAX_RANK],
    rank: usize,
}
impl Rule for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give(0, || dy.permute(&self.inverse[..self.rank]));
        Ok(())
    }
}

struct Pick {
    name: &'static str,
    from: Dims,
    at: Strides,
}
impl Rule for Pick {
    fn name(&self) -> &'static str {
        self.name
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        // Into what other parts have begun, so that a loop over the parts of a tensor takes time in their number.
        if !cx.recording()
            && self.at.is_contiguous(&dy.array.dims)
            && let Some(mut sum) = cx.take_sum(0)
        {
            sum.array.add_part(self.at.start, &dy.array);
            cx.give(0, || sum);
            return Ok(());
        }
        cx.give(0, || dy.place_strided(self.name, self.from, self.at, Value::Int(0)));
        Ok(())
    }
}

struct Place {
    name: &'static str,
    from: Dims,
    at: Strides,
}
impl Rule for Place {
    fn name(&self) -> &'static str {
        self.name
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        cx.give(0, || dy.pick_strided(self.name, self.from, self.at));
        Ok(())
    }
}

struct Concat {
    axis: usize,
    lens: Vec<usize>,
}
impl Rule for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let mut start = 0;
        for (i, &len) in self.lens.iter().enumerate() {
            cx.give(i, || dy.slice("concat", self.axis, start, len, 1));
            start += len;
        }
        Ok(())
    }
}

struct Stack {
    axis: usize,
}
impl Rule for Stack {
    fn name(&self) -> &'static str {
        "stack"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        (0..cx.inputs()).for_each(|i| cx.give(i, || dy.index_axis("stack", self.axis, i)));
        Ok(())
    }
}

struct Roll {
    axis: usize,
    by: usize,
}
impl Rule for Roll {
    fn name(&self) -> &'static str {
        "roll"
    }
    fn backward(&self, cx: &mut Backward<'_>, dy: Var) -> Result<(), Error> {
        let len = dy.array.dims.as_slice()[self.axis];
        cx.give(0, || dy.roll(self.axis, (len - self.by) % len.max(1)));
        Ok(())
    }
}
