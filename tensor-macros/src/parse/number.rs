//! Numbers in types, attributes and models: literals, const parameters of a template, and arithmetic of
//! these, since a macro sees tokens and not values.

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{BinOp, Error, Expr, GenericArgument, Lit, Result, Stmt, Type, UnOp};

pub(crate) use super::spell::spell;

/// A number and the tokens that say it, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    pub(crate) value: usize,
    pub(crate) at: TokenStream,
}

impl Number {
    /// The axis that this number means of a sample with so many. One that is counted from the back, −1
    /// being the innermost, is kept in two's complement.
    pub(crate) fn axis(&self, rank: usize) -> Option<usize> {
        let axis = match self.value as isize {
            back @ ..0 => rank.checked_sub(back.unsigned_abs())?,
            front => front as usize,
        };
        (axis < rank).then_some(axis)
    }

    /// As it is written: `-1`, not 18446744073709551615.
    pub(crate) fn signed(&self) -> isize {
        self.value as isize
    }
}

/// The const parameters of a template, with the numbers that it is used with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consts {
    values: Vec<(String, usize)>,
}

impl Consts {
    pub(crate) fn new(values: impl IntoIterator<Item = (String, usize)>) -> Self {
        Consts { values: values.into_iter().collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The tokens with numbers for the names of parameters, at the places of the names.
    pub(crate) fn substitute(&self, tokens: TokenStream) -> TokenStream {
        let mut after_path = false;
        let replaced = tokens.into_iter().map(|token| {
            let is_member = std::mem::replace(
                &mut after_path,
                matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '.')),
            );
            match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.substitute(group.stream()));
                    inner.set_span(group.span());
                    inner.into()
                }
                TokenTree::Ident(name) if !is_member => match self.get(&name.unraw().to_string()) {
                    Some(value) => {
                        let mut literal = Literal::usize_unsuffixed(value);
                        literal.set_span(name.span());
                        literal.into()
                    }
                    None => name.into(),
                },
                other => other,
            }
        });
        replaced.collect()
    }
}

/// The value of `5`, `{ 5 }`, `(5)` or `2 * 5`.
pub(crate) fn of_expression(expression: &Expr) -> Result<Number> {
    evaluate(expression, &Consts::default())
}

/// The same where names may be those of const parameters. Division rounds down, as in Rust.
pub(crate) fn evaluate(expression: &Expr, consts: &Consts) -> Result<Number> {
    Ok(Number { value: value(expression, consts)?, at: expression.to_token_stream() })
}

/// An axis: a number, or a negative one that counts from the back.
pub(crate) fn axis(expression: &Expr, consts: &Consts) -> Result<Number> {
    match negated(expression) {
        Some(inner) => {
            let value = value(inner, consts)?.wrapping_neg();
            Ok(Number { value, at: expression.to_token_stream() })
        }
        None => evaluate(expression, consts),
    }
}

/// What follows a minus.
pub(crate) fn negated(expression: &Expr) -> Option<&Expr> {
    match expression {
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => Some(&unary.expr),
        Expr::Group(group) => negated(&group.expr),
        Expr::Paren(paren) => negated(&paren.expr),
        _ => None,
    }
}

fn value(expression: &Expr, consts: &Consts) -> Result<usize> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int
                .base10_parse()
                .map_err(|_| Error::new_spanned(int, format!("`{int}` is too large for a size"))),
            other => Err(Error::new_spanned(other, format!("`{}` is no whole number", spell(other)))),
        },
        Expr::Group(group) => value(&group.expr, consts),
        Expr::Paren(paren) => value(&paren.expr, consts),
        Expr::Block(block) => match block.block.stmts.as_slice() {
            [Stmt::Expr(inner, None)] => value(inner, consts),
            _ => Err(unseen(expression)),
        },
        Expr::Path(path) => {
            let name = path.path.get_ident().ok_or_else(|| unseen(expression))?;
            consts.get(&name.unraw().to_string()).ok_or_else(|| unseen(expression))
        }
        Expr::Binary(binary) => {
            let (left, right) = (value(&binary.left, consts)?, value(&binary.right, consts)?);
            let (result, wrong) = match binary.op {
                BinOp::Add(_) => (left.checked_add(right), "is too large for a size"),
                BinOp::Sub(_) => (left.checked_sub(right), "is negative"),
                BinOp::Mul(_) => (left.checked_mul(right), "is too large for a size"),
                BinOp::Div(_) => (left.checked_div(right), "divides by zero"),
                BinOp::Rem(_) => (left.checked_rem(right), "divides by zero"),
                _ => return Err(Error::new_spanned(binary.op, "sizes are computed with + - * / %")),
            };
            result.ok_or_else(|| {
                let (text, op) = (spell(binary), spell(binary.op));
                let numbers = format!("{left} {op} {right}");
                let means = if text == numbers { String::new() } else { format!(": it is {numbers}") };
                Error::new_spanned(binary, format!("`{text}` {wrong}{means}"))
            })
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            Err(Error::new_spanned(unary, format!("`{}` is negative, and a size is not", spell(unary))))
        }
        other => Err(unseen(other)),
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

/// A real number: literals, const parameters, and arithmetic of these.
pub(crate) fn real(expression: &Expr, consts: &Consts) -> Result<f64> {
    Ok(match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse()?,
            Lit::Float(float) => float.base10_parse()?,
            other => return Err(Error::new_spanned(other, format!("`{}` is no number", spell(other)))),
        },
        Expr::Group(group) => real(&group.expr, consts)?,
        Expr::Paren(paren) => real(&paren.expr, consts)?,
        Expr::Cast(cast) => real(&cast.expr, consts)?,
        Expr::Path(path) => {
            let name = path.path.get_ident().ok_or_else(|| unseen(expression))?;
            consts.get(&name.unraw().to_string()).ok_or_else(|| unseen(expression))? as f64
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => -real(&unary.expr, consts)?,
        Expr::Binary(binary) => {
            let (left, right) = (real(&binary.left, consts)?, real(&binary.right, consts)?);
            match binary.op {
                BinOp::Add(_) => left + right,
                BinOp::Sub(_) => left - right,
                BinOp::Mul(_) => left * right,
                BinOp::Div(_) if right == 0.0 => {
                    return Err(Error::new_spanned(binary, format!("`{}` divides by zero", spell(binary))));
                }
                BinOp::Div(_) => left / right,
                _ => return Err(Error::new_spanned(binary.op, "numbers are computed with + - * /")),
            }
        }
        other => return Err(unseen(other)),
    })
}

fn unseen(tokens: impl ToTokens) -> Error {
    let text = spell(&tokens);
    Error::new_spanned(tokens, format!("a macro does not know the value of `{text}`: write the number"))
}

#[cfg(test)]
mod tests {
    use super::{Consts, Number, axis, evaluate, real};

    fn consts() -> Consts {
        Consts::new([("C".to_string(), 3), ("H".to_string(), 7), ("Z".to_string(), 0)])
    }

    fn of(text: &str) -> Result<usize, String> {
        let expression = syn::parse_str(text).expect("an expression");
        evaluate(&expression, &consts()).map(|number| number.value).map_err(|error| error.to_string())
    }

    #[test]
    fn arithmetic() {
        for (text, value) in [
            ("5", 5),
            ("C * 2", 6),
            ("H / 2", 3),
            ("(H + 1) % C", 2),
            ("{ C } * H - 1", 20),
            ("1 + 2 * 3", 7),
        ] {
            assert_eq!(of(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn says_what_cannot_be_computed() {
        for (text, message) in [
            ("C / Z", "`C / Z` divides by zero: it is 3 / 0"),
            ("H % Z", "`H % Z` divides by zero: it is 7 % 0"),
            ("C - H", "`C - H` is negative: it is 3 - 7"),
            ("3 - 7", "`3 - 7` is negative"),
            ("-2", "`-2` is negative, and a size is not"),
            (
                "18446744073709551615 * C",
                "`18446744073709551615 * C` is too large for a size: it is 18446744073709551615 * 3",
            ),
            ("99999999999999999999", "`99999999999999999999` is too large for a size"),
            ("K", "a macro does not know the value of `K`: write the number"),
            ("C << 1", "sizes are computed with + - * / %"),
            ("1.5", "`1.5` is no whole number"),
        ] {
            assert_eq!(of(text), Err(message.to_string()), "{text}");
        }
    }

    #[test]
    fn axes_count_from_both_ends() {
        let number = |text: &str| -> Number {
            axis(&syn::parse_str(text).expect("parses"), &consts()).expect("a number")
        };
        assert_eq!(number("1").axis(3), Some(1));
        assert_eq!(number("-1").axis(3), Some(2));
        assert_eq!(number("-3").axis(3), Some(0));
        assert_eq!(number("-4").axis(3), None);
        assert_eq!(number("3").axis(3), None);
        assert_eq!(number("-2").signed(), -2);
    }

    #[test]
    fn reals() {
        let of = |text: &str| real(&syn::parse_str(text).expect("parses"), &consts()).ok();
        assert_eq!(of("-1e-3"), Some(-1e-3));
        assert_eq!(of("1.0 / C as f32 + 2"), Some(1.0 / 3.0 + 2.0));
        assert_eq!(of("1 / 0"), None);
        assert_eq!(of("x"), None);
    }

    #[test]
    fn names_become_numbers_in_place() {
        let tokens = quote::quote!([C, a::C, C::b, x.H, { H }]);
        assert_eq!(consts().substitute(tokens).to_string(), "[3 , a :: C , 3 :: b , x . H , { 7 }]");
    }
}
