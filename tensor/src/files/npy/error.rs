use std::fmt::{Display, Formatter, Result};
use std::io;
use std::path::{Path, PathBuf};

use crate::ConvertError;

/// Why a file of NumPy could not be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum NpyError {
    /// The operating system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Not a file of NumPy, damaged, cut off, or of elements that only one of the two sides has.
    Format {
        /// The file.
        path: PathBuf,
        /// Which of its arrays, in an `.npz`.
        array: Option<String>,
        /// What is wrong with it.
        reason: String,
    },
    /// An array of another shape, or of other elements.
    Mismatch {
        /// The file.
        path: PathBuf,
        /// Which of its arrays, in an `.npz`.
        array: Option<String>,
        /// Both shapes and element types.
        error: ConvertError,
    },
    /// There is no array of that name.
    Missing {
        /// The file.
        path: PathBuf,
        /// The name.
        array: String,
        /// The names that there are.
        has: Vec<String>,
    },
}

impl Display for NpyError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let place = |f: &mut Formatter<'_>, path: &Path, array: &Option<String>| {
            write!(f, "{}", path.display())?;
            array.as_ref().map_or(Ok(()), |array| write!(f, ", array `{array}`"))
        };
        match self {
            NpyError::Io { path, source } => write!(f, "{}: {source}", path.display()),
            NpyError::Format { path, array, reason } => {
                place(f, path, array)?;
                write!(f, ": {reason}")
            }
            NpyError::Mismatch { path, array, error } => {
                place(f, path, array)?;
                write!(f, ": {error}")
            }
            NpyError::Missing { path, array, has } => {
                write!(f, "{}: there is no array `{array}`; it has {has:?}", path.display())
            }
        }
    }
}

impl std::error::Error for NpyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            NpyError::Io { source, .. } => Some(source),
            NpyError::Mismatch { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What is wrong, before it is known where.
pub(super) enum Wrong {
    Io(io::Error),
    Format(String),
}

impl Wrong {
    pub(super) fn of(self, path: &Path, array: Option<&str>) -> NpyError {
        let path = path.to_owned();
        match self {
            Wrong::Io(source) => NpyError::Io { path, source },
            Wrong::Format(reason) => NpyError::Format { path, array: array.map(str::to_owned), reason },
        }
    }
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Wrong::Format("it is cut off".to_owned()),
            // What decompression and checksums find.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Wrong::Format(format!("it is damaged: {error}"))
            }
            _ => Wrong::Io(error),
        }
    }
}

impl From<zip::result::ZipError> for Wrong {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => error.into(),
            error => Wrong::Format(format!("not a readable zip archive: {error}")),
        }
    }
}
