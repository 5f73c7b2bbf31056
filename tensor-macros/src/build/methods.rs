//! Functions and methods of a body: `relu(x)`, `concat([a, b], axis = 0)`, `x.reshape([16, 25])`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Error, Expr, ExprArray, ExprCall, ExprIndex, ExprMethodCall, ExprRange, RangeLimits, Result};

use super::body::Scope;
use super::{Builder, Val, layers};
use crate::graph::{Dims, Unit, ValueId, What};
use crate::layers::{Activation, Layer};
use crate::parse::model::arguments::{Argument, Signature, Told};
use crate::parse::number::{self, Consts, Number, spell};
use crate::spelling;

const FUNCTIONS: [&str; 12] = [
    "relu",
    "relu6",
    "leaky_relu",
    "sigmoid",
    "tanh",
    "gelu",
    "gelu_tanh",
    "silu",
    "sqrt",
    "softmax",
    "log_softmax",
    "concat",
];

const fn signature(
    of: &'static str,
    first: &'static [&'static str],
    names: &'static [&'static str],
    example: &'static str,
) -> Signature {
    Signature { of, first, names, example }
}

static METHODS: [Signature; 10] = [
    signature("reshape", &["the new dimensions"], &[], "x.reshape([16, -1])"),
    signature("flatten", &[], &[], "x.flatten()"),
    signature("permute", &["the axes in their new order"], &[], "x.permute([1, 0, 2])"),
    signature("transpose", &[], &[], "x.transpose()"),
    signature("narrow", &["axis", "start", "len"], &["axis", "start", "len"], "x.narrow(0, 2, 8)"),
    signature("slice", &["a range for each axis"], &[], "x.slice([.., 2..5])"),
    signature("chunk", &["the number of parts", "axis"], &["axis"], "x.chunk(2, axis = 0)"),
    signature("split", &["the sizes of the parts", "axis"], &["axis"], "x.split([3, 5], axis = 0)"),
    signature("mean", &["axis"], &["axis"], "x.mean(axis = 0)"),
    signature("sum", &["axis"], &["axis"], "x.sum(axis = 0)"),
];

static CONCAT: Signature =
    signature("concat", &["the values", "axis"], &["axis"], "concat([a, b], axis = 0)");
static LEAKY: Signature = signature("leaky_relu", &["the slope below zero"], &[], "leaky_relu(x, 0.01)");

impl<'a> Builder<'a> {
    pub(super) fn function(
        &mut self,
        scope: &mut Scope<'_, 'a>,
        call: &ExprCall,
        name: &str,
        at: &TokenStream,
    ) -> Val {
        if name == "concat" {
            return self.concat(scope, call, at);
        }
        let consts = scope.instance.flat.consts.clone();
        let mut arguments: Vec<&Expr> = call.args.iter().collect();
        let layer = if name == "leaky_relu" {
            let slope = arguments.split_off(arguments.len().min(1));
            let slope: Vec<Argument> = slope.into_iter().map(Argument::of).collect();
            LEAKY.sort(name, &slope, at, self.errors).and_then(|told| {
                let slope =
                    told.get(LEAKY.first[0]).map_or(Ok((1, 100)), |slope| layers::fraction(slope, &consts));
                self.errors.take(slope).map(|(slope, of)| Layer::Activation(Activation::LeakyRelu(slope, of)))
            })
        } else {
            match layers::of_function(name) {
                Some(layer) => Some(layer),
                None => return self.unknown_function(scope, call, name, at),
            }
        };
        let inputs: Vec<Val> = arguments.iter().map(|argument| self.expression(scope, argument)).collect();
        let [input] = inputs.as_slice() else {
            self.errors.at(at, format!("`{name}` takes 1 value, but gets {}", inputs.len()));
            return Val::Unknown;
        };
        let (Some(value), Some(layer)) = (self.tensor(input, name, at), layer) else { return Val::Unknown };
        let called = format!("{}{name}", scope.instance.place.prefix());
        self.graph.units.push(Unit {
            path: Vec::new(),
            name: called.clone(),
            layer: Ok(layer),
            ty: None,
            output: None,
            annotated: false,
            frozen: false,
            at: at.clone(),
        });
        self.operation(What::Unit(self.graph.units.len() - 1), vec![value], called, at)
    }

    pub(super) fn unknown_function(
        &mut self,
        scope: &mut Scope<'_, 'a>,
        call: &ExprCall,
        name: &str,
        at: &TokenStream,
    ) -> Val {
        for argument in &call.args {
            match argument {
                // What a method takes.
                Expr::Array(_) | Expr::Assign(_) => {
                    scope.names.unread.extend(crate::parse::model::split::names(argument.to_token_stream()));
                }
                _ => drop(self.expression(scope, argument)),
            }
        }
        if scope.names.unread.iter().any(|unread| unread == name) {
            return Val::Unknown;
        }
        let layers: Vec<String> = scope
            .instance
            .flat
            .entries
            .iter()
            .filter(|entry| entry.entry.name.is_some())
            .map(|entry| entry.name())
            .collect();
        let known = layers.iter().map(String::as_str).chain(FUNCTIONS);
        let message = if scope.names.is_known(name) {
            scope.names.get(name);
            format!("`{name}` is a value, and not a layer")
        } else if METHODS.iter().any(|method| method.of == name) {
            let example = METHODS.iter().find(|method| method.of == name).map_or("", |method| method.example);
            format!("`{name}` is a method: `{example}`")
        } else if layers::is_known(name) {
            format!(
                "a layer is declared before the body: `{}: {name}`",
                crate::template::library::snake(name)
            )
        } else if let Some(like) = spelling::closest(name, known) {
            // It is called, though not by its name.
            scope.names.unread.push(like.to_string());
            format!("there is no layer or function `{name}`; did you mean `{like}`?")
        } else if layers.is_empty() {
            format!("there is no layer or function `{name}`: the functions are {}", FUNCTIONS.join(", "))
        } else {
            format!("there is no layer or function `{name}`: the layers are {}", layers.join(", "))
        };
        self.refuse(scope, at, message)
    }

    fn concat(&mut self, scope: &mut Scope<'_, 'a>, call: &ExprCall, at: &TokenStream) -> Val {
        let arguments: Vec<Argument> = call.args.iter().map(Argument::of).collect();
        let told = CONCAT.sort("concat", &arguments, at, self.errors);
        let list = told.as_ref().and_then(|told| self.errors.take(told.need(CONCAT.first[0]).cloned()));
        let Some(list) = list else {
            scope.names.unread.extend(crate::parse::model::split::names(call.args.to_token_stream()));
            return Val::Unknown;
        };
        let values: Vec<Val> = match &list {
            Expr::Array(ExprArray { elems, .. }) => {
                elems.iter().map(|value| self.expression(scope, value)).collect()
            }
            other => match self.expression(scope, other) {
                Val::Tuple(parts) => parts,
                Val::Unknown => return Val::Unknown,
                _ => {
                    return self.refuse(
                        scope,
                        &list.to_token_stream(),
                        "`concat` takes its values between brackets: `concat([a, b], axis = 0)`".to_string(),
                    );
                }
            },
        };
        let axis = told.as_ref().and_then(|told| axis(told, &scope.instance.flat.consts, self));
        if values.is_empty() {
            return self.refuse(scope, at, "`concat` of nothing: `concat([a, b], axis = 0)`".to_string());
        }
        let inputs: Vec<Option<ValueId>> =
            values.iter().map(|value| self.tensor(value, "concat", at)).collect();
        let (Some(inputs), Some(axis)) = (inputs.into_iter().collect(), axis) else { return Val::Unknown };
        let name = format!("{}concat", scope.instance.place.prefix());
        self.operation(What::Concat { axis }, inputs, name, at)
    }

    pub(super) fn method(&mut self, scope: &mut Scope<'_, 'a>, call: &ExprMethodCall) -> Val {
        let receiver = self.expression(scope, &call.receiver);
        let (name, at) = (call.method.unraw().to_string(), call.method.to_token_stream());
        let Some(signature) = METHODS.iter().find(|signature| signature.of == name) else {
            let is_function = FUNCTIONS.contains(&name.as_str()) || self.layer_named(scope, &name).is_some();
            let receiver = spell(&call.receiver);
            let known: Vec<&str> = METHODS.iter().map(|method| method.of).collect();
            let message = match is_function {
                true => format!("`{name}` is called with its input: `{name}({receiver})`"),
                false => format!(
                    "a value has no method `{name}`: it has {}{}",
                    known.join(", "),
                    spelling::hint(&name, known.iter().copied())
                ),
            };
            let mut tokens = at;
            scope.names.unread.extend(crate::parse::model::split::names(call.args.to_token_stream()));
            tokens.extend(TokenStream::new());
            return self.refuse(scope, &tokens, message);
        };
        let arguments: Vec<Argument> = call.args.iter().map(Argument::of).collect();
        let Some(told) = signature.sort(&name, &arguments, &at, self.errors) else { return Val::Unknown };
        let consts = scope.instance.flat.consts.clone();
        let whats = self.errors.take(operations(&name, signature, &told, &consts));
        let (Some(value), Some(whats)) = (self.tensor(&receiver, &name, &at), whats) else {
            return Val::Unknown;
        };
        let called = format!("{}{name}", scope.instance.place.prefix());
        match whats {
            // One behind the other.
            Operations::Chain(whats) => whats.into_iter().fold(Val::One(value), |val, what| {
                let input = self.values_of(&val);
                self.operation(what, input, called.clone(), &at)
            }),
            Operations::Parts(whats) => Val::Tuple(
                whats
                    .into_iter()
                    .map(|what| self.operation(what, vec![value], called.clone(), &at))
                    .collect(),
            ),
        }
    }

    /// `x[0..8]`
    pub(super) fn index(&mut self, scope: &mut Scope<'_, 'a>, index: &ExprIndex, at: &TokenStream) -> Val {
        if let Expr::Path(path) = &*index.expr
            && let Some(name) = path.path.get_ident()
            && self.layer_named(scope, &name.unraw().to_string()).is_some()
            && !scope.names.is_known(&name.unraw().to_string())
        {
            return self.refuse(scope, at, format!("`{0}` is a layer: call it, `{0}(x)`", spell(index)));
        }
        let base = self.expression(scope, &index.expr);
        let what = match &*index.index {
            Expr::Range(range) => narrow(range, 0, &scope.instance.flat.consts),
            other => {
                let (x, i) = (spell(&index.expr), spell(other));
                let next =
                    number::evaluate(other, &scope.instance.flat.consts).map(|i| i.value.saturating_add(1));
                let next = next.map_or_else(|_| format!("{i} + 1"), |next| next.to_string());
                Err(Error::new_spanned(other, format!("a slice keeps its axis: `{x}[{i}..{next}]`")))
            }
        };
        let what = self.errors.take(what);
        let (Some(value), Some(what)) = (self.tensor(&base, "[..]", at), what) else { return Val::Unknown };
        let name = format!("{}{}", scope.instance.place.prefix(), spell(index));
        what.map_or(Val::One(value), |what| self.operation(what, vec![value], name, at))
    }
}

enum Operations {
    Chain(Vec<What>),
    Parts(Vec<What>),
}

fn operations(name: &str, signature: &Signature, told: &Told, consts: &Consts) -> Result<Operations> {
    let first = |i: usize| told.need(signature.first[i]);
    let size = |expression: &Expr, what: &str| {
        let number = number::evaluate(expression, consts)?;
        number::positive(&number, what).map(|_| number)
    };
    let one = match name {
        "reshape" => {
            let dims = list(first(0)?, signature)?.iter().map(|dim| match number::negated(dim) {
                Some(_) if spell(dim).replace(' ', "") == "-1" => Ok(None),
                _ => size(dim, "a dimension").map(Some),
            });
            let dims: Vec<Option<Number>> = dims.collect::<Result<_>>()?;
            if dims.iter().filter(|dim| dim.is_none()).count() > 1 {
                return Err(Error::new_spanned(first(0)?, "only one dimension can be left to infer"));
            }
            What::Reshape { dims: Dims::Given(dims) }
        }
        "flatten" => What::Reshape { dims: Dims::Flat },
        "permute" => {
            let axes = list(first(0)?, signature)?.iter().map(|axis| number::axis(axis, consts));
            What::Permute { axes: axes.collect::<Result<_>>()? }
        }
        "transpose" => What::Transpose,
        "narrow" => {
            let start = number::evaluate(first(1)?, consts)?;
            let len = size(first(2)?, "the length of a slice")?;
            let end = start.value.checked_add(len.value);
            let end = end.ok_or_else(|| Error::new_spanned(&len.at, "this is too large for a size"))?;
            What::Narrow {
                axis: number::axis(first(0)?, consts)?,
                start,
                end: Number { value: end, at: len.at },
            }
        }
        "slice" => {
            let ranges = list(first(0)?, signature)?.iter().enumerate().map(|(axis, range)| match range {
                Expr::Range(range) => narrow(range, axis, consts),
                other => Err(Error::new_spanned(
                    other,
                    "a slice keeps every axis: write a range, such as `2..5` or `..`",
                )),
            });
            let ranges: Vec<Option<What>> = ranges.collect::<Result<_>>()?;
            return Ok(Operations::Chain(ranges.into_iter().flatten().collect()));
        }
        "chunk" => {
            let of = size(first(0)?, "the number of parts")?;
            if of.value > 4096 {
                return Err(Error::new_spanned(&of.at, "these are too many parts: at most 4096"));
            }
            let axis = number::axis(first(1)?, consts)?;
            let part = |index: usize| What::Chunk { axis: axis.clone(), index, of: of.clone() };
            return Ok(Operations::Parts((0..of.value).map(part).collect()));
        }
        "split" => {
            let sizes = list(first(0)?, signature)?.iter().map(|part| size(part, "the size of a part"));
            let sizes: Vec<Number> = sizes.collect::<Result<_>>()?;
            let axis = number::axis(first(1)?, consts)?;
            let part = |index: usize| What::Split { axis: axis.clone(), index, sizes: sizes.clone() };
            return Ok(Operations::Parts((0..sizes.len()).map(part).collect()));
        }
        _ => What::Reduce { axis: number::axis(first(0)?, consts)?, mean: name == "mean" },
    };
    Ok(Operations::Chain(vec![one]))
}

fn axis(told: &Told, consts: &Consts, builder: &Builder<'_>) -> Option<Number> {
    builder.errors.take(told.need("axis").and_then(|axis| number::axis(axis, consts)))
}

/// The elements between brackets.
fn list<'e>(
    expression: &'e Expr,
    signature: &Signature,
) -> Result<&'e syn::punctuated::Punctuated<Expr, syn::Token![,]>> {
    match expression {
        Expr::Array(array) if !array.elems.is_empty() => Ok(&array.elems),
        other => {
            let Signature { of, first, example, .. } = signature;
            Err(Error::new_spanned(other, format!("`{of}` takes {} between brackets: `{example}`", first[0])))
        }
    }
}

/// A range of an axis; nothing for all of it.
fn narrow(range: &ExprRange, axis: usize, consts: &Consts) -> Result<Option<What>> {
    let axis = Number { value: axis, at: range.to_token_stream() };
    let start = match &range.start {
        Some(start) => number::evaluate(start, consts)?,
        None => Number { value: 0, at: range.to_token_stream() },
    };
    let Some(end) = &range.end else {
        return Ok((start.value > 0).then_some(What::From { axis, start }));
    };
    let mut end = number::evaluate(end, consts)?;
    if matches!(range.limits, RangeLimits::Closed(_)) {
        end.value = end.value.saturating_add(1);
    }
    if end.value <= start.value {
        return Err(Error::new_spanned(range, format!("the slice {}..{} is empty", start.value, end.value)));
    }
    Ok(Some(What::Narrow { axis, start, end }))
}
