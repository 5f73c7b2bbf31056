//! The body of `backward`: the mirror of `forward`.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::forward::open_scratch;
use super::names::{Names, Part};
use super::signature;
use crate::plan::Plan;

/// Gradients of outputs lie in packed buffers, which are opened where they are written: by the layer
/// that reads the output.
pub(super) fn backward(names: &Names<'_>, plan: &Plan) -> TokenStream {
    let Names { input, output, saved, train_scratch, .. } = names;
    let open = open_scratch(names, &quote!(#train_scratch<CAP>));
    let ys: Vec<_> = names.intermediates().map(|part| &part.y).collect();
    let calls = names.parts.iter().rev().map(|part| call(names, part, plan));
    let body = quote! {
        #(let #ys = ::castiron::field!(saved, #saved<CAP>, #ys).inner();)*
        #open
        #(#calls)*
    };
    signature::backward(
        &quote!(#input),
        &quote!(#output),
        &quote!(#saved<CAP>),
        &quote!(#train_scratch<CAP>),
        &body,
    )
}

fn call(names: &Names<'_>, part: &Part<'_>, plan: &Plan) -> TokenStream {
    let Names { saved: saved_struct, train_layers, .. } = names;
    let Part { index, field, saved, .. } = part;
    let index = Literal::usize_unsuffixed(*index);
    let module = part.module();
    let is_last = part.output == names.output;
    let (y, dy) = (&part.y, &part.dy);
    let (y, dy) = if is_last { (quote!(y), quote!(dy)) } else { (quote!(#y), quote!(#dy.as_ref())) };
    // A layer that reads the model's input passes the caller's `dx` through.
    let (open, x, dx) = match names.maker(part.reads) {
        None => (None, quote!(x), quote!(dx)),
        Some(maker) => {
            let (x, dx) = (&maker.y, &maker.dy);
            let slot = slot(names, maker, plan);
            (
                Some(quote!(let mut #dx = #slot;)),
                quote!(#x),
                quote!(::core::option::Option::Some(#dx.reborrow())),
            )
        }
    };
    quote! {
        #open
        #module::backward::<D, CAP>(
            &cx.child(#index),
            ::castiron::field!(p, Self, #field),
            #x,
            #y,
            ::castiron::field!(saved, #saved_struct<CAP>, #saved),
            #dy,
            #dx,
            ::castiron::part!(dp, Self, #field),
            ::castiron::member!(layers.reborrow(), #train_layers<CAP>, #field),
        );
    }
}

/// The place of the gradient of a part's output among the buffers.
fn slot(names: &Names<'_>, part: &Part<'_>, plan: &Plan) -> Option<TokenStream> {
    let position = names.intermediates().position(|other| other.makes == part.makes)?;
    let (output, offset) = (&part.output, Literal::usize_unsuffixed(plan.gradients.offsets[position]));
    Some(quote!(unsafe { buffers.slot::<::castiron::GradBatch<#output, CAP>, #offset>() }))
}
