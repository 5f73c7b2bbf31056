//! Calling layers: the data through a unit, a block, an array; and through a model without a body.

use proc_macro2::TokenStream;

use super::instance::{Instance, Made};
use super::{Builder, Val};
use crate::graph::{Claimed, Dims, Unit, What};
use crate::layers::Layer;

impl<'a> Builder<'a> {
    /// The data through a model or a block: one value for each part of its input.
    pub(super) fn run(&mut self, instance: &Instance<'a>, inputs: Vec<Val>) -> Val {
        match instance.flat.body {
            Some(body) => self.body(instance, body, inputs),
            None => self.sequence(instance, inputs),
        }
    }

    fn sequence(&mut self, instance: &Instance<'a>, inputs: Vec<Val>) -> Val {
        let mut flowing = one_or_tuple(inputs);
        for (entry, made) in instance.flat.entries.iter().zip(&instance.made) {
            flowing = self.call(made, &entry.name(), vec![flowing], instance, &entry.entry.at);
            if let Some(span) = entry.notes.tap {
                match &entry.entry.name {
                    _ if entry.again => {}
                    Some(name) => self.tap(instance, name, &flowing),
                    None => self
                        .errors
                        .push(syn::Error::new(span, "a tap is known by its name: write `name: ..`")),
                }
            }
        }
        // What could not be read may have been a layer.
        if instance.flat.unread.is_empty() { flowing } else { Val::Unknown }
    }

    /// The data through what an entry has become. `name` is its name in its model.
    pub(super) fn call(
        &mut self,
        made: &Made<'a>,
        name: &str,
        inputs: Vec<Val>,
        instance: &Instance<'a>,
        at: &TokenStream,
    ) -> Val {
        match made {
            Made::Broken => Val::Unknown,
            Made::Flatten => match inputs.as_slice() {
                [input] => match self.tensor(input, name, at) {
                    Some(input) => {
                        let name = format!("{}{name}", instance.place.prefix());
                        self.node(What::Reshape { dims: Dims::Flat }, vec![input], name, at)
                    }
                    None => Val::Unknown,
                },
                _ => self.wrong_count(name, "1 value", inputs.len(), at),
            },
            Made::Unit(unit) => self.unit_call(*unit, name, inputs, at),
            Made::Block(block) => self.block_call(block, name, inputs, at),
            Made::Array(elements) => {
                let mut flowing = one_or_tuple(inputs);
                for element in elements {
                    flowing = self.call(element, name, vec![flowing], instance, at);
                }
                flowing
            }
        }
    }

    fn unit_call(&mut self, unit: usize, name: &str, inputs: Vec<Val>, at: &TokenStream) -> Val {
        let inputs = flatten(inputs);
        if inputs.iter().any(|input| matches!(input, Val::Unknown)) {
            // What it gives may be known all the same.
            let unknown = self.values_of(&Val::Unknown);
            let called = self.graph.units[unit].name.clone();
            return self.node(What::Unit(unit), unknown, called, at);
        }
        let takes = match &self.graph.units[unit].layer {
            Ok(Layer::Attention { .. }) => Some((2..=3, "2 values, queries and what they ask")),
            Ok(Layer::Opaque) | Err(_) => None,
            Ok(_) => Some((1..=1, "1 value")),
        };
        if let Some((count, takes)) = takes
            && !count.contains(&inputs.len())
        {
            return self.wrong_count(name, takes, inputs.len(), at);
        }
        if inputs.is_empty() {
            return self.wrong_count(name, "at least 1 value", 0, at);
        }
        let mut values = Vec::new();
        for input in &inputs {
            match self.tensor(input, name, at) {
                Some(value) => values.push(value),
                None => return Val::Unknown,
            }
        }
        let called = self.graph.units[unit].name.clone();
        self.node(What::Unit(unit), values, called, at)
    }

    fn block_call(&mut self, block: &Instance<'a>, name: &str, inputs: Vec<Val>, at: &TokenStream) -> Val {
        let inputs = flatten(inputs);
        let parts = block.input_parts();
        if inputs.len() != parts && !inputs.iter().any(|input| matches!(input, Val::Unknown)) {
            let takes = if parts == 1 { "1 value".to_string() } else { format!("{parts} values") };
            return self.wrong_count(name, &takes, inputs.len(), at);
        }
        let declared = block.flat.input.as_ref().map(|input| claims(input, parts));
        let mut received = Vec::new();
        for i in 0..parts {
            let given = match inputs.get(i) {
                Some(Val::Unknown) | None => None,
                Some(input) => match self.tensor(input, name, at) {
                    Some(value) => Some(value),
                    None => return Val::Unknown,
                },
            };
            let declared = declared.as_ref().map(|declared| declared[i].clone());
            received.push(match (given, declared) {
                (Some(given), Some(declared)) => {
                    let what = What::Claim { declared, of: Claimed::Input };
                    let claim = self.node(what, vec![given], block.place.name.clone(), at);
                    if let Val::One(value) = claim {
                        self.graph.values[value].from = format!("the input of `{}`", block.place.name);
                    }
                    claim
                }
                (Some(given), None) => Val::One(given),
                (None, declared) => {
                    let value = self.value(format!("the input of `{}`", block.place.name));
                    self.graph.values[value].sample = declared.map(|declared| declared.sample);
                    Val::One(value)
                }
            });
        }
        let result = self.run(block, received);
        let Some(output) = &block.flat.output else { return result };
        let results = flatten(vec![result]);
        let declared = claims(output, results.len());
        let parts = super::parts(&output.sample);
        let opaque = matches!(results.as_slice(), [Val::One(value)] if self.is_opaque(*value));
        let unknown = results.iter().any(|result| matches!(result, Val::Unknown));
        if results.len() != parts && unknown {
            return Val::Tuple(vec![Val::Unknown; parts]);
        }
        if results.len() != parts && !opaque {
            let message = format!(
                "`{}` gives {}, but its output is declared as {}",
                self.library.items[block.item].model.name,
                counted(results.len()),
                output.sample
            );
            self.errors.at(output, message);
            return one_or_tuple(vec![Val::Unknown; parts]);
        }
        let given = results.iter().zip(declared).map(|(result, declared)| match result {
            Val::One(given) => {
                let what = What::Claim { declared, of: Claimed::Output };
                self.node(what, vec![*given], block.place.name.clone(), at)
            }
            _ => {
                let value = self.value(format!("`{}`", block.place.name));
                self.graph.values[value].sample = Some(declared.sample);
                Val::One(value)
            }
        });
        one_or_tuple(given.collect())
    }

    /// Whether a value is made by a module that the macro does not know: it may be a tuple.
    fn is_opaque(&self, value: usize) -> bool {
        self.made_by_opaque(value).is_some()
    }

    /// The module that makes a value, if the macro does not know it.
    pub(super) fn made_by_opaque(&self, value: usize) -> Option<&Unit> {
        let maker = self.graph.nodes.iter().find(|node| node.output == value)?;
        let What::Unit(unit) = maker.what else { return None };
        Some(&self.graph.units[unit]).filter(|unit| matches!(unit.layer, Ok(Layer::Opaque)))
    }

    fn wrong_count(&self, name: &str, takes: &str, gets: usize, at: &TokenStream) -> Val {
        let gets = if gets == 0 { "none".to_string() } else { gets.to_string() };
        self.errors.at(at, format!("`{name}` takes {takes}, but gets {gets}"));
        Val::Unknown
    }
}

/// "1 value" or "3 values"
pub(super) fn counted(count: usize) -> String {
    format!("{count} value{}", if count == 1 { "" } else { "s" })
}

/// The parts of a declared sample; of one part, the whole.
fn claims(written: &crate::parse::Written, parts: usize) -> Vec<crate::parse::Written> {
    use crate::sample::Sample;
    match &written.sample {
        Sample::Tuple(samples) if parts != 1 => {
            let part =
                |sample: &Sample| crate::parse::Written { sample: sample.clone(), at: written.at.clone() };
            samples.iter().map(part).collect()
        }
        _ => vec![written.clone()],
    }
}

pub(super) fn one_or_tuple(mut values: Vec<Val>) -> Val {
    if values.len() == 1 { values.remove(0) } else { Val::Tuple(values) }
}

/// All values in tuples, one behind the other.
pub(super) fn flatten(values: Vec<Val>) -> Vec<Val> {
    values
        .into_iter()
        .flat_map(|value| match value {
            Val::Tuple(parts) => flatten(parts),
            other => vec![other],
        })
        .collect()
}
