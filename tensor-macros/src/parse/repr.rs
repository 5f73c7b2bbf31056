//! The memory layout that a model must ask for.

use syn::{DeriveInput, Ident};

use crate::errors::Errors;

/// `#[repr(C)]`, perhaps with `align`, and nothing that moves fields out of their alignment.
pub(crate) fn check(input: &DeriveInput, errors: &Errors) {
    let model = &input.ident;
    let mut is_c = false;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            is_c |= meta.path.is_ident("C");
            if meta.path.is_ident("packed") {
                return Err(meta.error(format!(
                    "kernels read the parameters of `{model}` in whole cache lines, which `packed` would move \
                     out of place: use `#[repr(C)]` alone"
                )));
            }
            if meta.input.peek(syn::token::Paren) {
                let argument;
                syn::parenthesized!(argument in meta.input);
                argument.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
        // Representations that do not exist are rustc's to report.
        if let Err(error) = parsed {
            errors.push(error);
            is_c = true;
        }
    }
    if !is_c {
        missing(model, errors);
    }
}

fn missing(model: &Ident, errors: &Errors) {
    errors.at(
        model,
        format!(
            "`{model}` needs `#[repr(C)]`: its layers are found by their offsets, in files and on other devices \
             too, so they must lie in the order in which they are written"
        ),
    );
}
