//! What units have to do with each other: those that share a weight, and those that share a type.

use std::collections::HashMap;

use crate::errors::Errors;
use crate::graph::{Graph, Unit};
use crate::layers::Layer;
use crate::sample::Shape;

use super::faults::field;
use super::place::count;

/// Checks every tied unit, and every array of units.
pub(super) fn check(graph: &Graph, errors: &Errors) {
    for unit in &graph.units {
        if let Ok(Layer::Linear { input, outputs, tied: Some(other), .. }) = &unit.layer {
            let other = &graph.units[*other];
            tied(unit, input.as_ref(), (outputs.value, &outputs.at), other, errors);
        }
    }
    // Arrays and blocks that are used twice: what is in one field has one type.
    let mut fields: HashMap<(usize, String), Option<&Unit>> = HashMap::new();
    for unit in &graph.units {
        let Some(field) = field(unit) else { continue };
        let first = fields.entry(field).or_insert(Some(unit));
        if let Some(of) = first
            && !same_type(of, unit, errors)
        {
            // The others need not say it again.
            *first = None;
        }
    }
}

/// Checks that the weight of `other` is one that `unit` can use.
fn tied(
    unit: &Unit,
    input: Option<&Shape>,
    (outputs, at): (usize, &proc_macro2::TokenStream),
    other: &Unit,
    errors: &Errors,
) {
    let len = |shape: &Shape| shape.dims.iter().fold(1, |len: usize, dim| len.saturating_mul(*dim));
    let weight = match &other.layer {
        Ok(Layer::Embedding { tokens, width, element }) => Some(([tokens.value, width.value], *element)),
        Ok(Layer::Linear { input: Some(input), outputs, tied: None, .. }) => {
            Some(([outputs.value, len(input)], input.element))
        }
        // Behind an error.
        Ok(Layer::Linear { input: None, tied: None, .. }) | Err(_) => return,
        Ok(_) => None,
    };
    if weight.is_some_and(|(weight, _)| weight.contains(&0)) {
        return;
    }
    let (name, to) = (&unit.name, &other.name);
    let Some((weight, element)) = weight else {
        let message = format!(
            "`{name}` is tied to `{to}`, which has no weight to share: tie it to an `Embedding` or a `Linear` with \
             a weight of its own"
        );
        return errors.at(&unit.at, message);
    };
    let Some(input) = input else { return };
    if input.element != element {
        let (needs, has) = (input.element.name(), element.name());
        let message =
            format!("`{name}` computes with {needs}, but the weight of `{to}`, which it uses, is of {has}");
        return errors.at(&unit.at, message);
    }
    let needs = [outputs, len(input)];
    if needs != weight {
        let only_outputs = needs[1] == weight[1];
        let hint =
            if only_outputs { format!(": `Linear({}, tied = {to})` fits", weight[0]) } else { String::new() };
        let at = if only_outputs && !at.is_empty() { at } else { &unit.at };
        let message = format!(
            "`{name}` needs a weight {needs:?}, but that of `{to}`, which it uses, is {weight:?}{hint}"
        );
        errors.at(at, message);
    }
}

/// Checks that two units have one type, as elements of an array do.
fn same_type(first: &Unit, unit: &Unit, errors: &Errors) -> bool {
    let (Ok(a), Ok(b)) = (&first.layer, &unit.layer) else { return true };
    let types = a.rust_type().zip(b.rust_type());
    // Behind an error nothing is known.
    if types.is_none_or(|(one, other)| one.to_string() == other.to_string()) {
        return true;
    }
    let (name, first) = (&unit.name, &first.name);
    let differ = match (gets(a), gets(b)) {
        (Some(a), Some(b)) if a != b => format!("`{first}` gets {a}, but `{name}` gets {b}"),
        _ => format!("`{first}` and `{name}` are two different layers"),
    };
    let message = format!(
        "{differ}: what is in an array, or is used twice, has one type, so give them names of their own"
    );
    errors.at(&unit.at, message);
    false
}

/// What decides the sizes that are left out of a layer.
fn gets(layer: &Layer) -> Option<String> {
    match layer {
        Layer::Linear { input, .. } => input.as_ref().map(ToString::to_string),
        Layer::Conv { input, groups, .. } => {
            input.as_ref().map(|each| count(each.value.saturating_mul(groups.value), "channel"))
        }
        Layer::LayerNorm { over, .. } => over.as_ref().map(ToString::to_string),
        Layer::BatchNorm { channels, .. }
        | Layer::ConvTranspose { input: channels, .. }
        | Layer::GroupNorm { channels, .. }
        | Layer::InstanceNorm { channels, .. } => {
            channels.as_ref().map(|channels| count(channels.value, "channel"))
        }
        Layer::Lstm { input: width, .. }
        | Layer::LstmCell { input: width, .. }
        | Layer::Attention { width, .. } => {
            width.as_ref().map(|width| format!("{} at a time", count(width.value, "number")))
        }
        _ => None,
    }
}
