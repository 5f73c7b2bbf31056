//! The axes of a call, brought into the order in which y lies in memory, as few as possible.

use super::{AXES, Args};
use crate::gemm::span_distinct;

/// One axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) len: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// An axis that is not there.
pub(crate) const NONE: Axis = Axis { len: 1, from: 0, to: 0 };

/// A list of axes, the outermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axes {
    items: [Axis; AXES],
    len: usize,
}

/// What a call does: for each index of `kept`, the sum over all indices of `summed`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Axes of y, the largest stride first.
    pub(crate) kept: Axes,
    /// Axes that y does not have, the largest stride of x first.
    pub(crate) summed: Axes,
    /// What elements of x are multiplied by.
    pub(crate) factor: f32,
}

impl Plan {
    /// None where there is nothing to do.
    pub(crate) fn new(args: &Args) -> Option<Self> {
        let (mut kept, mut summed, mut factor) = (Axes::new(), Axes::new(), args.factor);
        for i in 0..AXES {
            let axis = Axis { len: args.dims[i], from: args.from[i], to: args.to[i] };
            match axis {
                Axis { len: 0, .. } => return None,
                Axis { len: 1, .. } => {}
                // The same number over and over: a sum would only collect rounding errors.
                Axis { from: 0, to: 0, len } => factor *= len as f32,
                Axis { to: 0, .. } => summed.push(axis),
                _ => kept.push(axis),
            }
        }
        kept.arrange(|axis| axis.to);
        summed.arrange(|axis| axis.from);
        Some(Plan { kept, summed, factor })
    }
}

impl Axes {
    pub(crate) const fn new() -> Self {
        Axes { items: [NONE; AXES], len: 0 }
    }

    pub(crate) fn push(&mut self, axis: Axis) {
        self.items[self.len] = axis;
        self.len += 1;
    }

    /// Takes the innermost axis out, or one of length 1.
    pub(crate) fn pop(&mut self) -> Axis {
        match self.len.checked_sub(1) {
            Some(last) => {
                self.len = last;
                self.items[last]
            }
            None => NONE,
        }
    }

    /// Takes axis `i` out.
    pub(crate) fn remove(&mut self, i: usize) -> Axis {
        let axis = self.items[i];
        self.items.copy_within(i + 1..self.len, i);
        self.len -= 1;
        axis
    }

    pub(crate) fn as_slice(&self) -> &[Axis] {
        &self.items[..self.len]
    }

    pub(crate) fn first_mut(&mut self) -> Option<&mut Axis> {
        self.items[..self.len].first_mut()
    }

    /// How many indices there are.
    pub(crate) fn count(&self) -> usize {
        self.as_slice().iter().fold(1, |count: usize, axis| count.saturating_mul(axis.len))
    }

    /// Sorts by falling stride, and makes one axis of two that follow each other in both memories.
    fn arrange(&mut self, stride: impl Fn(&Axis) -> usize) {
        self.items[..self.len]
            .sort_unstable_by_key(|axis| core::cmp::Reverse((stride(axis), axis.from, axis.len)));
        let mut merged = Axes::new();
        for &inner in self.as_slice() {
            match merged.items[..merged.len].last_mut() {
                Some(outer) if outer.from == inner.from * inner.len && outer.to == inner.to * inner.len => {
                    *outer = Axis { len: outer.len.saturating_mul(inner.len), ..inner };
                }
                _ => merged.push(inner),
            }
        }
        *self = merged;
    }
}

/// Calls `f` with the offsets in x and y of every index of `axes`, the last axis being the fastest.
pub(crate) fn walk(axes: &[Axis], from: usize, to: usize, f: &mut impl FnMut(usize, usize)) {
    match axes {
        [] => f(from, to),
        [axis, inner @ ..] => {
            (0..axis.len).for_each(|i| walk(inner, from + i * axis.from, to + i * axis.to, f))
        }
    }
}

/// How many elements x must have; more than any memory has where that cannot be counted.
pub(crate) fn reach(args: &Args) -> usize {
    if args.dims.contains(&0) {
        return 0;
    }
    let last =
        args.dims.iter().zip(args.from).fold(args.from_start, |last, (len, stride)| {
            last.saturating_add((len - 1).saturating_mul(stride))
        });
    last.saturating_add(1)
}

/// How many elements y must have; more than any memory has where two elements may share a place.
pub(crate) fn reach_distinct(args: &Args) -> usize {
    if args.dims.contains(&0) {
        return 0;
    }
    let mut axes = [(0, 1); AXES];
    for (i, axis) in axes.iter_mut().enumerate() {
        // A stride of zero is a sum, if it may be.
        let len = if args.accumulate && args.to[i] == 0 { 1 } else { args.dims[i] };
        *axis = (args.to[i], len);
    }
    span_distinct(&mut axes).saturating_add(args.to_start)
}
