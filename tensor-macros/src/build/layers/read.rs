//! From sorted arguments to a [`Layer`].

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Expr;

use super::{
    DROPOUT, EMBEDDING, Known, LEAKY, LSTM, LSTM_CELL, NUMBERS, OUT, WINDOW, activation, decimal, fraction,
};
use crate::errors::Errors;
use crate::layers::{Activation, Affine, LAYER_NORM_EPS, Layer, Space, Window};
use crate::parse::model::arguments::{self, Told};
use crate::parse::number::{self, Consts, Number};
use crate::sample::{Element, Shape};

pub(super) struct Read<'a> {
    pub(super) told: &'a Told,
    pub(super) who: &'a str,
    pub(super) consts: &'a Consts,
    pub(super) errors: &'a Errors,
    /// The name of the layer: where its defaults are.
    pub(super) at: TokenStream,
}

impl Read<'_> {
    pub(super) fn linear(&self) -> Known {
        let who = self.who;
        let Some(tied) = self.told.get("tied") else { return self.untied() };
        let to = match tied {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let Some(to) = to else {
            let message =
                format!("`tied` of `{who}` is the name of an `Embedding` or a `Linear` of this model");
            self.errors.at(tied, message);
            return self.untied();
        };
        if self.flag("bias", false) {
            let bias = self.told.get("bias");
            let message = format!("`{who}` is tied: it has no parameters of its own, and so it has no bias");
            self.errors.at(bias, message);
        }
        let outputs = self.told.get(NUMBERS).map(|_| self.size(NUMBERS));
        Known::Tied { to: to.clone(), outputs }
    }

    fn untied(&self) -> Known {
        Known::Layer(Box::new(Layer::Linear {
            input: None,
            at: self.at.clone(),
            outputs: self.size(NUMBERS),
            bias: self.flag("bias", true),
            activation: Activation::Identity,
            tied: None,
        }))
    }

    pub(super) fn layer(&self, name: &str) -> Layer {
        let over = if name.ends_with("1d") { Space::Signal } else { Space::Image };
        match name {
            "Conv1d" | "Conv2d" => Layer::Conv {
                input: None,
                output: self.size(OUT),
                groups: self.known_or(self.size_or("groups", 1), 1),
                window: self.window(over, self.size("kernel"), 1, self.size_or("dilation", 1)),
                bias: self.flag("bias", true),
                activation: Activation::Identity,
                element: None,
            },
            "ConvTranspose1d" | "ConvTranspose2d" => Layer::ConvTranspose {
                input: None,
                output: self.size(OUT),
                groups: self.known_or(self.size_or("groups", 1), 1),
                window: self.window(over, self.size("kernel"), 1, self.size_or("dilation", 1)),
                output_padding: self.padding("output_padding").unwrap_or(0),
                bias: self.flag("bias", true),
                element: None,
            },
            "MaxPool1d" | "MaxPool2d" | "AvgPool1d" | "AvgPool2d" => {
                let size = self.size(WINDOW);
                let stride = size.value;
                let window = self.window(over, size, stride, self.default(1));
                Layer::Pool { window, mean: name.starts_with("Avg") }
            }
            "GlobalAvgPool2d" => Layer::GlobalPool2d,
            "BatchNorm1d" | "BatchNorm2d" => Layer::BatchNorm {
                over,
                channels: None,
                eps_nano: self.thousandths("eps", 1e-5, 1e9, "a billionth"),
                momentum_milli: self.thousandths("momentum", 0.1, 1e3, "a thousandth") as u32,
            },
            "LayerNorm" | "RmsNorm" => {
                let (centred, (over, at)) = (name == "LayerNorm", self.normalized_shape());
                let default = if centred { LAYER_NORM_EPS } else { 0 };
                let affine = match (self.flag("elementwise_affine", true), centred) {
                    (false, _) => Affine::Neither,
                    (true, true) if self.flag("bias", true) => Affine::WithBias,
                    (true, _) => Affine::NoBias,
                };
                Layer::LayerNorm { over, at, eps_pico: self.eps_pico(default), affine, centred }
            }
            "GroupNorm" => Layer::GroupNorm {
                groups: self.size("groups"),
                channels: None,
                eps_pico: self.eps_pico(LAYER_NORM_EPS),
                affine: if self.flag("affine", true) { Affine::WithBias } else { Affine::Neither },
            },
            "InstanceNorm1d" | "InstanceNorm2d" => Layer::InstanceNorm {
                over,
                channels: None,
                eps_pico: self.eps_pico(LAYER_NORM_EPS),
                affine: if self.flag("affine", false) { Affine::WithBias } else { Affine::Neither },
            },
            "Dropout" => {
                let (zeroed, of) = self.fraction(DROPOUT.first[0], 0.5);
                if zeroed >= of {
                    let at = self.told.get(DROPOUT.first[0]);
                    let message = format!("`{}` drops a share of at least 0 and less than 1", self.who);
                    self.errors.at(at, message);
                    return Layer::Dropout { zeroed: 0, of };
                }
                Layer::Dropout { zeroed, of }
            }
            "LeakyRelu" => {
                let (slope, of) = self.fraction(LEAKY.first[0], 0.01);
                Layer::Activation(Activation::LeakyRelu(slope, of))
            }
            "Embedding" => Layer::Embedding {
                tokens: self.size(EMBEDDING.first[0]),
                width: self.size(EMBEDDING.first[1]),
                element: self.element(),
            },
            "Lstm" => Layer::Lstm { input: None, hidden: self.size(LSTM.first[0]) },
            "LstmCell" => Layer::LstmCell { input: None, hidden: self.size(LSTM_CELL.first[0]) },
            "MultiheadAttention" => {
                let (width, heads, causal) = (None, self.size("heads"), self.flag("is_causal", false));
                Layer::Attention { width, heads, causal }
            }
            "Softmax" => Layer::Softmax,
            "LogSoftmax" => Layer::LogSoftmax,
            "Identity" => Layer::Identity,
            other => Layer::Activation(activation(other).expect("the other layers are activations")),
        }
    }

    /// `64` or `[16, 64]`, and where that is written; nothing if it is left out or cannot be read.
    fn normalized_shape(&self) -> (Option<Shape>, TokenStream) {
        let name = "normalized_shape";
        let Some(expression) = self.told.get(name) else { return (None, self.at.clone()) };
        let dims: Option<Vec<usize>> = match expression {
            Expr::Array(array) => array.elems.iter().map(|dim| self.positive(name, dim)).collect(),
            dim => self.positive(name, dim).map(|dim| vec![dim]),
        };
        (dims.map(Shape::real), expression.to_token_stream())
    }

    fn positive(&self, name: &str, expression: &Expr) -> Option<usize> {
        let number = self.evaluate(name, expression)?;
        self.errors.take(number::positive(&number, &self.called(name)))?;
        Some(number.value)
    }

    fn eps_pico(&self, default: u64) -> u64 {
        if self.told.get("eps").is_none() {
            return default;
        }
        self.thousandths("eps", 1e-5, 1e12, "10⁻¹²")
    }

    /// A window. If one of its numbers is not known, neither is what it gives, and its size is 0.
    fn window(&self, over: Space, size: Number, stride: usize, dilation: Number) -> Window {
        let stride = self.size_or("stride", stride).value;
        match self.padding("padding") {
            Some(padding) if stride > 0 && dilation.value > 0 => {
                Window { over, size, stride, padding, dilation: dilation.value }
            }
            _ => Window { over, size: Number { value: 0, ..size }, stride: 1, padding: 0, dilation: 1 },
        }
    }

    /// A number that is 0 if it is left out; nothing if it is not known.
    fn padding(&self, name: &str) -> Option<usize> {
        match self.told.get(name) {
            Some(padding) => self.evaluate(name, padding).map(|number| number.value),
            None => (!self.told.is_unclear(name)).then_some(0),
        }
    }

    fn evaluate(&self, name: &str, expression: &Expr) -> Option<Number> {
        let number = number::evaluate(expression, self.consts);
        self.errors.take(number.map_err(|error| arguments::of(&self.called(name), &error)))
    }

    /// A number of at least 1; 0 if it is not known.
    fn size(&self, name: &str) -> Number {
        let unknown = self.default(0);
        let Some(expression) = self.told.get(name) else {
            if self.told.is_missing(name) {
                self.errors.take(self.told.need(name));
            }
            return unknown;
        };
        let number = self.evaluate(name, expression);
        number
            .filter(|number| self.errors.take(number::positive(number, &self.called(name))).is_some())
            .unwrap_or(unknown)
    }

    fn size_or(&self, name: &str, default: usize) -> Number {
        match self.told.get(name) {
            Some(_) => self.size(name),
            None if self.told.is_unclear(name) => self.default(0),
            None => self.default(default),
        }
    }

    fn known_or(&self, number: Number, default: usize) -> Number {
        if number.value == 0 { self.default(default) } else { number }
    }

    fn default(&self, value: usize) -> Number {
        Number { value, at: self.at.clone() }
    }

    /// What a layer gives that gets integers.
    fn element(&self) -> Element {
        let Some(given) = self.told.get("element") else { return Element::F32 };
        let word = match given {
            Expr::Path(path) => path.path.get_ident().and_then(|name| Element::named(&name.to_string())),
            _ => None,
        };
        word.filter(|element| element.is_computed()).unwrap_or_else(|| {
            self.errors.at(given, format!("{} is `f32`, `bf16` or `f16`", self.called("element")));
            Element::F32
        })
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.errors.take(self.told.flag(name, default)).unwrap_or(default)
    }

    /// A real number, in units of 1/`scale`.
    fn thousandths(&self, name: &str, default: f64, scale: f64, unit: &str) -> u64 {
        let default = (default * scale).round() as u64;
        let Some(expression) = self.told.get(name) else { return default };
        let Some(value) = self.real(name, expression).map(|value| value * scale) else { return default };
        if value < 0.5
            || value > f64::from(u32::MAX).max(scale)
            || (value - value.round()).abs() > 1e-6 * value
        {
            let message = format!("{} is a multiple of {unit}, and at least that", self.called(name));
            self.errors.at(expression, message);
            return default;
        }
        value.round() as u64
    }

    fn real(&self, name: &str, expression: &Expr) -> Option<f64> {
        let value = number::real(expression, self.consts);
        self.errors.take(value.map_err(|error| arguments::of(&self.called(name), &error)))
    }

    fn fraction(&self, name: &str, default: f64) -> (u32, u32) {
        let given = self.told.get(name).and_then(|expression| {
            let value = fraction(expression, self.consts);
            self.errors.take(value.map_err(|error| arguments::of(&self.called(name), &error)))
        });
        given.or_else(|| decimal(default)).expect("defaults are short")
    }

    fn called(&self, name: &str) -> String {
        let who = self.who;
        if name.contains(' ') { format!("{name} of `{who}`") } else { format!("`{name}` of `{who}`") }
    }
}
