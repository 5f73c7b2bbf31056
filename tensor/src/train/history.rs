//! [`History`]: how a training went, epoch by epoch; as a table and as a picture.

mod error;
mod plot;
mod table;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::Path;

pub use error::{HistoryError, HistoryErrorKind};

/// One epoch of a training.
///
/// ```
/// use castiron::train::history::Record;
/// let record = Record { epoch: 1, train_loss: 0.35, test_accuracy: Some(0.97), ..Record::default() };
/// assert_eq!(record.test_loss, None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Record {
    /// The number of the epoch.
    pub epoch: u64,
    /// Optimizer steps since the training began.
    pub step: u64,
    /// The learning rate at the end of the epoch.
    pub learning_rate: f32,
    /// The mean loss of the epoch's batches while they were trained on.
    pub train_loss: f32,
    /// The fraction of the training samples that were classified rightly.
    pub train_accuracy: Option<f32>,
    /// The mean loss of the test samples after the epoch.
    pub test_loss: Option<f32>,
    /// The fraction of the test samples that were classified rightly after the epoch.
    pub test_accuracy: Option<f32>,
    /// How long the epoch took.
    pub seconds: f32,
}

/// The epochs of a training, in their order.
///
/// ```
/// use castiron::train::history::{History, Record};
/// let mut history = History::new();
/// for (epoch, loss) in [(1, 0.9), (2, 0.4), (3, 0.5)] {
///     history.push(Record { epoch, train_loss: loss, test_loss: Some(loss + 0.1), ..Record::default() });
/// }
/// assert_eq!(history.best().map(|record| record.epoch), Some(2));
///
/// let folder = tempfile::tempdir()?;
/// history.write_csv(folder.path().join("history.csv"))?;
/// assert_eq!(History::read_csv(folder.path().join("history.csv"))?, history);
/// history.plot(folder.path().join("history.svg"))?;
/// history.plot(folder.path().join("history.png"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    records: Vec<Record>,
}

impl History {
    /// No epochs yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the record of an epoch.
    pub fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// The records, first to last.
    pub fn iter(&self) -> std::slice::Iter<'_, Record> {
        self.records.iter()
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The best epoch: of highest test accuracy if that was measured, otherwise of lowest test loss,
    /// otherwise of lowest training loss. Of equals it is the first; what is not a number is no candidate.
    pub fn best(&self) -> Option<&Record> {
        self.lowest(|record| record.test_accuracy.map(|accuracy| -accuracy))
            .or_else(|| self.lowest(|record| record.test_loss))
            .or_else(|| self.lowest(|record| Some(record.train_loss)))
    }

    fn lowest(&self, key: impl Fn(&Record) -> Option<f32>) -> Option<&Record> {
        let key = |record: &Record| key(record).filter(|key| !key.is_nan());
        let candidates = self.iter().filter_map(|record| Some((record, key(record)?)));
        candidates.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(record, _)| record)
    }

    /// Writes a table with one row for each epoch; what was not measured is empty.
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<(), HistoryError> {
        let path = path.as_ref();
        let result = File::create(path).and_then(|file| table::write(&self.records, file));
        result.map_err(|error| HistoryErrorKind::Io(error).of(path))
    }

    /// Reads a table that [`write_csv`](History::write_csv) wrote. Columns are found by name: others are
    /// ignored, and what is not always measured can be missing.
    pub fn read_csv(path: impl AsRef<Path>) -> Result<Self, HistoryError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|error| HistoryErrorKind::Io(error).of(path))?;
        let records = table::read(file).map_err(|kind| kind.of(path))?;
        Ok(History { records })
    }

    /// Draws the losses, and beside them the accuracies if there are any. The ending of `path` chooses
    /// the format: `.svg` or `.png`.
    pub fn plot(&self, path: impl AsRef<Path>) -> Result<(), HistoryError> {
        let path = path.as_ref();
        plot::plot(&self.records, path).map_err(|kind| kind.of(path))
    }
}

impl<'a> IntoIterator for &'a History {
    type Item = &'a Record;
    type IntoIter = std::slice::Iter<'a, Record>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
