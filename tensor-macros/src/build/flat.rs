//! [`Flat`]: a declaration whose base, if it is made from another model, has been looked up.

use std::rc::Rc;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Expr;
use syn::ext::IdentExt;
use syn::parse::Parse;

use crate::errors::Errors;
use crate::parse::Written;
use crate::parse::model::{Body, Entry, Kind, Notes, arguments as argument, split};
use crate::parse::number::{self, Consts, spell};
use crate::spelling;
use crate::template::library::{ItemId, Library};

/// A declaration with its numbers.
pub(super) struct Flat<'a> {
    pub(super) entries: Vec<FlatEntry<'a>>,
    pub(super) body: Option<&'a Body>,
    /// Where the numbers of the body and of the samples are.
    pub(super) consts: Rc<Consts>,
    pub(super) input: Option<Written>,
    pub(super) output: Option<Written>,
    /// Names in what could not be read.
    pub(super) unread: Vec<String>,
}

pub(super) struct FlatEntry<'a> {
    pub(super) entry: &'a Entry,
    pub(super) notes: Notes,
    /// In which declaration it is written, and that one's numbers.
    pub(super) item: ItemId,
    pub(super) consts: Rc<Consts>,
    /// An earlier one has the same name, which was reported.
    pub(super) again: bool,
}

impl FlatEntry<'_> {
    /// Its name, or that of its layer.
    pub(super) fn name(&self) -> String {
        match &self.entry.name {
            Some(name) => name.unraw().to_string(),
            None => self.entry.layer.innermost().last.unraw().to_string(),
        }
    }
}

/// The declaration `item` with these numbers. Nothing if what it is made from is not known.
pub(super) fn flat<'a>(
    library: &'a Library,
    item: ItemId,
    numbers: &[usize],
    errors: &Errors,
) -> Option<Flat<'a>> {
    let model = &library.items[item].model;
    let names = model.parameters.iter().map(|name| name.unraw().to_string());
    let named = |what: &str| format!("the {what} of `{}`", model.name.unraw());
    let consts = Rc::new(Consts::new(names.zip(numbers.iter().copied())));
    let entry = |entry: &'a Entry| FlatEntry {
        entry,
        notes: entry.notes.clone(),
        item,
        consts: consts.clone(),
        again: false,
    };
    match &model.kind {
        Kind::Own(own) => Some(Flat {
            entries: own.entries.iter().map(entry).collect(),
            body: own.body.as_ref(),
            input: sample(&own.input, &named("input"), &consts, errors),
            output: sample(&own.output, &named("output"), &consts, errors),
            unread: own.unread.clone(),
            consts,
        }),
        Kind::Of(of) => {
            // What is wrong with it was reported where it is declared.
            let base = library.find(item, &of.base).filter(|base| library.items[*base].sound)?;
            let given = arguments(library, base, of.base.generics.clone(), &of.base.at, &consts, errors)?;
            let mut flat = flat(library, base, &given, errors)?;
            let mut names = Vec::new();
            for replaced in &of.replaced {
                match &replaced.name {
                    Some(name) if names.contains(&name.unraw()) => {
                        errors.at(name, format!("`{}` is replaced twice", name.unraw()));
                    }
                    name => {
                        names.extend(name.as_ref().map(IdentExt::unraw));
                        let base = of.base.last.unraw().to_string();
                        replace(&mut flat, entry(replaced), &base, errors);
                    }
                }
            }
            flat.unread.extend(of.unread.iter().cloned());
            match &of.output {
                Some(output) => flat.output = sample(output, &named("output"), &consts, errors),
                None if !of.replaced.is_empty() => flat.output = None,
                None => {}
            }
            Some(flat)
        }
    }
}

fn replace<'a>(flat: &mut Flat<'a>, mut new: FlatEntry<'a>, base: &str, errors: &Errors) {
    let Some(name) = new.entry.name.as_ref() else {
        return errors.at(
            &new.entry.at,
            format!("say which layer of `{base}` this replaces: `fc: {}`", number::spell(&new.entry.at)),
        );
    };
    let Some(old) = flat
        .entries
        .iter_mut()
        .find(|old| old.entry.name.as_ref().is_some_and(|old| old.unraw() == name.unraw()))
    else {
        let names: Vec<String> =
            flat.entries.iter().filter(|old| old.entry.name.is_some()).map(FlatEntry::name).collect();
        let plain = name.unraw().to_string();
        let hint = spelling::hint(&plain, names.iter().map(String::as_str));
        return errors
            .at(name, format!("`{base}` has no layer `{plain}`: it has {}{hint}", names.join(", ")));
    };
    // It stands in the same place of a checkpoint, and is seen by the same name.
    new.notes.saved_as = new.notes.saved_as.or(old.notes.saved_as.take());
    new.notes.tap = new.notes.tap.or(old.notes.tap);
    if new.notes.kept.is_empty() {
        new.notes.kept = std::mem::take(&mut old.notes.kept);
    }
    *old = new;
}

/// The numbers in `<..>` for a template.
pub(super) fn arguments(
    library: &Library,
    item: ItemId,
    generics: Option<TokenStream>,
    at: &TokenStream,
    consts: &Consts,
    errors: &Errors,
) -> Option<Vec<usize>> {
    let model = &library.items[item].model;
    let parts = generics.map(|generics| split::at(',', generics)).unwrap_or_default();
    let (needs, has) = (model.parameters.len(), parts.len());
    if needs != has {
        let name = &model.name;
        let names: Vec<String> = model.parameters.iter().map(ToString::to_string).collect();
        let message = match needs {
            0 => format!("`{name}` has no parameters: write it without `<..>`"),
            1 => format!("`{name}<{}>` needs 1 number, but gets {has}", names[0]),
            _ => format!("`{name}<{}>` needs {needs} numbers, but gets {has}", names.join(", ")),
        };
        errors.at(at, message);
        return None;
    }
    let used = format!("`{}`", spell(at));
    let numbers = parts.into_iter().map(|part| {
        let expression =
            split::read(part, <Expr as Parse>::parse).and_then(|part| number::evaluate(&part, consts));
        errors.take(expression.map_err(|error| argument::of(&used, &error))).map(|number| number.value)
    });
    // All of them are looked at before the first that cannot be read ends this.
    numbers.collect::<Vec<_>>().into_iter().collect()
}

/// What a sample is, as it is written with these numbers. `what` is its name in messages.
pub(super) fn sample(tokens: &TokenStream, what: &str, consts: &Consts, errors: &Errors) -> Option<Written> {
    if tokens.is_empty() {
        return None;
    }
    let written = split::read(consts.substitute(tokens.clone()), Written::parse);
    let mut written: Written = errors.take(written.map_err(|error| argument::of(what, &error)))?;
    written.at = tokens.to_token_stream();
    Some(written)
}
