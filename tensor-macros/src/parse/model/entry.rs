//! `#[frozen] conv1: Conv2d(6, kernel = 5) -> [6, 24, 24],`

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, Result, Token, token};

use super::split::{self, is_punct};
use super::{Body, Callee, Entry, LayerExpr, arguments, attributes, body};
use crate::errors::Errors;

/// What is between the braces of a model.
pub(super) struct List {
    pub(super) entries: Vec<Entry>,
    pub(super) body: Option<Body>,
    /// Names in what could not be read.
    pub(super) unread: Vec<String>,
}

/// The layers and the body.
pub(super) fn list(tokens: TokenStream, errors: &Errors) -> List {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let body_at = trees.iter().position(|token| is_punct(token, '|')).unwrap_or(trees.len());
    let (entries, body) = trees.split_at(body_at);
    let (body, behind) = split_behind(body);
    let mut list = List { entries: Vec::new(), body: None, unread: Vec::new() };
    for chunk in split::at(',', entries.iter().cloned().collect()) {
        list.entry(chunk, errors);
    }
    if !body.is_empty() {
        let tokens: TokenStream = body.iter().cloned().collect();
        list.body = body::body(tokens.clone(), errors);
        if list.body.is_none() {
            list.unread.extend(split::names(tokens));
        }
    }
    if let Some(more) = behind.first() {
        let behind = behind.iter().cloned().collect();
        let what = split::first_name(&behind).map_or("the layers".to_string(), |name| format!("`{name}`"));
        errors.at(more, format!("the body is the last part of a model: write {what} before it"));
        list.unread.extend(split::names(behind));
    }
    list
}

/// A body with the comma behind it, and what follows that.
fn split_behind(body: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let bars: Vec<usize> = (0..body.len()).filter(|i| is_punct(&body[*i], '|')).take(2).collect();
    let [_, close] = bars.as_slice() else { return (body, &[]) };
    let depths = split::angles(body);
    let comma = (close + 1..body.len()).find(|i| depths[*i] == 0 && is_punct(&body[*i], ','));
    body.split_at(comma.map_or(body.len(), |comma| comma + 1))
}

impl List {
    /// One layer; more, if the commas between them are missing.
    fn entry(&mut self, chunk: TokenStream, errors: &Errors) {
        if chunk.is_empty() {
            return errors
                .push(Error::new(proc_macro2::Span::call_site(), "a layer is missing between two commas"));
        }
        let mut rest = TokenStream::new();
        let parsed = split::read(chunk.clone(), |input: ParseStream<'_>| {
            let entry = Raw::parse(input)?;
            rest = input.parse()?;
            Ok(entry)
        });
        match parsed {
            Ok(raw) => {
                if !rest.is_empty() {
                    let next = rest.clone().into_iter().next();
                    let text = next.as_ref().map(ToString::to_string).unwrap_or_default();
                    let starts_entry = matches!(next, Some(TokenTree::Ident(_)))
                        || matches!(&next, Some(token) if is_punct(token, '#'));
                    if starts_entry {
                        errors.at(next, format!("a comma is missing before `{text}`"));
                    } else {
                        errors.at(next, "expected `,` and the next layer");
                        self.unread.extend(split::names(rest.clone()));
                        rest = TokenStream::new();
                    }
                }
                let names = split::names(chunk);
                match raw.entry(errors) {
                    Some(entry) => self.entries.push(entry),
                    None => self.unread.extend(names),
                }
                if !rest.is_empty() {
                    self.entry(rest, errors);
                }
            }
            Err(error) => {
                errors.push(error);
                self.unread.extend(split::first_name(&chunk).map(|name| name.unraw().to_string()));
            }
        }
    }
}

/// An entry whose parts are found, but not read.
struct Raw {
    attributes: Vec<Attribute>,
    name: Option<Ident>,
    layer: TokenStream,
    output: Option<TokenStream>,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let named = input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]);
        let name =
            named.then(|| input.parse::<Ident>().and_then(|name| Ok((name, input.parse::<Token![:]>()?).0)));
        let layer = layer(input)?;
        let output = match input.parse::<Option<Token![->]>>()? {
            Some(arrow) => Some(sample(input, arrow)?),
            None => None,
        };
        Ok(Raw { attributes, name: name.transpose()?, layer, output })
    }
}

/// The tokens of a layer: an array, or a path and what it is called with.
fn layer(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    if input.peek(token::Bracket) {
        tokens.extend([input.parse::<TokenTree>()?]);
        return Ok(tokens);
    }
    tokens.extend(path(input)?);
    if input.peek(token::Paren) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// `a::B<1, 2>`
fn path(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let colons = |input: ParseStream<'_>, tokens: &mut TokenStream| -> Result<bool> {
        let is_there = input.peek(Token![::]);
        if is_there {
            tokens.extend([input.parse::<TokenTree>()?, input.parse::<TokenTree>()?]);
        }
        Ok(is_there)
    };
    colons(input, &mut tokens)?;
    loop {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected a layer, such as `Linear(10)` or `fc: Linear(10)`"));
        }
        tokens.extend([TokenTree::Ident(input.call(Ident::parse_any)?)]);
        let more = colons(input, &mut tokens)?;
        if input.peek(Token![<]) {
            let mut depth = 0usize;
            loop {
                let arrow = input.peek(Token![->]);
                depth = depth + usize::from(input.peek(Token![<])) - usize::from(input.peek(Token![>]));
                if arrow {
                    tokens.extend([input.parse::<TokenTree>()?]);
                }
                tokens.extend([input.parse::<TokenTree>()?]);
                if depth == 0 {
                    break;
                }
            }
            if !colons(input, &mut tokens)? {
                return Ok(tokens);
            }
        } else if !more {
            return Ok(tokens);
        }
    }
}

/// What follows `->`: a list, a tuple or a type.
fn sample(input: ParseStream<'_>, arrow: Token![->]) -> Result<TokenStream> {
    if input.peek(token::Bracket) || input.peek(token::Paren) {
        return Ok(input.parse::<TokenTree>()?.into());
    }
    if input.is_empty() {
        return Err(Error::new_spanned(arrow, "expected what the layer gives, such as `-> [64]`"));
    }
    path(input)
}

impl Raw {
    fn entry(self, errors: &Errors) -> Option<Entry> {
        let notes = attributes::notes(self.attributes, errors);
        let who = self.name.as_ref().map(|name| name.unraw().to_string());
        let layer = layer_expr(self.layer.clone(), who.as_deref(), errors)?;
        Some(Entry { notes, name: self.name, layer, output: self.output, at: self.layer })
    }
}

/// The layer that messages call `who`, or by its own name.
fn layer_expr(tokens: TokenStream, who: Option<&str>, errors: &Errors) -> Option<LayerExpr> {
    let first = tokens.clone().into_iter().next();
    if let Some(TokenTree::Group(group)) = &first
        && group.delimiter() == Delimiter::Bracket
    {
        let parts = split::at(';', group.stream());
        let [element, count] = parts.as_slice() else {
            errors.at(group, "an array of layers is written as `[Linear(10); 3]`");
            return None;
        };
        let count = errors.take(split::read(count.clone(), <Expr as Parse>::parse));
        let element = split::read(element.clone(), layer);
        let element = errors.take(element).and_then(|element| layer_expr(element, who, errors))?;
        return Some(LayerExpr::Array { element: Box::new(element), count: count? });
    }
    let mut callee = errors.take(split::read(tokens.clone(), callee_without_arguments))?;
    if let Some(TokenTree::Group(group)) = tokens.into_iter().last()
        && group.delimiter() == Delimiter::Parenthesis
    {
        let last = callee.last.unraw().to_string();
        let (list, all) = arguments::list(group.stream(), who.unwrap_or(&last), errors);
        (callee.arguments, callee.all_arguments) = (Some(list), all);
    }
    Some(LayerExpr::One(callee))
}

/// A path to a model.
pub(super) fn callee(input: ParseStream<'_>) -> Result<Callee> {
    let callee = callee_without_arguments(input)?;
    Ok(callee)
}

fn callee_without_arguments(input: ParseStream<'_>) -> Result<Callee> {
    let tokens = path(input)?;
    let mut at = tokens.clone();
    let mut arguments = None;
    if input.peek(token::Paren) {
        at.extend([input.parse::<TokenTree>()?]);
        arguments = Some(Vec::new());
    }
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let depths = split::angles(&trees);
    let outside =
        || trees.iter().zip(&depths).filter(|(_, depth)| **depth == 0).map(|(token, _)| token.clone());
    let mut names = outside().filter_map(|token| match token {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    });
    let last = names.next_back().ok_or_else(|| Error::new_spanned(&at, "expected the name of a layer"))?;
    // The last `<..>`, without its brackets.
    let ends_generic = depths.last().is_some_and(|depth| *depth > 0);
    let generics = ends_generic.then(|| {
        let start = depths.iter().rposition(|depth| *depth == 0).map_or(0, |outside| outside + 1);
        trees[start + 1..trees.len() - 1].iter().cloned().collect()
    });
    let mut path: Vec<TokenTree> = outside().collect();
    while path.last().is_some_and(|token| is_punct(token, ':')) {
        path.pop();
    }
    Ok(Callee { path: path.into_iter().collect(), last, generics, arguments, all_arguments: true, at })
}
