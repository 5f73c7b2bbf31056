//! Shape inference: every value's type, from the input on, and what is said where layers do not fit.
//!
//! One mistake gives one message: behind a layer with an error, inference continues with the output that
//! the layer is declared for, or with nothing known where it has none.

mod relations;

use crate::errors::Errors;
use crate::graph::{Graph, Node};
use crate::layers::Layer;
use crate::sample::Sample;
use relations::Place;

/// Infers the type of every value of the graph.
pub(crate) fn infer(graph: &mut Graph<'_>, errors: &Errors) {
    let declaration = graph.declaration;
    let mut makers: Vec<String> = vec![format!("from the input of `{}`", declaration.model)];
    for node in &graph.nodes {
        makers.push(format!("from `{}`", node.field.name()));
        let input = graph.values[node.input].sample.as_ref();
        let sample = output(node, input, &makers[node.input], errors);
        graph.values[node.output].sample = sample;
    }
    let (Some(given), Some(declared)) = (&graph.values[graph.output()].sample, &declaration.output) else {
        return;
    };
    if *given != declared.sample {
        let (model, declared_as) = (&declaration.model, &declared.sample);
        let message = format!("`{model}` gives {given}, but its output is declared as {declared_as}");
        errors.at(declared, message);
    }
}

fn output(node: &Node<'_>, input: Option<&Sample>, from: &str, errors: &Errors) -> Option<Sample> {
    let name = node.field.name();
    let annotation = node.field.output.as_ref();
    let declared = || annotation.map(|written| written.sample.clone());
    let layer = match &node.layer {
        Ok(Layer::Opaque) if !node.field.annotated => {
            let say = "say what it returns with `#[module(output = [..])]`";
            errors.at(&node.field.ty, format!("`{name}` is not a layer that castiron knows: {say}"));
            return None;
        }
        Ok(layer) => layer,
        // Its numbers cannot be read, but its output is declared: rustc will compare the two.
        Err(_) if node.field.annotated => return declared(),
        Err(error) => {
            errors.push(syn::Error::new(error.span(), format!("`{name}`: {error}")));
            return None;
        }
    };
    let place = Place { name: &name, from, ty: &node.field.ty, errors };
    let faults = errors.count();
    let computed = place.output(layer, input);
    if let (Some(computed), Some(written)) = (&computed, annotation)
        && *computed != written.sample
        && faults == errors.count()
    {
        let message = format!("`{name}` gives {computed}, but its output is declared as {}", written.sample);
        errors.at(written, message);
    }
    declared().or(computed)
}
