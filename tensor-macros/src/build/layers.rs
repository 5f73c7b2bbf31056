//! castiron's layers as they are written in a model: `Conv2d(16, kernel = 3)`.

mod read;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Error, Expr, Result};

use crate::errors::Errors;
use crate::layers::{Activation, Layer};
use crate::parse::model::Callee;
use crate::parse::model::arguments::Signature;
use crate::parse::number::{self, Consts, Number};
use read::Read;

/// What a layer of castiron is in the graph.
pub(super) enum Known {
    Layer(Box<Layer>),
    /// A reshape.
    Flatten,
    /// `Linear(10, tied = embedding)`; without a number it gives what the other takes.
    Tied {
        to: Ident,
        outputs: Option<Number>,
    },
}

/// Layers that are written with options.
pub(crate) const NAMES: [&str; 35] = [
    "Linear",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "MaxPool1d",
    "MaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "GlobalAvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "LayerNorm",
    "RmsNorm",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "Dropout",
    "Embedding",
    "Lstm",
    "LstmCell",
    "MultiheadAttention",
    "Relu",
    "Relu6",
    "LeakyRelu",
    "Sigmoid",
    "Tanh",
    "Gelu",
    "GeluTanh",
    "Silu",
    "Sqrt",
    "Softmax",
    "LogSoftmax",
    "Identity",
    "Flatten",
];

/// Whether castiron has a layer of this name, written with options or only as a type.
pub(crate) fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || name == "Residual"
}

const OUT: &str = "the number of output channels";
const NUMBERS: &str = "the number of outputs";
const WINDOW: &str = "the size of its window";

static LINEAR: Signature =
    Signature { of: "Linear", first: &[NUMBERS], names: &["bias", "tied"], example: "Linear(10)" };
static CONVS: [Signature; 2] =
    [conv("Conv1d", "Conv1d(16, kernel = 3)"), conv("Conv2d", "Conv2d(16, kernel = 3)")];
static CONV_TRANSPOSES: [Signature; 2] = [
    conv_transpose("ConvTranspose1d", "ConvTranspose1d(16, kernel = 4, stride = 2, padding = 1)"),
    conv_transpose("ConvTranspose2d", "ConvTranspose2d(16, kernel = 4, stride = 2, padding = 1)"),
];
static POOLS: [Signature; 4] = [
    pool("MaxPool1d", "MaxPool1d(2)"),
    pool("MaxPool2d", "MaxPool2d(2)"),
    pool("AvgPool1d", "AvgPool1d(2)"),
    pool("AvgPool2d", "AvgPool2d(2)"),
];
static BATCH_NORMS: [Signature; 2] = [
    batch_norm("BatchNorm1d", "BatchNorm1d(eps = 1e-5, momentum = 0.1)"),
    batch_norm("BatchNorm2d", "BatchNorm2d(eps = 1e-5, momentum = 0.1)"),
];
static LAYER_NORM: Signature = Signature {
    of: "LayerNorm",
    first: &["normalized_shape"],
    names: &["normalized_shape", "eps", "elementwise_affine", "bias"],
    example: "LayerNorm(64, eps = 1e-5)",
};
static RMS_NORM: Signature = Signature {
    of: "RmsNorm",
    first: &["normalized_shape"],
    names: &["normalized_shape", "eps", "elementwise_affine"],
    example: "RmsNorm(64, eps = 1e-6)",
};
static GROUP_NORM: Signature = Signature {
    of: "GroupNorm",
    first: &["groups"],
    names: &["groups", "eps", "affine"],
    example: "GroupNorm(groups = 8)",
};
static INSTANCE_NORMS: [Signature; 2] = [
    instance_norm("InstanceNorm1d", "InstanceNorm1d(eps = 1e-5, affine = true)"),
    instance_norm("InstanceNorm2d", "InstanceNorm2d(eps = 1e-5, affine = true)"),
];
static DROPOUT: Signature =
    Signature { of: "Dropout", first: &["the share that is dropped"], names: &[], example: "Dropout(0.5)" };
static LEAKY: Signature =
    Signature { of: "LeakyRelu", first: &["the slope below zero"], names: &[], example: "LeakyRelu(0.01)" };
static EMBEDDING: Signature = Signature {
    of: "Embedding",
    first: &["the number of tokens", "the number of outputs for each"],
    names: &["element"],
    example: "Embedding(1000, 64)",
};
static LSTM: Signature = lstm("Lstm", "Lstm(64)");
static LSTM_CELL: Signature = lstm("LstmCell", "LstmCell(64)");
static ATTENTION: Signature = Signature {
    of: "MultiheadAttention",
    first: &["heads"],
    names: &["heads", "is_causal"],
    example: "MultiheadAttention(heads = 4)",
};

/// The layers that take nothing.
static PLAIN: [Signature; 13] = [
    plain("GlobalAvgPool2d"),
    plain("Relu"),
    plain("Relu6"),
    plain("Sigmoid"),
    plain("Tanh"),
    plain("Gelu"),
    plain("GeluTanh"),
    plain("Silu"),
    plain("Sqrt"),
    plain("Softmax"),
    plain("LogSoftmax"),
    plain("Identity"),
    plain("Flatten"),
];

const fn plain(of: &'static str) -> Signature {
    Signature { of, first: &[], names: &[], example: of }
}

const fn conv(of: &'static str, example: &'static str) -> Signature {
    let names = &["kernel", "stride", "padding", "dilation", "groups", "bias"];
    Signature { of, first: &[OUT], names, example }
}

const fn conv_transpose(of: &'static str, example: &'static str) -> Signature {
    let names = &["kernel", "stride", "padding", "output_padding", "groups", "bias", "dilation"];
    Signature { of, first: &[OUT], names, example }
}

const fn pool(of: &'static str, example: &'static str) -> Signature {
    Signature { of, first: &[WINDOW], names: &["stride", "padding"], example }
}

const fn batch_norm(of: &'static str, example: &'static str) -> Signature {
    Signature { of, first: &[], names: &["eps", "momentum"], example }
}

const fn instance_norm(of: &'static str, example: &'static str) -> Signature {
    Signature { of, first: &[], names: &["eps", "affine"], example }
}

const fn lstm(of: &'static str, example: &'static str) -> Signature {
    Signature { of, first: &["the number of outputs at a time"], names: &[], example }
}

/// The layer. What of it cannot be read is reported and left out; a size that is missing for that reason
/// is 0. `who` is its name in messages.
pub(super) fn known(callee: &Callee, who: &str, consts: &Consts, errors: &Errors) -> Option<Known> {
    let name = callee.last.unraw().to_string();
    let own = [
        &LINEAR,
        &LAYER_NORM,
        &RMS_NORM,
        &GROUP_NORM,
        &DROPOUT,
        &LEAKY,
        &EMBEDDING,
        &LSTM,
        &LSTM_CELL,
        &ATTENTION,
    ];
    let alike = PLAIN
        .iter()
        .chain(&CONVS)
        .chain(&CONV_TRANSPOSES)
        .chain(&POOLS)
        .chain(&BATCH_NORMS)
        .chain(&INSTANCE_NORMS);
    let signature = alike.chain(own).find(|signature| signature.of == name)?;
    let arguments = (callee.arguments.as_deref().unwrap_or(&[]), callee.all_arguments);
    let told = signature.sort_some(who, arguments, &callee.at, errors);
    let read = Read { told: &told, who, consts, errors, at: callee.last.to_token_stream() };
    Some(match name.as_str() {
        "Linear" => read.linear(),
        "Flatten" => Known::Flatten,
        _ => Known::Layer(Box::new(read.layer(&name))),
    })
}

/// A decimal number as one whole number over another, as types say it: 0.5 is 50 over 100.
pub(super) fn fraction(expression: &Expr, consts: &Consts) -> Result<(u32, u32)> {
    let value = number::real(expression, consts)?;
    decimal(value).ok_or_else(|| {
        Error::new_spanned(expression, "this is at least 0 and has at most 9 digits, such as 0.25")
    })
}

fn decimal(value: f64) -> Option<(u32, u32)> {
    (2..=9).find_map(|digits| {
        let of = 10u32.pow(digits);
        let scaled = value * f64::from(of);
        let close = (scaled - scaled.round()).abs() < 1e-6;
        (close && (0.0..=f64::from(u32::MAX)).contains(&scaled)).then_some((scaled.round() as u32, of))
    })
}

/// The activation that a layer is.
fn activation(name: &str) -> Option<Activation> {
    Some(match name {
        "Relu" => Activation::Relu,
        "Relu6" => Activation::Relu6,
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Gelu" => Activation::Gelu,
        "GeluTanh" => Activation::GeluTanh,
        "Silu" => Activation::Silu,
        "Sqrt" => Activation::Sqrt,
        _ => return None,
    })
}

/// The layer that a function of a body stands for: `gelu_tanh` for `GeluTanh`.
pub(super) fn of_function(name: &str) -> Option<Layer> {
    let layer: String = name
        .split('_')
        .flat_map(|word| {
            word.chars().enumerate().map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c })
        })
        .collect();
    match name {
        "softmax" => Some(Layer::Softmax),
        "log_softmax" => Some(Layer::LogSoftmax),
        _ if name.chars().any(char::is_uppercase) => None,
        _ => activation(&layer).map(Layer::Activation),
    }
}

/// The names of a layer's parameters; nothing if the macro does not know them.
pub(super) fn leaves(layer: &Layer) -> Option<Vec<&'static str>> {
    Some(match layer {
        Layer::Linear { bias: true, .. }
        | Layer::Conv { bias: true, .. }
        | Layer::ConvTranspose { bias: true, .. } => vec!["weight", "bias"],
        Layer::Linear { .. } | Layer::Conv { .. } | Layer::ConvTranspose { .. } | Layer::Embedding { .. } => {
            vec!["weight"]
        }
        Layer::BatchNorm { .. } => vec!["weight", "bias", "running_mean", "running_var"],
        Layer::LayerNorm { affine, .. }
        | Layer::GroupNorm { affine, .. }
        | Layer::InstanceNorm { affine, .. } => affine.leaves(),
        Layer::Lstm { .. } => vec!["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"],
        Layer::LstmCell { .. } => vec!["weight_ih", "weight_hh", "bias_ih", "bias_hh"],
        Layer::Attention { .. } => vec!["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"],
        Layer::Opaque | Layer::Keeps { .. } => return None,
        Layer::Pool { .. }
        | Layer::GlobalPool2d
        | Layer::Dropout { .. }
        | Layer::Activation(_)
        | Layer::Softmax
        | Layer::LogSoftmax
        | Layer::Identity => Vec::new(),
    })
}

/// Whether it needs a field.
pub(super) fn has_parameters(layer: &Layer) -> bool {
    let is_tied = matches!(layer, Layer::Linear { tied: Some(_), .. });
    !is_tied && leaves(layer).is_none_or(|leaves| !leaves.is_empty())
}
