//! `#[export]`: a model in a static, with functions that C can call.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, ExprLit, Ident, ItemStatic, Lit, Meta, StaticMutability};

use crate::errors::Errors;

/// The static, and what castiron's own macro makes of the names.
pub(crate) fn expand(name: Option<&Ident>, tokens: TokenStream, errors: &Errors) -> TokenStream {
    let Ok(item) = syn::parse2::<ItemStatic>(tokens.clone()) else {
        errors
            .at(&tokens, "`#[export]` is for a model in a static: `static NET: Net = include_weights!(..);`");
        return tokens;
    };
    if !matches!(item.mutability, StaticMutability::None) {
        errors.at(
            &item.ident,
            "any number of threads call an exported model: write `static`, not `static mut`",
        );
    }
    let prefix = name.map_or_else(|| item.ident.to_string().to_lowercase(), ToString::to_string);
    let (vis, model, ty, about) = (&item.vis, &item.ident, &item.ty, documentation(&item));
    let names =
        ["header", "infer", "reset", "infer_in", "memory"].map(|name| format_ident!("{prefix}_{name}"));
    quote! {
        #item
        ::castiron::__export! { #vis #model: #ty, #prefix, #about; #(#names)* }
    }
}

/// What the user says of the model.
fn documentation(item: &ItemStatic) -> String {
    let line = |meta: &Meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = item.attrs.iter().filter_map(|attribute| line(&attribute.meta)).collect();
    lines.join("\n")
}
