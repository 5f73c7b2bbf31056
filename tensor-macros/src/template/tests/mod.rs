//! From the text of `model!`s to graphs and messages, with rustc's part played here: macros that carry
//! declarations are kept by name, and calls of them are answered.

mod errors;
mod graphs;
mod travel;

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::Soundness;
use crate::errors::Errors;

/// What rustc has expanded so far.
#[derive(Default)]
struct World {
    /// What each macro carries.
    bundles: HashMap<String, TokenStream>,
    dumps: Vec<String>,
    soundness: Vec<Soundness>,
    messages: Vec<String>,
    /// Names that were asked for, and are not there.
    missing: Vec<String>,
}

impl World {
    /// Expands one `model!`.
    fn model(&mut self, text: &str) -> &mut Self {
        let mut waiting = vec![text.parse::<TokenStream>().expect("tokens")];
        while let Some(tokens) = waiting.pop() {
            let errors = Errors::new();
            let items = super::expand(tokens, &errors, &mut |graph, soundness| {
                self.dumps.push(graph.dump());
                self.soundness.push(soundness);
                let name = format_ident!("{}", graph.model);
                quote!(struct #name;)
            });
            self.messages.extend(errors.into_vec().iter().map(ToString::to_string));
            syn::parse2::<syn::File>(items.clone()).expect("items");
            waiting.extend(self.items(items));
        }
        self
    }

    /// Keeps the macros among the items, and returns the answers to their calls.
    fn items(&mut self, items: TokenStream) -> Vec<TokenStream> {
        let mut answers = Vec::new();
        for item in syn::parse2::<syn::File>(items).expect("items").items {
            match item {
                syn::Item::Macro(definition) if definition.ident.is_some() => {
                    let name = definition.ident.expect("checked").to_string();
                    let body = nested(&definition.mac.tokens, 1);
                    let bundle = nested(&nested(&body, 0), 0);
                    let name = name
                        .trim_start_matches("__castiron_model_")
                        .rsplit_once('_')
                        .expect("a hash")
                        .0
                        .to_string();
                    self.bundles.insert(name, plain_crate(bundle));
                }
                syn::Item::Macro(call) => {
                    let path = call.mac.path.segments.last().expect("a name").ident.to_string();
                    match self.bundles.get(&path) {
                        Some(bundle) => {
                            // Without `@castiron`.
                            let state: TokenStream = call.mac.tokens.into_iter().skip(2).collect();
                            answers.push(quote!(@found { #bundle } #state));
                        }
                        None => self.missing.push(path),
                    }
                }
                _ => {}
            }
        }
        answers
    }
}

/// The stream of the braces number `index` in the tokens.
fn nested(tokens: &TokenStream, index: usize) -> TokenStream {
    let braces = |token: TokenTree| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    };
    tokens.clone().into_iter().filter_map(braces).nth(if index == 1 { 0 } else { index }).expect("braces")
}

/// As rustc hands `$crate` out.
fn plain_crate(tokens: TokenStream) -> TokenStream {
    let mut result = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => {}
            TokenTree::Group(group) => {
                result.extend([TokenTree::Group(Group::new(group.delimiter(), plain_crate(group.stream())))]);
            }
            other => result.extend([other]),
        }
    }
    result
}

/// The graphs of a `model!` without errors.
fn graphs(text: &str) -> Vec<String> {
    let mut world = World::default();
    world.model(text);
    assert_eq!(world.messages, [""; 0], "{text}");
    assert_eq!(world.missing, [""; 0], "{text}");
    world.dumps
}

/// The last graph of a `model!` without errors.
fn graph(text: &str) -> String {
    graphs(text).pop().expect("a model")
}

/// The messages of a `model!`.
fn messages(text: &str) -> Vec<String> {
    let mut world = World::default();
    world.model(text);
    world.messages
}

/// The messages of a model with these layers and this body.
fn of_layers(layers: &str) -> Vec<String> {
    messages(&format!("pub Net: [4] -> [2] {{ {layers} }}"))
}
