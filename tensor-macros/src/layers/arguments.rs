//! The generic arguments of a layer's type.

use std::cell::Cell;

use proc_macro2::TokenStream;
use syn::{GenericArgument, PathArguments, Result, Type};

use super::{Activation, Affine};
use crate::parse::number::{self, Number};
use crate::sample::Element;

/// The generic arguments of a layer.
pub(super) struct Arguments<'a> {
    of: &'a Type,
    list: Vec<&'a GenericArgument>,
    /// Whether all that was asked for was understood.
    pub(super) understood: Cell<bool>,
}

impl<'a> Arguments<'a> {
    pub(super) fn of(ty: &'a Type, arguments: &'a PathArguments) -> Self {
        let list = match arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
            _ => Vec::new(),
        };
        Arguments { of: ty, list, understood: Cell::new(true) }
    }

    fn missing(&self, index: usize, what: &str) -> syn::Error {
        syn::Error::new_spanned(self.of, format!("parameter {} is missing: {what}", index + 1))
    }

    pub(super) fn number(&self, index: usize, what: &str) -> Result<Number> {
        let number = number::of_argument(self.list.get(index).ok_or_else(|| self.missing(index, what))?)?;
        number::positive(&number, what).map(|_| number)
    }

    pub(super) fn number_or(&self, index: usize, default: usize, what: &str) -> Result<usize> {
        match self.list.get(index) {
            Some(_) => self.number(index, what).map(|number| number.value),
            None => Ok(default),
        }
    }

    pub(super) fn padding(&self, index: usize) -> Result<usize> {
        self.list.get(index).map_or(Ok(0), |argument| Ok(number::of_argument(argument)?.value))
    }

    pub(super) fn groups(&self, index: usize) -> Result<Number> {
        match self.list.get(index) {
            Some(_) => self.number(index, "a number of groups"),
            None => Ok(Number { value: 1, at: TokenStream::new() }),
        }
    }

    /// A number that has nothing to do with shapes.
    pub(super) fn detail<T: TryFrom<usize>>(&self, index: usize, default: T) -> T {
        let Some(argument) = self.list.get(index) else { return default };
        let read = number::of_argument(argument).ok().and_then(|number| T::try_from(number.value).ok());
        read.unwrap_or_else(|| {
            self.understood.set(false);
            default
        })
    }

    pub(super) fn activation(&self, index: usize) -> Activation {
        self.word(index, Activation::Identity, Activation::named)
    }

    pub(super) fn bias(&self, index: usize) -> bool {
        self.word(index, true, |name, _| match name {
            "WithBias" => Some(true),
            "NoBias" => Some(false),
            _ => None,
        })
    }

    /// Whether a position sees those before it alone.
    pub(super) fn causal(&self, index: usize) -> bool {
        self.word(index, false, |name, _| match name {
            "Causal" => Some(true),
            "NotCausal" => Some(false),
            _ => None,
        })
    }

    /// The parameters of a norm.
    pub(super) fn affine(&self, index: usize, default: Affine) -> Affine {
        self.word(index, default, |name, _| {
            let all = [Affine::WithBias, Affine::NoBias, Affine::Neither];
            all.into_iter().find(|affine| affine.name() == name)
        })
    }

    /// What a layer computes with.
    pub(super) fn element(&self, index: usize) -> Element {
        self.word(index, Element::F32, |name, _| Element::named(name).filter(|element| element.is_computed()))
    }

    /// A type of castiron that stands for a value.
    fn word<T>(&self, index: usize, default: T, read: impl Fn(&str, &Arguments<'_>) -> Option<T>) -> T {
        let value = match self.list.get(index) {
            None => return default,
            Some(GenericArgument::Type(ty @ Type::Path(path))) => {
                path.path.segments.last().and_then(|last| {
                    let arguments = Arguments::of(ty, &last.arguments);
                    read(&last.ident.to_string(), &arguments).filter(|_| arguments.understood.get())
                })
            }
            Some(_) => None,
        };
        value.unwrap_or_else(|| {
            self.understood.set(false);
            default
        })
    }

    pub(super) fn ty(&self, index: usize, what: &str) -> Result<&'a Type> {
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

impl Activation {
    /// The function of this name, [`Activation::Identity`] included.
    pub(super) fn named(name: &str, arguments: &Arguments<'_>) -> Option<Activation> {
        Some(match name {
            "Identity" => Activation::Identity,
            "Relu" => Activation::Relu,
            "Relu6" => Activation::Relu6,
            "LeakyRelu" => Activation::LeakyRelu(arguments.detail(0, 1), arguments.detail(1, 100)),
            "Sigmoid" => Activation::Sigmoid,
            "Tanh" => Activation::Tanh,
            "Gelu" => Activation::Gelu,
            "GeluTanh" => Activation::GeluTanh,
            "Silu" => Activation::Silu,
            "Sqrt" => Activation::Sqrt,
            _ => return None,
        })
    }
}
