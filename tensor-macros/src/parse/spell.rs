//! Tokens as a person would write them: rustc prints them with a space between every two.

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// `x[6..9]`, and not `x [6 .. 9]`.
pub(crate) fn spell(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    stream(tokens.to_token_stream(), &mut text);
    text
}

fn stream(tokens: TokenStream, text: &mut String) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        if i > 0 && has_space(&tokens[..i], token) {
            text.push(' ');
        }
        let TokenTree::Group(group) = token else {
            text.push_str(&token.to_string());
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace if group.stream().is_empty() => ("{", "}"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::None => ("", ""),
        };
        text.push_str(open);
        stream(group.stream(), text);
        text.push_str(close);
    }
}

/// Whether there is a space between `before`, of which there is at least one, and `next`.
fn has_space(before: &[TokenTree], next: &TokenTree) -> bool {
    let last = before.last().expect("one at least");
    match next {
        TokenTree::Punct(mark) if matches!(mark.as_char(), ',' | ';' | '.' | ':' | '<' | '>' | '?') => {
            // `a.0 .. b` is `a.0..b`, but `, ..` and `= <` stay apart.
            return matches!(last, TokenTree::Punct(last) if parts_from(last, mark));
        }
        TokenTree::Punct(mark) if mark.as_char() == '!' && mark.spacing() == Spacing::Alone => {
            return !matches!(last, TokenTree::Ident(_)) && !glues(before);
        }
        TokenTree::Group(group)
            if matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::Bracket) =>
        {
            let is_call = match last {
                TokenTree::Ident(word) => word != "in" && word != "mut" && word != "as",
                TokenTree::Group(_) => true,
                TokenTree::Punct(mark) => mark.as_char() == '>' && !is_arrow(before),
                TokenTree::Literal(_) => false,
            };
            return !is_call && !glues(before);
        }
        _ => {}
    }
    !glues(before)
}

/// Whether two marks of which the second leans on what is before it stay apart all the same.
fn parts_from(last: &Punct, next: &Punct) -> bool {
    match next.as_char() {
        '.' => matches!(last.as_char(), ',' | '='),
        '<' | ':' => {
            matches!(last.as_char(), ',' | '=' | '+') || (last.as_char() == '>' && next.as_char() == '<')
        }
        _ => false,
    }
}

/// Whether what follows stands close to the last of these.
fn glues(before: &[TokenTree]) -> bool {
    let Some(TokenTree::Punct(mark)) = before.last() else { return false };
    let earlier = &before[..before.len() - 1];
    match mark.as_char() {
        '.' | '<' | '\'' | '#' | '$' | '@' => true,
        // `a::b`, but `a: b`.
        ':' => is_second(earlier, ':'),
        // A sign, and no operator.
        '-' | '&' | '*' | '!' => {
            mark.spacing() == Spacing::Joint && mark.as_char() != '&' && mark.as_char() != '*'
                || match earlier.last() {
                    None => true,
                    Some(TokenTree::Punct(other)) => other.as_char() != '>',
                    Some(TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Literal(_)) => {
                        mark.as_char() == '!' && matches!(earlier.last(), Some(TokenTree::Ident(_)))
                    }
                }
        }
        '=' | '|' => mark.spacing() == Spacing::Joint,
        _ => false,
    }
}

/// Whether a mark is the second of two that belong together.
fn is_second(earlier: &[TokenTree], first: char) -> bool {
    matches!(earlier.last(), Some(TokenTree::Punct(mark)) if mark.as_char() == first && mark.spacing() == Spacing::Joint)
}

/// Whether these end with `->` or `=>`.
fn is_arrow(tokens: &[TokenTree]) -> bool {
    let earlier = &tokens[..tokens.len() - 1];
    is_second(earlier, '-') || is_second(earlier, '=')
}

#[cfg(test)]
mod tests {
    use super::spell;

    #[test]
    fn as_it_is_written() {
        for text in [
            "x[6..9]",
            "a(x)[3..2]",
            "x.slice([.., 2..5])",
            "concat([a(x), b], axis = 0)",
            "Linear(10, bias = false)",
            "Conv2d<1, 6, 5>",
            "Linear<[[f32; 5]; 5], 120, nn::Relu>",
            "blocks::Block<{ 4 }, 2>",
            "-2",
            "x + -2 * (y - 1) / 3",
            "(a, (b, c)).0",
            "&x",
            "let h: f32 = a(x);",
            "a::<B>(c)",
            "crate::Mine -> [64]",
            "println!(\"{}\", x)",
            "!x",
            "x != y",
            "r#type(x)",
        ] {
            let tokens: proc_macro2::TokenStream = text.parse().expect("tokens");
            assert_eq!(spell(tokens), text);
        }
        let index: syn::Expr = syn::parse_str("f(x)[6..9].sum(-1) - 1").expect("parses");
        assert_eq!(spell(index), "f(x)[6..9].sum(-1) - 1");
    }
}
