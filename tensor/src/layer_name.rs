//! [`LayerName`]: which layer of a model a path stands for.

use crate::cx::child;
use crate::module::Row;

/// A layer of a model, by the path that [`Cx`](crate::Cx) gives it. `Display` finds its name, as summaries have it.
#[derive(Clone, Copy)]
pub struct LayerName {
    path: u64,
    parts: &'static [Row],
}

/// The longest array of layers whose elements have names here.
const ELEMENTS: usize = 64;

impl LayerName {
    /// Of the layer at `path` of a model with these parts.
    pub(crate) fn new(path: u64, parts: &'static [Row]) -> Self {
        LayerName { path, parts }
    }

    /// Writes the name of the layer if it is one of `parts` or within them; `numbered` is how many levels of array
    /// elements and wrapped layers may lie between.
    fn find(
        &self,
        from: u64,
        parts: &[Row],
        before: &Name<'_>,
        numbered: usize,
        f: &mut core::fmt::Formatter<'_>,
    ) -> Option<core::fmt::Result> {
        parts.iter().enumerate().find_map(|(i, part)| {
            let name = Name { before: Some(before), part: Part::Field(part.name) };
            self.within(child(from, i), part.parts, &name, numbered, f)
        })
    }

    /// The layer at `from`, or what is in it.
    fn within(
        &self,
        from: u64,
        parts: &[Row],
        name: &Name<'_>,
        numbered: usize,
        f: &mut core::fmt::Formatter<'_>,
    ) -> Option<core::fmt::Result> {
        if from == self.path {
            return Some(write!(f, "`{name}`"));
        }
        if let found @ Some(_) = self.find(from, parts, name, numbered, f) {
            return found;
        }
        let elements = if numbered > 0 { 0..ELEMENTS } else { 0..0 };
        elements.into_iter().find_map(|i| {
            let element = Name { before: Some(name), part: Part::Index(i) };
            self.within(child(from, i), parts, &element, numbered - 1, f)
        })
    }
}

/// A name in the making: on the stack, so that errors need no heap.
#[derive(Clone, Copy)]
struct Name<'a> {
    before: Option<&'a Name<'a>>,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Model,
    Field(&'static str),
    Index(usize),
}

impl core::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let Some(before) = self.before
            && !matches!(before.part, Part::Model)
        {
            write!(f, "{before}.")?;
        }
        match self.part {
            Part::Model => Ok(()),
            Part::Field(name) => f.write_str(name),
            Part::Index(i) => write!(f, "{i}"),
        }
    }
}

impl core::fmt::Display for LayerName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let model = Name { before: None, part: Part::Model };
        let found = (self.path != 0).then(|| self.find(0, self.parts, &model, 2, f)).flatten();
        found.unwrap_or_else(|| f.write_str("outside of the model's layers"))
    }
}

impl core::fmt::Debug for LayerName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl PartialEq for LayerName {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}
