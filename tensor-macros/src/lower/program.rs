//! [`Program`]: what lowering makes, planning places and code prints.

use proc_macro2::TokenStream;

use crate::graph::UnitId;
use crate::sample::{Element, Sample};

/// An index into [`Program::buffers`].
pub(crate) type BufferId = usize;

/// Steps in order.
pub(crate) struct Program {
    pub(crate) phase: Phase,
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) steps: Vec<Step>,
    /// The first step of backward; the number of steps where there is none.
    pub(crate) split: usize,
    /// Numbers that quantized operations compute with.
    pub(crate) tables: Vec<Table>,
    /// The model's input in bytes, if nothing reads it as it is.
    pub(crate) input_bytes: Option<BufferId>,
}

/// An index into [`Program::tables`].
pub(crate) type TableId = usize;

/// A field of a model's quantized parameters.
pub(crate) struct Table {
    /// Its name in files, no two the same: `layer1.0.conv2`, `layer1.0.add`.
    pub(crate) name: String,
    /// One of `castiron::quantized`.
    pub(crate) ty: TokenStream,
}

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Infer,
    /// Inference with prepared parameters.
    Prepared,
    /// The same, on bytes where that is possible.
    Quantized,
    Train,
}

/// Memory for a value or a gradient.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    /// Its name in the expansion: `conv1_y`, `dconv1_y`.
    pub(crate) name: String,
    pub(crate) place: Place,
    /// What it holds of a sample.
    pub(crate) floats: usize,
    /// Its type, where a module that only rustc knows reads or writes it.
    pub(crate) sample: Option<Sample>,
}

/// Where a buffer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// That part of the model's input.
    Input(usize),
    /// That part of the model's output.
    Output(usize),
    /// The gradient of that part of the output, which is only read.
    OutputGradient(usize),
    /// The gradient of that part of the input, which the caller may not want.
    InputGradient(usize),
    /// The input as a whole, which is a tuple, and its gradient.
    Inputs,
    InputsGradient,
    /// Among the buffers that the plan packs.
    Planned,
    /// That part of another buffer, which is a tuple.
    Part(BufferId, usize),
    /// That field of another buffer, which is a sequence.
    Field(BufferId, &'static str),
}

/// One call.
pub(crate) struct Step {
    pub(crate) call: Call,
    /// In the order of the function's arguments.
    pub(crate) operands: Vec<Operand>,
    /// Two operands, one read and one written, that may be the same memory: the call then gets none for
    /// the first. Whether they are is the plan's choice.
    pub(crate) in_place: Option<(usize, usize)>,
    /// It serves only the gradient of the model's input.
    pub(crate) for_input_gradient: bool,
}

/// What is called.
pub(crate) enum Call {
    /// A function of `castiron::call`: its name and its arguments between `cx` and the operands. It gets
    /// the `cx` of its layer, which makes its randomness its own and tells errors where it is.
    Erased { function: &'static str, arguments: TokenStream, child: Option<usize>, element: Element },
    /// A function of `Module`. Forward: x, y. Backward: x, y, dy, dx.
    Module { unit: UnitId, node: usize, function: Function },
}

/// The functions of `Module`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Infer,
    Forward,
    Backward,
}

/// A memory argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    None,
    /// A parameter, read.
    Parameter(UnitId, &'static str),
    /// Its gradient, which is added to or, for running averages, written.
    Gradient(UnitId, &'static str),
    /// What a quantized operation computes with, read.
    Table(TableId),
    Read(BufferId),
    /// All of it is overwritten.
    Write(BufferId),
    /// Read and changed.
    Update(BufferId),
}

impl Operand {
    /// The buffer that it is.
    pub(crate) fn buffer(&self) -> Option<BufferId> {
        match self {
            Operand::Read(buffer) | Operand::Write(buffer) | Operand::Update(buffer) => Some(*buffer),
            Operand::None | Operand::Parameter(..) | Operand::Gradient(..) | Operand::Table(_) => None,
        }
    }
}

impl Program {
    /// The buffer whose memory `buffer` is part of: itself, for most.
    pub(crate) fn root(&self, mut buffer: BufferId) -> BufferId {
        while let Place::Part(whole, _) | Place::Field(whole, _) = self.buffers[buffer].place {
            buffer = whole;
        }
        buffer
    }
}

/// Where values are while a program is built.
pub(crate) type Map = Vec<Option<BufferId>>;
