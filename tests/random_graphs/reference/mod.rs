//! What a graph computes, naively and in float64.

mod images;
mod sequences;

use std::collections::BTreeMap;

use super::graph::{Function, Graph, Kind, LayerId, Op, Side, ValueId, What};

/// Values of leaves by their names in checkpoints.
pub type Parameters = BTreeMap<String, Vec<f64>>;
/// A value of each row of the batch.
pub type Rows = Vec<Vec<f64>>;

/// With which statistics batch norm computes. There is no dropout in a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Training,
    Inference,
}

/// The outputs of a graph whose parameters' names begin with `prefix`.
pub fn evaluate(
    graph: &Graph,
    parameters: &Parameters,
    prefix: &str,
    inputs: Vec<Rows>,
    mode: Mode,
) -> Vec<Rows> {
    let run = Run { graph, parameters, prefix, mode };
    let mut values: Vec<Option<Rows>> = vec![None; graph.values.len()];
    inputs.into_iter().enumerate().for_each(|(id, rows)| values[id] = Some(rows));
    for node in &graph.nodes {
        let get = |id: &ValueId| values[*id].clone().expect("nodes are in running order");
        let given: Vec<Rows> = node.inputs.iter().map(get).collect();
        let made = run.node(&node.what, &node.inputs, given);
        node.outputs.iter().zip(made).for_each(|(id, rows)| values[*id] = Some(rows));
    }
    graph.outputs.iter().map(|id| values[*id].clone().expect("an output is computed")).collect()
}

struct Run<'a> {
    graph: &'a Graph,
    parameters: &'a Parameters,
    prefix: &'a str,
    mode: Mode,
}

impl Run<'_> {
    fn node(&self, what: &What, ids: &[ValueId], mut inputs: Vec<Rows>) -> Vec<Rows> {
        let dims = |i: usize| self.graph.values[ids[i]].dims.as_slice();
        let each = |f: &dyn Fn(&[f64]) -> Vec<f64>| inputs[0].iter().map(|row| f(row)).collect::<Rows>();
        let x = dims(0);
        vec![match what {
            What::Layer(layer, index) => self.layer(*layer, *index, x, &mut inputs),
            What::Function(function) => each(&|row| apply(*function, row, last(x))),
            What::Number(op, side, number) => each(&|row| {
                row.iter()
                    .map(|x| match side {
                        Side::Left => calculate(*op, *x, *number),
                        Side::Right => calculate(*op, *number, *x),
                    })
                    .collect()
            }),
            What::Negate => each(&|row| row.iter().map(|x| -x).collect()),
            What::Binary(op) => {
                let to = super::graph::broadcast(x, dims(1)).expect("shapes that can be broadcast");
                let pairs = inputs[0].iter().zip(&inputs[1]);
                pairs
                    .map(|(a, b)| {
                        let (a, b) = (spread(a, x, &to), spread(b, dims(1), &to));
                        a.iter().zip(&b).map(|(a, b)| calculate(*op, *a, *b)).collect()
                    })
                    .collect()
            }
            What::Concat { axis } => {
                let (outer, _, inner) = around(x, *axis);
                (0..inputs[0].len())
                    .map(|row| {
                        let mut y = Vec::new();
                        for block in 0..outer {
                            for (i, input) in inputs.iter().enumerate() {
                                let len = dims(i)[*axis] * inner;
                                y.extend_from_slice(&input[row][block * len..][..len]);
                            }
                        }
                        y
                    })
                    .collect()
            }
            What::Narrow { axis, start, len, .. } => each(&|row| narrow(row, x, *axis, *start, *len)),
            What::Split { axis, sizes, .. } => {
                let starts = sizes.iter().scan(0, |end, len| {
                    *end += len;
                    Some(*end - len)
                });
                return starts
                    .zip(sizes)
                    .map(|(start, len)| each(&|row| narrow(row, x, *axis, start, *len)))
                    .collect();
            }
            What::Reshape { .. } | What::Flatten => inputs.remove(0),
            What::Permute(axes) => each(&|row| permute(row, x, axes)),
            What::Transpose => {
                let mut axes: Vec<usize> = (0..x.len()).collect();
                axes.swap(x.len() - 2, x.len() - 1);
                each(&|row| permute(row, x, &axes))
            }
            What::Reduce { axis, mean } => {
                let (outer, len, inner) = around(x, *axis);
                let factor = if *mean { 1.0 / len as f64 } else { 1.0 };
                each(&|row| {
                    let sum = |i: usize| {
                        let (block, rest) = (i / inner, i % inner);
                        (0..len).map(|j| row[(block * len + j) * inner + rest]).sum::<f64>() * factor
                    };
                    (0..outer * inner).map(sum).collect()
                })
            }
        }]
    }

    /// All of an array, or one.
    fn layer(&self, id: LayerId, index: Option<usize>, x: &[usize], inputs: &mut Vec<Rows>) -> Rows {
        let layer = &self.graph.layers[id];
        let path = format!("{}{}", self.prefix, layer.saved_as.as_ref().unwrap_or(&layer.name));
        match (layer.count, index) {
            (None, _) => self.call(id, &path, x, inputs),
            (Some(_), Some(index)) => self.call(id, &format!("{path}.{index}"), x, inputs),
            (Some(count), None) => {
                for i in 0..count {
                    inputs[0] = self.call(id, &format!("{path}.{i}"), x, inputs);
                }
                inputs.remove(0)
            }
        }
    }

    fn call(&self, id: LayerId, path: &str, x: &[usize], inputs: &[Rows]) -> Rows {
        let layer = &self.graph.layers[id];
        let rows = &inputs[0];
        let each = |f: &dyn Fn(&[f64]) -> Vec<f64>| rows.iter().map(|row| f(row)).collect::<Rows>();
        let leaf = |name: &str| self.leaf(path, name);
        match &layer.kind {
            Kind::Conv2d { out, window, groups, bias } => {
                let (weight, bias) = (leaf("weight"), bias.then(|| leaf("bias")));
                each(&|row| images::conv2d(row, x, *out, window, *groups, weight, bias))
            }
            Kind::Linear { out, bias } => {
                let (weight, bias) = (leaf("weight"), bias.then(|| leaf("bias")));
                each(&|row| linear(row, *out, weight, bias, width(x)))
            }
            Kind::Tied { to, out } => {
                let to = &self.graph.layers[*to];
                let path = format!("{}{}", self.prefix, to.saved_as.as_ref().unwrap_or(&to.name));
                each(&|row| linear(row, *out, self.leaf(&path, "weight"), None, width(x)))
            }
            Kind::MaxPool2d(window) => each(&|row| images::pool2d(row, x, window, false)),
            Kind::AvgPool2d(window) => each(&|row| images::pool2d(row, x, window, true)),
            Kind::GlobalAvgPool2d => {
                let pixels = x[1] * x[2];
                each(&|row| row.chunks(pixels).map(|c| c.iter().sum::<f64>() / pixels as f64).collect())
            }
            Kind::BatchNorm2d { custom } => {
                let running = layer.frozen || self.mode == Mode::Inference;
                let statistics = running.then(|| [leaf("running_mean"), leaf("running_var")]);
                let eps = if *custom { 1e-3 } else { 1e-5 };
                images::batch_norm(rows, x, leaf("weight"), leaf("bias"), statistics, eps)
            }
            Kind::Embedding { width, .. } => {
                let weight = leaf("weight");
                each(&|row| {
                    row.iter()
                        .flat_map(|token| weight[*token as usize * width..][..*width].to_vec())
                        .collect()
                })
            }
            Kind::Lstm { hidden } => {
                let leaves = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map(leaf);
                each(&|row| sequences::lstm(row, x[1], *hidden, leaves))
            }
            Kind::Attention { heads } => {
                let leaves = ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"].map(leaf);
                let pairs = rows.iter().zip(&inputs[1]);
                pairs.map(|(q, memory)| sequences::attention(q, memory, x[1], *heads, leaves)).collect()
            }
            Kind::Function(function) => each(&|row| apply(*function, row, last(x))),
            Kind::Dropout | Kind::Identity | Kind::Flatten => rows.clone(),
            Kind::Half => each(&|row| row.iter().map(|x| x / 2.0).collect()),
            Kind::Squash => each(&|row| {
                let z = linear(row, 3, leaf("fc.weight"), Some(leaf("fc.bias")), 6);
                z.iter().map(|z| z.tanh()).collect()
            }),
            Kind::Model { graph, .. } => {
                let prefix = format!("{path}.");
                evaluate(graph, self.parameters, &prefix, vec![rows.clone()], self.mode).remove(0)
            }
        }
    }

    fn leaf(&self, path: &str, name: &str) -> &[f64] {
        let name = format!("{path}.{name}");
        self.parameters.get(&name).unwrap_or_else(|| panic!("the model has no parameter `{name}`"))
    }
}

fn calculate(op: Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
    }
}

fn last(dims: &[usize]) -> usize {
    dims.last().copied().unwrap_or(1)
}

/// What a linear layer takes at a time: positions of a sequence, else everything.
fn width(dims: &[usize]) -> usize {
    if let [_, width] = dims { *width } else { dims.iter().product() }
}

/// x·Wᵀ + b for each `width` numbers.
fn linear(row: &[f64], out: usize, weight: &[f64], bias: Option<&[f64]>, width: usize) -> Vec<f64> {
    assert_eq!(weight.len(), out * width, "the weight has one row per output");
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    row.chunks(width)
        .flat_map(|x| {
            (0..out).map(move |o| dot(x, &weight[o * width..][..width]) + bias.map_or(0.0, |b| b[o]))
        })
        .collect()
}

/// What is before, in and after an axis.
fn around(dims: &[usize], axis: usize) -> (usize, usize, usize) {
    (dims[..axis].iter().product(), dims[axis], dims[axis + 1..].iter().product())
}

fn narrow(row: &[f64], dims: &[usize], axis: usize, start: usize, len: usize) -> Vec<f64> {
    let (_, all, inner) = around(dims, axis);
    row.chunks(all * inner).flat_map(|block| block[start * inner..][..len * inner].to_vec()).collect()
}

/// The index of each axis of the number at `place`.
fn indices(mut place: usize, dims: &[usize]) -> Vec<usize> {
    let mut found = vec![0; dims.len()];
    for (index, dim) in found.iter_mut().zip(dims).rev() {
        *index = place % dim;
        place /= dim;
    }
    found
}

fn place(indices: &[usize], dims: &[usize]) -> usize {
    indices.iter().zip(dims).fold(0, |place, (index, dim)| place * dim + index)
}

fn permute(row: &[f64], dims: &[usize], axes: &[usize]) -> Vec<f64> {
    let to: Vec<usize> = axes.iter().map(|axis| dims[*axis]).collect();
    let source = |i: usize| {
        let mut from = vec![0; dims.len()];
        axes.iter().zip(indices(i, &to)).for_each(|(axis, index)| from[*axis] = index);
        row[place(&from, dims)]
    };
    (0..row.len()).map(source).collect()
}

/// Repeats numbers along dimensions that are 1 or missing.
fn spread(row: &[f64], dims: &[usize], to: &[usize]) -> Vec<f64> {
    let missing = to.len() - dims.len();
    let source = |i: usize| {
        let all = indices(i, to);
        let from: Vec<usize> =
            all[missing..].iter().zip(dims).map(|(index, dim)| if *dim == 1 { 0 } else { *index }).collect();
        row[place(&from, dims)]
    };
    (0..to.iter().product()).map(source).collect()
}

fn apply(function: Function, row: &[f64], last: usize) -> Vec<f64> {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let each = |f: &dyn Fn(f64) -> f64| row.iter().map(|x| f(*x)).collect();
    let normalised = |log: bool| {
        let mut y = Vec::new();
        for x in row.chunks(last) {
            let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = x.iter().map(|x| (x - max).exp()).sum();
            y.extend(x.iter().map(|x| x - max - sum.ln()).map(|z| if log { z } else { z.exp() }));
        }
        y
    };
    match function {
        Function::Relu => each(&|x| x.max(0.0)),
        Function::Relu6 => each(&|x| x.clamp(0.0, 6.0)),
        Function::LeakyRelu => each(&|x| if x > 0.0 { x } else { 0.01 * x }),
        Function::Sigmoid => each(&sigmoid),
        Function::Tanh => each(&f64::tanh),
        Function::Gelu => each(&|x| 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2))),
        Function::GeluTanh => each(&|x| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }),
        Function::Silu => each(&|x| x * sigmoid(x)),
        Function::Softmax => normalised(false),
        Function::LogSoftmax => normalised(true),
    }
}

/// erf x = 2/√π · e^(−x²) · Σₙ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!, whose terms all have the same sign.
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / (2 * n + 1) as f64;
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}
