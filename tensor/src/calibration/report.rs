//! [`Report`]: how far a quantized model is from the one that it was made from, value by value.

use core::fmt::{Display, Formatter, Result};

/// How far numbers are from what they should be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Errors {
    signal: f64,
    noise: f64,
    largest: f32,
}

impl Errors {
    pub(super) fn add(&mut self, got: &[f32], want: &[f32]) {
        for (got, want) in got.iter().zip(want) {
            let error = (got - want).abs();
            self.signal += f64::from(*want).powi(2);
            self.noise += f64::from(error).powi(2);
            self.largest = self.largest.max(error);
        }
    }
}

/// How far each value of a quantized model is from that of the model, in the order in which they are computed; what is
/// lost on the way to a value is part of its error. Made by [`Calibration::report`](crate::Calibration::report). Print it.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) lines: Vec<Line>,
    pub(super) samples: usize,
    /// Of the parameters, and of the working memory for one sample: before and after.
    pub(super) bytes: [[usize; 2]; 2],
}

/// A line of a [`Report`]: a value in bytes.
#[derive(Clone, Debug)]
pub struct Line {
    /// What computes it: `conv1`, `blocks.0.add`.
    pub name: String,
    /// The least and the greatest number that it can be.
    pub range: [f32; 2],
    /// A byte q stands for scale·(q − zero point).
    pub scale: f32,
    /// The byte of zero.
    pub zero_point: u8,
    /// The ratio of signal to quantization noise, 10·log₁₀(Σx² / Σ(x̂ − x)²), in decibels; infinite without noise. Each bit
    /// of precision is worth six of them.
    pub sqnr: f64,
    /// max |x̂ − x|
    pub max_error: f32,
}

impl Line {
    pub(super) fn new(name: String, range: [f32; 2], scale: f32, zero_point: u8, errors: &Errors) -> Self {
        let sqnr = match errors.noise {
            0.0 => f64::INFINITY,
            noise => 10.0 * (errors.signal / noise).log10(),
        };
        Line { name, range, scale, zero_point, sqnr, max_error: errors.largest }
    }
}

impl Report {
    /// All values.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let names = self.lines.iter().map(|line| line.name.chars().count());
        let width = names.max().unwrap_or(0).max("value".len());
        let title = format!(
            "{:width$}  {:>21}  {:>10}  {:>4}  {:>8}  {:>9}",
            "value", "range", "scale", "zero", "SQNR", "max error"
        );
        writeln!(f, "{title}\n{}", "─".repeat(title.chars().count()))?;
        for Line { name, range: [low, high], scale, zero_point, sqnr, max_error } in &self.lines {
            writeln!(
                f,
                "{name:width$}  {low:>9.3} … {high:>9.3}  {scale:>10.3e}  {zero_point:>4}  {sqnr:>5.1} dB  {max_error:>9.4}"
            )?;
        }
        writeln!(f, "{}", "─".repeat(title.chars().count()))?;
        let [parameters, working] = self.bytes;
        let samples = if self.samples == 1 { "sample" } else { "samples" };
        write!(
            f,
            "{} {samples}; parameters: {} bytes, quantized {}; working memory for one: {} bytes, quantized {}",
            self.samples, parameters[0], parameters[1], working[0], working[1]
        )
    }
}
