//! One use of a declaration: a unit for every layer, a field for every one with parameters.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;
use syn::ext::IdentExt;
use syn::parse::Parse;

use super::flat::{self, Flat, FlatEntry};
use super::layers::{self, Known};
use super::{Builder, init, names};
use crate::graph::{Field, Holds, Hop, Struct, StructId, Unit, UnitId};
use crate::layers::Layer;
use crate::parse::Written;
use crate::parse::model::{Callee, LayerExpr, arguments, split};
use crate::parse::number;
use crate::template::library::{ItemId, Role};

/// A model or a block, with units for its layers.
pub(super) struct Instance<'a> {
    pub(super) item: ItemId,
    pub(super) flat: Flat<'a>,
    pub(super) structure: StructId,
    pub(super) place: Place,
    /// One for each entry.
    pub(super) made: Vec<Made<'a>>,
}

/// Where in the model.
#[derive(Clone, Default)]
pub(super) struct Place {
    pub(super) path: Vec<Hop>,
    /// In messages: `layer1.0`; nothing for the model itself.
    pub(super) name: String,
    pub(super) frozen: bool,
}

impl Place {
    /// What the names of its layers begin with.
    pub(super) fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}.", self.name) }
    }

    fn hop(&self, hop: Hop, name: &str) -> Self {
        let mut path = self.path.clone();
        path.push(hop);
        Place { path, name: format!("{}{name}", self.prefix()), frozen: self.frozen }
    }
}

/// What an entry has become.
pub(super) enum Made<'a> {
    Unit(UnitId),
    Flatten,
    Block(Box<Instance<'a>>),
    Array(Vec<Made<'a>>),
    /// Nothing, which was reported.
    Broken,
}

impl<'a> Instance<'a> {
    /// The instance of a declaration, its struct being there.
    pub(super) fn of(
        builder: &mut Builder<'a>,
        item: ItemId,
        mut flat: Flat<'a>,
        structure: StructId,
        place: Place,
    ) -> Self {
        names::distinct(&mut flat.entries, builder.errors);
        let first = builder.graph.structs[structure].fields.is_empty();
        let mut made: Vec<Made<'a>> = Vec::new();
        for entry in &flat.entries {
            made.push(builder.entry(entry, structure, &place));
        }
        for (i, entry) in flat.entries.iter().enumerate() {
            if let Some(tied) = builder.tied(entry, &flat.entries, &made, &place) {
                made[i] = tied;
            }
        }
        for (entry, made) in flat.entries.iter().zip(&made) {
            builder.idle_notes(entry, made);
        }
        if first {
            for (entry, made) in flat.entries.iter().zip(&made) {
                if let Some(field) = builder.field(entry, made) {
                    builder.graph.structs[structure].fields.push(field);
                }
            }
        }
        Instance { item, flat, structure, place, made }
    }

    /// How many values it takes. If that is not known, as many as its body does.
    pub(super) fn input_parts(&self) -> usize {
        match (&self.flat.input, self.flat.body) {
            (Some(input), _) => super::parts(&input.sample),
            (None, Some(body)) => body.inputs.len().max(1),
            (None, None) => 1,
        }
    }
}

impl<'a> Builder<'a> {
    fn entry(&mut self, entry: &FlatEntry<'a>, structure: StructId, place: &Place) -> Made<'a> {
        let name = entry.name();
        let ident = entry.entry.name.clone();
        let hop = Hop::Field(structure, ident.unwrap_or_else(|| entry.entry.layer.innermost().last.clone()));
        let mut place = place.hop(hop, &name);
        place.frozen |= entry.notes.frozen.is_some();
        self.layer(entry, &entry.entry.layer, place)
    }

    fn layer(&mut self, entry: &FlatEntry<'a>, layer: &'a LayerExpr, place: Place) -> Made<'a> {
        let (callee, errors) = (layer.innermost(), self.errors);
        let role = self.library.items[entry.item].role(callee, entry.entry);
        if let (LayerExpr::Array { element, count }, false) = (layer, matches!(role, Role::Opaque)) {
            if matches!(**element, LayerExpr::Array { .. }) {
                errors.at(&entry.entry.at, "an array of arrays of layers: write the inner one as a model");
                return Made::Broken;
            }
            let what = format!("the number of layers of `{}`", entry.name());
            let count = number::evaluate(count, &entry.consts);
            let count = count.map_err(|error| arguments::of(&what, &error));
            let count = count.and_then(|count| number::positive(&count, &what));
            let Some(count) = errors.take(count) else { return Made::Broken };
            if count > 4096 {
                errors.at(&entry.entry.at, format!("{count} layers are too many: at most 4096"));
                return Made::Broken;
            }
            let element = |i: usize| self.layer(entry, element, place.hop(Hop::Index(i), &i.to_string()));
            return Made::Array((0..count).map(element).collect());
        }
        match role {
            Role::Wrong(message) => {
                errors.at(&callee.at, message);
                Made::Broken
            }
            Role::Options => match layers::known(callee, &entry.name(), &entry.consts, errors) {
                None => Made::Broken,
                Some(Known::Flatten) => Made::Flatten,
                // Made once all others are.
                Some(Known::Tied { .. }) => Made::Broken,
                Some(Known::Layer(layer)) => self.unit(entry, *layer, None, place),
            },
            Role::Type => {
                let Some(ty) = self.ty(callee.at.clone(), entry) else { return Made::Broken };
                match errors.take(Layer::of(&ty)) {
                    Some(layer) => self.unit(entry, layer, Some(ty), place),
                    None => Made::Broken,
                }
            }
            Role::Opaque => self.opaque(entry, layer, place),
            Role::Model => self.block(entry, callee, place),
        }
    }

    fn ty(&mut self, tokens: TokenStream, entry: &FlatEntry<'a>) -> Option<Type> {
        self.errors.take(split::read(entry.consts.substitute(tokens), Type::parse))
    }

    /// A module that the macro does not know, or an array of them.
    fn opaque(&mut self, entry: &FlatEntry<'a>, layer: &'a LayerExpr, place: Place) -> Made<'a> {
        let tokens = match layer {
            LayerExpr::One(callee) => callee.at.clone(),
            LayerExpr::Array { element, count } => {
                let count = match self.errors.take(number::evaluate(count, &entry.consts)) {
                    Some(count) => proc_macro2::Literal::usize_unsuffixed(count.value),
                    None => return Made::Broken,
                };
                let element = &element.innermost().at;
                quote!([#element; #count])
            }
        };
        match self.ty(tokens, entry) {
            Some(ty) => self.unit(entry, Layer::Opaque, Some(ty), place),
            None => Made::Broken,
        }
    }

    fn unit(&mut self, entry: &FlatEntry<'a>, layer: Layer, ty: Option<Type>, place: Place) -> Made<'a> {
        let output: Option<Written> = entry.entry.output.as_ref().and_then(|output| {
            let what = format!("the output of `{}`", entry.name());
            flat::sample(output, &what, &entry.consts, self.errors)
        });
        let has_parameters = layers::has_parameters(&layer);
        if has_parameters && entry.entry.name.is_none() {
            let callee = entry.entry.layer.innermost();
            let (name, at) = (&callee.last, &entry.entry.at);
            let message = format!(
                "`{name}` has parameters, and is known by its name: write `{}: {}`",
                crate::template::library::snake(&name.unraw().to_string()),
                number::spell(at),
            );
            self.errors.at(&callee.at, message);
        }
        self.inits(entry, &layer);
        self.graph.units.push(Unit {
            path: if has_parameters && !entry.again { place.path } else { Vec::new() },
            name: place.name,
            layer: Ok(layer),
            ty,
            output,
            annotated: entry.entry.output.is_some(),
            frozen: place.frozen,
            at: entry.entry.at.clone(),
        });
        Made::Unit(self.graph.units.len() - 1)
    }

    fn block(&mut self, entry: &FlatEntry<'a>, callee: &'a Callee, place: Place) -> Made<'a> {
        let Some(item) = self.library.find(entry.item, callee) else { return Made::Broken };
        // What is wrong with it was reported where it is declared.
        if !self.library.items[item].sound {
            return Made::Broken;
        }
        if let Some(note) = entry.notes.inits.first() {
            let message = format!(
                "`{}` is a block: say in its declaration what its parameters start from",
                entry.name()
            );
            self.errors.at(&note.at, message);
        }
        let generics = callee.generics.clone();
        let numbers = flat::arguments(self.library, item, generics, &callee.at, &entry.consts, self.errors);
        let Some(numbers) = numbers else { return Made::Broken };
        let Some(flat) = flat::flat(self.library, item, &numbers, self.errors) else { return Made::Broken };
        let key = (item, numbers);
        let structure = match self.structs.get(&key) {
            Some(structure) => *structure,
            None => {
                let structs = &mut self.graph.structs;
                let taken: Vec<String> = structs.iter().map(|structure| structure.name.to_string()).collect();
                structs.push(Struct {
                    name: names::of_struct(&self.graph.model, &callee.last, &key.1, &taken),
                    visibility: structs[0].visibility.clone(),
                    attributes: self.library.items[item].model.attributes.clone(),
                    fields: Vec::new(),
                });
                self.structs.insert(key, self.graph.structs.len() - 1);
                self.graph.structs.len() - 1
            }
        };
        Made::Block(Box::new(Instance::of(self, item, flat, structure, place)))
    }

    /// A linear layer with the weight of another one, now that all others are there.
    fn tied(
        &mut self,
        entry: &FlatEntry<'a>,
        entries: &[FlatEntry<'a>],
        made: &[Made<'a>],
        place: &Place,
    ) -> Option<Made<'a>> {
        let LayerExpr::One(callee) = &entry.entry.layer else { return None };
        let is_tied = callee.last.unraw() == "Linear"
            && callee
                .arguments
                .iter()
                .flatten()
                .any(|argument| argument.name.as_ref().is_some_and(|n| n == "tied"));
        // What is wrong with it has been reported.
        let quiet = crate::errors::Errors::new();
        let known = is_tied.then(|| layers::known(callee, &entry.name(), &entry.consts, &quiet)).flatten();
        quiet.into_vec();
        let Some(Known::Tied { to, outputs }) = known else { return None };
        let target = entries
            .iter()
            .position(|other| other.entry.name.as_ref().is_some_and(|name| name.unraw() == to.unraw()));
        let Some(target) = target else {
            let names: Vec<String> =
                entries.iter().filter(|e| e.entry.name.is_some()).map(FlatEntry::name).collect();
            let hint = crate::spelling::hint(&to.to_string(), names.iter().map(String::as_str));
            self.errors.at(&to, format!("there is no layer `{to}` to tie `{}` to{hint}", entry.name()));
            return None;
        };
        let unit = match &made[target] {
            Made::Unit(unit) => *unit,
            Made::Broken => return None,
            _ => {
                self.errors.at(
                    &to,
                    format!("`{to}` is no `Embedding` and no `Linear`, so its weight cannot be used"),
                );
                return None;
            }
        };
        let same = match &self.graph.units[unit].layer {
            Ok(Layer::Embedding { tokens, .. }) => tokens.clone(),
            Ok(Layer::Linear { outputs, .. }) => outputs.clone(),
            _ => {
                self.errors.at(
                    &to,
                    format!("`{to}` is no `Embedding` and no `Linear`, so its weight cannot be used"),
                );
                return None;
            }
        };
        let layer = Layer::Linear {
            input: None,
            at: callee.last.to_token_stream(),
            outputs: outputs.unwrap_or(same),
            bias: false,
            activation: crate::layers::Activation::Identity,
            tied: Some(unit),
        };
        let mut place = place.clone();
        place.name = format!("{}{}", place.prefix(), entry.name());
        Some(self.unit(entry, layer, None, place))
    }

    fn field(&mut self, entry: &FlatEntry<'a>, made: &Made<'a>) -> Option<Field> {
        let ident: &Ident = entry.entry.name.as_ref().filter(|_| !entry.again)?;
        let holds = Self::holds(made)?;
        if let Holds::Unit(unit) = holds
            && !self.has_field(unit)
        {
            return None;
        }
        // What is there to be initialised, as far as that is known.
        let leaves = match holds {
            Holds::Unit(unit) => self.graph.units[unit].layer.as_ref().ok().and_then(layers::leaves),
            Holds::Struct(_) => Some(Vec::new()),
        };
        let inits = entry.notes.inits.iter().filter_map(|note| {
            let is_there = leaves.as_ref().is_none_or(|leaves| leaves.contains(&note.leaf.as_str()));
            let init = self.errors.take(init::expression(&note.init, &entry.consts))?;
            is_there.then(|| (note.leaf.clone(), init))
        });
        Some(Field {
            ident: ident.clone(),
            attributes: entry.notes.kept.clone(),
            saved_as: entry
                .notes
                .saved_as
                .as_ref()
                .map_or_else(|| ident.unraw().to_string(), |saved| saved.name.clone()),
            holds,
            count: match made {
                Made::Array(elements) => Some(elements.len()),
                _ => None,
            },
            frozen: entry.notes.frozen.is_some(),
            inits: inits.collect(),
        })
    }
}
