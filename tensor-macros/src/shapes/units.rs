//! Calls of layers.

use crate::graph::{FrontEnd, Unit};
use crate::layers::Layer;
use crate::sample::Sample;

use super::place::Place;

/// What is known of the calls of a unit so far.
#[derive(Default)]
pub(super) struct Calls {
    any: bool,
    /// What the call got that decided the sizes that were left out, and where that came from.
    first: Option<(Sample, String)>,
}

impl Calls {
    /// What one more call gives.
    pub(super) fn output(
        &mut self,
        unit: &mut Unit,
        input: Option<&Sample>,
        place: Place<'_>,
    ) -> Option<Sample> {
        let again = std::mem::replace(&mut self.any, true);
        let name = unit.name.as_str();
        let annotation = unit.output.as_ref();
        let declared = || annotation.map(|written| written.sample.clone());
        let layer = match &mut unit.layer {
            Ok(Layer::Opaque) if !unit.annotated => {
                if !again {
                    let say = match place.front_end {
                        FrontEnd::Derive => "say what it returns with `#[module(output = [..])]`",
                        FrontEnd::Model => "say what it returns by `-> [..]` behind its type",
                    };
                    place.errors.at(&unit.at, format!("`{name}` is not a layer that castiron knows: {say}"));
                }
                return None;
            }
            Ok(layer) => layer,
            // Its numbers cannot be read, but its output is declared: rustc will compare the two.
            Err(_) if unit.annotated && unit.ty.is_some() => return declared(),
            Err(error) => {
                if !again {
                    place.errors.push(syn::Error::new(error.span(), format!("`{name}`: {error}")));
                }
                return declared();
            }
        };
        let first = self.first.as_ref().map(|(sample, from)| (sample, from.as_str()));
        let (open, faults) = (!layer.is_resolved(), place.errors.count());
        let computed = Place { name, again, first, ..place }.layer(layer, input);
        if open && layer.is_resolved() {
            self.first = input.map(|input| (input.clone(), place.from.to_string()));
        }
        if let (Some(computed), Some(written)) = (&computed, annotation)
            && *computed != written.sample
            && faults == place.errors.count()
        {
            let message =
                format!("`{name}` gives {computed}, but its output is declared as {}", written.sample);
            place.errors.at(written, message);
        }
        declared().or(computed)
    }
}
