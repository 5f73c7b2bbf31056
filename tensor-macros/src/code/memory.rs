//! The plain structs that a call works with: saved values, states, scratch memory.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Ident;

use super::names::{Names, Part};
use crate::plan::{Packing, Plan};

pub(super) fn items(names: &Names<'_>, plan: &Plan) -> TokenStream {
    let saved = saved(names);
    let state = state(names);
    let infer = scratch(names, &names.infer_scratch, &names.infer_layers, &plan.values);
    let train = scratch(names, &names.train_scratch, &names.train_layers, &plan.gradients);
    let infer_layers = layers(names, &names.infer_layers, &quote!(InferScratch));
    let train_layers = layers(names, &names.train_layers, &quote!(TrainScratch));
    quote!(#saved #state #infer_layers #infer #train_layers #train)
}

/// Every output between two layers, and what each layer saves.
fn saved(names: &Names<'_>) -> TokenStream {
    let outputs = names.intermediates().map(
        |Part { y, output, .. }| quote!(#y: ::castiron::memory::Aligned<::castiron::Batch<#output, CAP>>),
    );
    let layers = names.parts.iter().map(|part| {
        let (saved, module) = (&part.saved, part.module());
        quote!(#saved: #module::Saved<CAP>)
    });
    plain_struct(names, &names.saved, outputs.chain(layers))
}

fn state(names: &Names<'_>) -> TokenStream {
    let layers = names.parts.iter().map(|part| {
        let (state, module) = (&part.state, part.module());
        quote!(#state: #module::State<CAP>)
    });
    plain_struct(names, &names.state, layers)
}

/// The packed buffers of a call, and the layers' own scratch memory.
fn scratch(names: &Names<'_>, name: &Ident, layers: &Ident, packing: &Packing) -> TokenStream {
    let peak = Literal::usize_unsuffixed(packing.peak);
    let buffers = names
        .intermediates()
        .next()
        .map(|_| quote!(buffers: ::castiron::memory::Aligned<[[f32; #peak]; CAP]>));
    plain_struct(names, name, buffers.into_iter().chain([quote!(layers: #layers<CAP>)]))
}

/// Layers run one after the other, so their scratch memory is the same.
fn layers(names: &Names<'_>, name: &Ident, memory: &TokenStream) -> TokenStream {
    let members = names.parts.iter().map(|part| {
        let (field, module) = (part.field, part.module());
        quote!(#field: ::core::mem::ManuallyDrop<#module::#memory<CAP>>)
    });
    plain(names, name, &quote!(union), members)
}

fn plain_struct(names: &Names<'_>, name: &Ident, fields: impl Iterator<Item = TokenStream>) -> TokenStream {
    plain(names, name, &quote!(struct), fields)
}

fn plain(
    names: &Names<'_>,
    name: &Ident,
    kind: &TokenStream,
    fields: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let requires = &names.requires;
    quote! {
        #[doc(hidden)]
        #[repr(C)]
        pub #kind #name<const CAP: usize> #requires {
            #(#fields,)*
        }
        unsafe impl<const CAP: usize> ::castiron::Plain for #name<CAP> #requires {}
    }
}
