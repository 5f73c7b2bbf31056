//! `#[param(name = "a.0")]`, `#[frozen]`, `#[tap]`, `#[init(weight = zeros)]` and what is kept.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, LitStr, Meta, Result, Token};

use super::{InitNote, Notes, SavedAs, split};
use crate::errors::Errors;

/// What the attributes of a layer say.
pub(super) fn notes(list: Vec<Attribute>, errors: &Errors) -> Notes {
    let mut notes = Notes::default();
    for attribute in list {
        let path = attribute.path();
        if path.is_ident("param") {
            errors.take(notes.param(&attribute));
        } else if path.is_ident("frozen") {
            if notes.frozen.is_some() {
                errors.at(&attribute, "`frozen` is said twice");
            }
            notes.frozen = path.get_ident().map(proc_macro2::Ident::span);
            plain(&attribute, errors);
        } else if path.is_ident("tap") {
            if notes.tap.is_some() {
                errors.at(&attribute, "`tap` is said twice");
            }
            notes.tap = path.get_ident().map(proc_macro2::Ident::span);
            plain(&attribute, errors);
        } else if path.is_ident("init") {
            notes.init(&attribute, errors);
        } else if path.is_ident("cfg") || path.is_ident("cfg_attr") {
            errors
                .at(&attribute, "a layer is there or not whatever the configuration is: declare two models");
        } else if path.is_ident("module") {
            errors.at(&attribute, "what a layer gives is written behind it: `mine: Mine -> [64]`");
        } else {
            notes.kept.push(attribute);
        }
    }
    notes
}

/// Whether `#[tap]` is among the attributes of a statement; others have no place there.
pub(super) fn tap(list: &[Attribute], errors: &Errors) -> Option<Span> {
    let mut tap = None;
    for attribute in list {
        if attribute.path().is_ident("tap") {
            plain(attribute, errors);
            tap = attribute.path().get_ident().map(proc_macro2::Ident::span);
        } else if !attribute.path().is_ident("allow") && !attribute.path().is_ident("doc") {
            errors.at(attribute, "only `#[tap]` can be said of a value");
        }
    }
    tap
}

fn plain(attribute: &Attribute, errors: &Errors) {
    if !matches!(attribute.meta, Meta::Path(_)) {
        let name = attribute.path().to_token_stream();
        errors.at(attribute, format!("`{name}` is said alone: `#[{name}]`"));
    }
}

impl Notes {
    fn param(&mut self, attribute: &Attribute) -> Result<()> {
        let say = "`param` says `name = \"..\"`, the layer's name in checkpoints";
        if !matches!(attribute.meta, Meta::List(_)) {
            return Err(Error::new_spanned(attribute, say));
        }
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error(say));
            }
            let name: LitStr = meta.value()?.parse()?;
            if name.value().split('.').any(str::is_empty) {
                return Err(Error::new(name.span(), "a name in checkpoints is words with dots between them"));
            }
            let saved_as = SavedAs { name: name.value(), at: name.span() };
            if self.saved_as.replace(saved_as).is_some() {
                return Err(meta.error("the name in checkpoints is said twice"));
            }
            Ok(())
        })
    }

    fn init(&mut self, attribute: &Attribute, errors: &Errors) {
        let Meta::List(list) = &attribute.meta else {
            return errors
                .at(attribute, "`init` says what parameters start from: `#[init(weight = kaiming_normal)]`");
        };
        for chunk in split::at(',', list.tokens.clone()) {
            let Some(note) = errors.take(split::read(chunk, InitNote::parse)) else { continue };
            if self.inits.iter().any(|other| other.leaf == note.leaf) {
                errors.at(&note.at, format!("what `{}` starts from is said twice", note.leaf));
            }
            self.inits.push(note);
        }
    }
}

impl Parse for InitNote {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut at = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![=]) {
            at.extend([input.parse::<TokenTree>()?]);
        }
        if at.is_empty() {
            return Err(input.error("expected the name of a parameter, such as `weight = zeros`"));
        }
        input.parse::<Token![=]>()?;
        let leaf = at.to_string().replace(' ', "");
        Ok(InitNote { leaf, at, init: input.parse::<Expr>()? })
    }
}
