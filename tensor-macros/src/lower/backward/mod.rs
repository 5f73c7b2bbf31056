//! The mirror of forward: node by node from the last to the first, each turning the gradient of its output
//! into those of its inputs.
//!
//! Forward's steps are undone node by node: the gradient before an activation is computed in place, the
//! gradient of a sum is that of both summands and is not copied, and what several nodes contribute to a
//! value is added up in the order of the mirror.

mod layers;
mod operations;

use super::build::{Builder, is_erased};
use super::program::{BufferId, Operand, Place, Step};
use super::values::is_alias;
use super::whole;
use crate::graph::{Graph, Node, ValueId, What};
use crate::layers::{Affine, Layer};

/// Who wants the gradient of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    /// Nothing trained and no input lies before it.
    Never,
    /// Only who wants the gradient of the model's input.
    ForInput,
    Always,
}

/// The gradient of a value, as far as it is summed up.
#[derive(Clone, Copy)]
struct Gradient {
    buffer: BufferId,
    /// Nobody else reads this buffer, so it may be added to.
    owned: bool,
}

struct Backward<'b, 'g> {
    builder: &'b mut Builder<'g>,
    wanted: Vec<Wanted>,
    gradients: Vec<Option<Gradient>>,
}

/// Appends the gradients' steps.
pub(super) fn lower(builder: &mut Builder<'_>) {
    let graph = builder.graph;
    let wanted = wanted(graph);
    let gradients = vec![None; graph.values.len()];
    let mut backward = Backward { builder, wanted, gradients };
    backward.start();
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        backward.builder.node = Some(i);
        backward.node(i, node);
    }
    backward.builder.node = None;
    backward.inputs();
}

/// Which gradients anyone wants.
pub(crate) fn wanted(graph: &Graph) -> Vec<Wanted> {
    let mut wanted = vec![Wanted::Never; graph.values.len()];
    for input in &graph.inputs {
        if graph.values[*input].sample.as_ref().is_some_and(|sample| sample.gradient_bytes() > 0) {
            wanted[*input] = Wanted::ForInput;
        }
    }
    for node in &graph.nodes {
        let inputs = node.inputs.iter().map(|input| wanted[*input]).max().unwrap_or(Wanted::Never);
        wanted[node.output] = if is_trained(graph, node) { Wanted::Always } else { inputs };
    }
    wanted
}

fn is_trained(graph: &Graph, node: &Node) -> bool {
    let What::Unit(unit) = node.what else { return false };
    let unit = match graph.units[unit].layer {
        Ok(Layer::Linear { tied: Some(tied), .. }) => tied,
        _ => unit,
    };
    let has_parameters = match &graph.units[unit].layer {
        Ok(Layer::Linear { .. } | Layer::Conv { .. } | Layer::BatchNorm { .. }) => true,
        Ok(
            Layer::LayerNorm { affine, .. }
            | Layer::GroupNorm { affine, .. }
            | Layer::InstanceNorm { affine, .. },
        ) => *affine != Affine::Neither,
        Ok(
            Layer::ConvTranspose { .. }
            | Layer::Embedding { .. }
            | Layer::Lstm { .. }
            | Layer::LstmCell { .. }
            | Layer::Attention { .. },
        ) => true,
        Ok(Layer::Keeps { .. } | Layer::Opaque) | Err(_) => true,
        Ok(_) => false,
    };
    has_parameters && !graph.units[unit].frozen
}

/// Whether the gradients of a node's parameters have slots that backward overwrites: running averages.
fn has_statistics(graph: &Graph, node: &Node) -> bool {
    let What::Unit(unit) = node.what else { return false };
    let layer = &graph.units[unit].layer;
    let none = matches!(
        layer,
        Ok(Layer::Linear { .. }
            | Layer::Conv { .. }
            | Layer::ConvTranspose { .. }
            | Layer::LayerNorm { .. }
            | Layer::GroupNorm { .. }
            | Layer::InstanceNorm { .. }
            | Layer::Embedding { .. })
    );
    is_trained(graph, node) && !none
}

impl Backward<'_, '_> {
    /// The gradients that the caller gives.
    fn start(&mut self) {
        let graph = self.builder.graph;
        for (part, value) in graph.outputs.iter().enumerate() {
            let name = if graph.outputs.len() == 1 { "dy".to_string() } else { format!("dy{part}") };
            let sample = self.builder.sample(*value).clone();
            let buffer = self.builder.buffer(name, Place::OutputGradient(part), sample);
            self.contribute(*value, buffer, false);
        }
    }

    /// Copies what is not yet where the caller wants it.
    fn inputs(&mut self) {
        let graph = self.builder.graph;
        if self.builder.program.buffers.iter().any(|buffer| buffer.place == Place::InputsGradient) {
            return;
        }
        for (part, input) in graph.inputs.iter().enumerate() {
            if self.wanted[*input] == Wanted::Never {
                continue;
            }
            let place = Place::InputGradient(part);
            let name = if graph.inputs.len() == 1 { "dx".to_string() } else { format!("dx{part}") };
            let gradient = self.gradients[*input];
            match gradient {
                Some(Gradient { buffer, owned: true }) if self.may_be_absent(buffer) => {
                    let buffer = &mut self.builder.program.buffers[buffer];
                    buffer.place = place;
                    buffer.name = name;
                }
                _ => {
                    let sample = self.builder.sample(*input).clone();
                    let to = self.builder.buffer(name, place, sample.clone());
                    let first = self.builder.program.steps.len();
                    match gradient {
                        Some(from) => whole::copy(self.builder, &sample, true, from.buffer, to),
                        None => whole::zeros(self.builder, &sample, to, |_| ()),
                    }
                    for step in &mut self.builder.program.steps[first..] {
                        step.for_input_gradient = true;
                    }
                }
            }
        }
    }

    /// Whether a buffer serves only the gradient of the model's input, so that there need be none where the
    /// caller does not want that.
    fn may_be_absent(&self, buffer: BufferId) -> bool {
        let program = &self.builder.program;
        let always = program.steps.iter().filter(|step| !step.for_input_gradient);
        let mut read = always.flat_map(|step| &step.operands).filter(|operand| match operand {
            Operand::Read(read) | Operand::Update(read) => program.root(*read) == buffer,
            _ => false,
        });
        program.buffers[buffer].place == Place::Planned && read.next().is_none()
    }

    /// A step that has no other effect than the gradient of `value`.
    fn step_for(
        &mut self,
        value: ValueId,
        function: &'static str,
        arguments: proc_macro2::TokenStream,
        operands: Vec<Operand>,
    ) -> &mut Step {
        let for_input = self.wanted[value] == Wanted::ForInput;
        let step = self.builder.step(function, arguments, operands);
        step.for_input_gradient = for_input;
        step
    }

    fn is_wanted(&self, value: ValueId) -> bool {
        self.wanted[value] != Wanted::Never
    }

    /// A new buffer for a gradient of `value`.
    fn fresh(&mut self, value: ValueId) -> BufferId {
        let name = format!("d{}", self.builder.name(value));
        let name = match self.gradients[value] {
            None => name,
            Some(_) => format!("{name}_more"),
        };
        let sample = self.builder.sample(value).clone();
        self.builder.buffer(name, Place::Planned, sample)
    }

    /// Some numbers for a moment.
    fn temporary(&mut self, value: ValueId, what: &str, len: usize) -> BufferId {
        let name = format!("d{}_{what}", self.builder.name(value));
        self.builder.numbers(name, len)
    }

    /// Adds `buffer` to the gradient of `value`.
    fn contribute(&mut self, value: ValueId, buffer: BufferId, owned: bool) {
        if !self.is_wanted(value) {
            return;
        }
        let new = Gradient { buffer, owned };
        let Some(old) = self.gradients[value] else {
            self.gradients[value] = Some(new);
            return;
        };
        // What nobody else reads can be added to in place.
        let (a, b) = if old.owned { (old, new) } else { (new, old) };
        let sample = self.builder.sample(value).clone();
        let name = format!("d{}_sum", self.builder.name(value));
        let sum = self.builder.buffer(name, Place::Planned, sample.clone());
        let for_input = self.wanted[value] == Wanted::ForInput;
        whole::add(self.builder, &sample, [a.buffer, b.buffer, sum], |step| {
            step.for_input_gradient = for_input;
        });
        self.gradients[value] = Some(Gradient { buffer: sum, owned: true });
    }

    fn node(&mut self, i: usize, node: &Node) {
        let graph = self.builder.graph;
        let output = node.output;
        if self.gradients[output].is_none() && has_statistics(graph, node) {
            // Its output is only looked at, but the statistics of the batch are wanted all the same.
            let (zeros, sample) = (self.fresh(output), self.builder.sample(output));
            whole::zeros(self.builder, sample, zeros, |_| ());
            self.contribute(output, zeros, true);
        }
        let Some(dy) = self.gradients[output] else { return };
        if !self.is_wanted(output) {
            return;
        }
        if is_alias(graph, node, self.builder.phase()) {
            // The buffer is as it is; only its readers become more.
            self.gradients[output] = Some(Gradient { owned: false, ..dy });
            self.contribute(node.inputs[0], dy.buffer, dy.owned);
            return;
        }
        match node.what {
            What::Unit(unit) if is_erased(&graph.units[unit]) => self.layer(i, node, unit, dy),
            What::Unit(unit) => self.module(i, node, unit, dy),
            _ => self.operation(node, dy),
        }
    }
}
