//! What operations between tensors make of what they get.

mod joins;
mod parts;

use std::fmt;

use super::hints::Past;
use super::place::{Place, count};
use crate::errors::Errors;
use crate::graph::{Claimed, Value, ValueId, What};
use crate::parse::Written;
use crate::parse::number::Number;
use crate::sample::{Sample, Shape};

/// An operation at its place.
#[derive(Clone, Copy)]
pub(super) struct Operation<'a> {
    pub(super) place: Place<'a>,
    pub(super) inputs: &'a [Operand<'a>],
    pub(super) past: Past<'a>,
}

/// What an operation gets.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a> {
    id: ValueId,
    sample: Option<&'a Sample>,
    /// "`conv1`"
    from: &'a str,
}

/// A tensor and where it comes from: "`conv1` [6, 28, 28]".
#[derive(Clone, Copy)]
struct Tensor<'a> {
    id: ValueId,
    shape: &'a Shape,
    from: &'a str,
}

impl<'a> Operand<'a> {
    pub(super) fn of(id: ValueId, value: &'a Value) -> Self {
        Operand { id, sample: value.sample.as_ref(), from: &value.from }
    }
}

impl Tensor<'_> {
    /// Other dimensions of the same elements.
    fn with(&self, dims: Vec<usize>) -> Sample {
        Sample::Shape(Shape { dims, element: self.shape.element })
    }

    /// The same with another size of one axis.
    fn resized(&self, axis: usize, size: usize) -> Sample {
        let mut dims = self.shape.dims.clone();
        dims[axis] = size;
        self.with(dims)
    }

    fn rank(&self) -> usize {
        self.shape.dims.len()
    }
}

impl fmt::Display for Tensor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.from, self.shape)
    }
}

impl<'a> Operation<'a> {
    /// The output, if it is known. What depends on the shape of the input is filled in: axes that are
    /// counted from the end, and ends that are left open.
    pub(super) fn output(&self, what: &mut What) -> Option<Sample> {
        let sample = self.infer(what)?;
        self.can_move(what, &sample);
        Some(sample)
    }

    /// Elements are moved along at most six axes, 32 bits each.
    fn can_move(&self, what: &What, to: &Sample) {
        let moves = match what {
            What::Concat { .. } | What::Narrow { .. } | What::Permute { .. } => true,
            What::Binary(_) => self.inputs.iter().any(|input| input.sample.is_some_and(|from| from != to)),
            _ => false,
        };
        let Sample::Shape(shape) = to else { return };
        let why = if !moves {
            return;
        } else if shape.dims.len() > 6 {
            format!("{to} has more than six axes")
        } else if shape.element.bytes() != 4 && !shape.element.is_half() {
            format!("it moves numbers of f32, bf16, f16 and i32, not of {}", shape.element.name())
        } else {
            return;
        };
        self.place.wrong(self.place.at, why);
    }

    fn infer(&self, what: &mut What) -> Option<Sample> {
        match what {
            // Layers have relations of their own.
            What::Unit(_) => None,
            What::Binary(op) => self.binary(*op),
            What::Affine { .. } | What::Reciprocal { .. } => {
                let x = self.only_reals()?;
                Some(Sample::Shape(x.shape.clone()))
            }
            What::Concat { axis } => self.concat(axis),
            What::Narrow { axis, start, end } => self.narrow(axis, start, end),
            What::From { axis, start } => {
                let x = self.only()?;
                let size = x.shape.dims[self.axis(axis, x)?];
                let end = Number { value: size, at: start.at.clone() };
                let sample = self.narrow(axis, start, &end);
                *what = What::Narrow { axis: axis.clone(), start: start.clone(), end };
                sample
            }
            What::Chunk { axis, index, of } => {
                let index = *index;
                let (sample, narrow) = self.once(index, |part| part.chunk(axis, index, of))?;
                *what = narrow;
                Some(sample)
            }
            What::Split { axis, index, sizes } => {
                let index = *index;
                let (sample, narrow) = self.once(index, |part| part.split(axis, index, sizes))?;
                *what = narrow;
                Some(sample)
            }
            What::Reshape { dims } => self.reshape(dims),
            What::Permute { axes } => self.permute(axes),
            What::Transpose => {
                let (sample, permute) = self.transpose()?;
                *what = permute;
                Some(sample)
            }
            What::Reduce { axis, .. } => {
                let x = self.only_reals()?;
                let mut dims = x.shape.dims.clone();
                dims.remove(self.axis(axis, x)?);
                Some(x.with(dims))
            }
            What::Claim { declared, of } => Some(self.claim(declared, *of)),
        }
    }

    /// One of several nodes that are one operation to the user: a fault of it is said for the first only.
    fn once<T>(&self, index: usize, run: impl FnOnce(&Operation<'_>) -> T) -> T {
        if index == 0 {
            return run(self);
        }
        Errors::unread(|errors| run(&Operation { place: Place { errors, ..self.place }, ..*self }))
    }

    /// Compares what flows with what a block says of it, and goes on with that.
    fn claim(&self, declared: &Written, of: Claimed) -> Sample {
        if let [Operand { sample: Some(given), .. }] = self.inputs
            && **given != declared.sample
        {
            let (name, says) = (self.place.name, &declared.sample);
            match of {
                Claimed::Input => {
                    self.place.gets(self.place.at, Some(given), format!("but is declared for {says}"));
                }
                Claimed::Output => {
                    let message = format!("`{name}` gives {given}, but its output is declared as {says}");
                    self.place.errors.at(declared, message);
                }
            }
        }
        declared.sample.clone()
    }

    /// The only input of an operation, of what layers compute with.
    fn only_reals(&self) -> Option<Tensor<'a>> {
        match self.inputs {
            [one] => self.reals(one),
            _ => self.takes("one tensor"),
        }
    }

    /// The only input of an operation.
    fn only(&self) -> Option<Tensor<'a>> {
        match self.inputs {
            [one] => self.tensor(one),
            _ => self.takes("one tensor"),
        }
    }

    /// The input as a tensor.
    fn tensor(&self, operand: &Operand<'a>) -> Option<Tensor<'a>> {
        let from = format!("from {}", operand.from);
        let shape = Place { from: &from, ..self.place }.one(operand.sample)?;
        Some(Tensor { id: operand.id, shape, from: operand.from })
    }

    /// The input as a tensor of what layers compute with.
    fn reals(&self, operand: &Operand<'a>) -> Option<Tensor<'a>> {
        let from = format!("from {}", operand.from);
        let shape = Place { from: &from, ..self.place }.reals(operand.sample)?;
        Some(Tensor { id: operand.id, shape, from: operand.from })
    }

    fn takes<T>(&self, what: &str) -> Option<T> {
        self.place.wrong(self.place.at, format!("it takes {what}, not {}", self.inputs.len()));
        None
    }

    /// The axis that is meant, which is also written into `axis`: negative ones count from the end.
    fn axis(&self, axis: &mut Number, of: Tensor<'_>) -> Option<usize> {
        let found = axis.axis(of.rank());
        match found {
            Some(found) => axis.value = found,
            None => {
                let has = match of.rank() {
                    0 => "no axes".to_string(),
                    1 => "only axis 0".to_string(),
                    rank => format!("the axes 0 to {}", rank - 1),
                };
                let message = format!("there is no axis {}: {of} has {has}", axis.signed());
                self.place.wrong(&axis.at, message);
            }
        }
        found
    }
}

/// "1 axis", "2 axes"
fn axes(rank: usize) -> String {
    if rank == 1 { "1 axis".to_string() } else { format!("{rank} axes") }
}

/// Dimensions or axes as they were written.
fn list(numbers: impl IntoIterator<Item = isize>) -> String {
    let numbers: Vec<_> = numbers.into_iter().map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(", "))
}
