//! What is known of castiron's own layers: their names and what their parameters mean.
//!
//! One more layer is one more arm of [`Layer::named`] and, if it is not elementwise, one more relation in
//! `shapes`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Result, Type, TypeArray};

use crate::parse::number::{self, Number};
use crate::parse::sample;
use crate::sample::Shape;

/// A layer, by what it does to shapes.
pub(crate) enum Layer {
    /// The shape to `[outputs]`, also position by position.
    Linear {
        input: Shape,
        at: Type,
        outputs: Number,
    },
    /// `input` is the channels of one group, as in PyTorch's weight.
    Conv2d {
        input: Number,
        output: Number,
        groups: Number,
        window: Window,
    },
    Pool2d {
        window: Window,
    },
    /// `[channels, height, width]` to `[channels]`.
    GlobalPool2d,
    BatchNorm2d {
        channels: Number,
    },
    /// Keeps any shape.
    Elementwise,
    /// `[time]` of tokens to `[time, width]`.
    Embedding {
        width: Number,
    },
    /// `[time, input]` to `[time, hidden]`.
    Lstm {
        input: Number,
        hidden: Number,
    },
    /// Queries `[time, width]` and memory `[other time, width]` to `[time, width]`.
    Attention {
        width: Number,
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

/// A square window that slides over images.
pub(crate) struct Window {
    pub(crate) size: Number,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) dilation: usize,
}

const ELEMENTWISE: [&str; 12] = [
    "Dropout",
    "Relu",
    "Relu6",
    "LeakyRelu",
    "Sigmoid",
    "Tanh",
    "Gelu",
    "GeluTanh",
    "Silu",
    "Softmax",
    "LogSoftmax",
    "Identity",
];

/// Names, besides those of layers, that types of layers mention.
const WORDS: [&str; 20] = [
    "Linear",
    "Conv2d",
    "MaxPool2d",
    "AvgPool2d",
    "GlobalAvgPool2d",
    "BatchNorm2d",
    "Embedding",
    "Lstm",
    "MultiheadAttention",
    "Residual",
    "WithBias",
    "NoBias",
    "Rank0",
    "Rank1",
    "Rank2",
    "Rank3",
    "Rank4",
    "Rank5",
    "Rank6",
    "shape",
];

/// Whether a type is made of names of castiron and numbers: then the macro knows all that there is to
/// check of it.
pub(crate) fn is_familiar(ty: &Type) -> bool {
    fn familiar(tokens: TokenStream) -> bool {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        tokens.iter().enumerate().all(|(i, token)| match token {
            TokenTree::Group(group) => familiar(group.stream()),
            TokenTree::Ident(name) => {
                // `nn` in `nn::Linear` is where a name is from.
                let is_origin =
                    matches!(tokens.get(i + 1), Some(TokenTree::Punct(colon)) if colon.as_char() == ':');
                let name = name.to_string();
                is_origin
                    || WORDS.contains(&name.as_str())
                    || ELEMENTWISE.contains(&name.as_str())
                    || name == "f32"
            }
            _ => true,
        })
    }
    familiar(ty.to_token_stream())
}

impl Layer {
    /// The layer that a type is.
    pub(crate) fn of(ty: &Type) -> Result<Self> {
        match ty {
            Type::Group(group) => Layer::of(&group.elem),
            Type::Paren(paren) => Layer::of(&paren.elem),
            Type::Array(TypeArray { elem, .. }) => {
                keeps(elem, "the layers of an array follow each other: each must keep the shape")
            }
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return Ok(Layer::Opaque) };
                let list = match &last.arguments {
                    PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
                    _ => Vec::new(),
                };
                Layer::named(&last.ident.to_string(), &Arguments { of: ty, list })
            }
            _ => Ok(Layer::Opaque),
        }
    }

    fn named(name: &str, arguments: &Arguments<'_>) -> Result<Self> {
        Ok(match name {
            "Linear" => {
                let at = arguments.ty(0, "the shape that it gets")?;
                let input = sample::shape_of_type(at)?;
                Layer::Linear {
                    input,
                    at: at.clone(),
                    outputs: arguments.number(1, "how many numbers it gives")?,
                }
            }
            "Conv2d" => Layer::Conv2d {
                input: arguments.number(0, "its input channels")?,
                output: arguments.number(1, "its output channels")?,
                window: Window {
                    size: arguments.number(2, "the size of its kernel")?,
                    stride: arguments.number_or(3, 1, "a stride")?,
                    padding: arguments.padding(4)?,
                    dilation: arguments.number_or(5, 1, "a dilation")?,
                },
                groups: arguments.groups(6)?,
            },
            "MaxPool2d" | "AvgPool2d" => {
                let size = arguments.number(0, "the size of its window")?;
                let stride = arguments.number_or(1, size.value, "a stride")?;
                let padding = arguments.padding(2)?;
                Layer::Pool2d { window: Window { size, stride, padding, dilation: 1 } }
            }
            "GlobalAvgPool2d" => Layer::GlobalPool2d,
            "BatchNorm2d" => Layer::BatchNorm2d { channels: arguments.number(0, "its channels")? },
            "Embedding" => {
                arguments.number(0, "how many tokens there are")?;
                Layer::Embedding { width: arguments.number(1, "how many numbers it gives for a token")? }
            }
            "Lstm" => Layer::Lstm {
                input: arguments.number(0, "how many numbers it gets at a time")?,
                hidden: arguments.number(1, "how many numbers it gives at a time")?,
            },
            "MultiheadAttention" => Layer::Attention {
                width: arguments.number(0, "how many numbers it gets at a time")?,
                heads: arguments.number(1, "how many heads it has")?,
            },
            "Residual" => keeps(
                arguments.ty(0, "the layer around which it leads")?,
                "`Residual` adds what its layer gets to what it gives: it must keep the shape",
            )?,
            name if ELEMENTWISE.contains(&name) => Layer::Elementwise,
            _ => Layer::Opaque,
        })
    }
}

fn keeps(inner: &Type, why: &'static str) -> Result<Layer> {
    Ok(Layer::Keeps { inner: Box::new(Layer::of(inner)?), at: inner.clone(), why })
}

/// The generic arguments of a layer.
struct Arguments<'a> {
    of: &'a Type,
    list: Vec<&'a GenericArgument>,
}

impl Arguments<'_> {
    fn missing(&self, index: usize, what: &str) -> syn::Error {
        syn::Error::new_spanned(self.of, format!("parameter {} is missing: {what}", index + 1))
    }

    fn number(&self, index: usize, what: &str) -> Result<Number> {
        let number = number::of_argument(self.list.get(index).ok_or_else(|| self.missing(index, what))?)?;
        number::positive(&number, what).map(|_| number)
    }

    fn number_or(&self, index: usize, default: usize, what: &str) -> Result<usize> {
        match self.list.get(index) {
            Some(_) => self.number(index, what).map(|number| number.value),
            None => Ok(default),
        }
    }

    fn padding(&self, index: usize) -> Result<usize> {
        self.list.get(index).map_or(Ok(0), |argument| Ok(number::of_argument(argument)?.value))
    }

    fn groups(&self, index: usize) -> Result<Number> {
        match self.list.get(index) {
            Some(_) => self.number(index, "a number of groups"),
            None => Ok(Number { value: 1, at: proc_macro2::TokenStream::new() }),
        }
    }

    fn ty(&self, index: usize, what: &str) -> Result<&Type> {
        match self.list.get(index) {
            Some(GenericArgument::Type(ty)) => Ok(ty),
            Some(other) => {
                let hint = match number::of_argument(other) {
                    Ok(Number { value, .. }) => format!(": write `Rank1<{value}>`, not `{value}`"),
                    Err(_) => ", a type".to_string(),
                };
                Err(syn::Error::new_spanned(other, format!("parameter {} is {what}{hint}", index + 1)))
            }
            None => Err(self.missing(index, what)),
        }
    }
}
