//! [`Place`]: a layer or operation in a model, and how messages speak of it.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::errors::Errors;
use crate::graph::FrontEnd;
use crate::layers::Space;
use crate::parse::number::Number;
use crate::sample::{Element, Sample, Shape};

/// Where something is called, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where its input comes from: "from `conv1`".
    pub(super) from: &'a str,
    pub(super) at: &'a TokenStream,
    pub(super) front_end: FrontEnd,
    /// Whether the same layer was called before: then what its declaration alone decides was checked.
    pub(super) again: bool,
    /// What the call got that decided sizes that are left out, and where that came from.
    pub(super) first: Option<(&'a Sample, &'a str)>,
    pub(super) errors: &'a Errors,
}

impl<'a> Place<'a> {
    pub(super) fn new(
        name: &'a str,
        from: &'a str,
        at: &'a TokenStream,
        front_end: FrontEnd,
        errors: &'a Errors,
    ) -> Self {
        Place { name, from, at, front_end, again: false, first: None, errors }
    }

    /// The input as one tensor of `element`.
    pub(super) fn tensor<'i>(&self, input: Option<&'i Sample>, element: Element) -> Option<&'i Shape> {
        let shape = self.one(input)?;
        if shape.element == element {
            return Some(shape);
        }
        let Shape { dims, element: given } = shape;
        let (name, from, given, element) = (self.name, self.from, given.name(), element.name());
        self.errors.at(self.at, format!("`{name}` gets {dims:?} of {given} {from}, but works on {element}"));
        None
    }

    /// The input as one tensor of what layers compute with.
    pub(super) fn reals<'i>(&self, input: Option<&'i Sample>) -> Option<&'i Shape> {
        match self.one(input)? {
            shape if shape.element.is_computed() => Some(shape),
            _ => self.tensor(input, Element::F32),
        }
    }

    /// The input as one tensor.
    pub(super) fn one<'i>(&self, input: Option<&'i Sample>) -> Option<&'i Shape> {
        match input? {
            Sample::Shape(shape) => Some(shape),
            Sample::Tuple(_) | Sample::Seq(..) => {
                self.gets(self.at, input, "but takes one tensor");
                None
            }
        }
    }

    /// The input as a signal or an image: channels, height and width.
    pub(super) fn planes(&self, of: Space, input: Option<&Sample>) -> Option<[usize; 3]> {
        let shape = self.reals(input)?;
        let takes = of.name(["signals [channels, length]", "images [channels, height, width]"]);
        let hint = match (self.front_end, of, shape.dims.as_slice()) {
            (FrontEnd::Model, Space::Signal, [length]) => {
                format!(": `.reshape([1, {length}])` makes it one")
            }
            (FrontEnd::Model, Space::Image, [height, width]) => {
                format!(": `.reshape([1, {height}, {width}])` makes it one")
            }
            _ => String::new(),
        };
        let takes = format!("{takes}{hint}");
        match of {
            Space::Signal => self.dims(shape, &takes).map(|[channels, length]| [channels, 1, length]),
            Space::Image => self.dims(shape, &takes),
        }
    }

    /// The input of a batch norm, whose first axis are channels.
    pub(super) fn normed(&self, over: Space, input: Option<&Sample>) -> Option<Vec<usize>> {
        match over {
            Space::Signal => {
                let shape = self.reals(input)?;
                if !matches!(shape.dims.len(), 1 | 2) {
                    let takes = "but takes signals [channels, length] or vectors [channels]";
                    self.gets(self.at, input, takes);
                    return None;
                }
                Some(shape.dims.clone())
            }
            Space::Image => self.planes(over, input).map(Vec::from),
        }
    }

    /// The dimensions of a tensor of `N` axes.
    pub(super) fn dims<const N: usize>(&self, shape: &Shape, takes: &str) -> Option<[usize; N]> {
        let dims = shape.dims.as_slice().try_into().ok();
        if dims.is_none() {
            self.gets(self.at, Some(&Sample::Shape(shape.clone())), format!("but takes {takes}"));
        }
        dims
    }

    /// Reports that a whole number of things cannot be divided into equal parts.
    pub(super) fn divides(&self, whole: &Number, what: &str, parts: &Number, part: &str) {
        if !whole.value.is_multiple_of(parts.value) {
            let fits = match self.front_end {
                FrontEnd::Derive => String::new(),
                FrontEnd::Model => {
                    let fits = (1..parts.value).rev().find(|parts| whole.value.is_multiple_of(*parts));
                    fits.map_or(String::new(), |fits| format!(", but into {fits}"))
                }
            };
            let (whole, into) = (count(whole.value, what), count(parts.value, part));
            self.wrong(&parts.at, format!("{whole} cannot be divided into {into}{fits}"));
        }
    }

    /// "`fc1` gets [16, 5, 5] from `pool2`, ..."
    pub(super) fn gets(&self, at: impl ToTokens, input: Option<&Sample>, but: impl Display) {
        if let Some(input) = input {
            self.errors.at(self.spot(at), format!("`{}` gets {input} {}, {but}", self.name, self.from));
        }
    }

    /// Reports a layer whose sizes another call has decided.
    pub(super) fn twice(&self, input: Option<&Sample>) {
        if let (Some(input), Some((first, first_from))) = (input, self.first) {
            let (name, from) = (self.name, self.from);
            self.errors.at(
                self.at,
                format!(
                    "`{name}` is used twice: first it gets {first} {first_from}, now {input} {from}, but it has only \
                     one set of parameters"
                ),
            );
        }
    }

    /// "`conv1`: ..."
    pub(super) fn wrong(&self, at: impl ToTokens, message: impl Display) {
        self.errors.at(self.spot(at), format!("`{}`: {message}", self.name));
    }

    /// The tokens to point at: numbers that are not written have none.
    pub(super) fn spot(&self, at: impl ToTokens) -> TokenStream {
        let tokens = at.into_token_stream();
        if tokens.is_empty() { self.at.clone() } else { tokens }
    }
}

/// "1 channel", "3 channels"
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
