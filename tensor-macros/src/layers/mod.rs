//! What is known of castiron's own layers: their names and what their parameters mean.
//!
//! One more layer is one more variant of [`Layer`], one more arm where types are read (`from_type`) and one
//! where they are written (`to_type`) and, unless it keeps every shape, one more relation in `shapes`.

mod arguments;
mod from_type;
mod to_type;

use proc_macro2::TokenStream;
use syn::Type;

use crate::graph::UnitId;
use crate::parse::number::Number;
use crate::sample::Shape;
pub(crate) use from_type::is_familiar;

/// A layer: what it does to shapes, and what else its type says. `None` is what `model!` lets the user
/// leave out; `shapes` fills it in.
#[derive(Clone)]
pub(crate) enum Layer {
    /// The shape to `[outputs]`, also position by position.
    Linear {
        input: Option<Shape>,
        /// Where the shape is written.
        at: TokenStream,
        outputs: Number,
        bias: bool,
        activation: Activation,
        /// The embedding or linear layer whose weight it uses, having none of its own.
        tied: Option<UnitId>,
    },
    /// `input` is the channels of one group, as in PyTorch's weight.
    Conv2d {
        input: Option<Number>,
        output: Number,
        groups: Number,
        window: Window,
        bias: bool,
        activation: Activation,
    },
    Pool2d {
        window: Window,
        /// The mean of a window, not its largest number.
        mean: bool,
    },
    /// `[channels, height, width]` to `[channels]`.
    GlobalPool2d,
    BatchNorm2d {
        channels: Option<Number>,
        eps_nano: u64,
        momentum_milli: u32,
    },
    /// With probability `zeroed / of`.
    Dropout {
        zeroed: u32,
        of: u32,
    },
    /// Keeps any shape, as the next four do.
    Activation(Activation),
    Softmax,
    LogSoftmax,
    Identity,
    /// `[time]` of tokens to `[time, width]`.
    Embedding {
        tokens: Number,
        width: Number,
    },
    /// `[time, input]` to `[time, hidden]`.
    Lstm {
        input: Option<Number>,
        hidden: Number,
    },
    /// Queries `[time, width]` and memory `[other time, width]` to `[time, width]`.
    Attention {
        width: Option<Number>,
        heads: Number,
    },
    /// Something around a layer that must keep the shape, and why it must.
    Keeps {
        inner: Box<Layer>,
        at: Type,
        why: &'static str,
    },
    /// A layer that the macro does not know.
    Opaque,
}

/// A function applied to every number, as `castiron::nn` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    Identity,
    Relu,
    Relu6,
    /// The slope below zero is the first over the second.
    LeakyRelu(u32, u32),
    Sigmoid,
    Tanh,
    Gelu,
    GeluTanh,
    Silu,
}

/// A square window that slides over images.
#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) size: Number,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) dilation: usize,
}

impl Activation {
    /// Whether backward needs what it gives and not what it gets.
    pub(crate) fn differentiates_from_output(self) -> bool {
        !matches!(self, Activation::Gelu | Activation::GeluTanh | Activation::Silu)
    }

    /// Its name in `castiron::nn`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Activation::Identity => "Identity",
            Activation::Relu => "Relu",
            Activation::Relu6 => "Relu6",
            Activation::LeakyRelu(..) => "LeakyRelu",
            Activation::Sigmoid => "Sigmoid",
            Activation::Tanh => "Tanh",
            Activation::Gelu => "Gelu",
            Activation::GeluTanh => "GeluTanh",
            Activation::Silu => "Silu",
        }
    }
}

impl Layer {
    /// Its name in `castiron::nn`; of a module that the macro does not know, nothing.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Layer::Linear { .. } => "Linear",
            Layer::Conv2d { .. } => "Conv2d",
            Layer::Pool2d { mean: false, .. } => "MaxPool2d",
            Layer::Pool2d { mean: true, .. } => "AvgPool2d",
            Layer::GlobalPool2d => "GlobalAvgPool2d",
            Layer::BatchNorm2d { .. } => "BatchNorm2d",
            Layer::Dropout { .. } => "Dropout",
            Layer::Activation(activation) => activation.name(),
            Layer::Softmax => "Softmax",
            Layer::LogSoftmax => "LogSoftmax",
            Layer::Identity => "Identity",
            Layer::Embedding { .. } => "Embedding",
            Layer::Lstm { .. } => "Lstm",
            Layer::Attention { .. } => "MultiheadAttention",
            Layer::Keeps { .. } | Layer::Opaque => "",
        }
    }

    /// Whether every size is known: none was left out, or `shapes` has filled it in.
    pub(crate) fn is_resolved(&self) -> bool {
        match self {
            Layer::Linear { input, .. } => input.is_some(),
            Layer::Conv2d { input, .. } => input.is_some(),
            Layer::BatchNorm2d { channels, .. } => channels.is_some(),
            Layer::Lstm { input, .. } => input.is_some(),
            Layer::Attention { width, .. } => width.is_some(),
            Layer::Keeps { inner, .. } => inner.is_resolved(),
            Layer::Pool2d { .. }
            | Layer::GlobalPool2d
            | Layer::Dropout { .. }
            | Layer::Activation(_)
            | Layer::Softmax
            | Layer::LogSoftmax
            | Layer::Identity
            | Layer::Embedding { .. }
            | Layer::Opaque => true,
        }
    }
}
