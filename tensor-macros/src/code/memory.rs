//! The plain structs that a call works with: saved values, states, scratch memory.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Ident;

use super::body::{Body, member};
use super::names::{Names, layer_type};
use crate::graph::Graph;
use crate::lower::{Call, Function, Program};
use crate::sample::Sample;

/// A call of a module of which only rustc knows what memory it needs.
struct Typed {
    member: Ident,
    /// `<attention_Layer as Module<X, Y>>`
    module: TokenStream,
}

fn typed(graph: &Graph, program: &Program) -> Vec<Typed> {
    let calls = program.steps.iter().filter_map(|step| match step.call {
        Call::Module { unit, node, function: Function::Infer | Function::Forward } => Some((unit, node)),
        _ => None,
    });
    let typed = calls.map(|(unit, node)| {
        let (x, y) = samples(graph, node);
        let layer = layer_type(graph, unit);
        Typed { member: member(graph, node), module: quote!(<#layer as ::castiron::Module<#x, #y>>) }
    });
    typed.collect()
}

/// What a node gets and gives.
pub(super) fn samples(graph: &Graph, node: usize) -> (Sample, Sample) {
    let sample = |value: &usize| graph.values[*value].sample.clone().unwrap_or(Sample::Tuple(Vec::new()));
    let node = &graph.nodes[node];
    let input = match &*node.inputs {
        [input] => sample(input),
        several => Sample::Tuple(several.iter().map(sample).collect()),
    };
    (input, sample(&node.output))
}

/// For inference and training.
pub(super) fn items(infer: &Body<'_>, train: &Body<'_>, requires: &TokenStream) -> TokenStream {
    let Names { saved, state, infer_scratch, infer_layers, train_scratch, train_layers, .. } = infer.names;
    let modules = typed(infer.graph, infer.program);
    let list = |word: TokenStream| -> Vec<TokenStream> {
        let field = |Typed { member, module }: &Typed| quote!(#member: #module::#word<CAP>);
        modules.iter().map(field).collect()
    };
    let kept = buffers(train).into_iter().chain(list(quote!(Saved)));
    let saved = structure(saved, kept, requires);
    let state = structure(state, list(quote!(State)).into_iter(), requires);
    let infer_union = layers(infer_layers, &modules, &quote!(InferScratch), requires);
    let train_union = layers(train_layers, &modules, &quote!(TrainScratch), requires);
    let used = |layers: &Ident| (!modules.is_empty()).then(|| quote!(layers: #layers<CAP>));
    let infer_scratch =
        structure(infer_scratch, buffers(infer).into_iter().chain(used(infer_layers)), requires);
    let train_scratch = structure(train_scratch, used(train_layers).into_iter(), requires);
    quote!(#saved #state #infer_union #infer_scratch #train_union #train_scratch)
}

/// For inference with other parameters: the structs of these names.
pub(super) fn inference(
    body: &Body<'_>,
    scratch: &Ident,
    unions: &Ident,
    requires: &TokenStream,
) -> TokenStream {
    let modules = typed(body.graph, body.program);
    let union = layers(unions, &modules, &quote!(InferScratch), requires);
    let used = (!modules.is_empty()).then(|| quote!(layers: #unions<CAP>));
    let scratch = structure(scratch, buffers(body).into_iter().chain(used), requires);
    quote!(#union #scratch)
}

/// Whether a program calls modules through their types.
pub(super) fn has_modules(body: &Body<'_>) -> bool {
    body.program.steps.iter().any(|step| matches!(step.call, Call::Module { .. }))
}

/// The packed buffers of a program.
fn buffers(body: &Body<'_>) -> Option<TokenStream> {
    let peak = Literal::usize_unsuffixed(body.plan.peak);
    body.has_buffers().then(|| quote!(buffers: ::castiron::memory::Aligned<[[f32; #peak]; CAP]>))
}

/// Layers run one after the other, so their scratch memory is the same.
fn layers(name: &Ident, modules: &[Typed], memory: &TokenStream, requires: &TokenStream) -> TokenStream {
    if modules.is_empty() {
        return TokenStream::new();
    }
    let members = modules
        .iter()
        .map(|Typed { member, module }| quote!(#member: ::core::mem::ManuallyDrop<#module::#memory<CAP>>));
    plain(name, &quote!(union), members, requires)
}

fn structure(name: &Ident, fields: impl Iterator<Item = TokenStream>, requires: &TokenStream) -> TokenStream {
    plain(name, &quote!(struct), fields, requires)
}

fn plain(
    name: &Ident,
    kind: &TokenStream,
    fields: impl Iterator<Item = TokenStream>,
    requires: &TokenStream,
) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[repr(C)]
        pub #kind #name<const CAP: usize> #requires {
            #(#fields,)*
        }
        unsafe impl<const CAP: usize> ::castiron::Plain for #name<CAP> #requires {}
    }
}
