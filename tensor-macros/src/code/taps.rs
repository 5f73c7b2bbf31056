//! A second model over the same parameters, which also gives what `#[tap]` names.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::body::Body;
use super::module::{self, ends};
use super::names::{self, Names};
use super::{checks, hidden, layer_aliases, memory, prepared};
use crate::graph::Graph;
use crate::lower;

/// `LeNetTaps`, if there are any.
pub(super) fn items(graph: &Graph, requires: &TokenStream) -> TokenStream {
    let Some(tapped) = graph.with_taps_as_outputs() else { return TokenStream::new() };
    let (model, owner) = (format_ident!("{}Taps", graph.model), &graph.model);
    let visibility = &graph.structs[0].visibility;
    let names = Names::of(&model);
    let (infer, train) = (lower::inference(&tapped), lower::training(&tapped));
    let (infer, train) = (Body::of(&tapped, &names, &infer), Body::of(&tapped, &names, &train));
    let (aliases, checks) = (layer_aliases(&tapped), checks(&tapped));
    let leaves = names::leaf_constants(&tapped, [infer.program, train.program]);
    let memory = memory::items(&infer, &train, requires);
    let module = module::items(&model, &infer, &train, requires);
    let prepared = (!graph.has_halves()).then(|| {
        let prepared = lower::prepared(&tapped);
        prepared::items(&model, &Body::of(&tapped, &names, &prepared), requires)
    });
    let (_, output) = ends(&tapped);
    let taps: Vec<_> = graph.taps.iter().map(|(name, _)| format!("`{name}`")).collect();
    let docs = format!(
        "[`{owner}`] that also gives {}: its output is (y, {}), `{output}`. The parameters are the same.",
        taps.join(", "),
        taps.join(", ").replace('`', ""),
    );
    let hidden = hidden(&quote! {
        #aliases
        #checks
        unsafe impl ::castiron::Plain for #model #requires {}
        #[automatically_derived]
        impl ::castiron::params::Params for #model #requires {
            const TREE: ::castiron::params::Tree = <#owner as ::castiron::params::Params>::TREE;
            type With<E: ::castiron::Element> = <#owner as ::castiron::params::Params>::With<E>;
        }
        #leaves
        #memory
        #module
        #prepared
    });
    quote! {
        #[doc = #docs]
        #[repr(transparent)]
        #visibility struct #model(#visibility #owner);

        impl #model {
            /// The same parameters.
            #[allow(dead_code, unsafe_code)]
            #visibility fn of(model: &#owner) -> &Self {
                // SAFETY: `repr(transparent)`.
                unsafe { &*::core::ptr::from_ref(model).cast() }
            }
        }
        #hidden
    }
}
