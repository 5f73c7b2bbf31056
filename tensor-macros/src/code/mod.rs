//! The last pass: from graph and plan to Rust.
//!
//! One file for each thing that is written. What they write is meant to be read: named
//! buffers, one call at a time, forward and then its mirror.

mod backward;
mod forward;
mod memory;
mod module;
mod names;
mod params;
mod signature;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::graph::Graph;
use crate::parse::Written;
use crate::plan::Plan;
use names::Names;

/// All items of a model that is right.
pub(crate) fn model(graph: &Graph<'_>, plan: &Plan) -> TokenStream {
    let names = Names::of(graph, |part| {
        let (input, output) = (&part.input, &part.output);
        quote_spanned!(part.ty.span()=> ::castiron::Module<#input, #output>)
    });
    let layers = layer_aliases(&names);
    let samples = sample_aliases(graph, &names);
    let checks = checks(&names);
    let params = params::items(&names);
    let memory = memory::items(&names, plan);
    let module = module::items(&names, plan);
    hidden(&quote!(#layers #samples #checks #params #memory #module))
}

/// For a model with errors: impls that do nothing, so that rustc does not add that they are missing.
pub(crate) fn stand_in(graph: &Graph<'_>) -> TokenStream {
    let names = Names::of(graph, |part| quote_spanned!(part.ty.span()=> ::castiron::params::Params));
    let layers = layer_aliases(&names);
    let params = params::items(&names);
    let declared = |written: &Option<Written>| written.as_ref().map(|written| written.sample.clone());
    let input = declared(&graph.declaration.input);
    let output = declared(&graph.declaration.output).or(graph.values[graph.output()].sample.clone());
    let module = input.zip(output).map(|(input, output)| module::stand_in(&names, &input, &output));
    hidden(&quote!(#layers #params #module))
}

/// In a scope of its own, without the lints that are about style or about what a user wrote.
fn hidden(items: &TokenStream) -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            missing_debug_implementations,
            missing_docs,
            non_camel_case_types,
            unreachable_pub,
            unsafe_code,
            clippy::all,
            clippy::pedantic,
            clippy::undocumented_unsafe_blocks
        )]
        const _: () = {
            #items
        };
    }
}

/// `type conv1_Layer = Conv2d<1, 6, 5>;`
fn layer_aliases(names: &Names<'_>) -> TokenStream {
    let alias = |names::Part { layer, ty, .. }: &names::Part<'_>| quote!(type #layer = #ty;);
    names.parts.iter().map(alias).collect()
}

/// `type conv1_Y = [[[f32; 28]; 28]; 6];`
fn sample_aliases(graph: &Graph<'_>, names: &Names<'_>) -> TokenStream {
    let input = &names.input;
    let outputs = names.parts.iter().map(|part| &part.output);
    let samples = graph.values.iter().map(|value| &value.sample);
    std::iter::once(input)
        .chain(outputs)
        .zip(samples)
        .map(|(name, sample)| quote!(type #name = #sample;))
        .collect()
}

/// Forces each layer's own check, in items, since those are what editors and `cargo check` evaluate. The
/// others are forced by the model's, which may require what an item may not.
fn checks(names: &Names<'_>) -> TokenStream {
    let check = |part: &names::Part<'_>| {
        let names::Part { layer, input, output, ty, .. } = part;
        quote_spanned! {ty.span()=>
            const _: () = <#layer as ::castiron::Module<#input, #output>>::CHECK;
        }
    };
    names.parts.iter().filter(|part| part.fits).map(check).collect()
}
