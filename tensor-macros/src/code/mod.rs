//! The last pass: from graph, programs and plans to Rust.
//!
//! One file for each thing that is written. What they write is meant to be read: named
//! buffers, one call at a time, forward and then its mirror.

mod body;
mod functions;
mod memory;
mod module;
pub(crate) mod names;
mod params;
mod prepared;
mod quantized;
mod signature;
mod taps;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::graph::{FrontEnd, Graph, What};
use crate::lower;
use body::Body;
use names::Names;

/// All items of a model that is right.
pub(crate) fn model(graph: &Graph) -> TokenStream {
    let names = Names::of(&graph.model);
    let requires = names::requires(graph, |node| {
        let ((x, y), span) = (memory::samples(graph, node), names::span_of_node(graph, node));
        quote_spanned!(span=> ::castiron::Module<#x, #y>)
    });
    let (infer, train) = (lower::inference(graph), lower::training(graph));
    let (infer, train) = (Body::of(graph, &names, &infer), Body::of(graph, &names, &train));
    let structs = declared(graph);
    let aliases = layer_aliases(graph);
    let checks = checks(graph);
    let params = params::items(graph, &requires);
    let leaves = names::leaf_constants(graph, [infer.program, train.program]);
    let calls = (graph.front_end == FrontEnd::Model).then(|| names::calls(graph));
    let memory = memory::items(&infer, &train, &requires);
    let module = module::items(&graph.model, &infer, &train, &requires);
    let other_forms = (!graph.has_halves()).then(|| other_forms(graph, &names, &requires));
    let hidden = hidden(&quote!(#aliases #checks #calls #params #leaves #memory #module #other_forms));
    let taps = taps::items(graph, &requires);
    quote!(#structs #hidden #taps)
}

/// What inference can use in place of a model in `f32`: its prepared and its quantized form.
fn other_forms(graph: &Graph, names: &Names, requires: &TokenStream) -> TokenStream {
    let (prepared, quantized) = (lower::prepared(graph), lower::quantized(graph));
    let prepared = prepared::items(&graph.model, &Body::of(graph, names, &prepared), requires);
    let quantized = quantized::items(&graph.model, &Body::of(graph, names, &quantized), requires);
    quote!(#prepared #quantized)
}

/// For a model with errors: impls that do nothing, so that rustc does not add that they are missing.
pub(crate) fn stand_in(graph: &Graph) -> TokenStream {
    let requires = names::requires(graph, |node| {
        let span = names::span_of_node(graph, node);
        quote_spanned!(span=> ::castiron::params::Params)
    });
    let (structs, aliases) = (declared(graph), layer_aliases(graph));
    let params = params::items(graph, &requires);
    let input = graph.input.as_ref().map(|written| &written.sample);
    // What is declared, or what is computed as far as it is known.
    let computed = module::known_output(graph);
    let output = graph.output.as_ref().map(|written| &written.sample).or(computed.as_ref());
    let module =
        input.zip(output).map(|(input, output)| module::stand_in(&graph.model, input, output, &requires));
    let hidden = hidden(&quote!(#aliases #params #module));
    quote!(#structs #hidden)
}

fn declared(graph: &Graph) -> TokenStream {
    match graph.front_end {
        FrontEnd::Derive => TokenStream::new(),
        FrontEnd::Model => params::structs(graph),
    }
}

/// In a scope of its own, without the lints that are about style or about what a user wrote.
fn hidden(items: &TokenStream) -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            missing_debug_implementations,
            missing_docs,
            unused_imports,
            unused_variables,
            non_camel_case_types,
            non_snake_case,
            unreachable_pub,
            unsafe_code,
            clippy::all,
            clippy::pedantic,
            clippy::undocumented_unsafe_blocks
        )]
        const _: () = {
            use ::core::mem::offset_of;
            #items
        };
    }
}

/// `type conv1_Layer = Conv2d<1, 6, 5>;`
fn layer_aliases(graph: &Graph) -> TokenStream {
    let aliased = (0..graph.units.len()).filter(|unit| names::is_aliased(graph, *unit));
    let alias = |unit| {
        let (name, ty) = (names::layer_name(graph, unit), names::written_type(graph, unit));
        quote!(type #name = #ty;)
    };
    aliased.map(alias).collect()
}

/// Forces each layer's own check, in items, since those are what editors and `cargo check` evaluate. What
/// castiron's own layers must fit, `shapes` has said in words; the others are forced by the model's, which
/// may require what an item may not.
fn checks(graph: &Graph) -> TokenStream {
    let check = |(i, node): (usize, &crate::graph::Node)| {
        let What::Unit(unit) = node.what else { return None };
        // What is written as a type may say what only that type checks.
        let said = graph.units[unit].ty.is_none() && lower::is_erased(&graph.units[unit]);
        if said || !names::fits(graph, unit) {
            return None;
        }
        let ((x, y), layer) = (memory::samples(graph, i), names::layer_type(graph, unit));
        Some(quote_spanned! {names::span_of(graph, unit)=>
            const _: () = <#layer as ::castiron::Module<#x, #y>>::CHECK;
        })
    };
    graph.nodes.iter().enumerate().filter_map(check).collect()
}
