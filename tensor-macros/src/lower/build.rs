//! [`Builder`]: a program in the making.

use proc_macro2::TokenStream;

use super::program::{Buffer, BufferId, Call, Map, Operand, Phase, Place, Program, Step};
use super::quantized::Bytes;
use super::values;
use crate::graph::{Graph, Unit, ValueId};
use crate::layers::{self, Layer};
use crate::sample::{Element, Sample, Shape};

pub(super) struct Builder<'g> {
    pub(super) graph: &'g Graph,
    pub(super) program: Program,
    /// The buffer of each value that has one: one of each class, and what is copied to an output.
    pub(super) values: Map,
    /// The same for what is there in bytes.
    pub(super) bytes: Vec<Option<Bytes>>,
    /// The first value with the same numbers.
    pub(super) class: Vec<ValueId>,
    /// Of each node with an activation of its own that needs it: what the activation gets.
    pub(super) pre: Vec<(usize, BufferId)>,
    /// Of each batch norm that is trained: mean and variance of the batch.
    pub(super) statistics: Vec<(usize, [BufferId; 2])>,
    /// Of each module: what it was given.
    pub(super) packed: Vec<(usize, BufferId)>,
    /// The node whose steps these are: what they compute is told which layer it is of.
    pub(super) node: Option<usize>,
}

/// Whether castiron's shape-erased calls compute a unit. The others are called through `Module`.
pub(crate) fn is_erased(unit: &Unit) -> bool {
    let familiar = unit.ty.as_ref().is_none_or(layers::is_familiar);
    familiar
        && matches!(
            unit.layer,
            Ok(Layer::Linear { .. }
                | Layer::Conv { .. }
                | Layer::Pool { .. }
                | Layer::GlobalPool2d
                | Layer::BatchNorm { .. }
                | Layer::Dropout { .. }
                | Layer::Activation(_)
                | Layer::Identity)
        )
}

/// Whether a prepared model has the weight of a unit in the element that weights are stored in.
pub(crate) fn is_stored(unit: &Unit) -> bool {
    let own = matches!(unit.layer, Ok(Layer::Linear { tied: None, .. } | Layer::Conv { .. }));
    own && is_erased(unit) && !unit.path.is_empty()
}

impl<'g> Builder<'g> {
    pub(super) fn new(graph: &'g Graph, phase: Phase) -> Self {
        let class = values::classes(graph, phase);
        let (tables, input_bytes) = (Vec::new(), None);
        let program =
            Program { phase, buffers: Vec::new(), steps: Vec::new(), split: 0, tables, input_bytes };
        let (pre, statistics, packed) = (Vec::new(), Vec::new(), Vec::new());
        let (values, bytes) = (vec![None; graph.values.len()], vec![None; graph.values.len()]);
        let mut builder =
            Builder { graph, program, values, bytes, class, pre, statistics, packed, node: None };
        for (part, value) in graph.inputs.iter().enumerate() {
            let buffer =
                builder.buffer(builder.name(*value), Place::Input(part), builder.sample(*value).clone());
            builder.values[*value] = Some(buffer);
        }
        builder
    }

    pub(super) fn finish(mut self) -> Program {
        if self.program.phase != Phase::Train {
            self.program.split = self.program.steps.len();
        }
        self.program
    }

    pub(super) fn phase(&self) -> Phase {
        self.program.phase
    }

    /// The type of a value.
    pub(super) fn sample(&self, value: ValueId) -> &'g Sample {
        self.graph.values[value].sample.as_ref().expect("types are inferred before code is made")
    }

    /// The shape of a value that is one tensor.
    pub(super) fn shape(&self, value: ValueId) -> &'g Shape {
        match self.sample(value) {
            Sample::Shape(shape) => shape,
            other => unreachable!("an operation on {other}"),
        }
    }

    /// How many numbers a value is, per sample.
    pub(super) fn len(&self, value: ValueId) -> usize {
        self.shape(value).dims.iter().product()
    }

    /// A value's name in the expansion.
    pub(super) fn name(&self, value: ValueId) -> String {
        if let Some(part) = self.graph.inputs.iter().position(|input| *input == value) {
            return if self.graph.inputs.len() == 1 { "x".to_string() } else { format!("x{part}") };
        }
        let maker = self.graph.nodes.iter().enumerate().find(|(_, node)| node.output == value);
        maker.map_or_else(|| "nothing".to_string(), |(i, node)| format!("{}_y{i}", identifier(&node.name)))
    }

    pub(super) fn buffer(&mut self, name: String, place: Place, sample: Sample) -> BufferId {
        let floats = sample.bytes().div_ceil(4);
        self.program.buffers.push(Buffer { name, place, floats, sample: Some(sample) });
        self.program.buffers.len() - 1
    }

    /// A planned buffer for so many numbers of a sample, of what the node computes with.
    pub(super) fn numbers(&mut self, name: String, len: usize) -> BufferId {
        self.temporary(name, (len * self.element().bytes()).div_ceil(4))
    }

    /// What the node computes with.
    pub(super) fn element(&self) -> Element {
        let node = self.node.map(|node| self.sample(self.graph.nodes[node].output).element());
        node.filter(|element| element.is_half()).unwrap_or(Element::F32)
    }

    /// A planned buffer for so many floats of a sample.
    pub(super) fn temporary(&mut self, name: String, floats: usize) -> BufferId {
        self.program.buffers.push(Buffer { name, place: Place::Planned, floats, sample: None });
        self.program.buffers.len() - 1
    }

    /// Where a value is that is there.
    pub(super) fn read(&self, value: ValueId) -> Operand {
        Operand::Read(self.at(value))
    }

    pub(super) fn at(&self, value: ValueId) -> BufferId {
        self.values[self.class[value]].expect("a value is computed before it is used")
    }

    pub(super) fn step(
        &mut self,
        function: &'static str,
        arguments: TokenStream,
        operands: Vec<Operand>,
    ) -> &mut Step {
        self.step_of(self.element(), function, arguments, operands)
    }

    /// A step that computes with another element than its node.
    pub(super) fn step_of(
        &mut self,
        element: Element,
        function: &'static str,
        arguments: TokenStream,
        operands: Vec<Operand>,
    ) -> &mut Step {
        self.push(Call::Erased { function, arguments, child: self.node, element }, operands)
    }

    pub(super) fn push(&mut self, call: Call, operands: Vec<Operand>) -> &mut Step {
        self.program.steps.push(Step { call, operands, in_place: None, for_input_gradient: false });
        self.program.steps.last_mut().expect("one was pushed")
    }
}

/// A name in the user's messages as an identifier: `layer1.0.conv1` is `layer1_0_conv1`, `block.+` is
/// `block_sum`.
pub(crate) fn identifier(name: &str) -> String {
    let words = [("+", "sum"), ("-", "difference"), ("*", "product"), ("/", "quotient")];
    let name = words.iter().fold(name.to_string(), |name, (sign, word)| name.replace(sign, word));
    let mut text: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    text = text.trim_matches('_').to_string();
    if text.is_empty() || text.starts_with(|c: char| c.is_numeric()) {
        text.insert(0, '_');
    }
    text.to_lowercase()
}
