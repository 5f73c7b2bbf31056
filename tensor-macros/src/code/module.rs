//! `Module` and `Model`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::names::{Names, Part};
use super::{backward, forward, signature};
use crate::plan::Plan;
use crate::sample::Sample;

pub(super) fn items(names: &Names<'_>, plan: &Plan) -> TokenStream {
    let Names { model, input, output, saved, state, infer_scratch, train_scratch, parts, requires, .. } =
        names;
    let kind = model.unraw().to_string();
    let rows = parts.iter().map(|Part { field, layer, input, output, .. }| {
        let name = field.unraw().to_string();
        quote!(::castiron::Row::of::<#layer, #input, #output>(#name))
    });
    let checks = parts.iter().map(|Part { ty, layer, input, output, .. }| {
        quote_spanned!(ty.span()=> let () = <#layer as ::castiron::Module<#input, #output>>::CHECK;)
    });
    let infer = forward::infer(names, plan);
    let forward = forward::forward(names);
    let backward = backward::backward(names, plan);
    quote! {
        #[automatically_derived]
        impl ::castiron::Module<#input, #output> for #model #requires {
            const CHECK: () = {
                #(#checks)*
            };
            const KIND: &'static str = #kind;
            const MACS: u64 = ::castiron::Row::macs(<Self as ::castiron::Module<#input, #output>>::PARTS);
            const PARTS: &'static [::castiron::Row] = &[#(#rows,)*];

            type State<const CAP: usize> = #state<CAP>;
            type Saved<const CAP: usize> = #saved<CAP>;
            type InferScratch<const CAP: usize> = #infer_scratch<CAP>;
            type TrainScratch<const CAP: usize> = #train_scratch<CAP>;

            #infer

            #forward

            #backward
        }

        #[automatically_derived]
        impl ::castiron::Model for #model #requires {
            type Input = #input;
            type Output = #output;
        }
    }
}

/// A `Module` that does nothing, for a model with errors.
pub(super) fn stand_in(names: &Names<'_>, input: &Sample, output: &Sample) -> TokenStream {
    let Names { model, requires, .. } = names;
    let [x, y] = [quote!(#input), quote!(#output)];
    let nothing = quote!(());
    let infer = signature::infer(&x, &y, &nothing, &nothing, &TokenStream::new());
    let forward = signature::forward(&x, &y, &nothing, &nothing, &nothing, &TokenStream::new());
    let backward = signature::backward(&x, &y, &nothing, &nothing, &TokenStream::new());
    quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl ::castiron::Module<#x, #y> for #model #requires {
            const KIND: &'static str = "";
            type State<const CAP: usize> = ();
            type Saved<const CAP: usize> = ();
            type InferScratch<const CAP: usize> = ();
            type TrainScratch<const CAP: usize> = ();
            #infer
            #forward
            #backward
        }
        #[automatically_derived]
        impl ::castiron::Model for #model #requires {
            type Input = #x;
            type Output = #y;
        }
    }
}
