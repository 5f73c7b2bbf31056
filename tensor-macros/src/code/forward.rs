//! The bodies of `infer` and `forward`: the layers in order.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Ident;

use super::names::{Names, Part};
use super::signature;
use crate::plan::Plan;

/// Outputs lie in packed buffers, which are opened where they are written.
pub(super) fn infer(names: &Names<'_>, plan: &Plan) -> TokenStream {
    let Names { input, output, state, infer_scratch, infer_layers, .. } = names;
    let open = open_scratch(names, &quote!(#infer_scratch<CAP>));
    let calls = names.parts.iter().map(|part| {
        let Part { index, field, y, .. } = part;
        let state = part_of(&quote!(state), &names.state, &part.state);
        let index = Literal::usize_unsuffixed(*index);
        let module = part.module();
        let (x, out) = (read(names, part), write(names, part));
        let buffer = slot(names, part, plan).map(|slot| quote!(let mut #y = #slot;));
        quote! {
            #buffer
            #module::infer::<D, CAP>(
                &cx.child(#index),
                ::castiron::field!(p, Self, #field),
                #x,
                #out,
                #state,
                ::castiron::member!(layers.reborrow(), #infer_layers<CAP>, #field),
            );
        }
    });
    let body = quote!(#open #(#calls)*);
    signature::infer(
        &quote!(#input),
        &quote!(#output),
        &quote!(#state<CAP>),
        &quote!(#infer_scratch<CAP>),
        &body,
    )
}

/// Outputs are saved, since backward needs them all.
pub(super) fn forward(names: &Names<'_>) -> TokenStream {
    let Names { input, output, state, saved, train_scratch, train_layers, .. } = names;
    let calls = names.parts.iter().map(|part| {
        let Part { index, field, y, .. } = part;
        let state = part_of(&quote!(state), &names.state, &part.state);
        let own = part_of(&quote!(saved), saved, &part.saved);
        let kept = part_of(&quote!(saved), saved, y);
        let buffer = (part.output != names.output).then(|| quote!(let mut #y = #kept.inner();));
        let index = Literal::usize_unsuffixed(*index);
        let module = part.module();
        let (x, out) = (read(names, part), write(names, part));
        quote! {
            #buffer
            #module::forward::<D, CAP>(
                &cx.child(#index),
                ::castiron::field!(p, Self, #field),
                #x,
                #out,
                #state,
                #own,
                ::castiron::member!(layers.reborrow(), #train_layers<CAP>, #field),
            );
        }
    });
    let body = quote! {
        let mut layers = ::castiron::part!(scratch, #train_scratch<CAP>, layers);
        #(#calls)*
    };
    signature::forward(
        &quote!(#input),
        &quote!(#output),
        &quote!(#state<CAP>),
        &quote!(#saved<CAP>),
        &quote!(#train_scratch<CAP>),
        &body,
    )
}

/// A field of one of the model's structs, borrowed uniquely. Each is mentioned once.
fn part_of(of: &TokenStream, owner: &Ident, field: &Ident) -> TokenStream {
    quote!(::castiron::part!(#of, #owner<CAP>, #field))
}

/// `buffers`, if there are any, and `layers`.
pub(super) fn open_scratch(names: &Names<'_>, scratch: &TokenStream) -> TokenStream {
    let buffers = names
        .intermediates()
        .next()
        .map(|_| quote!(let buffers = ::castiron::part!(scratch, #scratch, buffers).inner();));
    quote! {
        #buffers
        let mut layers = ::castiron::part!(scratch, #scratch, layers);
    }
}

/// The place of a part's output among the buffers; the model's output has its own.
fn slot(names: &Names<'_>, part: &Part<'_>, plan: &Plan) -> Option<TokenStream> {
    let position = names.intermediates().position(|other| other.makes == part.makes)?;
    let (output, offset) = (&part.output, Literal::usize_unsuffixed(plan.values.offsets[position]));
    Some(quote!(unsafe { buffers.slot::<::castiron::Batch<#output, CAP>, #offset>() }))
}

/// What a part reads: the model's input or the output of another.
fn read(names: &Names<'_>, part: &Part<'_>) -> TokenStream {
    match names.maker(part.reads) {
        Some(Part { y, .. }) => quote!(#y.as_ref()),
        None => quote!(x),
    }
}

/// Where a part writes: its buffer or the model's output.
fn write(names: &Names<'_>, part: &Part<'_>) -> TokenStream {
    let y = &part.y;
    if part.output == names.output { quote!(y) } else { quote!(#y.reborrow()) }
}
