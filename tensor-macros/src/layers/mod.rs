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
use crate::sample::{Element, Shape};
pub(crate) use from_type::is_familiar;

/// What layer norms and group norms add to the variance, in 10⁻¹².
pub(crate) const LAYER_NORM_EPS: u64 = 10_000_000;

/// A layer: what it does to shapes, and what else its type says. `None` is what `model!` lets the user
/// leave out; `shapes` fills it in.
// A variant is called as the layer is: `LayerNorm` too.
#[allow(clippy::enum_variant_names)]
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
    Conv {
        input: Option<Number>,
        output: Number,
        groups: Number,
        window: Window,
        bias: bool,
        activation: Activation,
        /// What it computes with; where it is not written, that of its input.
        element: Option<Element>,
    },
    /// `output` counts the channels of all groups.
    ConvTranspose {
        input: Option<Number>,
        output: Number,
        groups: Number,
        window: Window,
        output_padding: usize,
        bias: bool,
        /// As for `Conv`.
        element: Option<Element>,
    },
    Pool {
        window: Window,
        /// The mean of a window, not its largest number.
        mean: bool,
    },
    /// `[channels, height, width]` to `[channels]`.
    GlobalPool2d,
    BatchNorm {
        over: Space,
        channels: Option<Number>,
        eps_nano: u64,
        momentum_milli: u32,
    },
    /// Keeps a shape that ends in these dimensions.
    LayerNorm {
        over: Option<Shape>,
        /// Where they are written.
        at: TokenStream,
        eps_pico: u64,
        affine: Affine,
        /// Whether the mean is subtracted, which `RmsNorm` does not do.
        centred: bool,
    },
    /// Keeps `[channels, ..]`.
    GroupNorm {
        groups: Number,
        channels: Option<Number>,
        eps_pico: u64,
        affine: Affine,
    },
    InstanceNorm {
        over: Space,
        channels: Option<Number>,
        eps_pico: u64,
        affine: Affine,
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
        /// What it gives.
        element: Element,
    },
    /// `[time, input]` to `[time, hidden]`.
    Lstm {
        input: Option<Number>,
        hidden: Number,
    },
    /// `[input]` to `[hidden]`, the next of a stream.
    LstmCell {
        input: Option<Number>,
        hidden: Number,
    },
    /// Queries `[time, width]` and memory `[other time, width]` to `[time, width]`; the third input, if there is one, says
    /// which of the memory is padding.
    Attention {
        width: Option<Number>,
        heads: Number,
        causal: bool,
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
    Sqrt,
}

/// The parameters of a norm, as `castiron::nn` calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affine {
    WithBias,
    NoBias,
    Neither,
}

/// What windows slide over and batch norms average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// `[channels, length]`; to a batch norm also `[channels]`. Kernels see images one pixel high.
    Signal,
    /// `[channels, height, width]`
    Image,
}

/// A window that slides over signals, or a square one over images.
#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) over: Space,
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
            Activation::Sqrt => "Sqrt",
        }
    }
}

impl Affine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Affine::WithBias => "WithBias",
            Affine::NoBias => "NoBias",
            Affine::Neither => "NotAffine",
        }
    }

    /// The names of the parameters.
    pub(crate) fn leaves(self) -> Vec<&'static str> {
        match self {
            Affine::WithBias => vec!["weight", "bias"],
            Affine::NoBias => vec!["weight"],
            Affine::Neither => Vec::new(),
        }
    }
}

impl Space {
    /// The one for signals, or the one for images.
    pub(crate) fn name(self, [signal, image]: [&'static str; 2]) -> &'static str {
        match self {
            Space::Signal => signal,
            Space::Image => image,
        }
    }

    /// How many axes there are beside the channels.
    pub(crate) fn axes(self) -> u32 {
        match self {
            Space::Signal => 1,
            Space::Image => 2,
        }
    }

    /// A sample with these channels, height and width.
    pub(crate) fn dims(self, [channels, height, width]: [usize; 3]) -> Vec<usize> {
        match self {
            Space::Signal => vec![channels, width],
            Space::Image => vec![channels, height, width],
        }
    }
}

impl Window {
    /// How many numbers of a channel are in it.
    pub(crate) fn taps(&self) -> usize {
        self.size.value.saturating_pow(self.over.axes())
    }
}

impl Layer {
    /// Its name in `castiron::nn`; of a module that the macro does not know, nothing.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Layer::Linear { .. } => "Linear",
            Layer::Conv { window, .. } => window.over.name(["Conv1d", "Conv2d"]),
            Layer::ConvTranspose { window, .. } => window.over.name(["ConvTranspose1d", "ConvTranspose2d"]),
            Layer::Pool { mean: false, window } => window.over.name(["MaxPool1d", "MaxPool2d"]),
            Layer::Pool { mean: true, window } => window.over.name(["AvgPool1d", "AvgPool2d"]),
            Layer::GlobalPool2d => "GlobalAvgPool2d",
            Layer::BatchNorm { over, .. } => over.name(["BatchNorm1d", "BatchNorm2d"]),
            Layer::LayerNorm { centred: true, .. } => "LayerNorm",
            Layer::LayerNorm { centred: false, .. } => "RmsNorm",
            Layer::GroupNorm { .. } => "GroupNorm",
            Layer::InstanceNorm { over, .. } => over.name(["InstanceNorm1d", "InstanceNorm2d"]),
            Layer::Dropout { .. } => "Dropout",
            Layer::Activation(activation) => activation.name(),
            Layer::Softmax => "Softmax",
            Layer::LogSoftmax => "LogSoftmax",
            Layer::Identity => "Identity",
            Layer::Embedding { .. } => "Embedding",
            Layer::Lstm { .. } => "Lstm",
            Layer::LstmCell { .. } => "LstmCell",
            Layer::Attention { .. } => "MultiheadAttention",
            Layer::Keeps { .. } | Layer::Opaque => "",
        }
    }

    /// Whether every size is known: none was left out, or `shapes` has filled it in.
    pub(crate) fn is_resolved(&self) -> bool {
        match self {
            Layer::Linear { input, .. } => input.is_some(),
            Layer::Conv { input, .. } | Layer::ConvTranspose { input, .. } => input.is_some(),
            Layer::LayerNorm { over, .. } => over.is_some(),
            Layer::BatchNorm { channels, .. }
            | Layer::GroupNorm { channels, .. }
            | Layer::InstanceNorm { channels, .. } => channels.is_some(),
            Layer::Lstm { input, .. } | Layer::LstmCell { input, .. } => input.is_some(),
            Layer::Attention { width, .. } => width.is_some(),
            Layer::Keeps { inner, .. } => inner.is_resolved(),
            Layer::Pool { .. }
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
