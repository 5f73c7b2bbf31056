//! `|x, y| { let h = conv1(x); h + y }`

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parse;
use syn::{Block, Expr, Pat, Stmt};

use super::split::{self, is_punct};
use super::{Body, Statement, attributes};
use crate::errors::Errors;

/// A body, which starts with `|`.
pub(super) fn body(tokens: TokenStream, errors: &Errors) -> Option<Body> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let Some(close) = trees[1..].iter().position(|token| is_punct(token, '|')).map(|i| i + 1) else {
        errors.at(&trees[0], "the inputs of a body are between two bars: `|x| ..`");
        return None;
    };
    let inputs = split::at(',', trees[1..close].iter().cloned().collect()).into_iter();
    let inputs: Option<Vec<Pat>> =
        inputs.map(|input| errors.take(split::read(input, Pat::parse_single))).collect();
    let mut rest = &trees[close + 1..];
    // A comma after the body closes the list.
    if let [inner @ .., last] = rest
        && is_punct(last, ',')
    {
        rest = inner;
    }
    let at: TokenStream = trees[..=close].iter().cloned().collect();
    let statements = match rest {
        [] => {
            errors.at(&at, "the body is missing: `|x| relu(fc(x))` or `|x| { .. }`");
            return None;
        }
        [TokenTree::Group(block)] if block.delimiter() == Delimiter::Brace => {
            statements(block.stream(), errors)
        }
        [TokenTree::Group(block), more, ..] if block.delimiter() == Delimiter::Brace => {
            errors.at(more, "the body is the last part of a model: write the layers before it");
            statements(block.stream(), errors)
        }
        expression => {
            let tokens: TokenStream = expression.iter().cloned().collect();
            let names = split::names(tokens.clone());
            match errors.take(split::read(tokens, <Expr as Parse>::parse)) {
                Some(expression) => vec![Statement::Expr { value: expression, ended: false }],
                None => vec![Statement::Unread(names)],
            }
        }
    };
    Some(Body { inputs: inputs?, statements, at })
}

fn statements(tokens: TokenStream, errors: &Errors) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut chunk = TokenStream::new();
    for token in tokens {
        let ends = is_punct(&token, ';');
        chunk.extend([token]);
        if ends {
            read(std::mem::take(&mut chunk), &mut statements, errors);
        }
    }
    read(chunk, &mut statements, errors);
    statements
}

/// The statements in the tokens; more than one only behind one that needs no semicolon.
fn read(tokens: TokenStream, statements: &mut Vec<Statement>, errors: &Errors) {
    let names = split::names(tokens.clone());
    match split::read(tokens, Block::parse_within) {
        Ok(list) => statements.extend(of(&list, errors)),
        Err(error) => {
            errors.push(error);
            statements.push(Statement::Unread(names));
        }
    }
}

/// The statements of a block.
pub(crate) fn of(list: &[Stmt], errors: &Errors) -> Vec<Statement> {
    let mut statements = Vec::new();
    for statement in list {
        match statement {
            Stmt::Local(local) => {
                let tap = attributes::tap(&local.attrs, errors);
                let names = split::names(local.to_token_stream());
                match &local.init {
                    Some(init) if init.diverge.is_none() => {
                        let (pattern, value) = (local.pat.clone(), (*init.expr).clone());
                        statements.push(Statement::Let { tap, pattern, value });
                        continue;
                    }
                    Some(_) => errors.at(local, "a compiled model is one graph: there is no `else` in it"),
                    None => errors.at(local, "say what this is: `let h = ..;`"),
                }
                statements.push(Statement::Unread(names));
            }
            Stmt::Expr(Expr::Verbatim(tokens), _) if tokens.is_empty() => {}
            Stmt::Expr(expression, semicolon) => {
                statements.push(Statement::Expr { value: expression.clone(), ended: semicolon.is_some() });
            }
            Stmt::Item(item) => {
                errors.at(item, "a body has only values: declare this outside of `model!`");
                statements.push(Statement::Unread(split::names(item.to_token_stream())));
            }
            Stmt::Macro(call) => {
                errors.at(&call.mac.path, "a macro cannot be expanded in a body: write what it stands for");
                statements.push(Statement::Unread(split::names(call.to_token_stream())));
            }
        }
    }
    statements
}
