//! [`Walk`]: how elements move between two tensors whose axes lie differently.

use proc_macro2::TokenStream;
use quote::quote;

use crate::graph::{Node, What};

/// Steps along each axis through two tensors of one sample, in elements. At most six axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    dims: Vec<usize>,
    from: Side,
    to: Side,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Side {
    strides: Vec<usize>,
    start: usize,
    /// Elements of the whole sample.
    row: usize,
}

/// Row-major strides.
fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}

impl Side {
    fn dense(dims: &[usize]) -> Self {
        Side { strides: strides(dims), start: 0, row: dims.iter().product() }
    }
}

impl Walk {
    /// From an operation's input to its output.
    pub(super) fn of(node: &Node, input: &[usize], output: &[usize]) -> Self {
        match &node.what {
            What::Narrow { axis, start, .. } => Walk::narrow(input, output, axis.value, start.value),
            What::Permute { axes } => {
                let from = Side::dense(input);
                let strides = axes.iter().map(|axis| from.strides[axis.value]).collect();
                Walk { dims: output.to_vec(), from: Side { strides, ..from }, to: Side::dense(output) }
            }
            _ => unreachable!("only what moves elements is a walk"),
        }
    }

    /// From positions `start..` of an axis of `whole` to all of `part`.
    pub(super) fn narrow(whole: &[usize], part: &[usize], axis: usize, start: usize) -> Self {
        let from = Side::dense(whole);
        let start = start * from.strides[axis];
        Walk { dims: part.to_vec(), from: Side { start, ..from }, to: Side::dense(part) }
    }

    /// From a smaller shape to the one that it is repeated to.
    pub(super) fn repeat(small: &[usize], large: &[usize]) -> Self {
        let missing = large.len() - small.len();
        let dense = Side::dense(small);
        let strides = (0..large.len())
            .map(|axis| match axis.checked_sub(missing) {
                Some(own) if small[own] == large[axis] => dense.strides[own],
                _ => 0,
            })
            .collect();
        Walk { dims: large.to_vec(), from: Side { strides, ..dense }, to: Side::dense(large) }
    }

    /// The other way.
    pub(super) fn reversed(self) -> Self {
        Walk { dims: self.dims, from: self.to, to: self.from }
    }

    /// The argument of `call::layout::strided`.
    pub(super) fn arguments(&self, factor: f32, accumulate: bool) -> TokenStream {
        let six = |numbers: &[usize], fill: usize| {
            let padding = std::iter::repeat_n(fill, 6usize.saturating_sub(numbers.len()));
            let all = padding.chain(numbers.iter().copied());
            quote!([#(#all),*])
        };
        let (dims, from, to) = (six(&self.dims, 1), six(&self.from.strides, 0), six(&self.to.strides, 0));
        let (from_row, to_row) = (self.from.row, self.to.row);
        let (from_start, to_start) = (self.from.start, self.to.start);
        quote! {
            &call::layout::Strided {
                dims: #dims,
                from: #from,
                to: #to,
                from_row: #from_row,
                to_row: #to_row,
                from_start: #from_start,
                to_start: #to_start,
                factor: #factor,
                accumulate: #accumulate,
            }
        }
    }
}

/// The argument of `call::reduce`, over one axis.
pub(super) fn reduce(dims: &[usize], axis: usize, mean: bool) -> TokenStream {
    let (outer, len) = (dims[..axis].iter().product::<usize>(), dims[axis]);
    let inner: usize = dims[axis + 1..].iter().product();
    quote!(&call::reduce::Args { outer: #outer, len: #len, inner: #inner, mean: #mean })
}

#[cfg(test)]
mod tests {
    use super::Walk;

    /// Moves elements as the kernel does.
    fn run(walk: &Walk, x: &[i32], y: &mut [i32]) {
        let total: usize = walk.dims.iter().product();
        for i in 0..total {
            let (mut rest, mut from, mut to) = (i, walk.from.start, walk.to.start);
            for axis in (0..walk.dims.len()).rev() {
                let position = rest % walk.dims[axis];
                rest /= walk.dims[axis];
                from += position * walk.from.strides[axis];
                to += position * walk.to.strides[axis];
            }
            y[to] = x[from];
        }
    }

    #[test]
    fn takes_a_part() {
        let x: Vec<i32> = (0..12).collect();
        let mut y = [0; 6];
        run(&Walk::narrow(&[3, 4], &[3, 2], 1, 1), &x, &mut y);
        assert_eq!(y, [1, 2, 5, 6, 9, 10]);
        let mut back = [0; 12];
        run(&Walk::narrow(&[3, 4], &[3, 2], 1, 1).reversed(), &y, &mut back);
        assert_eq!(back, [0, 1, 2, 0, 0, 5, 6, 0, 0, 9, 10, 0]);
    }

    #[test]
    fn repeats() {
        let mut y = [0; 12];
        run(&Walk::repeat(&[3, 1], &[2, 3, 2]), &[7, 8, 9], &mut y);
        assert_eq!(y, [7, 7, 8, 8, 9, 9, 7, 7, 8, 8, 9, 9]);
    }
}
