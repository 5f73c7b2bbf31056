//! From the type of a layer, as it is written, to the [`Layer`] that it is.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Result, Type, TypeArray};

use super::arguments::Arguments;
use super::{Activation, Affine, LAYER_NORM_EPS, Layer, Space, Window};
use crate::parse::sample;
use crate::sample::Element;

/// Names that types of layers mention.
const WORDS: [&str; 48] = [
    "Dropout",
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
    "Embedding",
    "Lstm",
    "LstmCell",
    "MultiheadAttention",
    "Residual",
    "WithBias",
    "NoBias",
    "NotAffine",
    "Causal",
    "NotCausal",
    "Rank0",
    "Rank1",
    "Rank2",
    "Rank3",
    "Rank4",
    "Rank5",
    "Rank6",
    "shape",
];

/// Whether a type is made of names of castiron and numbers, each of which was understood: then the
/// [`Layer`] says all that there is to know of it.
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
                    || Element::named(&name).is_some_and(Element::is_computed)
            }
            _ => true,
        })
    }
    familiar(ty.to_token_stream()) && matches!(read(ty), (Ok(_), true))
}

impl Layer {
    /// The layer that a type is. What does not matter to shapes is the default if it cannot be read; such
    /// a type [is not familiar](is_familiar).
    pub(crate) fn of(ty: &Type) -> Result<Self> {
        read(ty).0
    }
}

/// The layer, and whether all of its type was understood.
fn read(ty: &Type) -> (Result<Layer>, bool) {
    match ty {
        Type::Group(group) => read(&group.elem),
        Type::Paren(paren) => read(&paren.elem),
        Type::Array(TypeArray { elem, .. }) => {
            keeps(elem, "the layers of an array follow each other: each must keep the shape")
        }
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return (Ok(Layer::Opaque), true) };
            let arguments = Arguments::of(ty, &last.arguments);
            let name = last.ident.to_string();
            if name == "Residual" {
                return match arguments.ty(0, "the layer around which it leads") {
                    Ok(inner) => keeps(
                        inner,
                        "`Residual` adds what its layer gets to what it gives: it must keep the shape",
                    ),
                    Err(error) => (Err(error), false),
                };
            }
            let layer = named(&name, &arguments);
            (layer, arguments.understood.get())
        }
        _ => (Ok(Layer::Opaque), true),
    }
}

fn keeps(inner: &Type, why: &'static str) -> (Result<Layer>, bool) {
    let (layer, understood) = read(inner);
    (layer.map(|layer| Layer::Keeps { inner: Box::new(layer), at: inner.clone(), why }), understood)
}

fn named(name: &str, arguments: &Arguments<'_>) -> Result<Layer> {
    if let Some(activation) = Activation::named(name, arguments) {
        return Ok(match activation {
            Activation::Identity => Layer::Identity,
            other => Layer::Activation(other),
        });
    }
    let over = if name.ends_with("1d") { Space::Signal } else { Space::Image };
    Ok(match name {
        "Linear" => {
            let at = arguments.ty(0, "the shape that it gets")?;
            Layer::Linear {
                input: Some(sample::shape_of_type(at)?),
                at: at.to_token_stream(),
                outputs: arguments.number(1, "how many numbers it gives")?,
                activation: arguments.activation(2),
                bias: arguments.bias(3),
                tied: None,
            }
        }
        "Conv1d" | "Conv2d" => Layer::Conv {
            input: Some(arguments.number(0, "its input channels")?),
            output: arguments.number(1, "its output channels")?,
            window: Window {
                over,
                size: arguments.number(2, "the size of its kernel")?,
                stride: arguments.number_or(3, 1, "a stride")?,
                padding: arguments.padding(4)?,
                dilation: arguments.number_or(5, 1, "a dilation")?,
            },
            groups: arguments.groups(6)?,
            activation: arguments.activation(7),
            bias: arguments.bias(8),
            element: Some(arguments.element(9)),
        },
        "ConvTranspose1d" | "ConvTranspose2d" => {
            let mut output = arguments.number(1, "its output channels, of one group")?;
            let groups = arguments.groups(6)?;
            output.value = output.value.saturating_mul(groups.value);
            Layer::ConvTranspose {
                input: Some(arguments.number(0, "its input channels")?),
                output,
                window: Window {
                    over,
                    size: arguments.number(2, "the size of its kernel")?,
                    stride: arguments.number_or(3, 1, "a stride")?,
                    padding: arguments.padding(4)?,
                    dilation: arguments.number_or(7, 1, "a dilation")?,
                },
                output_padding: arguments.padding(5)?,
                groups,
                bias: arguments.bias(8),
                element: Some(arguments.element(9)),
            }
        }
        "MaxPool1d" | "MaxPool2d" | "AvgPool1d" | "AvgPool2d" => {
            let size = arguments.number(0, "the size of its window")?;
            let stride = arguments.number_or(1, size.value, "a stride")?;
            let padding = arguments.padding(2)?;
            let window = Window { over, size, stride, padding, dilation: 1 };
            Layer::Pool { window, mean: name.starts_with("Avg") }
        }
        "GlobalAvgPool2d" => Layer::GlobalPool2d,
        "BatchNorm1d" | "BatchNorm2d" => Layer::BatchNorm {
            over,
            channels: Some(arguments.number(0, "its channels")?),
            eps_nano: arguments.detail(1, 10_000),
            momentum_milli: arguments.detail(2, 100),
        },
        "LayerNorm" | "RmsNorm" => {
            let at = arguments.ty(0, "the shape that it normalises over")?;
            let centred = name == "LayerNorm";
            let (eps_pico, affine) =
                if centred { (LAYER_NORM_EPS, Affine::WithBias) } else { (0, Affine::NoBias) };
            Layer::LayerNorm {
                over: Some(sample::shape_of_type(at)?),
                at: at.to_token_stream(),
                eps_pico: arguments.detail(1, eps_pico),
                affine: arguments.affine(2, affine),
                centred,
            }
        }
        "GroupNorm" => Layer::GroupNorm {
            groups: arguments.number(0, "how many groups it has")?,
            channels: Some(arguments.number(1, "its channels")?),
            eps_pico: arguments.detail(2, LAYER_NORM_EPS),
            affine: arguments.affine(3, Affine::WithBias),
        },
        "InstanceNorm1d" | "InstanceNorm2d" => Layer::InstanceNorm {
            over,
            channels: Some(arguments.number(0, "its channels")?),
            eps_pico: arguments.detail(1, LAYER_NORM_EPS),
            affine: arguments.affine(2, Affine::Neither),
        },
        "Dropout" => Layer::Dropout { zeroed: arguments.detail(0, 50), of: arguments.detail(1, 100) },
        "Softmax" => Layer::Softmax,
        "LogSoftmax" => Layer::LogSoftmax,
        "Embedding" => Layer::Embedding {
            tokens: arguments.number(0, "how many tokens there are")?,
            width: arguments.number(1, "how many numbers it gives for a token")?,
            element: arguments.element(2),
        },
        "Lstm" => Layer::Lstm {
            input: Some(arguments.number(0, "how many numbers it gets at a time")?),
            hidden: arguments.number(1, "how many numbers it gives at a time")?,
        },
        "LstmCell" => Layer::LstmCell {
            input: Some(arguments.number(0, "how many numbers it gets at a time")?),
            hidden: arguments.number(1, "how many numbers it gives at a time")?,
        },
        "MultiheadAttention" => Layer::Attention {
            width: Some(arguments.number(0, "how many numbers it gets at a time")?),
            heads: arguments.number(1, "how many heads it has")?,
            causal: arguments.causal(2),
        },
        _ => Layer::Opaque,
    })
}

#[cfg(test)]
mod tests {
    use super::is_familiar;
    use crate::layers::{Activation, Layer};

    fn ty(text: &str) -> syn::Type {
        syn::parse_str(text).expect("a type")
    }

    fn layer(text: &str) -> Layer {
        Layer::of(&ty(text)).expect("a layer")
    }

    #[test]
    fn reads_what_does_not_matter_to_shapes() {
        let Layer::Conv { bias: false, activation: Activation::LeakyRelu(20, 100), .. } =
            layer("Conv2d<1, 6, 5, 1, 0, 1, 1, LeakyRelu<20>, nn::NoBias>")
        else {
            panic!("another convolution")
        };
        let Layer::Linear { bias: true, activation: Activation::Identity, tied: None, .. } =
            layer("Linear<f32, 3>")
        else {
            panic!("another linear layer")
        };
        let Layer::BatchNorm { eps_nano: 1_000_000, momentum_milli: 10, .. } =
            layer("BatchNorm2d<8, 1_000_000, 10>")
        else {
            panic!("another batch norm")
        };
        let Layer::BatchNorm { eps_nano: 10_000, momentum_milli: 100, .. } = layer("BatchNorm2d<8>") else {
            panic!("another batch norm")
        };
        assert!(matches!(layer("Dropout"), Layer::Dropout { zeroed: 50, of: 100 }));
        assert!(matches!(layer("Dropout<1, 8>"), Layer::Dropout { zeroed: 1, of: 8 }));
        assert!(matches!(layer("Silu"), Layer::Activation(Activation::Silu)));
        assert!(matches!(layer("Identity"), Layer::Identity));
        assert!(matches!(layer("MaxPool2d<2>"), Layer::Pool { mean: false, .. }));
        assert!(matches!(layer("AvgPool2d<2>"), Layer::Pool { mean: true, .. }));
        let Layer::Embedding { tokens, .. } = layer("Embedding<1000, 64>") else {
            panic!("another embedding")
        };
        assert_eq!(tokens.value, 1000);
    }

    #[test]
    fn knows_what_it_understood() {
        for text in [
            "castiron::nn::Linear<Rank1<3>, 4, Relu, NoBias>",
            "Linear<[f32; 3], 4, LeakyRelu<1, 8>>",
            "[Residual<Conv2d<8, 8, 3, 1, 1>>; 3]",
            "Dropout<{ 20 }>",
            "BatchNorm2d<8, 1_000>",
            "LayerNorm<Rank2<3, 8>, 1_000, NoBias>",
            "GroupNorm<2, 8, 1_000, NotAffine>",
        ] {
            assert!(is_familiar(&ty(text)), "{text}");
        }
        for text in [
            "Linear<Rank1<3>, 4, Act>",
            "Linear<Rank1<3>, 4, Softmax>",
            "Linear<Rank1<3>, 4, Relu, Bias>",
            "Linear<Rank1<3>, 4, Relu, Relu>",
            "[Residual<Conv2d<8, 8, 3, 1, 1, 1, 1, Act>>; 3]",
            "BatchNorm2d<8, EPS>",
            "Dropout<5_000_000_000>",
            "Mine",
        ] {
            assert!(!is_familiar(&ty(text)), "{text}");
            // Shapes are known all the same, where they can be.
            assert!(Layer::of(&ty(text)).is_ok(), "{text}");
        }
    }
}
