//! What can go wrong at run time, beyond what the compiler has ruled out.

use castiron_kernels::Fault;

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
