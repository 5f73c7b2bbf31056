//! `Plain` and `Params`: the model as memory, and its tree of names and offsets.

use proc_macro2::TokenStream;
use quote::quote;

use super::names::Names;

/// For the model, and for the same model of another element type.
pub(super) fn items(names: &Names<'_>) -> TokenStream {
    let Names { model, with, parts, requires, .. } = names;
    let layers = parts.iter().filter(|part| part.fits).map(|part| &part.layer);
    // Plain is the model whose fields are, which is what is checked, and whose layout is C's, which
    // parsing has checked.
    let tree = tree(names, |layer| quote!(#layer));
    let tree_with = self::tree(names, |layer| quote!(<#layer as ::castiron::params::Params>::With<E>));
    let fields = parts.iter().map(|part| part.field);
    let fields_with = parts.iter().map(|part| {
        let layer = &part.layer;
        quote!(<#layer as ::castiron::params::Params>::With<E>)
    });
    quote! {
        const _: () = {
            const fn plain<T: ::castiron::Plain>() {}
            #(plain::<#layers>();)*
        };
        #[automatically_derived]
        unsafe impl ::castiron::Plain for #model #requires {}

        #[automatically_derived]
        impl ::castiron::params::Params for #model #requires {
            const TREE: ::castiron::params::Tree = #tree;
            type With<E: ::castiron::Element> = #with<E>;
        }

        #[doc(hidden)]
        #[repr(C)]
        pub struct #with<E: ::castiron::Element> #requires {
            #(#fields: #fields_with,)*
        }

        #[automatically_derived]
        unsafe impl<E: ::castiron::Element> ::castiron::Plain for #with<E> #requires {}

        #[automatically_derived]
        impl<E: ::castiron::Element> ::castiron::params::Params for #with<E> #requires {
            const TREE: ::castiron::params::Tree = #tree_with;
            type With<F: ::castiron::Element> = #with<F>;
        }
    }
}

fn tree(names: &Names<'_>, field_type: impl Fn(&syn::Ident) -> TokenStream) -> TokenStream {
    let children = names.parts.iter().map(|part| {
        let (name, field, ty) = (part.saved_as, part.field, field_type(&part.layer));
        quote! {
            ::castiron::params::Child::new(
                #name,
                ::core::mem::offset_of!(Self, #field),
                <#ty as ::castiron::params::Params>::TREE,
            )
        }
    });
    quote!(::castiron::params::Tree::Node(&[#(#children,)*]))
}
