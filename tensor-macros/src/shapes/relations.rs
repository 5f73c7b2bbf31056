//! What each layer makes of what it gets.

use std::fmt::Display;

use quote::ToTokens;
use syn::Type;

use crate::errors::Errors;
use crate::layers::{Layer, Window};
use crate::parse::number::Number;
use crate::sample::{Element, Sample, Shape};

/// A layer in a model, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Its field.
    pub(super) name: &'a str,
    /// Where its input comes from: "from `conv1`".
    pub(super) from: &'a str,
    pub(super) ty: &'a Type,
    pub(super) errors: &'a Errors,
}

impl Place<'_> {
    /// The output of `layer`; after an error, the one that it is declared for, if that is known.
    pub(super) fn output(&self, layer: &Layer, input: Option<&Sample>) -> Option<Sample> {
        match layer {
            Layer::Opaque => None,
            Layer::Linear { input: declared, at, outputs } => self.linear(declared, at, outputs.value, input),
            Layer::Elementwise => {
                self.tensor(input, Element::F32)?;
                input.cloned()
            }
            Layer::Conv2d { input: channels, output, groups, window } => {
                self.divides(output, "output channel", groups, "equal group");
                let [given, height, width] = self.image(input)?;
                self.channels(channels, groups.value, given, input);
                let [height, width] = self.slide("kernel", window, [given, height, width])?;
                Some(Sample::real([output.value, height, width]))
            }
            Layer::Pool2d { window } => {
                if window.padding > window.size.value / 2 {
                    let (name, size, padding) = (self.name, window.size.value, window.padding);
                    self.errors.at(
                        self.ty,
                        format!(
                            "`{name}` pads by {padding}, more than half of its {size}×{size} window: use less padding"
                        ),
                    );
                }
                let [channels, height, width] = self.image(input)?;
                let [height, width] = self.slide("window", window, [channels, height, width])?;
                Some(Sample::real([channels, height, width]))
            }
            Layer::GlobalPool2d => self.image(input).map(|[channels, ..]| Sample::real([channels])),
            Layer::BatchNorm2d { channels } => {
                let [given, height, width] = self.image(input)?;
                self.channels(channels, 1, given, input);
                Some(Sample::real([channels.value, height, width]))
            }
            Layer::Embedding { width } => {
                let tokens = self.tensor(input, Element::I32)?;
                let [time] = self.dims(tokens, "a row of tokens, such as `[i32; 16]`")?;
                Some(Sample::real([time, width.value]))
            }
            Layer::Lstm { input: width, hidden } => {
                let sequence = self.tensor(input, Element::F32)?;
                let [time, given] = self.dims(sequence, &format!("a sequence [time, {}]", width.value))?;
                if given != width.value {
                    let Number { value, at } = width;
                    self.gets(
                        at,
                        input,
                        format!("but is declared for sequences of {value} numbers at a time"),
                    );
                }
                Some(Sample::real([time, hidden.value]))
            }
            Layer::Attention { width, heads } => {
                self.divides(width, "number", heads, "equal head");
                let takes = format!("queries [time, {0}] and a memory [time, {0}], as a tuple", width.value);
                match input? {
                    Sample::Tuple(parts) => match parts.as_slice() {
                        [query @ Sample::Shape(shape), Sample::Shape(memory)]
                            if [shape, memory].iter().all(|shape| {
                                shape.element == Element::F32
                                    && matches!(*shape.dims, [_, last] if last == width.value)
                            }) =>
                        {
                            return Some(query.clone());
                        }
                        _ => self.gets(self.ty, input, format!("but takes {takes}")),
                    },
                    Sample::Shape(_) | Sample::Seq(..) => {
                        self.gets(self.ty, input, format!("but takes {takes}"))
                    }
                }
                None
            }
            Layer::Keeps { inner, at, why } => self.keeps(inner, at, why, input),
        }
    }

    /// `[..input]` to `[outputs]`, and `[time, ..input]` to `[time, outputs]`.
    fn linear(&self, declared: &Shape, at: &Type, outputs: usize, input: Option<&Sample>) -> Option<Sample> {
        let Some(Sample::Shape(given)) = input else {
            self.tensor(input, declared.element);
            return Some(Sample::real([outputs]));
        };
        if given == declared {
            return Some(Sample::real([outputs]));
        }
        if let [time, inner @ ..] = given.dims.as_slice()
            && inner == declared.dims
            && given.element == declared.element
        {
            return Some(Sample::real([*time, outputs]));
        }
        let element = if given.element == declared.element { String::new() } else { declared.of_element() };
        self.gets(at, input, format!("but is declared for {:?}{element}", declared.dims));
        Some(Sample::real([outputs]))
    }

    /// Checks a layer that must keep the shape. Its output is its input either way.
    fn keeps(&self, inner: &Layer, at: &Type, why: &str, input: Option<&Sample>) -> Option<Sample> {
        let faults = self.errors.count();
        let output = Place { ty: at, ..*self }.output(inner, input);
        if let (Some(output), Some(input)) = (output, input)
            && output != *input
            && faults == self.errors.count()
        {
            self.errors.at(at, format!("`{}` makes {output} of {input}, but {why}", self.name));
        }
        input.cloned()
    }

    /// The input as one tensor of `element`.
    fn tensor<'i>(&self, input: Option<&'i Sample>, element: Element) -> Option<&'i Shape> {
        match input? {
            Sample::Shape(shape) if shape.element == element => Some(shape),
            Sample::Shape(Shape { dims, element: given }) => {
                let (name, from, given, element) = (self.name, self.from, given.name(), element.name());
                self.errors
                    .at(self.ty, format!("`{name}` gets {dims:?} of {given} {from}, but works on {element}"));
                None
            }
            Sample::Tuple(_) | Sample::Seq(..) => {
                self.gets(self.ty, input, "but takes one tensor");
                None
            }
        }
    }

    fn image(&self, input: Option<&Sample>) -> Option<[usize; 3]> {
        self.dims(self.tensor(input, Element::F32)?, "images [channels, height, width]")
    }

    fn dims<const N: usize>(&self, shape: &Shape, takes: &str) -> Option<[usize; N]> {
        let dims = shape.dims.as_slice().try_into().ok();
        if dims.is_none() {
            self.gets(self.ty, Some(&Sample::Shape(shape.clone())), format!("but takes {takes}"));
        }
        dims
    }

    fn channels(&self, declared: &Number, groups: usize, given: usize, input: Option<&Sample>) {
        let total = declared.value.saturating_mul(groups);
        if let (true, Some(input)) = (total != given, input) {
            let (name, from, each) = (self.name, self.from, declared.value);
            let groups =
                if groups == 1 { String::new() } else { format!(", {each} in each of {groups} groups") };
            let given = count(given, "channel");
            let message =
                format!("`{name}` gets {given} {from} ({input}), but is declared for {total}{groups}");
            self.errors.at(&declared.at, message);
        }
    }

    fn divides(&self, whole: &Number, what: &str, parts: &Number, part: &str) {
        if !whole.value.is_multiple_of(parts.value) {
            let (whole, into) = (count(whole.value, what), count(parts.value, part));
            self.wrong(&parts.at, format!("{whole} cannot be divided into {into}"));
        }
    }

    /// Height and width of what a window gives.
    fn slide(
        &self,
        what: &str,
        window: &Window,
        [channels, height, width]: [usize; 3],
    ) -> Option<[usize; 2]> {
        let (size, dilation) = (window.size.value, window.dilation);
        let extent = dilation.saturating_mul(size - 1).saturating_add(1);
        let over = |side: usize| {
            let padded = side.saturating_add(window.padding.saturating_mul(2));
            Some(padded.checked_sub(extent)? / window.stride + 1)
        };
        let sides = over(height).zip(over(width)).map(|(height, width)| [height, width]);
        if sides.is_none() {
            let spread = match dilation {
                1 => String::new(),
                _ => format!(" with dilation {dilation}, which spans {extent}×{extent},"),
            };
            let (padding, input) = (window.padding, Sample::real([channels, height, width]));
            self.wrong(
                &window.size.at,
                format!(
                    "a {size}×{size} {what}{spread} does not fit its input {input} with padding {padding}: use a \
                     smaller {what} or more padding"
                ),
            );
        }
        sides
    }

    /// "`fc1` gets [16, 5, 5] from `pool2`, ..."
    fn gets(&self, at: impl ToTokens, input: Option<&Sample>, but: impl Display) {
        if let Some(input) = input {
            self.errors.at(at, format!("`{}` gets {input} {}, {but}", self.name, self.from));
        }
    }

    /// "`conv1`: ..."
    fn wrong(&self, at: impl ToTokens, message: impl Display) {
        self.errors.at(at, format!("`{}`: {message}", self.name));
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
