//! What each layer makes of what it gets.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Type;

use super::place::{Place, count};
use crate::graph::FrontEnd;
use crate::layers::{Layer, Space};
use crate::parse::number::Number;
use crate::sample::{Element, Sample, Shape};

impl Place<'_> {
    /// The output of `layer`, and the sizes of it that were left out; after an error, the output that it
    /// is declared for, if that is known.
    pub(super) fn layer(&self, layer: &mut Layer, input: Option<&Sample>) -> Option<Sample> {
        if layer.is_unread() {
            return None;
        }
        match layer {
            Layer::Opaque => None,
            Layer::Linear { input: declared, at, outputs, .. } => {
                self.linear(declared, at, outputs.value, input)
            }
            Layer::Dropout { zeroed, of } => {
                // In a struct, it is the layer that checks it.
                if self.front_end == FrontEnd::Model && zeroed > of && !self.again {
                    self.wrong(self.at, "a probability is at most 1");
                }
                self.same(input)
            }
            Layer::Activation(_) | Layer::Softmax | Layer::LogSoftmax | Layer::Identity => self.same(input),
            Layer::Conv { input: channels, output, groups, window, element, .. } => {
                if !self.again {
                    self.divides(output, "output channel", groups, "equal group");
                }
                let given = self.planes(window.over, input)?;
                self.computes_with(element, input);
                self.channels(channels, groups, given[0], input);
                let [height, width] = self.slide("kernel", window, given)?;
                Some(alike(window.over.dims([output.value, height, width]), input))
            }
            Layer::ConvTranspose {
                input: channels, output, groups, window, output_padding, element, ..
            } => {
                let given = self.planes(window.over, input)?;
                self.computes_with(element, input);
                let one = Number { value: 1, at: TokenStream::new() };
                self.channels(channels, &one, given[0], input);
                if let (Some(channels), false) = (&channels, self.again) {
                    self.divides(channels, "input channel", groups, "equal group");
                    self.divides(output, "output channel", groups, "equal group");
                }
                let [height, width] = self.spread(window, *output_padding, given)?;
                Some(alike(window.over.dims([output.value, height, width]), input))
            }
            Layer::Pool { window, .. } => {
                if !self.again {
                    self.padding_of_pool(window);
                }
                let given = self.planes(window.over, input)?;
                let [height, width] = self.slide("window", window, given)?;
                Some(alike(window.over.dims([given[0], height, width]), input))
            }
            Layer::GlobalPool2d => {
                self.planes(Space::Image, input).map(|[channels, ..]| alike(vec![channels], input))
            }
            Layer::BatchNorm { over, channels, .. } => {
                let mut dims = self.normed(*over, input)?;
                let one = Number { value: 1, at: TokenStream::new() };
                self.channels(channels, &one, dims[0], input);
                dims[0] = channels.as_ref().map_or(dims[0], |number| number.value);
                Some(alike(dims, input))
            }
            Layer::LayerNorm { over, at, .. } => self.layer_norm(over, at, input),
            Layer::GroupNorm { groups, channels, .. } => {
                let shape = self.reals(input)?;
                let Some(given) = shape.dims.first() else {
                    self.gets(self.at, input, "but takes [channels, ..]");
                    return None;
                };
                let one = Number { value: 1, at: TokenStream::new() };
                self.channels(channels, &one, *given, input);
                if let (Some(channels), false) = (&channels, self.again) {
                    self.divides(channels, "channel", groups, "equal group");
                }
                self.same(input)
            }
            Layer::InstanceNorm { over, channels, .. } => {
                let [given, ..] = self.planes(*over, input)?;
                let one = Number { value: 1, at: TokenStream::new() };
                self.channels(channels, &one, given, input);
                self.same(input)
            }
            Layer::Embedding { width, element, .. } => {
                let tokens = self.tensor(input, Element::I32)?;
                let [time] = self.dims(tokens, "a row of tokens, such as `[i32; 16]`")?;
                Some(Sample::Shape(Shape { dims: vec![time, width.value], element: *element }))
            }
            Layer::Lstm { input: width, hidden } => {
                let sequence = self.tensor(input, Element::F32)?;
                let takes = width.as_ref().map_or("width".to_string(), |width| width.value.to_string());
                let [time, given] = self.dims(sequence, &format!("a sequence [time, {takes}]"))?;
                self.at_a_time(width, given, "sequences", input);
                Some(Sample::real([time, hidden.value]))
            }
            Layer::LstmCell { input: width, hidden } => {
                let [given] = self.dims(self.tensor(input, Element::F32)?, "a vector")?;
                self.at_a_time(width, given, "vectors", input);
                Some(Sample::real([hidden.value]))
            }
            Layer::Attention { width, heads, .. } => self.attention(width, heads, input),
            Layer::Keeps { inner, at, why } => self.keeps(inner, at, why, input),
        }
    }

    fn same(&self, input: Option<&Sample>) -> Option<Sample> {
        self.reals(input).cloned().map(Sample::Shape)
    }

    /// Where nothing is declared, the last dimension is normalised.
    fn layer_norm(
        &self,
        over: &mut Option<Shape>,
        at: &TokenStream,
        input: Option<&Sample>,
    ) -> Option<Sample> {
        let given = self.reals(input)?;
        let last = given.dims.last().copied();
        let over = over.get_or_insert_with(|| Shape::real(Vec::from_iter(last)));
        if !given.dims.ends_with(&over.dims) {
            match self.first {
                Some(_) => self.twice(input),
                None => {
                    self.gets(at, input, format!("but normalises over the last dimensions {:?}", over.dims))
                }
            }
        }
        self.same(input)
    }

    /// Compares the numbers that a recurrent layer gets at a time with those that it is declared for.
    fn at_a_time(&self, width: &mut Option<Number>, given: usize, what: &str, input: Option<&Sample>) {
        match width {
            Some(Number { value, .. }) if *value == given => {}
            Some(_) if self.first.is_some() => self.twice(input),
            Some(Number { value, at }) => {
                let but = format!("but is declared for {what} of {value} numbers at a time");
                self.gets(at, input, but);
            }
            None => *width = Some(self.inferred(given)),
        }
    }

    /// Compares the element of what a layer gets with its own.
    fn computes_with(&self, own: &mut Option<Element>, input: Option<&Sample>) {
        let Some(given) = input.map(Sample::element) else { return };
        match own {
            Some(own) if *own == given => {}
            Some(_) if self.first.is_some() => self.twice(input),
            Some(own) => self.gets(self.at, input, format!("but computes with {}", own.name())),
            None => *own = Some(given),
        }
    }

    /// A number that was left out.
    fn inferred(&self, value: usize) -> Number {
        Number { value, at: self.at.clone() }
    }

    /// `[..input]` to `[outputs]`, and `[time, ..input]` to `[time, outputs]`. Where nothing is declared,
    /// two axes are a sequence.
    fn linear(
        &self,
        declared: &mut Option<Shape>,
        at: &TokenStream,
        outputs: usize,
        input: Option<&Sample>,
    ) -> Option<Sample> {
        let Some(declared) = declared else {
            let given = self.reals(input)?;
            let element = given.element;
            let (whole, output) = match *given.dims {
                [time, width] => (Shape { dims: vec![width], element }, vec![time, outputs]),
                _ => (given.clone(), vec![outputs]),
            };
            *declared = Some(whole);
            return Some(alike(output, input));
        };
        let Some(Sample::Shape(given)) = input else {
            self.tensor(input, declared.element);
            return Some(Sample::real([outputs]));
        };
        if given == declared {
            return Some(alike(vec![outputs], input));
        }
        if let [time, inner @ ..] = given.dims.as_slice()
            && inner == declared.dims
            && given.element == declared.element
        {
            return Some(alike(vec![*time, outputs], input));
        }
        if self.first.is_some() {
            self.twice(input);
        } else {
            let element =
                if given.element == declared.element { String::new() } else { declared.of_element() };
            self.gets(at, input, format!("but is declared for {:?}{element}", declared.dims));
        }
        Some(Sample::Shape(Shape { dims: vec![outputs], element: declared.element }))
    }

    fn attention(
        &self,
        width: &mut Option<Number>,
        heads: &Number,
        input: Option<&Sample>,
    ) -> Option<Sample> {
        let check = |width: &Number| self.divides(width, "number", heads, "equal head");
        if let (Some(width), false) = (&width, self.again) {
            check(width);
        }
        if let Sample::Tuple(parts) = input?
            && let [query @ Sample::Shape(shape), Sample::Shape(memory), padding @ ..] = parts.as_slice()
            && let ([_, queries], [_, memories]) = (&*shape.dims, &*memory.dims)
            && queries == memories
            && [shape, memory].iter().all(|shape| shape.element == Element::F32)
            && is_padding(padding, memory.dims[0])
        {
            let declared = width.get_or_insert_with(|| {
                let width = self.inferred(*queries);
                check(&width);
                width
            });
            if declared.value == *queries {
                return Some(query.clone());
            }
            if self.first.is_some() {
                self.twice(input);
                return Some(query.clone());
            }
        }
        let each = width.as_ref().map_or("width".to_string(), |width| width.value.to_string());
        let how = match self.front_end {
            FrontEnd::Derive => ", as a tuple".to_string(),
            FrontEnd::Model => format!(": `{}(queries, memory)`", self.name),
        };
        let takes = format!("but takes queries [time, {each}] and a memory [time, {each}]{how}");
        let padding = match input {
            Some(Sample::Tuple(parts)) if parts.len() > 2 => {
                "; the third is a `[Bool; time]`, true where the memory is padding, or an `i32`, how much of it there is"
            }
            _ => "",
        };
        self.gets(self.at, input, takes + padding);
        None
    }

    /// Checks a layer that must keep the shape. Its output is its input either way.
    fn keeps(&self, inner: &mut Layer, at: &Type, why: &str, input: Option<&Sample>) -> Option<Sample> {
        let faults = self.errors.count();
        let tokens = at.to_token_stream();
        let output = Place { at: &tokens, ..*self }.layer(inner, input);
        if let (Some(output), Some(input)) = (output, input)
            && output != *input
            && faults == self.errors.count()
        {
            self.errors.at(at, format!("`{}` makes {output} of {input}, but {why}", self.name));
        }
        input.cloned()
    }

    /// Compares channels with those that a layer is declared for, in each of its groups.
    fn channels(&self, declared: &mut Option<Number>, groups: &Number, given: usize, input: Option<&Sample>) {
        let Some(input) = input else { return };
        let (name, from, channels) = (self.name, self.from, count(given, "channel"));
        let Some(Number { value: each, at }) = declared else {
            if given.is_multiple_of(groups.value) {
                *declared = Some(self.inferred(given / groups.value));
            } else {
                let groups_of = count(groups.value, "equal group");
                let but = format!("which cannot be divided into {groups_of}");
                self.errors
                    .at(self.spot(&groups.at), format!("`{name}` gets {channels} {from} ({input}), {but}"));
            }
            return;
        };
        let total = each.saturating_mul(groups.value);
        if total == given {
            return;
        }
        if self.first.is_some() {
            return self.twice(Some(input));
        }
        let groups = match groups.value {
            1 => String::new(),
            groups => format!(", {each} in each of {groups} groups"),
        };
        let but = format!("but is declared for {total}{groups}");
        self.errors.at(&*at, format!("`{name}` gets {channels} {from} ({input}), {but}"));
    }
}

/// Whether a third input of attention, if there is one, says which of so many positions are padding.
fn is_padding(parts: &[Sample], positions: usize) -> bool {
    match parts {
        [] => true,
        [Sample::Shape(Shape { dims, element: Element::Bool })] => *dims == [positions],
        [Sample::Shape(Shape { dims, element: Element::I32 })] => dims.is_empty(),
        _ => false,
    }
}

/// A tensor of the element of the input.
fn alike(dims: Vec<usize>, input: Option<&Sample>) -> Sample {
    Sample::Shape(Shape { dims, element: input.map_or(Element::F32, Sample::element) })
}
