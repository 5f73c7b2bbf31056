//! [`Faults`]: says once what is wrong in a block that is used many times.

use std::collections::HashMap;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::graph::{Hop, Unit, What};

/// What was wrong so far: where, and of which node or unit it was said.
#[derive(Default)]
pub(super) struct Faults {
    said: HashMap<String, usize>,
}

/// What is the same in all uses of a block, and what is not.
pub(super) struct Written {
    place: Option<String>,
    id: usize,
}

impl Written {
    pub(super) fn of(node: usize, what: &What, units: &[Unit], at: &TokenStream) -> Self {
        match what {
            What::Unit(unit) => {
                Written { place: field(&units[*unit]).map(|field| format!("{field:?}")), id: *unit }
            }
            _ => Written {
                place: span(at).map(|span| format!("{:?} {span}", std::mem::discriminant(what))),
                id: node,
            },
        }
    }
}

impl Faults {
    /// Runs with errors that are reported, unless the same place was wrong before in another use of it.
    pub(super) fn once<T>(
        &mut self,
        written: &Written,
        errors: &Errors,
        run: impl FnOnce(&Errors) -> T,
    ) -> T {
        let Some(place) = &written.place else { return run(errors) };
        if self.said.get(place).is_some_and(|first| *first != written.id) {
            return Errors::unread(run);
        }
        let before = errors.count();
        let result = run(errors);
        if errors.count() > before {
            self.said.insert(place.clone(), written.id);
        }
        result
    }
}

/// The field that a unit is in, or is an element of.
pub(super) fn field(unit: &Unit) -> Option<(usize, String)> {
    unit.path.iter().rev().find_map(|hop| match hop {
        Hop::Field(of, ident) => Some((*of, ident.to_string())),
        Hop::Index(_) => None,
    })
}

/// The place in the source. Spans cannot be compared, but rustc prints different places differently;
/// outside rustc they are all the same, and then nothing is known.
fn span(at: &TokenStream) -> Option<String> {
    let spans: Vec<_> = at.clone().into_iter().map(|token| format!("{:?}", token.span())).collect();
    let place = format!("{} {}", spans.first()?, spans.last()?);
    place.contains("bytes(").then_some(place)
}
