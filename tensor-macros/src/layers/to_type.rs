//! From a [`Layer`] to the Rust type that it is, as generated code writes it.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Activation, Affine, LAYER_NORM_EPS, Layer};
use crate::parse::number::Number;
use crate::sample::Element;

impl Layer {
    /// The type with its full path, trailing defaults left out: `::castiron::nn::Conv2d<1, 6, 5, 1, 2>`.
    /// Nothing if it is not a layer of castiron's own, or if a size is not known.
    ///
    /// A tied layer has the type of one that is not, though it has no parameters.
    pub(crate) fn rust_type(&self) -> Option<TokenStream> {
        Some(match self {
            Layer::Linear { input, outputs, bias, activation, .. } => {
                let (input, outputs) = (input.as_ref()?, number(outputs));
                let (given, rest) = arithmetic(*activation, *bias);
                let rest = &rest[..given];
                quote!(::castiron::nn::Linear<#input, #outputs #(, #rest)*>)
            }
            Layer::Conv { input, output, groups, window, bias, activation, element } => {
                let name = format_ident!("{}", self.name());
                let (given, [activation, bias]) = arithmetic(*activation, *bias);
                let element = element.unwrap_or(Element::F32);
                let given = if element == Element::F32 { given } else { 3 };
                let rest = [activation, bias, quote!(#element)];
                let fixed = [input.as_ref()?, output, &window.size].map(|number| number.value);
                // With their defaults.
                let optional =
                    [(window.stride, 1), (window.padding, 0), (window.dilation, 1), (groups.value, 1)];
                let keep = if given > 0 { optional.len() } else { said(&optional) };
                let numbers = fixed.into_iter().chain(optional[..keep].iter().map(|(value, _)| *value));
                let numbers = numbers.map(Literal::usize_unsuffixed);
                let rest = &rest[..given];
                quote!(::castiron::nn::#name<#(#numbers),* #(, #rest)*>)
            }
            Layer::ConvTranspose { input, output, groups, window, output_padding, bias, element } => {
                let name = format_ident!("{}", self.name());
                let element = element.unwrap_or(Element::F32);
                let given = said(&[(*bias, true), (element == Element::F32, true)]);
                let bias = if *bias { quote!(WithBias) } else { quote!(NoBias) };
                let rest = &[quote!(::castiron::nn::#bias), quote!(#element)][..given];
                let each = output.value / groups.value;
                let fixed = [input.as_ref()?.value, each, window.size.value];
                let (stride, dilation) = ((window.stride, 1), (window.dilation, 1));
                let optional =
                    [stride, (window.padding, 0), (*output_padding, 0), (groups.value, 1), dilation];
                let keep = if given > 0 { optional.len() } else { said(&optional) };
                let numbers = fixed.into_iter().chain(optional[..keep].iter().map(|(value, _)| *value));
                let numbers = numbers.map(Literal::usize_unsuffixed);
                quote!(::castiron::nn::#name<#(#numbers),* #(, #rest)*>)
            }
            Layer::Pool { window, .. } => {
                let name = format_ident!("{}", self.name());
                let size = window.size.value;
                let optional = [(window.stride, size), (window.padding, 0)];
                let optional = optional[..said(&optional)].iter().map(|(value, _)| *value);
                let numbers = std::iter::once(size).chain(optional).map(Literal::usize_unsuffixed);
                quote!(::castiron::nn::#name<#(#numbers),*>)
            }
            Layer::GlobalPool2d => quote!(::castiron::nn::GlobalAvgPool2d),
            Layer::BatchNorm { channels, eps_nano, momentum_milli, .. } => {
                let name = format_ident!("{}", self.name());
                let channels = number(channels.as_ref()?);
                let optional = [(*eps_nano, 10_000), (u64::from(*momentum_milli), 100)];
                let optional = optional[..said(&optional)].iter().map(|(value, _)| *value);
                let optional = optional.map(Literal::u64_unsuffixed);
                quote!(::castiron::nn::#name<#channels #(, #optional)*>)
            }
            Layer::LayerNorm { over, eps_pico, affine, centred, .. } => {
                let (name, over) = (format_ident!("{}", self.name()), over.as_ref()?);
                let default = if *centred { (LAYER_NORM_EPS, Affine::WithBias) } else { (0, Affine::NoBias) };
                let rest = norm((*eps_pico, *affine), default);
                quote!(::castiron::nn::#name<#over #(, #rest)*>)
            }
            Layer::GroupNorm { groups, channels, eps_pico, affine } => {
                let (groups, channels) = (number(groups), number(channels.as_ref()?));
                let rest = norm((*eps_pico, *affine), (LAYER_NORM_EPS, Affine::WithBias));
                quote!(::castiron::nn::GroupNorm<#groups, #channels #(, #rest)*>)
            }
            Layer::InstanceNorm { channels, eps_pico, affine, .. } => {
                let (name, channels) = (format_ident!("{}", self.name()), number(channels.as_ref()?));
                let rest = norm((*eps_pico, *affine), (LAYER_NORM_EPS, Affine::Neither));
                quote!(::castiron::nn::#name<#channels #(, #rest)*>)
            }
            Layer::Dropout { zeroed, of } => {
                let numbers = fraction((*zeroed, 50), (*of, 100));
                quote!(::castiron::nn::Dropout #numbers)
            }
            Layer::Activation(activation) => activation.rust_type(),
            Layer::Softmax => quote!(::castiron::nn::Softmax),
            Layer::LogSoftmax => quote!(::castiron::nn::LogSoftmax),
            Layer::Identity => Activation::Identity.rust_type(),
            Layer::Embedding { tokens, width, element } => {
                let (tokens, width) = (number(tokens), number(width));
                let element = (*element != Element::F32).then(|| quote!(, #element));
                quote!(::castiron::nn::Embedding<#tokens, #width #element>)
            }
            Layer::Lstm { input, hidden } => {
                let (input, hidden) = (number(input.as_ref()?), number(hidden));
                quote!(::castiron::nn::Lstm<#input, #hidden>)
            }
            Layer::LstmCell { input, hidden } => {
                let (input, hidden) = (number(input.as_ref()?), number(hidden));
                quote!(::castiron::nn::LstmCell<#input, #hidden>)
            }
            Layer::Attention { width, heads, causal } => {
                let (width, heads) = (number(width.as_ref()?), number(heads));
                let causal = causal.then(|| quote!(, ::castiron::nn::Causal));
                quote!(::castiron::nn::MultiheadAttention<#width, #heads #causal>)
            }
            Layer::Keeps { .. } | Layer::Opaque => return None,
        })
    }
}

impl Activation {
    /// The type: `::castiron::nn::Relu`.
    pub(crate) fn rust_type(self) -> TokenStream {
        let (name, numbers) = (format_ident!("{}", self.name()), self.numbers());
        quote!(::castiron::nn::#name #numbers)
    }

    /// The function, where generated code has `Activation` in scope: `Activation::Relu`.
    pub(crate) fn function(self) -> TokenStream {
        let name = format_ident!("{}", self.name());
        let function = quote!(Activation::#name);
        match self {
            // As `castiron::nn::LeakyRelu` computes it.
            Activation::LeakyRelu(slope, of) => {
                let [slope, of] = [slope, of].map(|number| Literal::f32_unsuffixed(number as f32));
                quote!(#function(#slope / #of))
            }
            _ => function,
        }
    }

    fn numbers(self) -> TokenStream {
        match self {
            Activation::LeakyRelu(slope, of) => fraction((slope, 1), (of, 100)),
            _ => TokenStream::new(),
        }
    }
}

fn number(number: &Number) -> Literal {
    Literal::usize_unsuffixed(number.value)
}

/// How many of some arguments, each with its default, must be written: up to the last that is another.
fn said<T: PartialEq>(arguments: &[(T, T)]) -> usize {
    arguments.iter().rposition(|(value, default)| value != default).map_or(0, |last| last + 1)
}

/// What ends the arguments of layers that compute sums of products, and how much of it must be written.
fn arithmetic(activation: Activation, bias: bool) -> (usize, [TokenStream; 2]) {
    let given = said(&[(activation == Activation::Identity, true), (bias, true)]);
    let name = if bias { quote!(WithBias) } else { quote!(NoBias) };
    (given, [activation.rust_type(), quote!(::castiron::nn::#name)])
}

/// What ends the arguments of norms, as far as it must be written.
fn norm((eps_pico, affine): (u64, Affine), default: (u64, Affine)) -> Vec<TokenStream> {
    let given = said(&[(eps_pico == default.0, true), (affine == default.1, true)]);
    let (eps, name) = (Literal::u64_unsuffixed(eps_pico), format_ident!("{}", affine.name()));
    Vec::from([quote!(#eps), quote!(::castiron::nn::#name)].split_at(given).0)
}

/// Two numbers, each with its default, in `<..>`; nothing if they are the defaults.
fn fraction(over: (u32, u32), under: (u32, u32)) -> TokenStream {
    let numbers = [over, under];
    let numbers = numbers[..said(&numbers)].iter().map(|(value, _)| Literal::u32_unsuffixed(*value));
    let mut numbers = numbers.peekable();
    if numbers.peek().is_none() { TokenStream::new() } else { quote!(<#(#numbers),*>) }
}

#[cfg(test)]
mod tests {
    use crate::layers::{Activation, Layer, Space};

    #[test]
    fn writes_what_it_reads() {
        for (read, written) in [
            ("Conv2d<1, 6, 5>", "Conv2d<1, 6, 5>"),
            ("Conv2d<1, 6, 5, 1, 2, 1, 1>", "Conv2d<1, 6, 5, 1, 2>"),
            ("Conv2d<1, 6, 5, 2, 0, 1, 3, Identity, WithBias>", "Conv2d<1, 6, 5, 2, 0, 1, 3>"),
            ("Conv2d<1, 6, 5, 1, 0, 1, 1, Relu>", "Conv2d<1, 6, 5, 1, 0, 1, 1, ::castiron::nn::Relu>"),
            (
                "Conv2d<1, 6, 5, 1, 0, 1, 1, Identity, NoBias>",
                "Conv2d<1, 6, 5, 1, 0, 1, 1, ::castiron::nn::Identity, ::castiron::nn::NoBias>",
            ),
            ("Conv1d<1, 6, 5, 2, 0, 1, 3>", "Conv1d<1, 6, 5, 2, 0, 1, 3>"),
            ("ConvTranspose2d<6, 4, 5>", "ConvTranspose2d<6, 4, 5>"),
            ("ConvTranspose2d<6, 4, 5, 2, 1, 1, 2>", "ConvTranspose2d<6, 4, 5, 2, 1, 1, 2>"),
            (
                "ConvTranspose1d<6, 4, 5, 2, 0, 0, 1, 1, NoBias>",
                "ConvTranspose1d<6, 4, 5, 2, 0, 0, 1, 1, ::castiron::nn::NoBias>",
            ),
            ("Linear<Rank3<16, 5, 5>, 120, Relu>", "Linear<[[[f32; 5]; 5]; 16], 120, ::castiron::nn::Relu>"),
            ("Linear<f32, 4>", "Linear<f32, 4>"),
            ("MaxPool2d<2>", "MaxPool2d<2>"),
            ("MaxPool2d<2, 2, 1>", "MaxPool2d<2, 2, 1>"),
            ("AvgPool2d<3, 2>", "AvgPool2d<3, 2>"),
            ("MaxPool1d<2>", "MaxPool1d<2>"),
            ("AvgPool1d<3, 2>", "AvgPool1d<3, 2>"),
            ("GlobalAvgPool2d", "GlobalAvgPool2d"),
            ("BatchNorm2d<8>", "BatchNorm2d<8>"),
            ("BatchNorm2d<8, 10_000, 10>", "BatchNorm2d<8, 10000, 10>"),
            ("BatchNorm1d<8>", "BatchNorm1d<8>"),
            ("LayerNorm<Rank1<8>>", "LayerNorm<[f32; 8]>"),
            ("LayerNorm<Rank2<4, 8>, 1_000_000>", "LayerNorm<[[f32; 8]; 4], 1000000>"),
            (
                "LayerNorm<Rank1<8>, 10_000_000, NoBias>",
                "LayerNorm<[f32; 8], 10000000, ::castiron::nn::NoBias>",
            ),
            ("RmsNorm<Rank1<8>, 0, NoBias>", "RmsNorm<[f32; 8]>"),
            ("GroupNorm<2, 8>", "GroupNorm<2, 8>"),
            ("InstanceNorm2d<8>", "InstanceNorm2d<8>"),
            (
                "InstanceNorm1d<8, 10_000_000, WithBias>",
                "InstanceNorm1d<8, 10000000, ::castiron::nn::WithBias>",
            ),
            ("Dropout<50, 100>", "Dropout"),
            ("Dropout<20>", "Dropout<20>"),
            ("Dropout<1, 8>", "Dropout<1, 8>"),
            ("LeakyRelu", "LeakyRelu"),
            ("LeakyRelu<1, 8>", "LeakyRelu<1, 8>"),
            ("Relu6", "Relu6"),
            ("Sqrt", "Sqrt"),
            ("Softmax", "Softmax"),
            ("LogSoftmax", "LogSoftmax"),
            ("Identity", "Identity"),
            ("Embedding<1000, 64>", "Embedding<1000, 64>"),
            ("Embedding<1000, 64, bf16>", "Embedding<1000, 64, ::castiron::bf16>"),
            ("Linear<[bf16; 3], 4>", "Linear<[::castiron::bf16; 3], 4>"),
            (
                "Conv2d<1, 6, 5, 1, 0, 1, 1, Identity, WithBias, f16>",
                "Conv2d<1, 6, 5, 1, 0, 1, 1, ::castiron::nn::Identity, ::castiron::nn::WithBias, ::castiron::f16>",
            ),
            ("Lstm<3, 5>", "Lstm<3, 5>"),
            ("LstmCell<3, 5>", "LstmCell<3, 5>"),
            ("MultiheadAttention<8, 2>", "MultiheadAttention<8, 2>"),
            ("MultiheadAttention<8, 2, Causal>", "MultiheadAttention<8, 2, ::castiron::nn::Causal>"),
        ] {
            let layer = Layer::of(&syn::parse_str(read).expect("a type")).expect("a layer");
            let ty = layer.rust_type().expect("resolved").to_string().replace(' ', "");
            assert_eq!(ty, format!("::castiron::nn::{written}").replace(' ', ""), "{read}");
        }
    }

    #[test]
    fn writes_nothing_that_it_does_not_know() {
        for text in ["Mine", "Residual<Relu>", "[Relu; 2]"] {
            assert!(
                Layer::of(&syn::parse_str(text).expect("a type")).expect("a layer").rust_type().is_none()
            );
        }
        let (over, channels) = (Space::Image, None);
        let open = Layer::BatchNorm { over, channels, eps_nano: 10_000, momentum_milli: 100 };
        assert!(open.rust_type().is_none() && !open.is_resolved());
    }

    #[test]
    fn writes_functions() {
        for (activation, text) in [
            (Activation::Identity, "Identity"),
            (Activation::GeluTanh, "GeluTanh"),
            (Activation::LeakyRelu(1, 100), "LeakyRelu(1.0 / 100.0)"),
        ] {
            let function = activation.function().to_string().replace(' ', "");
            let path = "Activation::";
            assert_eq!(function, format!("{path}{text}").replace(' ', ""));
        }
    }
}
