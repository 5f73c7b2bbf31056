//! `#[..] pub Net<const C: usize>: [C, 28, 28] -> [10] { .. }` and `pub Net = Other<3> { .. };`

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, GenericParam, Generics, Result, Token, Visibility};

use super::split::{self, is_punct};
use super::{Callee, Kind, Model, Of, Own, entry};
use crate::errors::Errors;

/// How a model begins.
struct Header {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    generics: Generics,
}

impl Parse for Header {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if input.peek(Token![struct]) || input.peek(Token![fn]) || input.peek(Token![mod]) {
            return Err(input.error("a model is declared as `Net: [1, 28, 28] -> [10] { .. }`"));
        }
        Ok(Header { attributes, visibility, name: input.parse()?, generics: input.parse()? })
    }
}

/// A declaration, as much of it as can be read; nothing if that is not even its name.
pub(super) fn model(tokens: TokenStream, errors: &Errors) -> Option<Model> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let depths = split::angles(&trees);
    let end = (0..trees.len()).find(|i| {
        let single_colon = is_punct(&trees[*i], ':')
            && !trees.get(i + 1).is_some_and(|next| is_punct(next, ':'))
            && !(*i > 0 && is_punct(&trees[i - 1], ':'));
        let braces = matches!(&trees[*i], TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        depths[*i] == 0 && (single_colon || braces || is_punct(&trees[*i], '=') || is_punct(&trees[*i], ';'))
    });
    let (head, rest) = trees.split_at(end.unwrap_or(trees.len()));
    let header = errors.take(split::read(head.iter().cloned().collect(), Header::parse))?;
    let Header { attributes, visibility, name, generics } = header;
    let parameters = parameters(&generics, &name, errors);
    let attributes = kept(attributes, errors);
    let kind = match rest {
        [TokenTree::Punct(mark), rest @ ..] if mark.as_char() == ':' => after_colon(&name, rest, errors),
        [TokenTree::Punct(mark), rest @ ..] if mark.as_char() == '=' => after_equals(None, rest, errors),
        _ => {
            let message = format!(
                "`{name}` does not say what its input and output are: write `{name}: [1, 28, 28] -> [10] {{ .. }}` with your shapes"
            );
            errors.at(&name, message);
            None
        }
    };
    Some(Model { visibility, attributes, name, parameters, kind: kind?, tokens })
}

fn parameters(generics: &Generics, name: &Ident, errors: &Errors) -> Vec<Ident> {
    let mut names: Vec<Ident> = Vec::new();
    for parameter in &generics.params {
        match parameter {
            GenericParam::Const(parameter) => {
                let is_usize = matches!(&parameter.ty, syn::Type::Path(path) if path.path.is_ident("usize"));
                if !is_usize {
                    errors.at(&parameter.ty, "the parameters of a model are sizes, of type `usize`");
                }
                if let Some((_, default)) = &parameter.default {
                    errors.at(
                        default,
                        "a parameter of a model has no default: say its number where the model is used",
                    );
                }
                if names.contains(&parameter.ident) {
                    errors.at(&parameter.ident, format!("`{name}` has two parameters `{}`", parameter.ident));
                }
                names.push(parameter.ident.clone());
            }
            GenericParam::Type(parameter) => errors.at(
                parameter,
                format!("the parameters of a model are sizes: `const {}: usize`", parameter.ident),
            ),
            GenericParam::Lifetime(parameter) => {
                errors.at(parameter, "the parameters of a model are sizes: `const C: usize`");
            }
        }
    }
    names
}

/// What is kept on the struct. An attribute that is of a layer would do nothing there.
fn kept(attributes: Vec<Attribute>, errors: &Errors) -> Vec<Attribute> {
    let (kept, wrong): (Vec<_>, Vec<_>) = attributes.into_iter().partition(|attribute| {
        !["cfg", "cfg_attr", "repr", "param", "frozen", "tap", "init", "module"]
            .iter()
            .any(|name| attribute.path().is_ident(name))
    });
    for attribute in wrong {
        let name = crate::parse::number::spell(attribute.path());
        let message = match name.as_str() {
            "cfg" | "cfg_attr" => {
                format!("`{name}` cannot be seen from inside `model!`: write it before `model!`")
            }
            "repr" => "a model is always `repr(C)`: leave this out".to_string(),
            "module" => {
                "a model says what its input and output are without attributes: `Net: [4] -> [2] { .. }`"
                    .to_string()
            }
            _ => format!("`{name}` is said of a layer, and not of the whole model"),
        };
        errors.at(attribute, message);
    }
    kept
}

/// `input -> output { .. }` or `-> output = Other { .. }`
fn after_colon(name: &Ident, tokens: &[TokenTree], errors: &Errors) -> Option<Kind> {
    let depths = split::angles(tokens);
    let find = |test: &dyn Fn(usize) -> bool| (0..tokens.len()).find(|i| depths[*i] == 0 && test(*i));
    let arrow =
        find(&|i| is_punct(&tokens[i], '-') && tokens.get(i + 1).is_some_and(|next| is_punct(next, '>')));
    let Some(arrow) = arrow else {
        let message = format!(
            "`{name}` does not say what its output is: write `{name}: [1, 28, 28] -> [10] {{ .. }}` with your shapes"
        );
        errors.at(name, message);
        return None;
    };
    let (input, rest) = (&tokens[..arrow], &tokens[arrow + 2..]);
    let depths = split::angles(rest);
    let end = (0..rest.len()).find(|i| {
        let braces = matches!(&rest[*i], TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        depths[*i] == 0 && (braces || is_punct(&rest[*i], '=') || is_punct(&rest[*i], ';'))
    });
    let (output, rest) = rest.split_at(end.unwrap_or(rest.len()));
    let [input, output] = [input, output].map(|tokens| tokens.iter().cloned().collect::<TokenStream>());
    match rest {
        [TokenTree::Punct(mark), rest @ ..] if mark.as_char() == '=' => {
            if !input.is_empty() {
                errors.at(
                    &input,
                    "the input of this model is that of the model that it is made from: write only `-> ..`",
                );
            }
            after_equals(Some(output), rest, errors)
        }
        [TokenTree::Group(braces), rest @ ..] => {
            if let Some(more) = rest.first() {
                errors.at(more, "the next model is expected here");
            }
            if input.is_empty() {
                errors.at(name, format!("`{name}` does not say what its input is: write `{name}: [1, 28, 28] -> ..` with your shape"));
            }
            if output.is_empty() {
                errors.at(
                    name,
                    format!("`{name}` does not say what its output is: write `-> [10]` with your shape"),
                );
            }
            let list = entry::list(braces.stream(), errors);
            if list.entries.is_empty()
                && list.body.is_none()
                && list.unread.is_empty()
                && braces.stream().is_empty()
            {
                errors.at(name, format!("`{name}` has no layers: write at least one"));
                return None;
            }
            Some(Kind::Own(Own {
                input,
                output,
                entries: list.entries,
                body: list.body,
                unread: list.unread,
            }))
        }
        _ => {
            errors.at(name, format!("`{name}` has no layers: write them in `{{ .. }}`"));
            None
        }
    }
}

/// `Other<4> { fc: Linear(5) };`
fn after_equals(output: Option<TokenStream>, tokens: &[TokenTree], errors: &Errors) -> Option<Kind> {
    let depths = split::angles(tokens);
    let end = (0..tokens.len()).find(|i| {
        let braces = matches!(&tokens[*i], TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        depths[*i] == 0 && (braces || is_punct(&tokens[*i], ';'))
    });
    let (base, rest) = tokens.split_at(end.unwrap_or(tokens.len()));
    let base: TokenStream = base.iter().cloned().collect();
    let base: Callee = errors.take(split::read(base, entry::callee))?;
    if let Some(arguments) = &base.arguments {
        let _ = arguments;
        errors.at(
            &base.at,
            format!("`{}` is a model: its numbers are in `<..>`, and its layers in `{{ .. }}`", base.last),
        );
        return None;
    }
    let mut of = Of { output, base, replaced: Vec::new(), unread: Vec::new() };
    if let [TokenTree::Group(braces), ..] = rest {
        let list = entry::list(braces.stream(), errors);
        if let Some(body) = list.body {
            errors
                .at(body.at, format!("only layers can be replaced: the body is that of `{}`", of.base.last));
        }
        (of.replaced, of.unread) = (list.entries, list.unread);
    }
    Some(Kind::Of(of))
}
