//! [`Library`]: the declarations that a `model!` can see, and what their names mean in each other.

use std::collections::HashMap;

use syn::ext::IdentExt;

use crate::build::layers;
use crate::errors::Errors;
use crate::parse::model::{Callee, Entry, Kind, LayerExpr, Model};
use crate::parse::number::spell;
use crate::spelling;

/// An index into [`Library::items`].
pub(crate) type ItemId = usize;

#[derive(Default)]
pub(crate) struct Library {
    pub(crate) items: Vec<Item>,
}

/// A declaration.
pub(crate) struct Item {
    pub(crate) model: Model,
    /// What the paths in it stand for.
    pub(crate) links: HashMap<String, ItemId>,
    /// Nothing is wrong with it, or with what it consists of, as far as is known.
    pub(crate) sound: bool,
}

/// What the name of a layer is.
pub(crate) enum Role {
    /// A layer of castiron, with options.
    Options,
    /// A layer of castiron, as a Rust type.
    Type,
    /// A module that the macro does not know.
    Opaque,
    /// A model, perhaps a template.
    Model,
    /// Nothing, and why.
    Wrong(String),
}

impl Item {
    /// What a layer of this declaration is.
    pub(crate) fn role(&self, callee: &Callee, entry: &Entry) -> Role {
        let name = callee.last.unraw().to_string();
        let is_linked = self.links.contains_key(&callee.key());
        if layers::is_known(&name) {
            return match (&callee.generics, &callee.arguments) {
                (Some(_), None) => Role::Type,
                (Some(_), Some(_)) => {
                    Role::Wrong(format!("`{name}` is written either as a Rust type, `{name}<..>`, or with options, `{name}(..)`"))
                }
                (None, _) if name == "Residual" => {
                    Role::Wrong("`Residual` is around a type, `Residual<Linear<Rank1<8>, 8>>`; or write a body: `|x| layer(x) + x`".to_string())
                }
                (None, _) => Role::Options,
            };
        }
        if callee.arguments.is_some() {
            if is_linked {
                return Role::Wrong(format!(
                    "`{name}` is a model: its numbers are in `<..>`, as in `{name}<64>`"
                ));
            }
            return Role::Wrong(unknown(&name));
        }
        if entry.output.is_some() {
            let is_template = is_linked && callee.generics.is_some();
            return match is_template {
                true => Role::Wrong(format!(
                    "`{name}` is a model of this `model!`: what it gives is known, so leave out `->`"
                )),
                false => Role::Opaque,
            };
        }
        let is_like = callee.generics.is_none()
            && layers::NAMES.iter().any(|known| spelling::distance(known, &name) == 1);
        let is_path = callee.path.clone().into_iter().count() > 1;
        if !is_linked && !is_path && (is_like || entry.name.is_none()) {
            return Role::Wrong(unknown(&name));
        }
        if entry.name.is_none() {
            let (path, lower) = (spell(&callee.at), snake(&name));
            return Role::Wrong(format!(
                "`{name}` has parameters, and is known by its name: write `{lower}: {path}`"
            ));
        }
        Role::Model
    }

    /// The models that it uses.
    pub(crate) fn uses(&self) -> Vec<&Callee> {
        let mut found = Vec::new();
        let entries = match &self.model.kind {
            Kind::Own(own) => &own.entries,
            Kind::Of(of) => {
                found.push(&of.base);
                &of.replaced
            }
        };
        for entry in entries {
            let callee = entry.layer.innermost();
            if matches!(self.role(callee, entry), Role::Model) {
                found.push(callee);
            }
        }
        found
    }
}

fn unknown(name: &str) -> String {
    match spelling::closest(name, layers::NAMES) {
        Some(known) => format!("unknown layer `{name}`: did you mean `{known}`?"),
        None => format!(
            "unknown layer `{name}`: a module that is not castiron's is written with what it gives, `{}: {name} -> [64]`",
            snake(name),
        ),
    }
}

/// `BasicBlock` as the name of a field: `basic_block`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

impl LayerExpr {
    /// The layer in it.
    pub(crate) fn innermost(&self) -> &Callee {
        match self {
            LayerExpr::One(callee) => callee,
            LayerExpr::Array { element, .. } => element.innermost(),
        }
    }
}

impl Library {
    /// What a path in a declaration stands for.
    pub(crate) fn find(&self, item: ItemId, callee: &Callee) -> Option<ItemId> {
        self.items[item].links.get(&callee.key()).copied()
    }

    /// Everything that a declaration consists of, itself first.
    pub(crate) fn closure(&self, item: ItemId) -> Vec<ItemId> {
        let mut found = vec![item];
        let mut next = 0;
        while let Some(item) = found.get(next).copied() {
            for used in self.items[item].uses() {
                if let Some(used) = self.find(item, used)
                    && !found.contains(&used)
                {
                    found.push(used);
                }
            }
            next += 1;
        }
        found
    }

    /// The first `declared` items, each behind those that it uses: what is wrong with a block is said of
    /// the block, before anything that has it.
    pub(crate) fn order(&self, declared: usize) -> Vec<ItemId> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.items.len()];
        for item in 0..declared {
            self.place(item, &mut seen, &mut order);
        }
        order.retain(|item| *item < declared);
        order
    }

    fn place(&self, item: ItemId, seen: &mut [bool], order: &mut Vec<ItemId>) {
        if std::mem::replace(&mut seen[item], true) {
            return;
        }
        for callee in self.items[item].uses() {
            if let Some(used) = self.find(item, callee) {
                self.place(used, seen, order);
            }
        }
        order.push(item);
    }

    /// Reports declarations that contain themselves, each circle once, and returns who is in one.
    pub(crate) fn circles(&self, errors: &Errors) -> Vec<ItemId> {
        let mut in_circle = Vec::new();
        for start in 0..self.items.len() {
            self.follow(&mut vec![start], &mut in_circle, errors);
        }
        in_circle
    }

    fn follow(&self, way: &mut Vec<ItemId>, in_circle: &mut Vec<ItemId>, errors: &Errors) {
        let here = *way.last().expect("a way starts somewhere");
        for callee in self.items[here].uses() {
            let Some(next) = self.find(here, callee) else { continue };
            if in_circle.contains(&next) {
                continue;
            }
            if let Some(start) = way.iter().position(|item| *item == next) {
                let circle = &way[start..];
                let names: Vec<String> = circle
                    .iter()
                    .chain([&next])
                    .map(|item| format!("`{}`", self.items[*item].model.name.unraw()))
                    .collect();
                let message = format!(
                    "`{}` contains itself ({}): a model is memory of a size that is known",
                    self.items[next].model.name.unraw(),
                    names.join(" has "),
                );
                errors.at(&callee.at, message);
                in_circle.extend_from_slice(circle);
                return;
            }
            way.push(next);
            self.follow(way, in_circle, errors);
            way.pop();
        }
    }
}
