//! [`HistoryError`]: what can go wrong with the files of a history.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A history could not be read, written or drawn.
#[derive(Debug)]
pub struct HistoryError {
    /// The file.
    pub path: PathBuf,
    /// What went wrong.
    pub kind: HistoryErrorKind,
}

/// The ways in which reading, writing or drawing a history can fail.
#[derive(Debug)]
#[non_exhaustive]
pub enum HistoryErrorKind {
    /// The file cannot be opened, read or written.
    Io(io::Error),
    /// The table is not what CSV can be, such as a row of another length.
    Csv(csv::Error),
    /// The table lacks a column.
    Column {
        /// Its name.
        want: &'static str,
        /// The names of those it has.
        got: Vec<String>,
    },
    /// A field does not hold a number of the right kind.
    Field {
        /// The byte at which its row starts.
        offset: u64,
        /// The line of its row, the first being 1.
        line: u64,
        /// The name of its column.
        column: &'static str,
        /// What it holds.
        got: String,
        /// What it should hold.
        want: &'static str,
    },
    /// The name of a picture ends in neither `.svg` nor `.png`.
    Ending,
    /// There are no epochs to draw.
    Empty,
    /// The picture cannot be drawn.
    Draw(String),
}

impl HistoryErrorKind {
    pub(super) fn of(self, path: &Path) -> HistoryError {
        HistoryError { path: path.to_owned(), kind: self }
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        match &self.kind {
            HistoryErrorKind::Io(error) => write!(f, ": {error}"),
            HistoryErrorKind::Csv(error) => write!(f, ": {error}"),
            HistoryErrorKind::Column { want, got } => {
                write!(f, ", byte 0: the column `{want}` is missing; there are {got:?}")
            }
            HistoryErrorKind::Field { offset, line, column, got, want } => {
                write!(f, ", byte {offset}: `{column}` in line {line} is {got:?}, but should be {want}")
            }
            HistoryErrorKind::Ending => write!(f, ": a plot is a .svg or a .png file"),
            HistoryErrorKind::Empty => write!(f, ": there are no epochs to plot"),
            HistoryErrorKind::Draw(error) => write!(f, ": {error}"),
        }
    }
}

impl std::error::Error for HistoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            HistoryErrorKind::Io(error) => Some(error),
            HistoryErrorKind::Csv(error) => Some(error),
            _ => None,
        }
    }
}
