//! Declarations that travel: how one `model!` sees what another one declares.
//!
//! A macro cannot ask rustc what a name stands for, but rustc expands the macros that a macro writes. So
//! every model is exported as a `macro_rules!` of its own name that carries its declaration. A `model!` that
//! meets a name it does not know calls that macro, `path::Block! { @castiron .. }`, with all that it was
//! going to do; the macro calls `model!` again, `@found { the declaration } ..`, which then knows one more.

pub(crate) mod library;
mod transport;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;

use crate::build;
use crate::errors::Errors;
use crate::graph::Graph;
use crate::parse::model;
use library::{Item, ItemId, Library};
use transport::State;

/// What is to be done with a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Soundness {
    /// Nothing is wrong so far.
    Sound,
    /// Errors were reported. What else is wrong is said as well; what is written is a stand-in.
    Faulty,
    /// It could not be built, which was reported: there is only its name for a stand-in.
    Hollow,
}

/// The items for all the models in the tokens of a `model!`. `finish` makes those of one graph.
pub(crate) fn expand(
    tokens: TokenStream,
    errors: &Errors,
    finish: &mut dyn FnMut(Graph, Soundness) -> TokenStream,
) -> TokenStream {
    let state = match transport::decode(tokens) {
        Ok(state) => state,
        Err(error) => {
            errors.push(error);
            return TokenStream::new();
        }
    };
    // What is wrong with the declarations themselves was said when they were first seen.
    let silence = Errors::new();
    let loud = if state.only.is_none() { errors } else { &silence };
    let (mut library, declared, circles) = read(&state, loud);
    // Made in the order in which they build on each other, and written in that of the user.
    let mut items = vec![TokenStream::new(); declared];
    for item in library.order(declared) {
        if state.only.as_ref().is_some_and(|only| library.items[item].model.name != *only) {
            continue;
        }
        items[item] = one(&mut library, item, &circles, &state, errors, finish);
    }
    silence.into_vec();
    items.into_iter().collect()
}

/// All declarations that are known, those of this `model!` first, how many these are, and which of them
/// contain themselves.
fn read(state: &State, errors: &Errors) -> (Library, usize, Vec<ItemId>) {
    let mut library = Library::default();
    for (model, sound) in model::models(state.original.clone(), errors) {
        let name = model.name.unraw().to_string();
        if build::layers::is_known(&name) {
            errors.at(&model.name, format!("`{name}` is a layer of castiron: a model needs another name"));
            continue;
        }
        if library.items.iter().any(|item| item.model.name.unraw() == name) {
            errors.at(&model.name, format!("`{name}` is declared twice: a model needs a name of its own"));
            continue;
        }
        library.items.push(Item { model, links: Default::default(), sound });
    }
    let declared = library.items.len();
    let siblings: Vec<(String, ItemId)> = library
        .items
        .iter()
        .enumerate()
        .map(|(id, item)| (item.model.name.unraw().to_string(), id))
        .collect();
    let found = transport::unpack(&state.found, &mut library);
    for item in &mut library.items[..declared] {
        item.links.extend(found.iter().cloned());
        item.links.extend(siblings.iter().cloned());
    }
    let circles = library.circles(errors);
    for item in &circles {
        library.items[*item].sound = false;
    }
    (library, declared, circles)
}

/// What one declaration becomes.
fn one(
    library: &mut Library,
    item: ItemId,
    circles: &[ItemId],
    state: &State,
    errors: &Errors,
    finish: &mut dyn FnMut(Graph, Soundness) -> TokenStream,
) -> TokenStream {
    let closure = library.closure(item);
    let is_template = !library.items[item].model.parameters.is_empty();
    let missing = missing(library, &closure);
    if let Some(first) = missing.first() {
        // What is wrong already is said now: without that, a name that is nowhere would hide it.
        let faults = errors.count();
        let graph = if is_template { None } else { build::graph(library, item, errors) };
        if library.items[item].sound && faults == errors.count() {
            return state.ask(first, &library.items[item].model.name);
        }
        library.items[item].sound = false;
        let mut items = transport::export(library, &closure);
        items.extend(graph.map(|graph| finish(graph, Soundness::Faulty)));
        items.extend(missing.iter().map(transport::look_for));
        return items;
    }
    let mut items = transport::export(library, &closure);
    if is_template {
        return items;
    }
    if circles.contains(&item) {
        items.extend(finish(build::hollow(library, item), Soundness::Hollow));
        return items;
    }
    let behind = closure[1..].iter().any(|item| !library.items[*item].sound);
    let faults = errors.count();
    let (graph, soundness) = match build::graph(library, item, errors) {
        None => (build::hollow(library, item), Soundness::Hollow),
        Some(graph) if library.items[item].sound && !behind && faults == errors.count() => {
            (graph, Soundness::Sound)
        }
        Some(graph) => (graph, Soundness::Faulty),
    };
    items.extend(finish(graph, soundness));
    if soundness != Soundness::Sound || faults != errors.count() {
        library.items[item].sound = false;
    }
    items
}

/// The paths of models that are not known yet, each once.
fn missing(library: &Library, closure: &[ItemId]) -> Vec<TokenStream> {
    let mut keys = Vec::new();
    let mut paths = Vec::new();
    // Those with errors are not looked into.
    let looked_into = closure.iter().enumerate().filter(|(i, item)| *i == 0 || library.items[**item].sound);
    for (_, item) in looked_into {
        for callee in library.items[*item].uses() {
            if library.find(*item, callee).is_none() && !keys.contains(&callee.key()) {
                keys.push(callee.key());
                paths.push(callee.path.clone());
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests;
