//! What attributes say of parameters, and whether there are any.

use super::flat::FlatEntry;
use super::instance::Made;
use super::{Builder, layers};
use crate::layers::Layer;
use crate::spelling;

impl<'a> Builder<'a> {
    /// Checks that the parameters of which something is said are there.
    pub(super) fn inits(&self, entry: &FlatEntry<'a>, layer: &Layer) {
        let Some(leaves) = layers::leaves(layer) else { return };
        if !layers::has_parameters(layer) {
            return;
        }
        for note in &entry.notes.inits {
            if leaves.contains(&note.leaf.as_str()) {
                continue;
            }
            let (name, leaf) = (entry.name(), &note.leaf);
            let hint = spelling::hint(leaf, leaves.iter().copied());
            let message = format!("`{name}` has no parameter `{leaf}`: it has {}{hint}", leaves.join(", "));
            self.errors.at(&note.at, message);
        }
    }

    /// Reports what is said of the parameters of something that has none.
    pub(super) fn idle_notes(&self, entry: &FlatEntry<'a>, made: &Made<'a>) {
        if self.may_have_parameters(made) {
            return;
        }
        let (name, notes) = (entry.name(), &entry.entry.notes);
        let say = |at, what: &str| {
            self.errors.push(syn::Error::new(at, format!("`{name}` has no parameters to {what}")));
        };
        if let Some(at) = notes.frozen {
            say(at, "freeze");
        }
        if let Some(saved) = &notes.saved_as {
            say(saved.at, "save under a name");
        }
        for note in &notes.inits {
            self.errors.at(&note.at, format!("`{name}` has no parameters to initialise"));
        }
    }

    fn may_have_parameters(&self, made: &Made<'a>) -> bool {
        match made {
            Made::Unit(unit) => self.has_field(*unit),
            Made::Flatten => false,
            Made::Block(block) => block.made.iter().any(|made| self.may_have_parameters(made)),
            Made::Array(elements) => elements.iter().any(|made| self.may_have_parameters(made)),
            Made::Broken => true,
        }
    }
}
