//! Operations on several tensors.

use super::{Operation, Tensor, axes};
use crate::graph::BinaryOp;
use crate::parse::number::Number;
use crate::sample::{Sample, Shape};

impl Operation<'_> {
    /// Two tensors of one shape, or of shapes of which one can be repeated.
    pub(super) fn binary(&self, op: BinaryOp) -> Option<Sample> {
        let [a, b] = self.inputs else { return self.takes("two tensors") };
        let [Some(a), Some(b)] = [a, b].map(|operand| self.reals(operand)) else {
            return None;
        };
        if a.shape.element != b.shape.element {
            let why =
                format!("one is of {}, the other of {}", a.shape.element.name(), b.shape.element.name());
            self.place.errors.at(self.place.at, format!("cannot {} {a} and {b}: {why}", verb(op)));
            return None;
        }
        // Counted from the last axis; what is missing is 1.
        let dim = |x: Tensor<'_>, back: usize| x.shape.dims.iter().rev().nth(back).map_or(1, |dim| *dim);
        let joined = (0..a.rank().max(b.rank())).rev().map(|back| {
            let (x, y) = (dim(a, back), dim(b, back));
            (!clash(x, y)).then_some(if x == 1 { y } else { x })
        });
        if let Some(dims) = joined.collect::<Option<Vec<usize>>>() {
            return Some(a.with(dims));
        }
        let (first, second, cannot) = match op {
            BinaryOp::Add => (a, b, format!("add {a} and {b}")),
            BinaryOp::Sub => (b, a, format!("subtract {b} from {a}")),
            BinaryOp::Mul => (a, b, format!("multiply {a} and {b}")),
            BinaryOp::Div => (a, b, format!("divide {a} by {b}")),
        };
        let why = if a.rank() == b.rank() {
            differences(first, second, clash) + &self.past.padding(a.id, b.id)
        } else {
            ranks_differ(first, second)
        };
        self.place.errors.at(self.place.at, format!("cannot {cannot}: {why}"));
        None
    }

    /// Tensors one behind the other, which are equal but for that axis.
    pub(super) fn concat(&self, axis: &mut Number) -> Option<Sample> {
        let tensors: Vec<_> = self.inputs.iter().map(|operand| self.tensor(operand)).collect();
        let tensors = tensors.into_iter().collect::<Option<Vec<_>>>()?;
        let Some((first, others)) = tensors.split_first() else { return self.takes("tensors") };
        let axis = self.axis(axis, *first)?;
        let a = first.shape;
        let mut size = a.dims[axis];
        for other in others {
            let b = other.shape;
            let why = if a.element != b.element {
                format!("one is of {}, the other of {}", a.element.name(), b.element.name())
            } else if a.dims.len() != b.dims.len() {
                format!("one has {}, the other {}", axes(a.dims.len()), axes(b.dims.len()))
            } else if (0..a.dims.len()).any(|i| i != axis && a.dims[i] != b.dims[i]) {
                // That axis may differ, and is not what is wrong.
                let mut same = b.clone();
                same.dims[axis] = a.dims[axis];
                differences(*first, Tensor { shape: &same, ..*other }, |x, y| x != y)
                    + &self.past.padding(first.id, other.id)
            } else {
                size = size.saturating_add(b.dims[axis]);
                continue;
            };
            let message = format!("cannot concatenate {first} and {other} along axis {axis}: {why}");
            self.place.errors.at(self.place.at, message);
            return None;
        }
        Some(first.resized(axis, size))
    }
}

fn verb(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "add",
        BinaryOp::Sub => "subtract",
        BinaryOp::Mul => "multiply",
        BinaryOp::Div => "divide",
    }
}

/// Whether two sizes of an axis cannot be joined, even by repeating.
fn clash(x: usize, y: usize) -> bool {
    x != y && x != 1 && y != 1
}

/// "axis 0 is 64 and 32, axis 1 is 28 and 14"
fn differences(a: Tensor<'_>, b: Tensor<'_>, differ: impl Fn(usize, usize) -> bool) -> String {
    let pairs = a.shape.dims.iter().zip(&b.shape.dims).enumerate();
    let pairs = pairs.filter(|(_, (x, y))| differ(**x, **y));
    pairs.map(|(i, (x, y))| format!("axis {i} is {x} and {y}")).collect::<Vec<_>>().join(", ")
}

/// Why tensors of different ranks cannot be joined.
fn ranks_differ(a: Tensor<'_>, b: Tensor<'_>) -> String {
    let (large, small) = if a.rank() > b.rank() { (a, b) } else { (b, a) };
    let (Shape { dims, .. }, Shape { dims: inner, .. }) = (large.shape, small.shape);
    let missing = dims.len() - inner.len();
    let at = (0..inner.len()).rev().find(|i| clash(dims[missing + i], inner[*i])).unwrap_or_default();
    let why = format!(
        "axes are compared from the last, and axis {} of {large} is {}, axis {at} of {small} is {}",
        missing + at,
        dims[missing + at],
        inner[at]
    );
    // A bias of channels can be repeated over height and width, if it says so.
    if !dims.starts_with(inner) {
        return why;
    }
    let mut dims = inner.clone();
    dims.resize(large.rank(), 1);
    format!("{why}: use `.reshape({dims:?})` to repeat it over the axes behind")
}
