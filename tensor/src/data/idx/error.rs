//! [`IdxError`]: what can be wrong with an IDX file.

use std::io;
use std::path::PathBuf;

/// What is wrong with an IDX file, and where.
#[derive(Debug)]
pub struct IdxError {
    /// The file, unless the data was in memory.
    pub path: Option<PathBuf>,
    /// The byte at which it was noticed, counted in the decompressed content.
    pub offset: u64,
    /// What is wrong.
    pub kind: IdxErrorKind,
}

/// The ways in which an IDX file can be wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum IdxErrorKind {
    /// The file cannot be opened or read.
    Io(io::Error),
    /// The gzip stream is broken.
    Gzip(io::Error),
    /// The file does not start with two zero bytes.
    Magic {
        /// Its first two bytes.
        got: [u8; 2],
    },
    /// There is no element type with this code.
    ElementCode {
        /// The code.
        got: u8,
    },
    /// The elements are of another type.
    Element {
        /// The type in the file.
        got: &'static str,
        /// The type that was asked for.
        want: &'static str,
    },
    /// The items have other dimensions.
    Dims {
        /// All dimensions in the file, the first being the number of items.
        got: Vec<usize>,
        /// The dimensions of one item that were asked for.
        want: Vec<usize>,
    },
    /// The header asks for more bytes than can be addressed.
    Overflow {
        /// The number of items in the header.
        count: usize,
        /// The bytes of one item.
        item: usize,
    },
    /// The file is shorter than its header says.
    Truncated {
        /// The length of its content in bytes.
        got: u64,
        /// The length according to the header, as far as that could be read.
        want: u64,
    },
    /// The file is longer than its header says.
    Trailing {
        /// The length according to the header.
        want: u64,
    },
}

impl IdxErrorKind {
    pub(super) fn at(self, offset: u64) -> IdxError {
        IdxError { path: None, offset, kind: self }
    }
}

impl std::fmt::Display for IdxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}", path.display())?,
            None => write!(f, "IDX data")?,
        }
        write!(f, ", byte {}: ", self.offset)?;
        match &self.kind {
            IdxErrorKind::Io(error) => write!(f, "{error}"),
            IdxErrorKind::Gzip(error) => write!(f, "the gzip stream is broken: {error}"),
            IdxErrorKind::Magic { got } => {
                write!(f, "starts with the bytes {got:02x?}, but an IDX file with [00, 00]")
            }
            IdxErrorKind::ElementCode { got } => {
                write!(f, "the element code is {got:#04x}, but can be 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e")
            }
            IdxErrorKind::Element { got, want } => {
                write!(f, "the elements are {got}, but {want} was asked for")
            }
            IdxErrorKind::Dims { got, want } => {
                write!(f, "the dimensions are {got:?}, but [n")?;
                want.iter().try_for_each(|dim| write!(f, ", {dim}"))?;
                write!(f, "] was asked for")
            }
            IdxErrorKind::Overflow { count, item } => {
                write!(f, "{count} items of {item} bytes are more than can be addressed")
            }
            IdxErrorKind::Truncated { got, want } => {
                write!(f, "the content ends after {got} bytes, but the header asks for {want}")
            }
            IdxErrorKind::Trailing { want } => {
                write!(f, "the content goes on, but the header asks for {want} bytes")
            }
        }
    }
}

impl std::error::Error for IdxError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            IdxErrorKind::Io(error) | IdxErrorKind::Gzip(error) => Some(error),
            _ => None,
        }
    }
}
