//! Numbers in types and attributes: only literals, since a macro sees tokens and not values.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Expr, GenericArgument, Lit, Result, Stmt, Type};

/// A number and the tokens that say it, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    pub(crate) value: usize,
    pub(crate) at: TokenStream,
}

/// The value of `5`, `{ 5 }` or `(5)`.
pub(crate) fn of_expression(expression: &Expr) -> Result<Number> {
    let literal = match expression {
        Expr::Lit(literal) => &literal.lit,
        Expr::Group(group) => return of_expression(&group.expr),
        Expr::Paren(paren) => return of_expression(&paren.expr),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => return of_expression(inner),
            _ => return Err(unseen(expression)),
        },
        _ => return Err(unseen(expression)),
    };
    match literal {
        Lit::Int(int) => Ok(Number { value: int.base10_parse()?, at: int.to_token_stream() }),
        other => Err(Error::new_spanned(other, "a whole number is needed here")),
    }
}

/// The value of a generic argument.
pub(crate) fn of_argument(argument: &GenericArgument) -> Result<Number> {
    match argument {
        GenericArgument::Const(expression) => of_expression(expression),
        // A bare name in a generic argument parses as a type.
        GenericArgument::Type(Type::Path(path)) if path.path.get_ident().is_some() => Err(unseen(path)),
        other => Err(Error::new_spanned(other, "a number is needed here")),
    }
}

/// A [`Number`] that is a dimension: zero of something is a mistake.
pub(crate) fn positive(number: &Number, what: &str) -> Result<usize> {
    match number.value {
        0 => Err(Error::new_spanned(&number.at, format!("{what} must be at least 1"))),
        value => Ok(value),
    }
}

fn unseen(tokens: impl ToTokens) -> Error {
    let text = tokens.to_token_stream().to_string();
    Error::new_spanned(tokens, format!("a macro does not know the value of `{text}`: write the number"))
}
