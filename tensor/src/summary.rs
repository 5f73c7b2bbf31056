//! What a model consists of, as a table.

use core::fmt::{Display, Formatter, Result};

use crate::params::{Kind, Params};
use crate::{Model, Row};

/// A table of a model's layers: output shape, parameters, multiply-adds, bytes. Print it.
///
/// ```
/// use castiron::prelude::*;
/// #[derive(Module)]
/// #[module(input = [784])]
/// #[repr(C)]
/// struct Mlp {
///     fc1: Linear<[f32; 784], 128, Relu>,
///     fc2: Linear<[f32; 128], 10>,
/// }
/// let table = Summary::of::<Mlp, 64>().to_string();
/// assert!(table.contains("101,770 parameters"));
/// ```
///
/// Below the table, parameters that are trained, frozen ones and running averages are counted each by themselves:
///
/// ```
/// use castiron::prelude::*;
/// model! {
///     Head: [4] -> [2] {
///         #[frozen]
///         body: Linear(8), Relu,
///         norm: BatchNorm1d,
///         head: Linear(2),
///     }
/// }
/// let table = Summary::of::<Head, 64>().to_string();
/// assert!(table.contains("34 parameters, 40 frozen parameters and 16 running averages"), "{table}");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    name: &'static str,
    rows: &'static [Row],
    input: crate::Layout,
    /// Trained parameters, frozen ones, running averages.
    numbers: [usize; 3],
    macs: u64,
    batch: usize,
    bytes: [usize; 4],
}

impl Summary {
    /// Of model `M`, with the memory that inference on one sample takes beside the model, and a forward and
    /// backward pass of `B` samples; what an optimizer adds is in
    /// [`Trainer::BYTES`](crate::train::Trainer::BYTES).
    pub fn of<M: Model, const B: usize>() -> Self {
        Summary {
            name: M::KIND,
            rows: M::PARTS,
            input: <M::Input as crate::Sample>::LAYOUT,
            numbers: numbers::<M>(),
            macs: M::MACS,
            batch: B,
            bytes: [
                size_of::<M>(),
                size_of::<M::InferScratch<1>>() + size_of::<M::State<1>>(),
                size_of::<M::Saved<B>>(),
                size_of::<M::TrainScratch<B>>(),
            ],
        }
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut lines = Vec::new();
        push(self.rows, 0, &mut lines);
        let title = [
            self.name.to_owned(),
            "output".into(),
            "parameters".into(),
            "multiply-adds".into(),
            "bytes".into(),
        ];
        let input = ["input".to_owned(), self.input.to_string(), String::new(), String::new(), String::new()];
        let all = || [&title, &input].into_iter().chain(&lines);
        let width: [usize; 5] =
            core::array::from_fn(|i| all().map(|line| line[i].chars().count()).max().unwrap_or(0));
        let rule = "─".repeat(width.iter().sum::<usize>() + 8);
        for (i, line) in all().enumerate() {
            let [a, b, c, d, e] = line;
            let [wa, wb, wc, wd, we] = width;
            let line = format!("{a:wa$}  {b:wb$}  {c:>wc$}  {d:>wd$}  {e:>we$}");
            writeln!(f, "{}", line.trim_end())?;
            if i == 0 {
                writeln!(f, "{rule}")?;
            }
        }
        writeln!(f, "{rule}")?;
        let kinds = ["parameters", "frozen parameters", "running averages"];
        let numbers = self.numbers.into_iter().zip(kinds).filter(|(n, _)| *n > 0);
        let numbers: Vec<String> = numbers.map(|(n, kind)| format!("{} {kind}", grouped(n as u64))).collect();
        match numbers.split_last() {
            None => write!(f, "no parameters")?,
            Some((last, [])) => write!(f, "{last}")?,
            Some((last, others)) => write!(f, "{} and {last}", others.join(", "))?,
        }
        let [model, infer, saved, scratch] = self.bytes;
        writeln!(f, " in {}, {} multiply-adds per sample", bytes(model), grouped(self.macs))?;
        writeln!(f, "inference: {} of working memory for 1 sample", bytes(infer))?;
        write!(
            f,
            "training:  {} of gradients, {} of activations and {} of working memory for {} samples",
            bytes(model),
            bytes(saved),
            bytes(scratch),
            self.batch
        )
    }
}

fn numbers<M: Params>() -> [usize; 3] {
    let mut numbers = [0; 3];
    for run in M::RUNS {
        let kind = match run.kind {
            Kind::Trained => 0,
            Kind::Frozen => 1,
            Kind::RunningAverage { .. } => 2,
        };
        numbers[kind] += run.len;
    }
    numbers
}

fn push(rows: &[Row], depth: usize, lines: &mut Vec<[String; 5]>) {
    for row in rows {
        let blank = |n: u64| if n == 0 { String::new() } else { grouped(n) };
        lines.push([
            match row.name == row.kind {
                true => format!("{:indent$}{}", "", row.name, indent = 2 * depth),
                false => format!("{:indent$}{} ({})", "", row.name, row.kind, indent = 2 * depth),
            },
            row.output.to_string(),
            blank(row.parameters as u64),
            blank(row.macs),
            blank(row.bytes as u64),
        ]);
        push(row.parts, depth + 1, lines);
    }
}

/// 1234567 as 1,234,567.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of bytes in the unit that suits it.
fn bytes(n: usize) -> String {
    match n {
        0..10_240 => format!("{n} B"),
        10_240..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}
