//! A compiled model against the reference.

use castiron::Prepare;
use castiron::testing::{self, Numbers, Probe};

use super::draw::{self, TOKENS};
use super::graph::{Graph, Kind};
use super::reference::{self, Mode, Parameters, Rows};

const ROWS: usize = 2;
const CAPACITY: usize = 3;

/// That a model keeps to the contract, and computes what its graph says.
pub fn check<M: Prepare<Input: Probe, Output: Probe>>(seed: u64) {
    let graph = draw::model(seed).graph;
    let dropout = graph.has(&|layer| matches!(layer.kind, Kind::Dropout));
    for draw in [seed, seed + 1000] {
        let numbers = testing::numbers::<M, M::Input, M::Output, CAPACITY>(ROWS, draw, TOKENS as i32);
        Compared::of(&graph, &numbers).check();
        // The reference has no dropout, and is sharper than differences in float32.
        if dropout {
            testing::check::<M, M::Input, M::Output, CAPACITY>(ROWS, draw, TOKENS as i32);
        } else {
            testing::check_memory::<M, M::Input, M::Output, CAPACITY>(ROWS, draw, TOKENS as i32);
        }
        testing::check_prepared::<M, CAPACITY>(ROWS, draw, TOKENS as i32);
    }
}

struct Compared<'a> {
    graph: &'a Graph,
    numbers: &'a Numbers,
    parameters: Parameters,
    inputs: Vec<Rows>,
}

impl<'a> Compared<'a> {
    fn of(graph: &'a Graph, numbers: &'a Numbers) -> Self {
        let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
        let parameters =
            numbers.parameters.iter().map(|(name, values)| (name.clone(), wide(values))).collect();
        let mut rest = numbers.x.as_slice();
        let mut inputs = Vec::new();
        for value in &graph.values[..graph.inputs] {
            let len = value.dims.iter().product::<usize>();
            let (part, left) = rest.split_at(ROWS * len);
            inputs.push(part.chunks(len).map(<[f64]>::to_vec).collect());
            rest = left;
        }
        assert!(rest.is_empty(), "the model has more inputs than its graph");
        Compared { graph, numbers, parameters, inputs }
    }

    fn check(&mut self) {
        let statistics =
            self.graph.has(&|layer| matches!(layer.kind, Kind::BatchNorm2d { .. }) && !layer.frozen);
        let dropout = self.graph.has(&|layer| matches!(layer.kind, Kind::Dropout));
        close("infer", &self.numbers.inferred, &self.outputs(Mode::Inference));
        if dropout {
            return;
        }
        close("forward", &self.numbers.y, &self.outputs(Mode::Training));
        if !statistics {
            let forward: Vec<f64> = self.numbers.y.iter().map(|y| f64::from(*y)).collect();
            close("infer, compared with forward", &self.numbers.inferred, &forward);
        }
        self.check_gradients();
    }

    /// The real numbers of the outputs, part by part, each row by row.
    fn outputs(&self, mode: Mode) -> Vec<f64> {
        let outputs = reference::evaluate(self.graph, &self.parameters, "", self.inputs.clone(), mode);
        let real = self.graph.outputs.iter().zip(outputs).filter(|(id, _)| !self.graph.values[**id].integer);
        real.flat_map(|(_, rows)| rows.into_iter().flatten()).collect()
    }

    /// ⟨dy, f(x)⟩
    fn objective(&self) -> f64 {
        let pairs = self.numbers.dy.iter().zip(self.outputs(Mode::Training));
        pairs.map(|(dy, y)| f64::from(*dy) * y).sum()
    }

    fn check_gradients(&mut self) {
        let names: Vec<String> = self.numbers.parameters.iter().map(|(name, _)| name.clone()).collect();
        for (name, gradient) in names.iter().zip(&self.numbers.gradients) {
            if name.contains("running_") || self.is_frozen(name) {
                continue;
            }
            for (i, got) in gradient.iter().enumerate() {
                self.compare(&format!("`{name}`[{i}]"), *got, |compared| {
                    &mut compared.parameters.get_mut(name).expect("a parameter")[i]
                });
            }
        }
        let mut gradients = self.numbers.dx.iter();
        for part in 0..self.inputs.len() {
            if self.graph.values[part].integer {
                continue;
            }
            for row in 0..ROWS {
                for i in 0..self.inputs[part][row].len() {
                    let got = *gradients.next().expect("every real number of the input has a gradient");
                    let name = format!("input {part}, row {row}, number {i}");
                    self.compare(&name, got, |compared| &mut compared.inputs[part][row][i]);
                }
            }
        }
    }

    fn is_frozen(&self, name: &str) -> bool {
        self.graph.layers.iter().any(|layer| {
            let saved_as = layer.saved_as.as_ref().unwrap_or(&layer.name);
            layer.frozen && name.strip_prefix(saved_as.as_str()).is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// A gradient against differences; at a kink it may be anything between the slopes on both sides.
    fn compare(&mut self, name: &str, got: f32, at: impl Fn(&mut Self) -> &mut f64) {
        const STEP: f64 = 1e-6;
        let value = *at(self);
        let mut objective = |by: f64| {
            *at(self) = value + by;
            self.objective()
        };
        let (below, middle, above) = (objective(-STEP), objective(0.0), objective(STEP));
        *at(self) = value;
        let slopes = [(middle - below) / STEP, (above - middle) / STEP];
        let (low, high) = (slopes[0].min(slopes[1]), slopes[0].max(slopes[1]));
        let tolerance = 1e-3 * (1.0 + high.abs().max(low.abs()));
        let got = f64::from(got);
        assert!(
            low - tolerance <= got && got <= high + tolerance,
            "{name}: the gradient is {got}, by the reference between {low} and {high}"
        );
    }
}

fn close(what: &str, got: &[f32], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what} gives as many numbers as the reference");
    let largest = want.iter().fold(1.0, |largest: f64, y| largest.max(y.abs()));
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let error = (f64::from(*got) - want).abs();
        assert!(error <= 1e-4 * largest, "{what}: number {i} is {got}, by the reference {want}");
    }
}
