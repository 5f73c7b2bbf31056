//! `#[module(input = .., output = ..)]` and `#[param(name = "..")]`.

use proc_macro2::{TokenStream, TokenTree};
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{Attribute, LitStr, Result, Token};

use super::Written;
use crate::errors::Errors;

/// Whose attributes they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Model,
    Layer,
}

/// What the attributes say.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// Said, and understood.
    pub(super) input: Option<Option<Written>>,
    pub(super) output: Option<Option<Written>>,
    pub(super) saved_as: Option<String>,
    /// They cannot be read, which was reported, so what is missing need not be.
    pub(super) faulty: bool,
}

pub(super) fn of(list: &[Attribute], place: Place, errors: &Errors) -> Attributes {
    let mut attributes = Attributes::default();
    for attribute in list {
        let parsed = if attribute.path().is_ident("module") {
            attribute.parse_nested_meta(|meta| attributes.module(place, &meta, errors))
        } else if attribute.path().is_ident("param") {
            attribute.parse_nested_meta(|meta| attributes.param(place, &meta))
        } else {
            continue;
        };
        attributes.faulty |= errors.take(parsed).is_none();
    }
    attributes
}

impl Attributes {
    fn module(&mut self, place: Place, meta: &ParseNestedMeta<'_>, errors: &Errors) -> Result<()> {
        let sample = |meta: &ParseNestedMeta<'_>| Ok(errors.take(syn::parse2(value(meta.value()?)?)));
        if meta.path.is_ident("output") {
            once(&mut self.output, meta, sample)
        } else if meta.path.is_ident("input") && place == Place::Model {
            once(&mut self.input, meta, sample)
        } else if meta.path.is_ident("input") {
            Err(meta.error("what a layer gets is what the layer before it gives: declare only its `output`"))
        } else {
            Err(meta.error(match place {
                Place::Model => "`module` says `input = [..]` and, if you like, `output = [..]`",
                Place::Layer => "`module` says `output = [..]` of a layer",
            }))
        }
    }

    fn param(&mut self, place: Place, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if !meta.path.is_ident("name") {
            return Err(meta.error("`param` says `name = \"..\"`, the layer's name in checkpoints"));
        }
        if place == Place::Model {
            return Err(meta.error("a model has no name in checkpoints: write this on one of its layers"));
        }
        once(&mut self.saved_as, meta, |meta| {
            let name: LitStr = meta.value()?.parse()?;
            let value = name.value();
            if value.split('.').any(str::is_empty) {
                return Err(syn::Error::new(
                    name.span(),
                    "a name in checkpoints is words with dots between them",
                ));
            }
            Ok(value)
        })
    }
}

/// What follows `=`, up to the comma that ends it: one in `<..>` does not.
fn value(input: ParseStream<'_>) -> Result<TokenStream> {
    let (mut tokens, mut depth) = (TokenStream::new(), 0);
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        depth += i32::from(input.peek(Token![<])) - i32::from(input.peek(Token![>]));
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn once<T>(
    slot: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    parse: impl FnOnce(&ParseNestedMeta<'_>) -> Result<T>,
) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error("this is said twice"));
    }
    *slot = Some(parse(meta)?);
    Ok(())
}
