//! Random legal models of 2 to 30 nodes.

use super::graph::{Graph, Kind, Op, Value, ValueId, What};
use super::random::Random;
use super::steps;

/// What is drawn for one seed.
pub struct Model {
    pub name: String,
    /// Small models that it uses as layers, written before it.
    pub parts: Vec<(String, Graph)>,
    pub graph: Graph,
    pub sequential: bool,
}

/// Tokens of integer inputs are below this.
pub const TOKENS: usize = 5;

pub(super) struct Draw {
    pub(super) rng: Random,
    pub(super) graph: Graph,
    pub(super) name: String,
    pub(super) parts: Vec<(String, Graph)>,
    /// Whether models may be layers.
    pub(super) nested: bool,
    /// Whether the model has a body.
    pub(super) bodied: bool,
}

/// The model of a seed.
pub fn model(seed: u64) -> Model {
    let mut rng = Random::new(seed);
    let sequential = rng.chance(20);
    let inputs = if sequential { 1 } else { rng.pick(&[1, 1, 1, 1, 2, 2, 3]) };
    let values: Vec<Value> = (0..inputs).map(|_| input(&mut rng)).collect();
    let name = format!("Random{seed:02}");
    let mut draw =
        Draw { rng, graph: Graph::new(values), name, parts: Vec::new(), nested: true, bodied: !sequential };
    let size = draw.rng.pick(&[2, 4, 8, 11, 14, 17, 20, 22, 24, 24, 24, 24]);
    if sequential {
        draw.chain(size.min(14))
    } else {
        draw.grow(size)
    }
    draw.decorate();
    Model { name: draw.name, parts: draw.parts, graph: draw.graph, sequential }
}

fn input(rng: &mut Random) -> Value {
    let kind = rng.between(0, 8);
    let dims = match kind {
        0..=3 => vec![rng.pick(&[1, 2, 3, 4, 4, 6]), rng.between(3, 6), rng.between(3, 6)],
        4 | 5 => vec![rng.between(2, 4), rng.between(2, 6)],
        6 | 7 => vec![rng.between(2, 8)],
        _ => return Value { dims: vec![rng.between(2, 4)], integer: true },
    };
    Value { dims, integer: false }
}

impl Draw {
    /// Each node works on what the one before gave.
    fn chain(&mut self, size: usize) {
        let mut last = 0;
        let mut tries = 0;
        while self.graph.nodes.len() < size && tries < 100 {
            tries += 1;
            last = steps::layer(self, last).unwrap_or(last);
        }
        if self.graph.nodes.is_empty() {
            last = self.linear(last);
        }
        self.graph.outputs = vec![last];
    }

    /// Nodes work on any values; in the end nothing is left over.
    fn grow(&mut self, size: usize) {
        for id in 0..self.graph.inputs {
            if self.graph.values[id].integer {
                steps::embedding(self, id);
            }
        }
        let mut tries = 0;
        while tries < 300 && self.graph.nodes.len() + 2 * self.sinks().len() < size.max(4) {
            tries += 1;
            let sinks = self.sinks();
            let all: Vec<ValueId> = (0..self.graph.values.len()).collect();
            let value = if self.rng.chance(65) { self.rng.pick(&sinks) } else { self.rng.pick(&all) };
            if !self.graph.values[value].integer {
                steps::any(self, value);
            }
        }
        self.finish();
    }

    /// Values that nobody uses yet.
    pub(super) fn sinks(&self) -> Vec<ValueId> {
        self.graph.uses().iter().enumerate().filter(|(_, uses)| **uses == 0).map(|(id, _)| id).collect()
    }

    /// Makes outputs of what is left over: several, or all in one.
    fn finish(&mut self) {
        // An input as it is would be no model.
        let mut sinks = self.sinks();
        for sink in &mut sinks {
            if *sink < self.graph.inputs {
                *sink = self.linear(*sink);
            }
        }
        let outputs = if sinks.len() <= 3 && (sinks.len() == 1 || self.rng.chance(40)) {
            sinks
        } else {
            vec![self.join(&sinks)]
        };
        self.graph.outputs = outputs;
        // An input that is an output, or a value that is one twice.
        let real = (0..self.graph.inputs).find(|id| !self.graph.values[*id].integer);
        if self.graph.outputs.len() < 3 && self.rng.chance(15) {
            let again = if self.rng.chance(70) { real } else { self.graph.outputs.first().copied() };
            self.graph.outputs.extend(again);
        }
    }

    fn join(&mut self, sinks: &[ValueId]) -> ValueId {
        let len = self.rng.between(2, 4);
        let vectors: Vec<ValueId> = sinks.iter().map(|sink| self.vector(*sink, len)).collect();
        if self.rng.chance(30) {
            let vectors: Vec<ValueId> =
                vectors.into_iter().filter(|value| !self.graph.values[*value].dims.is_empty()).collect();
            if vectors.len() == sinks.len() && vectors.len() > 1 {
                return self.graph.one(What::Concat { axis: 0 }, &vectors);
            }
        }
        let mut sum: Option<ValueId> = None;
        let inputs = self.graph.inputs;
        for vector in self.sinks().into_iter().filter(|value| *value >= inputs) {
            let op = if self.rng.chance(70) { Op::Add } else { Op::Sub };
            sum = Some(sum.map_or(vector, |sum| self.graph.one(What::Binary(op), &[sum, vector])));
        }
        let sum = sum.expect("a model has a value that nobody uses");
        if self.graph.values[sum].dims.is_empty() {
            return self.graph.one(What::Reshape { dims: vec![1], inferred: None }, &[sum]);
        }
        sum
    }

    /// A value as a vector; a scalar stays one.
    fn vector(&mut self, value: ValueId, len: usize) -> ValueId {
        match self.graph.values[value].dims.as_slice() {
            [] => value,
            [given] if *given == len => value,
            [time, _] => {
                let (time, mean) = (*time, self.rng.chance(50));
                if mean || time * len > 20 {
                    let rows = self.linear_to(value, len);
                    return self.graph.one(What::Reduce { axis: 0, mean }, &[rows]);
                }
                let flat = self.graph.one(What::Flatten, &[value]);
                self.linear_to(flat, len)
            }
            [_] => self.linear_to(value, len),
            _ => {
                let pooled = if self.rng.chance(40) {
                    self.call("pool", Kind::GlobalAvgPool2d, &[value])
                } else {
                    value
                };
                self.linear_to(pooled, len)
            }
        }
    }

    fn linear(&mut self, value: ValueId) -> ValueId {
        if self.graph.values[value].integer {
            return steps::embedding(self, value);
        }
        let len = self.rng.between(2, 5);
        self.linear_to(value, len)
    }

    fn linear_to(&mut self, value: ValueId, out: usize) -> ValueId {
        let bias = self.rng.chance(75);
        self.call("fc", Kind::Linear { out, bias }, &[value])
    }

    /// Declares a layer and calls it.
    pub(super) fn call(&mut self, name: &str, kind: Kind, inputs: &[ValueId]) -> ValueId {
        let dims = self.graph.values[inputs[0]].dims.clone();
        let name = format!("{name}{}", self.graph.layers.len());
        let layer = self.graph.declare(name, kind, &dims);
        self.graph.one(What::Layer(layer, None), inputs)
    }

    /// A small model of vectors that keeps its shape, as a layer.
    pub(super) fn part(&mut self, len: usize) -> Kind {
        let name = format!("{}Part{}", self.name, self.parts.len());
        let seed = self.rng.between(0, 1 << 30) as u64;
        let mut part = Draw {
            rng: Random::new(seed),
            graph: Graph::new(vec![Value { dims: vec![len], integer: false }]),
            name: name.clone(),
            parts: Vec::new(),
            nested: false,
            bodied: true,
        };
        let size = part.rng.between(2, 7);
        part.grow(size);
        let sum = part.graph.outputs.clone();
        part.graph.outputs.clear();
        let output = part.join(&sum);
        let output = part.linear_to(output, len);
        part.graph.outputs = vec![output];
        self.parts.push((name.clone(), part.graph.clone()));
        Kind::Model { name, graph: Box::new(part.graph) }
    }

    /// Attributes; and in a chain, layers without parameters may go without names.
    fn decorate(&mut self) {
        for index in 0..self.graph.layers.len() {
            let bare = matches!(
                self.graph.layers[index].kind,
                Kind::MaxPool2d(_)
                    | Kind::AvgPool2d(_)
                    | Kind::GlobalAvgPool2d
                    | Kind::Dropout
                    | Kind::Function(_)
                    | Kind::Identity
                    | Kind::Flatten
            );
            if bare && !self.bodied && self.rng.chance(70) {
                self.graph.layers[index].name.clear();
            }
            let (frozen, renamed, init, tap) =
                (self.rng.chance(10), self.rng.chance(25), self.rng.chance(10), self.rng.chance(6));
            let layer = &mut self.graph.layers[index];
            let (trained, biased) = match layer.kind {
                Kind::Conv2d { bias, .. } | Kind::Linear { bias, .. } => (true, bias),
                Kind::BatchNorm2d { .. } | Kind::Embedding { .. } => (true, false),
                _ => (false, false),
            };
            let often = matches!(layer.kind, Kind::BatchNorm2d { .. }) && index % 2 == 0;
            layer.frozen = trained && (frozen || often);
            layer.saved_as = (trained && renamed).then(|| format!("saved.{index}"));
            layer.init = (biased && init).then_some("weight = kaiming_normal, bias = zeros");
            layer.tap = tap && layer.count.is_none() && !layer.name.is_empty();
        }
    }
}
