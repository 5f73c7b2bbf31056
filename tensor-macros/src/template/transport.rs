//! The tokens that declarations travel as.
//!
//! ```text
//! PATH! { @castiron { PATH } { Model } { found } { original } }
//! ::castiron::model! { @found { bundle } { PATH } { Model } { found } { original } }
//! found   =  { "path" } { bundle } ..
//! bundle  =  { sound } { declaration } { "path" = 1, .. } ..      the first is the one that was asked for
//! ```

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Error, LitStr, Result, Visibility};

use super::library::{Item, ItemId, Library};
use crate::errors::Errors;
use crate::parse::model::{self, split};

/// What a `model!` is called with.
pub(super) struct State {
    /// The model that is to be made now; all of them at the first time.
    pub(super) only: Option<Ident>,
    /// Declarations that were asked for: `{ "path" } { bundle } ..`
    pub(super) found: TokenStream,
    /// What the user wrote.
    pub(super) original: TokenStream,
}

impl State {
    /// Asks for the declaration of `path`, to go on with `model`.
    pub(super) fn ask(&self, path: &TokenStream, model: &Ident) -> TokenStream {
        let State { found, original, .. } = self;
        quote!(#path ! { @castiron { #path } { #model } { #found } { #original } })
    }
}

/// Asks whether there is a declaration of `path`, for nothing else to come of it than rustc's error.
pub(super) fn look_for(path: &TokenStream) -> TokenStream {
    quote!(#path ! { @castiron {} })
}

/// The state in the tokens of a `model!`, which are mostly just what the user wrote.
pub(super) fn decode(tokens: TokenStream) -> Result<State> {
    let mut start = tokens.clone().into_iter();
    let is_found = matches!(start.next(), Some(TokenTree::Punct(at)) if at.as_char() == '@')
        && matches!(start.next(), Some(TokenTree::Ident(word)) if word == "found");
    if !is_found {
        return Ok(State { only: None, found: TokenStream::new(), original: tokens });
    }
    let groups = groups(&start.collect());
    if let [_, nothing] = groups.as_slice()
        && nothing.is_empty()
    {
        return Ok(State { only: None, found: TokenStream::new(), original: TokenStream::new() });
    }
    let [bundle, path, model, found, original] = groups.as_slice() else {
        return Err(Error::new(
            Span::call_site(),
            "this is how models of two versions of castiron talk to each other",
        ));
    };
    let key = Literal::string(&model::key(path));
    Ok(State {
        only: Some(syn::parse2(model.clone())?),
        found: quote!(#found { #key } { #bundle }),
        original: original.clone(),
    })
}

/// Adds the found declarations, and says which item each path is.
pub(super) fn unpack(found: &TokenStream, library: &mut Library) -> Vec<(String, ItemId)> {
    let mut paths = Vec::new();
    for (path, bundle) in pairs(found) {
        let Ok(path) = syn::parse2::<LitStr>(path) else { continue };
        let start = library.items.len();
        // What is wrong with them was reported where they are declared.
        let silence = Errors::new();
        for part in groups(&bundle).chunks(3) {
            let [sound, declaration, links] = part else { continue };
            let Some((model, read)) = model::models(declaration.clone(), &silence).pop() else { continue };
            let links = links_of(links).into_iter().map(|(path, index)| (path, start + index)).collect();
            library.items.push(Item { model, links, sound: read && sound.to_string() == "sound" });
        }
        silence.into_vec();
        paths.push((path.value(), start));
    }
    paths
}

fn links_of(tokens: &TokenStream) -> Vec<(String, usize)> {
    let parts = split::at(',', tokens.clone()).into_iter().filter_map(|link| {
        let mut tokens = link.into_iter();
        let path: LitStr = syn::parse2(tokens.next()?.into()).ok()?;
        let index: syn::LitInt = syn::parse2(tokens.nth(1)?.into()).ok()?;
        Some((path.value(), index.base10_parse().ok()?))
    });
    parts.collect()
}

/// The macro that carries a declaration, and all that it consists of: `closure`, itself first.
pub(super) fn export(library: &Library, closure: &[ItemId]) -> TokenStream {
    let model = &library.items[closure[0]].model;
    let (name, visibility) = (&model.name, &model.visibility);
    let bundle = closure.iter().map(|id| {
        let item = &library.items[*id];
        let sound = Ident::new(if item.sound { "sound" } else { "faulty" }, Span::call_site());
        let declaration = dollar_crate(item.model.tokens.clone());
        let mut links: Vec<(String, usize)> = Vec::new();
        for callee in item.uses() {
            let index =
                item.links.get(&callee.key()).and_then(|used| closure.iter().position(|id| id == used));
            links.extend(index.map(|index| (callee.key(), index)));
        }
        links.sort();
        links.dedup();
        let (paths, indices) =
            (links.iter().map(|link| &link.0), links.iter().map(|link| Literal::usize_unsuffixed(link.1)));
        quote!({ #sound } { #declaration } { #(#paths = #indices),* })
    });
    let plain = name.unraw();
    let hidden = Ident::new(
        &format!("__castiron_model_{plain}_{:016x}", identity(name, &model.tokens)),
        Span::call_site(),
    );
    let exported = matches!(visibility, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    let (dollar, misuse) =
        (Punct::new('$', Spacing::Alone), format!("`{plain}` is a model, and not a macro"));
    quote! {
        #[doc(hidden)]
        #exported
        #[allow(unused_macros, non_local_definitions)]
        macro_rules! #hidden {
            (@castiron #dollar(#dollar state:tt)*) => {
                ::castiron::model! { @found { #(#bundle)* } #dollar(#dollar state)* }
            };
            (#dollar(#dollar other:tt)*) => { ::core::compile_error! { #misuse } };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #visibility use #hidden as #name;
    }
}

/// A number that no other model of this name in a crate has: macros that are exported share one scope.
fn identity(name: &Ident, tokens: &TokenStream) -> u64 {
    let mut place = format!("{name} {tokens}");
    if proc_macro::is_available() {
        let span = name.span().unwrap();
        // Two uses of a macro that wrote the declaration differ only in its context, which is said first.
        let context = format!("{:?}", name.span());
        let context = context.split(' ').next().unwrap_or_default();
        place += &format!("{} {} {} {context}", span.file(), span.line(), span.column());
    }
    place
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `crate::` is that of the declaration, wherever it is used.
fn dollar_crate(tokens: TokenStream) -> TokenStream {
    let mut result = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        // In `pub(crate)` it stays: there it is no path.
        let starts_path = tokens.peek().is_some_and(|next| split::is_punct(next, ':'));
        match token {
            TokenTree::Ident(word) if word == "crate" && starts_path => {
                result.extend([TokenTree::from(Punct::new('$', Spacing::Alone)), word.into()]);
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), dollar_crate(group.stream()));
                inner.set_span(group.span());
                result.extend([TokenTree::Group(inner)]);
            }
            other => result.extend([other]),
        }
    }
    result
}

/// What is in the braces, one after the other.
fn groups(tokens: &TokenStream) -> Vec<TokenStream> {
    let groups = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    });
    groups.collect()
}

fn pairs(tokens: &TokenStream) -> Vec<(TokenStream, TokenStream)> {
    groups(tokens).chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}
