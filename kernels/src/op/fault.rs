//! [`Fault`]: what can go wrong inside an operation.

use crate::DType;

/// What went wrong inside an operation. The device keeps the first one until it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A memory argument is too small, misaligned, or not writable.
    Memory {
        /// The operation.
        op: &'static str,
        /// Which of its memory arguments, from zero.
        argument: usize,
        /// Bytes that were given.
        got: usize,
        /// Bytes that it needs.
        want: usize,
    },
    /// The number of memory arguments is not the operation's.
    Count {
        /// The operation.
        op: &'static str,
        /// Arguments that were given.
        got: usize,
        /// Arguments that it takes.
        want: usize,
    },
    /// An index in the data (a class, a token) is out of range.
    Index {
        /// The operation.
        op: &'static str,
        /// Which row of the data has it.
        row: usize,
        /// The index found.
        got: i64,
        /// Indices run from zero to one less than this.
        limit: usize,
    },
    /// The operation is not defined for elements of this type: the exponential of integers.
    Element {
        /// The operation.
        op: &'static str,
        /// The element type it was asked for.
        dtype: DType,
    },
    /// Integers were divided by zero.
    ZeroDivisor {
        /// The operation.
        op: &'static str,
    },
    /// The operation has no code for this device.
    NoKernel {
        /// The operation.
        op: &'static str,
    },
    /// The driver refused a launch, or the device failed.
    Launch {
        /// The operation.
        op: &'static str,
        /// What the driver said: a `CUresult`; zero where it was not asked, since the source did not compile.
        code: u32,
    },
    /// A library of the GPU refused a call.
    Library {
        /// The operation.
        op: &'static str,
        /// The library.
        library: &'static str,
        /// What it said: a number of its own.
        code: i32,
    },
    /// Another GPU that trains the same model found a fault, so this one waits.
    Elsewhere,
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Fault::Memory { op, argument, got, want } => {
                write!(
                    f,
                    "{op}: memory argument {argument} has {got} bytes, but {want} aligned bytes of the right access are needed"
                )
            }
            Fault::Count { op, got, want } => write!(f, "{op}: got {got} memory arguments, but takes {want}"),
            Fault::Index { op, row, got, limit } => {
                write!(
                    f,
                    "{op}: index {got} in row {row} is out of range: valid are 0 to {}",
                    limit.saturating_sub(1)
                )
            }
            Fault::Element { op, dtype } => write!(f, "{op}: not defined for {dtype}"),
            Fault::ZeroDivisor { op } => write!(f, "{op}: integers are divided by zero"),
            Fault::NoKernel { op } => write!(f, "{op}: has no code for this device"),
            Fault::Launch { op, code: 0 } => {
                write!(f, "{op}: its CUDA source does not compile; `Cuda::take_log` has the compiler's words")
            }
            Fault::Launch { op, code: 2 } => write!(f, "{op}: the GPU has not enough memory (CUDA error 2)"),
            Fault::Launch { op, code } => write!(f, "{op}: the GPU failed with CUDA error {code}"),
            Fault::Library { op, library, code } => write!(f, "{op}: {library} failed with its error {code}"),
            Fault::Elsewhere => {
                f.write_str("another GPU that trains this model found a fault: its trainer says which")
            }
        }
    }
}
impl core::error::Error for Fault {}
