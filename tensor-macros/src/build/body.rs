//! Bodies: statements and expressions become values.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Lit};

use super::call::{counted, one_or_tuple};
use super::instance::{Instance, Made};
use super::pattern::Names;
use super::{Builder, Val};
use crate::parse::model::{Body, Statement, body, split};
use crate::parse::number::{self, spell};
use crate::spelling;

/// What is known while a body is read.
pub(super) struct Scope<'s, 'a> {
    pub(super) instance: &'s Instance<'a>,
    pub(super) names: Names,
    /// How often each layer is called; of an array, each element.
    called: Vec<Vec<usize>>,
}

impl<'a> Builder<'a> {
    /// The data through a body.
    pub(super) fn body(&mut self, instance: &Instance<'a>, body: &'a Body, inputs: Vec<Val>) -> Val {
        let called = instance.made.iter().map(|made| match made {
            Made::Array(elements) => vec![0; elements.len()],
            _ => vec![0],
        });
        let mut scope = Scope { instance, names: Names::default(), called: called.collect() };
        scope.names.unread.extend(instance.flat.unread.iter().cloned());
        let inputs = match (body.inputs.len(), inputs.len()) {
            (takes, gets) if takes == gets => inputs,
            (1, _) => vec![one_or_tuple(inputs)],
            (takes, gets) => {
                let model = &self.library.items[instance.item].model.name;
                let message = format!(
                    "the body takes {}, but the input of `{model}` is {}",
                    counted(takes),
                    counted(gets)
                );
                self.errors.at(&body.at, message);
                scope.names.unread.extend(split::names(body.at.clone()));
                vec![Val::Unknown; takes]
            }
        };
        for (pattern, input) in body.inputs.iter().zip(inputs) {
            self.bind(&mut scope.names, instance, pattern, input, (false, true));
        }
        let result = self.statements(&mut scope, &body.statements, &body.at);
        let result = self.only_tensors(body, result);
        scope.names.end(0, self.errors);
        self.never_called(&scope);
        result
    }

    /// A model gives tensors. A number among them is reported.
    fn only_tensors(&mut self, body: &Body, result: Val) -> Val {
        match result {
            Val::Number(number) => {
                let message = format!("the result is the number {number}, but a model gives tensors");
                match body.statements.last() {
                    Some(Statement::Expr { value, .. }) => self.errors.at(value, message),
                    _ => self.errors.at(&body.at, message),
                }
                Val::Unknown
            }
            Val::Tuple(parts) => {
                Val::Tuple(parts.into_iter().map(|part| self.only_tensors(body, part)).collect())
            }
            other => other,
        }
    }

    fn statements(&mut self, scope: &mut Scope<'_, 'a>, statements: &[Statement], at: &TokenStream) -> Val {
        let mut result = None;
        for (i, statement) in statements.iter().enumerate() {
            let is_last = i + 1 == statements.len();
            match statement {
                Statement::Let { tap, pattern, value } => {
                    let value = self.expression(scope, value);
                    self.bind(&mut scope.names, scope.instance, pattern, value, (tap.is_some(), false));
                }
                Statement::Unread(names) => {
                    scope.names.unread.extend(names.iter().cloned());
                    if is_last {
                        result = Some(Val::Unknown);
                    }
                }
                Statement::Expr { value, ended } if is_last && !ended => {
                    result = Some(self.expression(scope, value))
                }
                Statement::Expr { value, .. } => {
                    let faults = self.errors.count();
                    self.expression(scope, value);
                    if is_last {
                        result = Some(Val::Unknown);
                    }
                    if faults == self.errors.count() {
                        let hint = if is_last { ": without the semicolon it is the result" } else { "" };
                        self.errors.at(value, format!("`{}` is computed and never used{hint}", spell(value)));
                    }
                }
            }
        }
        result.unwrap_or_else(|| {
            self.errors.at(at, "the body has no result: end it with what the model gives");
            // What is not used would have been part of it.
            let mut names: Vec<String> = scope.names.all().collect();
            if statements.is_empty() {
                names.extend(scope.instance.flat.entries.iter().map(|entry| entry.name()));
            }
            scope.names.unread.extend(names);
            Val::Unknown
        })
    }

    fn never_called(&mut self, scope: &Scope<'_, 'a>) {
        let Scope { instance, names, called } = scope;
        let entries = instance.flat.entries.iter().zip(&instance.made).zip(called);
        let is_tied_to = |unit: usize| {
            let layers = self.graph.units.iter().map(|unit| &unit.layer);
            layers.into_iter().any(|layer| matches!(layer, Ok(crate::layers::Layer::Linear { tied: Some(to), .. }) if *to == unit))
        };
        for ((entry, made), called) in entries {
            let name = entry.name();
            let Some(ident) = &entry.entry.name else {
                let message = format!(
                    "`{name}` has no name by which the body could call it: write `{}: {}`",
                    crate::template::library::snake(&name),
                    spell(&entry.entry.at)
                );
                if !matches!(made, Made::Broken) {
                    self.errors.at(&entry.entry.at, message);
                }
                continue;
            };
            let counts = entry.again || matches!(made, Made::Unit(unit) if is_tied_to(*unit));
            if counts || names.unread.contains(&name) {
                continue;
            }
            if called.iter().all(|count| *count == 0) {
                self.errors.at(ident, format!("`{name}` is declared and never called"));
            } else if let Some(index) = called.iter().position(|count| *count == 0) {
                self.errors.at(ident, format!("`{name}[{index}]` is declared and never called"));
            }
        }
    }

    /// The value of an expression.
    pub(super) fn expression(&mut self, scope: &mut Scope<'_, 'a>, expression: &Expr) -> Val {
        let at = expression.to_token_stream();
        match expression {
            Expr::Group(group) => self.expression(scope, &group.expr),
            Expr::Paren(paren) => self.expression(scope, &paren.expr),
            Expr::Path(path) => match path.path.get_ident() {
                Some(name) => self.name(scope, &name.unraw().to_string(), &at),
                None => self.refuse(scope, &at, format!("`{}` is not a value of this body", spell(path))),
            },
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(_) | Lit::Float(_) => {
                    let number = number::real(expression, &scope.instance.flat.consts);
                    self.errors.take(number).map_or(Val::Unknown, Val::Number)
                }
                other => self.refuse(scope, &at, format!("`{}` is not a number", spell(other))),
            },
            Expr::Cast(cast) => match self.expression(scope, &cast.expr) {
                Val::Number(number) => Val::Number(number),
                Val::Unknown => Val::Unknown,
                _ => self.refuse(scope, &at, "the elements of a value cannot be converted".to_string()),
            },
            Expr::Tuple(tuple) => {
                let parts: Vec<Val> = tuple.elems.iter().map(|part| self.expression(scope, part)).collect();
                match parts.is_empty() {
                    true => self.refuse(scope, &at, "`()` is no value".to_string()),
                    false => Val::Tuple(parts),
                }
            }
            Expr::Field(field) => self.field_of(scope, field, &at),
            Expr::Block(block) if block.label.is_none() => {
                let start = scope.names.len();
                let statements = body::of(&block.block.stmts, self.errors);
                let result = self.statements(scope, &statements, &at);
                scope.names.end(start, self.errors);
                result
            }
            Expr::Call(call) => self.called(scope, call, &at),
            Expr::MethodCall(call) => self.method(scope, call),
            Expr::Index(index) => self.index(scope, index, &at),
            Expr::Binary(binary) => self.binary(scope, binary, &at),
            Expr::Unary(unary) => self.unary(scope, unary, &at),
            other => self.refuse(scope, &at, refusal(other)),
        }
    }

    /// Reports what cannot be in a body. The names in it are not missed elsewhere.
    pub(super) fn refuse(&mut self, scope: &mut Scope<'_, 'a>, at: &TokenStream, message: String) -> Val {
        self.errors.at(at, message);
        scope.names.unread.extend(split::names(at.clone()));
        Val::Unknown
    }

    fn name(&mut self, scope: &mut Scope<'_, 'a>, name: &str, at: &TokenStream) -> Val {
        if let Some(val) = scope.names.get(name) {
            return val;
        }
        if let Some(value) = scope.instance.flat.consts.get(name) {
            return Val::Number(value as f64);
        }
        if scope.names.unread.iter().any(|unread| unread == name) {
            return Val::Unknown;
        }
        let message = if self.layer_named(scope, name).is_some() {
            format!("`{name}` is a layer: call it, `{name}(x)`")
        } else {
            let known: Vec<String> = scope.names.all().collect();
            format!(
                "there is no value `{name}` here{}",
                spelling::hint(name, known.iter().map(String::as_str))
            )
        };
        self.refuse(scope, at, message)
    }

    /// `t.0`
    fn field_of(&mut self, scope: &mut Scope<'_, 'a>, field: &syn::ExprField, at: &TokenStream) -> Val {
        let base = self.expression(scope, &field.base);
        match (&base, &field.member) {
            (Val::Unknown, _) => Val::Unknown,
            (Val::Tuple(parts), syn::Member::Unnamed(index)) => match parts.get(index.index as usize) {
                Some(part) => part.clone(),
                None => {
                    let message = format!("`{}` is {}", spell(&field.base), counted(parts.len()));
                    self.refuse(scope, at, message)
                }
            },
            _ => {
                let message = self.inseparable(&base);
                let none = || format!("`{}` has no parts with names", spell(&field.base));
                self.refuse(scope, at, message.unwrap_or_else(none))
            }
        }
    }

    pub(super) fn layer_named(&self, scope: &Scope<'_, 'a>, name: &str) -> Option<usize> {
        let mut entries = scope.instance.flat.entries.iter();
        entries.position(|entry| entry.entry.name.as_ref().is_some_and(|ident| ident.unraw() == name))
    }

    /// `conv1(x)`, `blocks[1](x)`, `relu(x)`
    fn called(&mut self, scope: &mut Scope<'_, 'a>, call: &syn::ExprCall, at: &TokenStream) -> Val {
        let (function, index) = match &*call.func {
            Expr::Index(index) => (&*index.expr, Some(&*index.index)),
            other => (other, None),
        };
        let name = match function {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let Some(name) = name else {
            let message = format!("`{}` is no layer and no function of a body", spell(&call.func));
            return self.refuse(scope, at, message);
        };
        let (text, name_at) = (name.unraw().to_string(), call.func.to_token_stream());
        let Some(entry) = self.layer_named(scope, &text) else {
            return match index {
                Some(_) => self.unknown_function(scope, call, &text, &name_at),
                None => self.function(scope, call, &text, &name_at),
            };
        };
        let inputs: Vec<Val> = call.args.iter().map(|argument| self.expression(scope, argument)).collect();
        let instance = scope.instance;
        if instance.flat.entries.iter().any(|entry| entry.again && entry.name() == text) {
            // Which of them is meant is not known.
            scope.called[entry].iter_mut().for_each(|count| *count += 1);
            return Val::Unknown;
        }
        let made = &instance.made[entry];
        let Some(index) = index else {
            let repeated = scope.called[entry].iter().any(|count| *count > 0);
            scope.called[entry].iter_mut().for_each(|count| *count += 1);
            let result = self.call(made, &text, inputs, instance, &name_at);
            self.tap_call(scope, entry, repeated, &result);
            return result;
        };
        let Made::Array(elements) = made else {
            if matches!(made, Made::Broken) {
                scope.called[entry].iter_mut().for_each(|count| *count += 1);
                return Val::Unknown;
            }
            scope.names.unread.push(text.clone());
            return self.refuse(
                scope,
                &name_at,
                format!("`{text}` is one layer, and not an array of them: call it as `{text}(x)`"),
            );
        };
        let Some(number) = self.errors.take(number::evaluate(index, &instance.flat.consts)) else {
            scope.names.unread.push(text);
            return Val::Unknown;
        };
        let Some(element) = elements.get(number.value) else {
            self.errors.at(
                index,
                format!("`{text}` has {} layers: there is no `{text}[{}]`", elements.len(), number.value),
            );
            scope.names.unread.push(text);
            return Val::Unknown;
        };
        scope.called[entry][number.value] += 1;
        self.call(element, &format!("{text}[{}]", number.value), inputs, instance, &name_at)
    }

    fn tap_call(&mut self, scope: &Scope<'_, 'a>, entry: usize, repeated: bool, result: &Val) {
        let entry = &scope.instance.flat.entries[entry];
        let (Some(span), Some(name)) = (entry.notes.tap, &entry.entry.name) else { return };
        if repeated {
            let message = format!(
                "`{0}` is called more than once: tap what it gives, `#[tap] let h = {name}(x);`",
                name.unraw()
            );
            return self.errors.push(syn::Error::new(span, message));
        }
        self.tap(scope.instance, name, result);
    }
}

/// Why an expression cannot be in a body.
fn refusal(expression: &Expr) -> String {
    let graph = "a compiled model is one graph";
    match expression {
        Expr::If(_) | Expr::Match(_) => {
            format!("{graph}: for control flow that depends on data, call several models from ordinary Rust")
        }
        Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => {
            format!(
                "{graph}: there are no loops in it; layers that follow each other are an array, `[Block; 3]`"
            )
        }
        Expr::Closure(_) => {
            format!("{graph}: there are no closures in it; write a block as a model of its own")
        }
        Expr::Return(_) => format!("{graph}: its result is the last expression"),
        Expr::Assign(_) => "values do not change: bind the new one with `let`".to_string(),
        Expr::Array(_) => {
            "an array of values is only what `concat` takes: `concat([a, b], axis = 0)`".to_string()
        }
        Expr::Reference(_) => "values are used as they are: leave out the `&`".to_string(),
        Expr::Macro(_) => "a macro cannot be expanded in a body: write what it stands for".to_string(),
        Expr::Range(_) => "a range is only for slices: `x[0..8]`".to_string(),
        other => format!("`{}` cannot be in a body", spell(other)),
    }
}
