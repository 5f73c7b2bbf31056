use std::fmt::{Display, Formatter, Result};
use std::path::PathBuf;

/// Why a model file could not be written or read. The model is then as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The file is not in the safetensors format: truncated, damaged, or something else.
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file's tensors are not the model's.
    Mismatch {
        /// The file.
        path: PathBuf,
        /// Every difference.
        differences: Vec<Difference>,
    },
}

/// One difference between a file and a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The model has it, the file has not.
    Missing {
        /// Its name.
        name: String,
        /// Its dimensions in the model.
        dims: Vec<usize>,
    },
    /// The file has it, the model has not.
    Extra {
        /// Its name.
        name: String,
        /// Its dimensions in the file.
        dims: Vec<usize>,
    },
    /// Both have it, with other dimensions.
    Dims {
        /// Its name.
        name: String,
        /// Its dimensions in the file.
        file: Vec<usize>,
        /// Its dimensions in the model.
        model: Vec<usize>,
    },
    /// Both have it, with other elements.
    Element {
        /// Its name.
        name: String,
        /// Its element in the file.
        file: String,
        /// Its element in the model.
        model: &'static str,
    },
    /// No tensor of the model has a name that matches the pattern.
    Pattern {
        /// The pattern.
        pattern: String,
    },
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Difference::Missing { name, dims } => write!(f, "`{name}` {dims:?} is missing in the file"),
            Difference::Extra { name, dims } => write!(f, "`{name}` {dims:?} is not in the model"),
            Difference::Dims { name, file, model } => {
                write!(f, "`{name}` is {file:?} in the file, but {model:?} in the model")
            }
            Difference::Element { name, file, model } => {
                write!(f, "`{name}` has elements {file} in the file, but {model} in the model")
            }
            Difference::Pattern { pattern } => {
                write!(f, "no tensor of the model has a name that matches `{pattern}`")
            }
        }
    }
}

impl Display for FileError {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            FileError::Io { path, source } => write!(f, "{}: {source}", path.display()),
            FileError::Format { path, reason } => {
                write!(f, "{}: not a readable safetensors file: {reason}", path.display())
            }
            FileError::Mismatch { path, differences } => {
                write!(f, "{}: does not fit the model:", path.display())?;
                differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
            }
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            FileError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
