//! Cutting tokens where one declaration, layer or statement ends, so that each is read on its own.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Error, Result};

/// Cuts a `model!` into declarations, each with the braces or the semicolon that ends it.
pub(super) fn declarations(tokens: TokenStream) -> Vec<TokenStream> {
    let mut chunks = Vec::new();
    let mut chunk: Vec<TokenTree> = Vec::new();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let angles = angles(&tokens);
    for (token, depth) in tokens.into_iter().zip(angles) {
        let braces = matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        let semicolon = is_punct(&token, ';');
        if semicolon && chunk.is_empty() {
            continue;
        }
        chunk.push(token);
        if depth == 0 && (braces || semicolon) {
            chunks.push(std::mem::take(&mut chunk).into_iter().collect());
        }
    }
    if !chunk.is_empty() {
        chunks.push(chunk.into_iter().collect());
    }
    chunks
}

/// Cuts at a punctuation mark that is not between angle brackets. What is cut off is not there; an empty
/// end, behind a trailing mark, neither.
pub(crate) fn at(mark: char, tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let angles = angles(&tokens);
    let mut chunks = vec![TokenStream::new()];
    for (token, depth) in tokens.into_iter().zip(angles) {
        if depth == 0 && is_punct(&token, mark) {
            chunks.push(TokenStream::new());
        } else {
            chunks.last_mut().expect("there is one from the start").extend([token]);
        }
    }
    if chunks.last().is_some_and(TokenStream::is_empty) {
        chunks.pop();
    }
    chunks
}

/// For each token how many pairs of angle brackets are around it. One that is not closed is no bracket.
pub(super) fn angles(tokens: &[TokenTree]) -> Vec<usize> {
    let mut depths = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        if is_punct(token, '<') {
            open.push(i);
        } else if is_punct(token, '>')
            && !(i > 0 && (is_punct(&tokens[i - 1], '-') || is_punct(&tokens[i - 1], '=')))
        {
            if let Some(start) = open.pop() {
                depths[start..=i].iter_mut().for_each(|depth| *depth += 1);
            }
        } else if is_punct(token, ';')
            || matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace && ends_list(tokens, i))
        {
            open.clear();
        }
    }
    depths
}

/// Whether braces are the end of a declaration, and not a const argument: those follow `<` or a comma.
fn ends_list(tokens: &[TokenTree], i: usize) -> bool {
    i == 0 || !(is_punct(&tokens[i - 1], '<') || is_punct(&tokens[i - 1], ','))
}

pub(crate) fn is_punct(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// Reads all the tokens. Where they end too early, the error is at their end and not at the whole macro.
pub(crate) fn read<T>(tokens: TokenStream, parser: impl Parser<Output = T>) -> Result<T> {
    let last = tokens.clone().into_iter().last().map_or_else(Span::call_site, |token| token.span());
    parser.parse2(tokens).map_err(|error| {
        let message = error.to_string();
        match message.strip_prefix("unexpected end of input, ") {
            Some(expected) => {
                let (expected, such) =
                    expected.split_at(expected.find(", such as").unwrap_or(expected.len()));
                Error::new(last, format!("{expected} after this{such}"))
            }
            None if message == "unexpected end of input" => {
                Error::new(last, "something is missing after this")
            }
            None if message == "unexpected token" => Error::new(error.span(), "this is not expected here"),
            None => error,
        }
    })
}

/// All names in the tokens.
pub(crate) fn names(tokens: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) => names.push(name.unraw().to_string()),
            TokenTree::Group(group) => names.extend(self::names(group.stream())),
            _ => {}
        }
    }
    names
}

/// The first name in the tokens.
pub(super) fn first_name(tokens: &TokenStream) -> Option<Ident> {
    tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(name) => Some(name),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{at, declarations};

    fn commas(text: &str) -> Vec<String> {
        at(',', text.parse().expect("tokens"))
            .iter()
            .map(|chunk| chunk.to_string().replace(' ', ""))
            .collect()
    }

    #[test]
    fn generic_arguments_stay_together() {
        assert_eq!(commas("a: B<1, 2>, c"), ["a:B<1,2>", "c"]);
        assert_eq!(commas("a: B<{1}, C<2, 3>> -> [4], c,"), ["a:B<{1},C<2,3>>->[4]", "c"]);
        assert_eq!(commas("a: B<64, c: D, e"), ["a:B<64", "c:D", "e"]);
        assert_eq!(commas(""), [""; 0]);
    }

    #[test]
    fn declarations_end_with_braces_or_semicolons() {
        let text = "A<const C: usize>: [C] -> [C] { a } pub B = A<{ 1 }, 2>; C = B { d: E };; D: [1] -> [2]";
        let found: Vec<_> =
            declarations(text.parse().expect("tokens")).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[1].starts_with("pub B") && found[2].starts_with("C ="), "{found:?}");
    }
}
