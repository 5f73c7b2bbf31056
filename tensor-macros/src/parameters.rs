//! `#[derive(Params)]`: structs of parameters and layers, without a forward of their own.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Data, DeriveInput, Expr, Field, Fields, GenericParam};

use crate::build::init;
use crate::errors::Errors;
use crate::parse::{number::Consts, repr};

/// `Plain` and `Params` for a struct, and the same struct of another element type.
pub(crate) fn expand(input: &DeriveInput, errors: &Errors) -> TokenStream {
    let name = &input.ident;
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) if !named.named.is_empty() => named,
            _ => {
                errors.at(
                    name,
                    format!("checkpoints call parameters by name: write `{name} {{ weight: .. }}`"),
                );
                return TokenStream::new();
            }
        },
        _ => {
            errors.at(
                name,
                format!(
                    "`{name}` is not a struct: parameters are plain memory, each with a place of its own"
                ),
            );
            return TokenStream::new();
        }
    };
    repr::check(input, errors);
    for parameter in &input.generics.params {
        if !matches!(parameter, GenericParam::Const(_)) {
            errors.at(parameter, "`derive(Params)` takes const parameters only: write out the types");
        }
    }
    let children: Vec<TokenStream> = named.named.iter().map(|field| child(field, false, errors)).collect();
    let children_with: Vec<TokenStream> =
        named.named.iter().map(|field| child(field, true, errors)).collect();
    if errors.count() > 0 {
        return TokenStream::new();
    }
    let with = format_ident!("{name}_With");
    let visibility = &input.vis;
    let parameters: Vec<_> = input.generics.params.iter().collect();
    let (impls, types, _) = input.generics.split_for_impl();
    let arguments: Vec<_> = input.generics.const_params().map(|parameter| &parameter.ident).collect();
    let all: Vec<_> = named.named.iter().map(|field| &field.ty).collect();
    let idents: Vec<_> = named.named.iter().map(|field| &field.ident).collect();
    // Parameters in f32 are their own gradient.
    let halves = all.iter().any(|ty| mentions_halves(ty.to_token_stream()));
    let other = quote!(#with<E, #(#arguments),*>);
    let same = if halves { other } else { quote!(E::Choose<Self, #other>) };
    quote! {
        const _: () = {
            use ::core::mem::offset_of;

            // SAFETY: `repr(C)`, and every field is a `Params`, which is plain.
            #[automatically_derived]
            unsafe impl #impls ::castiron::Plain for #name #types
            where
                #(#all: ::castiron::params::Params,)*
            {
            }

            #[automatically_derived]
            impl #impls ::castiron::params::Params for #name #types {
                const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(&[#(#children,)*]);
                type With<E: ::castiron::Element> = #same;
            }

            #[doc(hidden)]
            #[repr(C)]
            #visibility struct #with<E: ::castiron::Element, #(#parameters),*> {
                #(#idents: <#all as ::castiron::params::Params>::With<E>,)*
            }

            // SAFETY: `repr(C)`, plain fields.
            #[automatically_derived]
            unsafe impl<E: ::castiron::Element, #(#parameters),*> ::castiron::Plain for #with<E, #(#arguments),*> {}

            #[automatically_derived]
            impl<E: ::castiron::Element, #(#parameters),*> ::castiron::params::Params for #with<E, #(#arguments),*> {
                const TREE: ::castiron::params::Tree = ::castiron::params::Tree::Node(&[#(#children_with,)*]);
                type With<F: ::castiron::Element> = #with<F, #(#arguments),*>;
            }
        };
    }
}

/// Whether a type is written with floats of 16 bits.
fn mentions_halves(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_halves(group.stream()),
        TokenTree::Ident(name) => name == "bf16" || name == "f16",
        _ => false,
    })
}

/// The entry of one field in the tree.
fn child(field: &Field, with: bool, errors: &Errors) -> TokenStream {
    let (ident, ty) = (&field.ident, &field.ty);
    let mut saved_as = ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut start = None;
    for attribute in &field.attrs {
        if attribute.path().is_ident("param") {
            errors.take(attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("name") {
                    return Err(meta.error("expected `name = \"..\"`"));
                }
                saved_as = meta.value()?.parse::<syn::LitStr>()?.value();
                Ok(())
            }));
        } else if attribute.path().is_ident("init") {
            let written = errors.take(attribute.parse_args::<Expr>());
            start = written.and_then(|written| errors.take(init::expression(&written, &Consts::default())));
        }
    }
    let ty = if with { quote!(<#ty as ::castiron::params::Params>::With<E>) } else { quote!(#ty) };
    let start = start.map(|start| quote!(.starting_from(#start)));
    quote! {
        ::castiron::params::Child::new(
            #saved_as,
            offset_of!(Self, #ident),
            <#ty as ::castiron::params::Params>::TREE #start,
        )
    }
}
