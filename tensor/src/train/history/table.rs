//! A history as CSV.

use std::io;
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord, Trim, Writer};

use super::{HistoryErrorKind, Record};

const COLUMNS: [&str; 8] = [
    "epoch",
    "step",
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "seconds",
];

pub(super) fn write(records: &[Record], file: impl io::Write) -> io::Result<()> {
    let mut table = Writer::from_writer(file);
    table.write_record(COLUMNS)?;
    for record in records {
        let optional = |value: Option<f32>| value.map(|value| value.to_string()).unwrap_or_default();
        table.write_record([
            record.epoch.to_string(),
            record.step.to_string(),
            record.learning_rate.to_string(),
            record.train_loss.to_string(),
            optional(record.train_accuracy),
            optional(record.test_loss),
            optional(record.test_accuracy),
            record.seconds.to_string(),
        ])?;
    }
    table.flush()
}

pub(super) fn read(file: impl io::Read) -> Result<Vec<Record>, HistoryErrorKind> {
    let mut table = ReaderBuilder::new().trim(Trim::All).from_reader(file);
    let header = table.headers().map_err(HistoryErrorKind::Csv)?.clone();
    table
        .into_records()
        .map(|row| {
            let row = Row { header: &header, row: row.map_err(HistoryErrorKind::Csv)? };
            Ok(Record {
                epoch: row.number("epoch", "a whole number")?,
                step: row.number("step", "a whole number")?,
                learning_rate: row.number("learning_rate", "a number")?,
                train_loss: row.number("train_loss", "a number")?,
                train_accuracy: row.optional("train_accuracy")?,
                test_loss: row.optional("test_loss")?,
                test_accuracy: row.optional("test_accuracy")?,
                seconds: row.number("seconds", "a number")?,
            })
        })
        .collect()
}

struct Row<'a> {
    header: &'a StringRecord,
    row: StringRecord,
}

impl Row<'_> {
    fn field(&self, column: &str) -> Option<&str> {
        self.row.get(self.header.iter().position(|name| name == column)?)
    }

    fn number<T: FromStr>(&self, column: &'static str, want: &'static str) -> Result<T, HistoryErrorKind> {
        let Some(field) = self.field(column) else {
            let got = self.header.iter().map(str::to_owned).collect();
            return Err(HistoryErrorKind::Column { want: column, got });
        };
        field.parse().map_err(|_| {
            let (offset, line) = self.row.position().map_or((0, 0), |at| (at.byte(), at.line()));
            HistoryErrorKind::Field { offset, line, column, got: field.to_owned(), want }
        })
    }

    fn optional(&self, column: &'static str) -> Result<Option<f32>, HistoryErrorKind> {
        match self.field(column) {
            None | Some("") => Ok(None),
            Some(_) => self.number(column, "a number or empty").map(Some),
        }
    }
}
