//! Names that must differ, and names of generated structs.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::ext::IdentExt;

use crate::errors::Errors;

use super::flat::FlatEntry;

/// Reports layers of one name, in the source or in checkpoints.
pub(super) fn distinct(entries: &mut [FlatEntry<'_>], errors: &Errors) {
    let mut names: Vec<String> = Vec::new();
    let mut saved: HashMap<String, String> = HashMap::new();
    for entry in entries {
        let Some(ident) = &entry.entry.name else { continue };
        let name = ident.unraw().to_string();
        if names.contains(&name) {
            errors.at(ident, format!("`{name}` is declared twice: give one of the two another name"));
            entry.again = true;
            continue;
        }
        let saved_as = entry.notes.saved_as.as_ref().map_or_else(|| name.clone(), |saved| saved.name.clone());
        if let Some(other) = saved.insert(saved_as.clone(), name.clone()) {
            errors.at(ident, format!("`{name}` is saved as \"{saved_as}\", and so is `{other}`"));
        }
        names.push(name);
    }
}

/// `ResNet18BasicBlock64x56`: the struct of a block, unlike all of `taken`.
pub(super) fn of_struct(parent: &Ident, block: &Ident, numbers: &[usize], taken: &[String]) -> Ident {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let name = format!("{}{}{}", parent.unraw(), block.unraw(), numbers.join("x"));
    let mut unique = name.clone();
    let mut count = 1;
    while taken.contains(&unique) {
        count += 1;
        unique = format!("{name}_{count}");
    }
    Ident::new(&unique, block.span())
}
