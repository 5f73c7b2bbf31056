//! What can go wrong at run time, beyond what the compiler has ruled out.

use castiron_kernels::{Fault, NotFinite};

use crate::device::Device;
use crate::layer_name::LayerName;
use crate::module::Row;

/// An error of training or inference.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// An operation found its memory or its data wrong.
    Operation(Fault),
    /// More rows than the capacity `B`, or none.
    Rows {
        /// What was called.
        call: &'static str,
        /// Rows given.
        got: usize,
        /// Rows there is room for.
        capacity: usize,
    },
    /// Inputs and targets (or the parts of a tuple) differ in number.
    Count {
        /// What was called.
        call: &'static str,
        /// Inputs given; `None` if the parts of a tuple differ among themselves.
        inputs: Option<usize>,
        /// Targets given, or outputs there is room for.
        targets: Option<usize>,
    },
    /// A backward over operations that an earlier one has released.
    Released {
        /// The operation.
        operation: &'static str,
    },
    /// A gradient is to be differentiated, but an operation has no second derivative.
    NoSecondDerivative {
        /// The operation.
        operation: &'static str,
    },
    /// A result was not finite, while anomalies were to be found:
    /// [`Trainer::detect_anomaly`](crate::train::Trainer::detect_anomaly).
    NotFinite {
        /// Where in the model.
        layer: LayerName,
        /// Which operation, and what it made.
        found: NotFinite,
    },
    /// A backward through an operation on tensors of two tapes.
    TwoTapes,
    /// An axis has not the index it was asked for.
    Index {
        /// What was called.
        call: &'static str,
        /// The index.
        got: i64,
        /// The length of the axis.
        len: usize,
    },
    /// More or fewer numbers than the shape has.
    Length {
        /// What was called.
        call: &'static str,
        /// Numbers given; of an iterator that is too long, those that it says it has.
        got: usize,
        /// Numbers of the shape.
        want: usize,
    },
    /// An argument that is out of its range.
    Argument {
        /// What was called.
        call: &'static str,
        /// The argument.
        name: &'static str,
        /// Its value.
        got: f64,
        /// What it must be.
        want: &'static str,
    },
    /// Of several devices that train one model, one does not go on.
    Stopped {
        /// What was called.
        call: &'static str,
    },
    /// The device has not that much memory.
    OutOfMemory {
        /// Bytes asked for.
        bytes: usize,
    },
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Error::Operation(fault) => fault.fmt(f),
            Error::Rows { call, got: 0, .. } => write!(f, "{call}: got no rows"),
            Error::Rows { call, got, capacity } => {
                write!(f, "{call}: got {got} rows, but the capacity is {capacity}: pass fewer, or raise `B`")
            }
            Error::Count { call, inputs: Some(inputs), targets: Some(targets) } => {
                write!(
                    f,
                    "{call}: got {inputs} inputs, but {targets} targets or outputs: both must have one row per sample"
                )
            }
            Error::Count { call, .. } => {
                write!(f, "{call}: the parts of a tuple differ in their number of rows")
            }
            Error::Released { operation } => {
                write!(
                    f,
                    "backward: `{operation}` was released by an earlier backward; keep it with `backward_retain`"
                )
            }
            Error::NoSecondDerivative { operation } => {
                write!(
                    f,
                    "backward: `{operation}` has no second derivative; call `backward` without creating a graph"
                )
            }
            Error::NotFinite { layer, found } => write!(f, "{layer}: {found}"),
            Error::TwoTapes => f.write_str(
                "backward: an operation has combined tensors of two tapes; watch both on one tape",
            ),
            Error::Index { call, got, len: 0 } => {
                write!(f, "{call}: index {got} is out of range: the axis has length 0, so none is valid")
            }
            Error::Index { call, got, len } => {
                write!(
                    f,
                    "{call}: index {got} is out of range: the axis has length {len}, so valid are -{len} to {}",
                    len - 1
                )
            }
            Error::Length { call, got, want } => {
                write!(f, "{call}: got {got} numbers, but the shape has {want}")
            }
            Error::Argument { call, name, got, want } => {
                write!(f, "{call}: `{name}` is {got}, but must be {want}")
            }
            Error::Stopped { call } => {
                write!(f, "{call}: the trainer of another device is gone, and its part of the batch with it")
            }
            Error::OutOfMemory { bytes } => write!(f, "allocation: the device has not {bytes} bytes to give"),
        }
    }
}
impl core::error::Error for Error {}
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::Operation(fault)
    }
}

/// What a call has left on its device: the first fault, or else the first result that is not finite. `parts` are
/// those of the model that was called.
pub(crate) fn outcome<D: Device>(device: &D, parts: &'static [Row]) -> Result<(), Error> {
    if let Some(fault) = device.take_fault() {
        return Err(Error::Operation(fault));
    }
    match device.take_not_finite() {
        Some(found) => Err(Error::NotFinite { layer: LayerName::new(found.path, parts), found }),
        None => Ok(()),
    }
}
