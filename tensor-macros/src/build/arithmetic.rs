//! `+ - * /` between tensors, between tensors and numbers, and between numbers.

use proc_macro2::TokenStream;
use syn::{BinOp, ExprBinary, ExprUnary, UnOp};

use super::body::Scope;
use super::{Builder, Val};
use crate::graph::{BinaryOp, What};

impl<'a> Builder<'a> {
    pub(super) fn binary(&mut self, scope: &mut Scope<'_, 'a>, binary: &ExprBinary, at: &TokenStream) -> Val {
        let op = match binary.op {
            BinOp::Add(_) => BinaryOp::Add,
            BinOp::Sub(_) => BinaryOp::Sub,
            BinOp::Mul(_) => BinaryOp::Mul,
            BinOp::Div(_) => BinaryOp::Div,
            BinOp::AddAssign(_) | BinOp::SubAssign(_) | BinOp::MulAssign(_) | BinOp::DivAssign(_) => {
                return self.refuse(
                    scope,
                    at,
                    "values do not change: bind the new one with `let`".to_string(),
                );
            }
            _ => {
                return self.refuse(
                    scope,
                    at,
                    "values are computed with `+ - * /`, layers and functions".to_string(),
                );
            }
        };
        let (left, right) = (self.expression(scope, &binary.left), self.expression(scope, &binary.right));
        let name = format!("{}{}", scope.instance.place.prefix(), symbol(op));
        let what = match (&left, &right) {
            (Val::Unknown, _) | (_, Val::Unknown) => return Val::Unknown,
            (Val::Number(left), Val::Number(right)) => return self.numbers(op, *left, *right, at),
            (Val::One(left), Val::One(right)) => {
                return self.operation(What::Binary(op), vec![*left, *right], name, at);
            }
            (Val::Tuple(_), _) | (_, Val::Tuple(_)) => {
                let tuple = if matches!(left, Val::Tuple(_)) { &left } else { &right };
                self.tensor(tuple, symbol(op), at);
                return Val::Unknown;
            }
            (Val::One(_), Val::Number(number)) => match op {
                BinaryOp::Add => What::Affine { scale: 1.0, shift: *number },
                BinaryOp::Sub => What::Affine { scale: 1.0, shift: -*number },
                BinaryOp::Mul => What::Affine { scale: *number, shift: 0.0 },
                BinaryOp::Div if *number == 0.0 => return self.by_zero(at),
                BinaryOp::Div => What::Affine { scale: 1.0 / number, shift: 0.0 },
            },
            (Val::Number(number), Val::One(_)) => match op {
                BinaryOp::Add => What::Affine { scale: 1.0, shift: *number },
                BinaryOp::Sub => What::Affine { scale: -1.0, shift: *number },
                BinaryOp::Mul => What::Affine { scale: *number, shift: 0.0 },
                BinaryOp::Div => What::Reciprocal { numerator: *number },
            },
        };
        let tensor = if let Val::One(value) = left { value } else { self.values_of(&right)[0] };
        self.operation(what, vec![tensor], name, at)
    }

    pub(super) fn unary(&mut self, scope: &mut Scope<'_, 'a>, unary: &ExprUnary, at: &TokenStream) -> Val {
        if !matches!(unary.op, UnOp::Neg(_)) {
            return self.refuse(scope, at, "of the signs before a value there is only the minus".to_string());
        }
        match self.expression(scope, &unary.expr) {
            Val::Number(number) => Val::Number(-number),
            Val::Unknown => Val::Unknown,
            other => match self.tensor(&other, "-", at) {
                Some(value) => {
                    let name = format!("{}-", scope.instance.place.prefix());
                    self.operation(What::Affine { scale: -1.0, shift: 0.0 }, vec![value], name, at)
                }
                None => Val::Unknown,
            },
        }
    }

    fn numbers(&self, op: BinaryOp, left: f64, right: f64, at: &TokenStream) -> Val {
        Val::Number(match op {
            BinaryOp::Add => left + right,
            BinaryOp::Sub => left - right,
            BinaryOp::Mul => left * right,
            BinaryOp::Div if right == 0.0 => return self.by_zero(at),
            BinaryOp::Div => left / right,
        })
    }

    fn by_zero(&self, at: &TokenStream) -> Val {
        self.errors.at(at, format!("`{}` divides by zero", crate::parse::number::spell(at)));
        Val::Unknown
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
    }
}
