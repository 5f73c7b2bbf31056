//! The axes of a call, brought into the order in which y lies in memory, as few as possible.

use super::{AXES, Args};
use crate::gemm::span_distinct;

/// One axis. In y all go forwards: one that does not is walked from its other end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) len: usize,
    pub(super) from: isize,
    pub(super) to: usize,
}

/// An axis that is not there.
pub(super) const NONE: Axis = Axis { len: 1, from: 0, to: 0 };

/// A list of axes, the outermost first, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    axes: [Axis; AXES],
    len: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Plan {
    /// None where there is nothing to do. The strides have been found to stay within the memory.
    pub(super) fn new(args: &Args) -> Option<Self> {
        let mut plan = Plan { axes: [NONE; AXES], len: 0, from: args.from_start, to: args.to_start };
        if args.dims.contains(&0) {
            return None;
        }
        for i in (0..AXES).filter(|&i| args.dims[i] > 1) {
            let (len, mut from, to) = (args.dims[i], args.from[i], args.to[i]);
            if to < 0 {
                let last = len as isize - 1;
                plan.from = plan.from.wrapping_add_signed(from * last);
                plan.to = plan.to.wrapping_add_signed(to * last);
                from = -from;
            }
            plan.push(Axis { len, from, to: to.unsigned_abs() });
        }
        plan.arrange();
        Some(plan)
    }

    pub(super) fn as_slice(&self) -> &[Axis] {
        &self.axes[..self.len]
    }

    /// The outermost axis.
    pub(super) fn first(&mut self) -> &mut Axis {
        &mut self.axes[0]
    }

    /// Takes the innermost axis out, or one of length 1.
    pub(super) fn pop(&mut self) -> Axis {
        match self.len.checked_sub(1) {
            Some(last) => {
                self.len = last;
                self.axes[last]
            }
            None => NONE,
        }
    }

    /// Takes axis `i` out.
    pub(super) fn remove(&mut self, i: usize) -> Axis {
        let axis = self.axes[i];
        self.axes.copy_within(i + 1..self.len, i);
        self.len -= 1;
        axis
    }

    fn push(&mut self, axis: Axis) {
        self.axes[self.len] = axis;
        self.len += 1;
    }

    /// Sorts by falling stride of y, and makes one axis of two that follow each other in both memories.
    fn arrange(&mut self) {
        // A few axes, mostly in order already.
        for i in 1..self.len {
            let mut at = i;
            while at > 0 && self.axes[at - 1].to < self.axes[at].to {
                self.axes.swap(at - 1, at);
                at -= 1;
            }
        }
        let mut merged = 0;
        for i in 1..self.len {
            let (outer, inner) = (self.axes[merged], self.axes[i]);
            let follows = outer.from == inner.from.wrapping_mul(inner.len as isize)
                && outer.to == inner.to.wrapping_mul(inner.len);
            if follows {
                self.axes[merged] = Axis { len: outer.len * inner.len, ..inner };
            } else {
                merged += 1;
                self.axes[merged] = inner;
            }
        }
        self.len = self.len.min(merged + 1);
    }
}

/// Calls `f` with the offsets in x and y of every index of `axes`, the last axis being the fastest.
pub(super) fn walk(axes: &[Axis], from: usize, to: usize, f: &mut impl FnMut(usize, usize)) {
    match axes {
        [] => f(from, to),
        [axis, inner @ ..] => {
            let (mut from, mut to) = (from, to);
            for _ in 0..axis.len {
                walk(inner, from, to, f);
                // Past the last index this may leave the memory; it is not used then.
                (from, to) = (from.wrapping_add_signed(axis.from), to.wrapping_add(axis.to));
            }
        }
    }
}

/// One more than the largest offset from `start` on, or more than any memory has where that cannot be counted
/// or some offset lies before the memory.
fn span(dims: &[usize; AXES], strides: &[isize; AXES], start: usize) -> usize {
    let (mut low, mut high) = (0usize, start);
    for (len, stride) in dims.iter().zip(strides) {
        let reach = (len - 1).saturating_mul(stride.unsigned_abs());
        if *stride < 0 {
            low = low.saturating_add(reach);
        } else {
            high = high.saturating_add(reach);
        }
    }
    // Offsets are computed as `isize`.
    if low > start || high >= isize::MAX as usize { usize::MAX } else { high + 1 }
}

/// How many elements x must have.
pub(super) fn reach(args: &Args) -> usize {
    if args.dims.contains(&0) { 0 } else { span(&args.dims, &args.from, args.from_start) }
}

/// How many elements y must have; more than any memory has where two elements may share a place.
pub(super) fn reach_distinct(args: &Args) -> usize {
    if args.dims.contains(&0) {
        return 0;
    }
    let mut axes = [(0, 1); AXES];
    for (i, axis) in axes.iter_mut().enumerate() {
        *axis = (args.to[i].unsigned_abs(), args.dims[i]);
    }
    span_distinct(&mut axes).max(span(&args.dims, &args.to, args.to_start))
}
