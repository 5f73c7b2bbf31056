//! Names of values: what `let` binds, and what is never used.

use proc_macro2::Ident;
use syn::Pat;
use syn::ext::IdentExt;

use super::call::counted;
use super::instance::Instance;
use super::{Builder, Val};
use crate::parse::number::spell;
use crate::sample::Sample;

/// The names that are known at a place of a body, the innermost last.
#[derive(Default)]
pub(super) struct Names {
    list: Vec<Binding>,
    /// Names in what could not be read: they may be used there, or declared there.
    pub(super) unread: Vec<String>,
}

struct Binding {
    ident: Ident,
    val: Val,
    used: bool,
    is_input: bool,
}

impl Names {
    /// The value of a name, which is then used.
    pub(super) fn get(&mut self, name: &str) -> Option<Val> {
        let binding = self.list.iter_mut().rev().find(|binding| binding.ident.unraw() == name)?;
        binding.used = true;
        Some(binding.val.clone())
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        self.list.iter().any(|binding| binding.ident.unraw() == name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = String> + '_ {
        self.list.iter().map(|binding| binding.ident.unraw().to_string())
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Ends a block, at whose start there were so many.
    pub(super) fn end(&mut self, start: usize, errors: &crate::errors::Errors) {
        for binding in self.list.drain(start..) {
            let Binding { ident, used, is_input, .. } = binding;
            if used || self.unread.iter().any(|name| ident.unraw() == name) {
                continue;
            }
            let name = ident.unraw();
            let message = match is_input {
                true => format!("the input `{name}` is never used"),
                false => format!("`{name}` is computed and never used"),
            };
            errors.at(ident, message);
        }
    }
}

impl<'a> Builder<'a> {
    /// Binds a pattern to a value.
    pub(super) fn bind(
        &mut self,
        names: &mut Names,
        instance: &Instance<'a>,
        pattern: &Pat,
        val: Val,
        (tap, is_input): (bool, bool),
    ) {
        match pattern {
            Pat::Ident(name) if name.subpat.is_none() && name.by_ref.is_none() => {
                if let Some(mutability) = &name.mutability {
                    self.errors.at(mutability, "values do not change: bind the new one with `let`");
                }
                let ident = name.ident.clone();
                self.rename(instance, &ident, &val);
                if tap {
                    self.tap(instance, &ident, &val);
                }
                names.list.push(Binding { ident, val, used: tap, is_input });
            }
            Pat::Path(path) if path.path.get_ident().is_some() => {
                self.errors.at(path, "a value is bound to a name");
            }
            Pat::Wild(_) => {}
            Pat::Paren(paren) => self.bind(names, instance, &paren.pat, val, (tap, is_input)),
            Pat::Tuple(tuple) => {
                let parts = match val {
                    Val::Tuple(parts) if parts.len() == tuple.elems.len() => parts,
                    Val::Unknown => vec![Val::Unknown; tuple.elems.len()],
                    other => {
                        let gets = match &other {
                            Val::Tuple(parts) => counted(parts.len()),
                            _ => "1 value".to_string(),
                        };
                        let message = self.inseparable(&other).unwrap_or_else(|| {
                            format!("this takes {} apart, but gets {gets}", counted(tuple.elems.len()))
                        });
                        self.errors.at(tuple, message);
                        vec![Val::Unknown; tuple.elems.len()]
                    }
                };
                for (pattern, part) in tuple.elems.iter().zip(parts) {
                    self.bind(names, instance, pattern, part, (tap, is_input));
                }
            }
            Pat::Type(typed) => {
                self.errors.at(&typed.ty, "shapes are inferred: leave this out");
                self.bind(names, instance, &typed.pat, val, (tap, is_input));
            }
            other => {
                let message = format!("`{}` is no name and no tuple of names", spell(other));
                self.errors.at(other, message);
                names
                    .unread
                    .extend(crate::parse::model::split::names(quote::ToTokens::to_token_stream(other)));
            }
        }
    }

    /// Why a value that is a tuple cannot be taken apart; nothing if it is none.
    pub(super) fn inseparable(&self, val: &Val) -> Option<String> {
        let Val::One(value) = val else { return None };
        let declared = self.made_by_opaque(*value)?.output.as_ref()?;
        let from = &self.graph.values[*value].from;
        let is_tuple = matches!(declared.sample, Sample::Tuple(_));
        is_tuple.then(|| {
            format!(
                "{from} gives {}, which cannot be taken apart here: from a module that castiron does not \
                 know it is one value",
                declared.sample
            )
        })
    }

    /// A value that was computed without a layer is better known by the name that it is given.
    fn rename(&mut self, instance: &Instance<'a>, name: &Ident, val: &Val) {
        let Val::One(value) = val else { return };
        if self.anonymous.remove(value) {
            self.graph.values[*value].from = format!("`{}{}`", instance.place.prefix(), name.unraw());
        }
    }
}
