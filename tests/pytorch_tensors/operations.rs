//! The table of operations in castiron's documentation, written from what the cases do when they run.

use std::collections::BTreeMap;
use std::path::Path;

use castiron::castiron_kernels::registry::OPS;

use crate::fixture::Fixture;
use crate::harness::check;
use crate::table::Op;

/// What PyTorch calls those whose name in the fixture says it not.
const PYTORCH: &[(&str, &str)] = &[
    ("bitwise_not", "~x"),
    ("chunk", "x.chunk(n, axis)"),
    ("flatten", "x.flatten(..)"),
    ("pow", "x.pow(n), torch.pow(x, y)"),
    ("arange", "torch.arange(start, end, step)"),
    ("atan2", "torch.atan2(x, y)"),
    ("broadcast_to", "x.broadcast_to(..), x.expand(..)"),
    ("cast", "x.to(dtype)"),
    ("clamp_max", "x.clamp(max=max)"),
    ("clamp_min", "x.clamp(min=min)"),
    ("concat", "torch.cat([x, y], axis)"),
    ("div_floor", "torch.div(x, y, rounding_mode=\"floor\")"),
    ("div_trunc", "torch.div(x, y, rounding_mode=\"trunc\")"),
    ("elu", "F.elu(x)"),
    ("eye", "torch.eye(m, n)"),
    ("full", "torch.full(size, number)"),
    ("gelu", "F.gelu(x)"),
    ("gelu_tanh", "F.gelu(x, approximate=\"tanh\")"),
    ("hardsigmoid", "F.hardsigmoid(x)"),
    ("hardswish", "F.hardswish(x)"),
    ("leaky_relu", "F.leaky_relu(x, slope)"),
    ("linspace", "torch.linspace(start, end, n)"),
    ("log_sigmoid", "F.logsigmoid(x)"),
    ("mish", "F.mish(x)"),
    ("norm", "torch.linalg.vector_norm(x, p, axis)"),
    ("one_hot", "F.one_hot(labels, classes)"),
    ("pad", "F.pad(x, widths, value=value)"),
    ("relu6", "F.relu6(x)"),
    ("silu", "F.silu(x)"),
    ("slice", "x[start:end:step]"),
    ("softplus", "F.softplus(x)"),
    ("stack", "torch.stack([x, y], axis)"),
    ("transpose", "x.t(), x.transpose(a, b)"),
    ("where", "torch.where(mask, x, y)"),
];

/// Words of a name in the fixture that say how an operation is called, not which it is.
const OPTIONS: &[&str] = &[
    "all",
    "axis",
    "axes",
    "keepdim",
    "correction",
    "value",
    "step",
    "scalar",
    "descending",
    "smallest",
    "f32",
    "f64",
    "bf16",
    "f16",
    "i64",
    "i32",
    "i8",
    "u8",
    "bool",
];

const TYPES: [&str; 9] = ["f32", "f64", "bf16", "f16", "i64", "i32", "i8", "u8", "bool"];

/// The operation without its options: `sum` of `sum_axes_0_2_keepdim`.
fn stem(name: &str) -> String {
    let number =
        |word: &str| word.parse::<f64>().is_ok() || word.chars().all(|c| "0123456789x,.-".contains(c));
    let mut stem = Vec::new();
    for word in name.split('_').filter(|word| !number(word)) {
        if stem.is_empty() || !OPTIONS.contains(&word) {
            stem.push(word);
        }
    }
    stem.join("_")
}

/// One row.
#[derive(Default)]
struct Row {
    calls: Vec<Call>,
    gradient: bool,
    second: bool,
    forward: Vec<&'static str>,
    backward: Vec<&'static str>,
}

/// A way to call it, and for which elements that was done.
struct Call {
    text: String,
    /// One method, or one operator.
    simple: bool,
    types: Vec<&'static str>,
}

impl Row {
    fn add(&mut self, fixture: &Fixture, op: &Op) {
        let new = call(op.call);
        let place = self.calls.iter().position(|call| call.text == new.text).unwrap_or_else(|| {
            self.calls.push(new);
            self.calls.len() - 1
        });
        for case in &op.cases {
            let found = check(fixture, op, case);
            assert!(found.failures.is_empty(), "no documentation of what is wrong: {:?}", found.failures);
            let dtype = case.name.rsplit('/').next().unwrap_or_default();
            extend(&mut self.calls[place].types, TYPES.into_iter().filter(|name| *name == dtype));
            self.gradient |= found.gradient;
            self.second |= found.second;
            extend(&mut self.forward, found.forward);
            extend(&mut self.backward, found.backward);
        }
    }

    fn render(&self, stem: &str) -> String {
        let python = PYTORCH.iter().find(|(name, _)| *name == stem).map(|(_, text)| text.to_string());
        let python = python.unwrap_or_else(|| {
            let takes_nothing =
                self.calls.iter().all(|call| call.text == format!("[`x.{stem}()`](crate::Tensor::{stem})"));
            let is_operator = !self.calls[0].text.starts_with('[');
            match (is_operator, takes_nothing) {
                (true, _) => self.calls[0].text.trim_matches('`').to_owned(),
                (_, true) => format!("x.{stem}()"),
                _ => format!("x.{stem}(..)"),
            }
        });
        // Calls of several methods are shown for the elements that have no other.
        let simple = |name: &str| self.calls.iter().any(|call| call.simple && call.types.contains(&name));
        let calls =
            self.calls.iter().filter(|call| call.simple || !call.types.iter().all(|name| simple(name)));
        let mut texts: Vec<String> = Vec::new();
        extend(&mut texts, calls.map(|call| call.text.clone()));
        let types = TYPES.into_iter().filter(|name| self.calls.iter().any(|call| call.types.contains(name)));
        let types: Vec<&str> = types.collect();
        let gradient = match (self.gradient, self.second) {
            (_, true) => "first, second",
            (true, false) => "first",
            (false, false) => "—",
        };
        let [forward, backward] = [&self.forward, &self.backward].map(|names| match names.is_empty() {
            true => "—".to_owned(),
            false => names.join(", "),
        });
        // A bar would end the cell.
        let [python, texts] = [format!("`{python}`"), texts.join(", ")].map(|text| text.replace('|', "\\|"));
        format!("| {python} | {texts} | {} | {gradient} | {forward} | {backward} |\n", types.join(" "))
    }
}

/// Adds what is not there yet.
fn extend<T: PartialEq>(to: &mut Vec<T>, from: impl IntoIterator<Item = T>) {
    for item in from {
        if !to.contains(&item) {
            to.push(item);
        }
    }
}

/// A call as a link to its method where it is one method's, else as it stands.
fn call(text: &str) -> Call {
    // How macros leave tokens apart depends on the compiler.
    let mut text = text.to_owned();
    for (loose, tight) in [(":: ", "::"), (" ::", "::"), ("< ", "<"), (" <", "<"), (" >", ">"), (" (", "(")] {
        text = text.replace(loose, tight);
    }
    text = match text.strip_prefix("- ") {
        Some(rest) => format!("-{rest}"),
        None => text,
    }
    .replace("E::from_f64(2.5)", "2.5");
    let name = |rest: &str| rest.split(['(', ':']).next().unwrap_or_default().to_owned();
    let methods: Vec<String> = match text.strip_prefix("Tensor::") {
        Some(rest) if rest.starts_with('<') => {
            rest.split_once(">::").into_iter().map(|(_, rest)| name(rest)).collect()
        }
        Some(rest) => vec![name(rest)],
        None => {
            let names = text.split('.').skip(1).map(name);
            names.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
        }
    };
    let operator = [" + ", " - ", " * ", " / "].iter().any(|operator| text.contains(operator));
    let text = match &methods[..] {
        [method] if !operator => format!(
            "[`{}`](crate::Tensor::{method})",
            if text == format!("x.{method}()") { &text } else { method }
        ),
        _ => format!("`{text}`"),
    };
    Call { text, simple: methods.len() + usize::from(operator) <= 1, types: Vec::new() }
}

#[test]
fn documentation_says_what_the_cases_do() {
    let fixture = Fixture::open();
    let (mut places, mut count) = (BTreeMap::new(), 0);
    let mut rows: Vec<(&str, String, Row)> = Vec::new();
    for (title, table) in crate::tables() {
        for op in &table.ops {
            let name = match stem(&op.name).as_str() {
                "transpose_reshape" => "reshape".to_owned(),
                stem => stem.to_owned(),
            };
            let place = *places.entry(name.clone()).or_insert(rows.len());
            if place == rows.len() {
                rows.push((title, name, Row::default()));
            }
            rows[place].2.add(&fixture, op);
            count += op.cases.len();
        }
    }
    for name in rows.iter().flat_map(|(_, _, row)| row.forward.iter().chain(&row.backward)) {
        assert!(OPS.iter().any(|entry| entry.name == *name), "{name} is not in the registry of kernels");
    }
    let mut text = INTRODUCTION.replace("COUNT", &count.to_string());
    let mut last = "";
    for (title, stem, row) in &rows {
        if *title != last {
            text.push_str(&format!("\n# {title}\n\n{HEAD}"));
            last = title;
        }
        text.push_str(&row.render(stem));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tensor/src/operations.md");
    if std::env::var_os("CASTIRON_OPERATIONS").is_some_and(|value| value == "overwrite") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "tensor/src/operations.md is not what the cases do: `CASTIRON_OPERATIONS=overwrite cargo test --test \
         pytorch_tensors` writes it again"
    );
}

const HEAD: &str = "\
| PyTorch | castiron | elements | gradient | kernels forward | kernels backward |
|---|---|---|---|---|---|
";

const INTRODUCTION: &str = "\
The operations on [`Tensor`](crate::Tensor) next to PyTorch's: elements, gradients, and kernels.

A test wrote these tables, and compares them with what it finds whenever it runs. It computes every operation in
the ways and with the elements that are named here, in COUNT cases, and compares the results with those that
PyTorch recorded.

- *gradient*: \"first\" where gradients were compared with PyTorch's, \"second\" where gradients of gradients were
  compared with differences of gradients; \"—\" for operations that have none.
- *kernels*: those that ran, each once, by their names in [`castiron_kernels::registry`]; \"—\" where numbers stay
  where they are. Not every call runs them all: that depends on shapes, elements and options.
- `F` is `torch.nn.functional`. In place of `2.5` stands `bf16::from_f64(2.5)` for elements of bf16, and alike for
  f16.

All of this runs on the [`Cpu`](crate::Cpu). It is written once for all devices: one operation of each kind, and
the gradients through all of them, are computed in memory that only the test device
[`Offsets`](crate::device::Offsets) can reach, and have the same bits there.

[`Tensor`](crate::Tensor) has more operations: those of which there are no numbers by PyTorch.
";
