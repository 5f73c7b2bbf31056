//! Shape inference: every value's type, from the input on, and what is said where things do not fit.
//!
//! One mistake gives one message: behind a layer with an error, inference continues with the output that
//! the layer is declared for, or with nothing known where it has none.

mod faults;
mod hints;
mod layers;
mod operations;
mod place;
mod sharing;
#[cfg(test)]
mod tests;
mod units;
mod vague;
mod window;

use crate::errors::Errors;
use crate::graph::{FrontEnd, Graph, Node, Value, ValueId, What};
use crate::sample::Sample;
use faults::{Faults, Written};
use hints::Past;
use operations::{Operand, Operation};
use place::Place;
use units::Calls;

/// Infers the type of every value of the graph, and the sizes of layers that were left out.
pub(crate) fn infer(graph: &mut Graph, errors: &Errors) {
    inputs(graph);
    let Graph { nodes, units, values, front_end, .. } = &mut *graph;
    let mut calls: Vec<Calls> = units.iter().map(|_| Calls::default()).collect();
    let mut faults = Faults::default();
    let mut known = vague::Known::new(values.len());
    for i in 0..nodes.len() {
        let (before, rest) = nodes.split_at_mut(i);
        let Node { what, inputs, output, name, at } = &mut rest[0];
        let from = from(values, inputs);
        let written = Written::of(i, what, units, at);
        let sample = faults.once(&written, errors, |errors| {
            let place = Place::new(name, &from, at, *front_end, errors);
            if let What::Unit(unit) = what {
                let input = together(values, inputs, &place);
                return calls[*unit].output(&mut units[*unit], input.as_ref(), place);
            }
            let inputs: Vec<_> = inputs.iter().map(|id| Operand::of(*id, &values[*id])).collect();
            let past = Past { nodes: before, units, values };
            Operation { place, inputs: &inputs, past }.output(what)
        });
        let layer = match what {
            What::Unit(unit) => units[*unit].layer.as_ref().ok(),
            _ => None,
        };
        let first = inputs.first().copied();
        let given = first.and_then(|input| values[input].sample.as_ref());
        values[*output].sample = known.output((what, layer), (first, given), (*output, sample));
    }
    vague::forget_inits(graph);
    sharing::check(graph, errors);
    output(graph, errors);
    graph.drop_claims();
}

/// The model's input is what it is declared to be, part by part.
fn inputs(graph: &mut Graph) {
    let declared = graph.input.as_ref().map(|written| written.sample.clone());
    match (declared, graph.inputs.as_slice()) {
        (Some(whole), [one]) => graph.values[*one].sample = Some(whole),
        (Some(Sample::Tuple(parts)), several) if parts.len() == several.len() => {
            for (value, part) in several.iter().zip(parts) {
                graph.values[*value].sample = Some(part);
            }
        }
        _ => {}
    }
}

/// Compares what the model gives with what it is declared to give.
fn output(graph: &Graph, errors: &Errors) {
    let parts = graph.outputs.iter().map(|value| graph.values[*value].sample.clone());
    let Some(mut parts) = parts.collect::<Option<Vec<Sample>>>() else { return };
    let given = if parts.len() == 1 { parts.remove(0) } else { Sample::Tuple(parts) };
    if let Some(declared) = &graph.output
        && given != declared.sample
    {
        let (model, declared_as) = (&graph.model, &declared.sample);
        let from = match graph.front_end {
            FrontEnd::Derive => String::new(),
            FrontEnd::Model => format!(" {}", from(&graph.values, &graph.outputs)),
        };
        let message = format!("`{model}` gives {given}{from}, but its output is declared as {declared_as}");
        errors.at(declared, message);
    }
}

/// What a layer gets: several values are a tuple.
fn together(values: &[Value], inputs: &[ValueId], place: &Place<'_>) -> Option<Sample> {
    match inputs {
        [one] => values[*one].sample.clone(),
        [_, _] | [_, _, _] => {
            inputs.iter().map(|id| values[*id].sample.clone()).collect::<Option<_>>().map(Sample::Tuple)
        }
        _ => {
            place.wrong(place.at, format!("a layer takes 1 to 3 inputs, not {}", inputs.len()));
            None
        }
    }
}

/// "from `a` and `b`"
fn from(values: &[Value], inputs: &[ValueId]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for id in inputs {
        let name = values[*id].from.as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("from {one}"),
        [others @ .., last] => format!("from {} and {last}", others.join(", ")),
    }
}
