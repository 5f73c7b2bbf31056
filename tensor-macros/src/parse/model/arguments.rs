//! `(16, kernel = 3)`: what a layer or a method is told, and what of it is known.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Error, Expr, Result};

use super::split;
use crate::errors::Errors;
use crate::parse::number::spell;
use crate::spelling;

/// `16` or `kernel = 3`
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) name: Option<Ident>,
    pub(crate) value: Expr,
}

impl Argument {
    /// An expression, in which an assignment is a named argument.
    pub(crate) fn of(expression: &Expr) -> Self {
        if let Expr::Assign(assign) = expression
            && let Expr::Path(path) = &*assign.left
            && let Some(name) = path.path.get_ident()
        {
            return Argument { name: Some(name.clone()), value: (*assign.right).clone() };
        }
        Argument { name: None, value: expression.clone() }
    }
}

/// The arguments between parentheses, and whether these are all: those that cannot be read are reported
/// and left out. `who` is the layer in messages.
pub(super) fn list(tokens: TokenStream, who: &str, errors: &Errors) -> (Vec<Argument>, bool) {
    let (mut list, mut all) = (Vec::new(), true);
    for chunk in split::at(',', tokens) {
        let expression = split::read(chunk, <Expr as syn::parse::Parse>::parse);
        match errors.take(expression.map_err(|error| of(&format!("`{who}`"), &error))) {
            Some(expression) => list.push(Argument::of(&expression)),
            None => all = false,
        }
    }
    (list, all)
}

/// An error, said of something: "`conv1`: ..".
pub(crate) fn of(what: &str, error: &Error) -> Error {
    Error::new(error.span(), format!("{what}: {error}"))
}

/// What can be told.
pub(crate) struct Signature {
    /// As messages call it: `Conv2d`.
    pub(crate) of: &'static str,
    /// What comes first, without a name: "the number of output channels".
    pub(crate) first: &'static [&'static str],
    /// Of these as many may be given by their names as well.
    pub(crate) names: &'static [&'static str],
    /// How it is used.
    pub(crate) example: &'static str,
}

/// What was told: each by its place, first those without names.
pub(crate) struct Told {
    of: &'static Signature,
    who: String,
    at: TokenStream,
    values: Vec<Slot>,
    /// Something could not be understood, which was reported: what is missing may be that.
    partial: bool,
}

/// What is known of one argument.
#[derive(Clone)]
enum Slot {
    Missing,
    Said(Expr),
    /// It was said, but what was meant is not known, which was reported.
    Unclear,
}

impl Signature {
    /// Sorts the arguments of `who`; nothing and at least one error if one of them is not understood.
    ///
    /// A name in `first` and `names` at once is one argument: it may be given either way.
    pub(crate) fn sort(
        &'static self,
        who: &str,
        arguments: &[Argument],
        at: &TokenStream,
        errors: &Errors,
    ) -> Option<Told> {
        let told = self.sort_some(who, (arguments, true), at, errors);
        (!told.partial).then_some(told)
    }

    /// The same, without what is not understood, which is reported. `all` says whether these are all the
    /// arguments that are written.
    pub(crate) fn sort_some(
        &'static self,
        who: &str,
        (arguments, all): (&[Argument], bool),
        at: &TokenStream,
        errors: &Errors,
    ) -> Told {
        let mut told = Told {
            of: self,
            who: who.to_string(),
            at: at.clone(),
            values: vec![Slot::Missing; self.first.len() + self.names.len()],
            partial: !all,
        };
        let (mut place, mut misspelt) = (0, Vec::new());
        for Argument { name, value } in arguments {
            let Some(name) = name else {
                match self.first.get(place) {
                    Some(_) => told.values[place] = Slot::Said(value.clone()),
                    None if place == self.first.len() => {
                        errors.at(value, self.too_many(who));
                        told.partial = true;
                    }
                    None => {}
                }
                place += 1;
                continue;
            };
            let text = name.unraw().to_string();
            let Some(index) = self.place(&text) else {
                errors.at(name, self.unknown(who, &text));
                told.partial = true;
                let meant = spelling::closest(&text, self.names.iter().copied());
                misspelt.extend(meant.and_then(|meant| self.place(meant)).map(|index| (index, value)));
                continue;
            };
            told.values[index] = match told.values[index] {
                Slot::Missing => Slot::Said(value.clone()),
                Slot::Said(_) | Slot::Unclear => {
                    errors.at(name, format!("`{name}` of `{who}` is said twice"));
                    told.partial = true;
                    Slot::Unclear
                }
            };
        }
        if place > self.first.len() {
            // Which of them is which is not known.
            told.values[..self.first.len()].fill(Slot::Unclear);
        }
        for (index, value) in misspelt {
            if matches!(told.values[index], Slot::Missing) {
                told.values[index] = Slot::Said(value.clone());
            }
        }
        told
    }

    /// Where the value of this name is kept.
    fn place(&self, name: &str) -> Option<usize> {
        let index = self.names.iter().position(|known| *known == name)?;
        Some(self.first.iter().position(|first| *first == name).unwrap_or(self.first.len() + index))
    }

    fn too_many(&self, who: &str) -> String {
        let Signature { of, first, names, example } = self;
        let who = if who == *of { String::new() } else { format!("`{who}`: ") };
        match first {
            [] if names.is_empty() => format!("{who}`{of}` takes nothing: write `{example}`"),
            [] => format!("{who}every option of `{of}` has a name: `{example}`"),
            [one] => format!("{who}`{of}` takes one argument without a name, {one}: `{example}`"),
            _ => format!(
                "{who}`{of}` takes {} arguments without names, {}: `{example}`",
                first.len(),
                first.join(", ")
            ),
        }
    }

    fn unknown(&self, who: &str, name: &str) -> String {
        let Signature { of, names, example, .. } = self;
        let is_named = who != *of;
        if names.is_empty() {
            let who = if is_named { format!("`{who}`: ") } else { String::new() };
            return format!("{who}`{of}` has no options: write `{example}`");
        }
        let hint = spelling::hint(name, names.iter().copied());
        let it = if is_named { format!("`{of}`") } else { "it".to_string() };
        format!("unknown option `{name}` of `{who}`: {it} has {}{hint}", names.join(", "))
    }
}

impl Told {
    fn slot(&self, name: &str) -> &Slot {
        let first = self.of.first.iter().position(|first| *first == name);
        &self.values[first.or_else(|| self.of.place(name)).expect("an argument of the signature")]
    }

    /// The argument of this name, or without a name what comes first under it.
    pub(crate) fn get(&self, name: &str) -> Option<&Expr> {
        match self.slot(name) {
            Slot::Said(value) => Some(value),
            Slot::Missing | Slot::Unclear => None,
        }
    }

    /// Whether it was said, but cannot be told what it is, which was reported.
    pub(crate) fn is_unclear(&self, name: &str) -> bool {
        matches!(self.slot(name), Slot::Unclear)
    }

    /// Whether it is known that it was not said.
    pub(crate) fn is_missing(&self, name: &str) -> bool {
        !self.partial && matches!(self.slot(name), Slot::Missing)
    }

    /// One that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&Expr> {
        self.get(name).ok_or_else(|| {
            let Signature { names, example, first, .. } = self.of;
            let who = &self.who;
            let message = if first.contains(&name) && !names.contains(&name) {
                let place = if first[0] == name { " first" } else { "" };
                format!("`{who}` needs {name}{place}: `{example}`")
            } else {
                format!("`{who}` needs `{name}`: `{example}`")
            };
            Error::new_spanned(&self.at, message)
        })
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(name) {
            None => Ok(default),
            Some(Expr::Lit(literal)) => match &literal.lit {
                syn::Lit::Bool(flag) => Ok(flag.value),
                other => Err(self.no_flag(name, &other)),
            },
            Some(other) => Err(self.no_flag(name, &other)),
        }
    }

    fn no_flag(&self, name: &str, at: &dyn ToTokens) -> Error {
        let (who, text) = (&self.who, spell(at.to_token_stream()));
        Error::new_spanned(
            at.to_token_stream(),
            format!("`{name}` of `{who}` is `true` or `false`, not `{text}`"),
        )
    }
}
