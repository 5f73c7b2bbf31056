//! Running averages of models on a tape. Backward leaves the statistics of a batch in the gradient, where the optimizer
//! finds them; but they are no gradients, and are never added.

use super::record::{Kind, Record};
use crate::array::{Array, Dims, Strides};
use crate::params::{Kind as Leaf, Run};

/// A model that was put on a tape.
#[derive(Clone)]
pub(crate) struct Model {
    /// Its parameters, as floats.
    pub(super) array: Array,
    pub(super) runs: &'static [Run],
}

/// The running averages in a gradient.
#[derive(Clone, Copy)]
pub(super) struct Averages {
    pub(super) runs: &'static [Run],
    /// Whether it has statistics of a batch for one of them.
    pub(super) seen: bool,
}

/// What one batch had for one running average.
pub(super) struct Statistic {
    /// The node of the whole model, and the byte at which the average lies in it.
    place: (usize, usize),
    values: Array,
}

/// Takes the statistics out of the gradient of a module that lies at `place` of a model, and leaves zeros.
pub(super) fn take(
    gradient: &mut Array,
    runs: &[Run],
    (node, offset): (usize, usize),
    found: &mut Vec<Statistic>,
) {
    for run in averages(runs) {
        let values = copy_of(gradient, run);
        write(gradient, run, &values.zeros_like());
        found.push(Statistic { place: (node, offset + run.offset), values });
    }
}

impl Model {
    /// The gradient of this model, node `index`, with the statistics of the last batch of each running average, and
    /// where there was none the average itself, which an optimizer then leaves as it is.
    pub(super) fn complete(
        &self,
        gradient: &mut Array,
        index: usize,
        found: &[Statistic],
    ) -> Option<Averages> {
        let mut seen = None;
        for run in averages(self.runs) {
            let place = (index, run.offset);
            // Backward comes to the first call last.
            match found.iter().rev().find(|statistic| statistic.place == place) {
                Some(statistic) => {
                    write(gradient, run, &statistic.values);
                    seen = Some(true);
                }
                None => {
                    write(gradient, run, &copy_of(&self.array, run));
                    seen = seen.or(Some(false));
                }
            }
        }
        seen.map(|seen| Averages { runs: self.runs, seen })
    }
}

/// `sum`, to which gradients were added, with the statistics that `from` has.
pub(super) fn replace(sum: &mut Array, runs: &[Run], from: &Array) {
    averages(runs).for_each(|run| write(sum, run, &copy_of(from, run)));
}

impl Record {
    /// The model that node `index` is, if it is one.
    pub(super) fn model(&self, index: usize) -> Option<Model> {
        self.node(index, |node| match &node.kind {
            Kind::Leaf(model) => model.clone(),
            _ => None,
        })
    }

    /// Where the part of a model that node `index` is lies: the node of the whole, and how many bytes into it.
    pub(super) fn place(&self, mut index: usize) -> (usize, usize) {
        let mut offset = 0;
        while let Some((whole, further)) = self.node(index, |node| match &node.kind {
            Kind::Operation(operation) => Some((operation.inputs[0]?, operation.rule.part()?)),
            _ => None,
        }) {
            (index, offset) = (whole, offset + further);
        }
        (index, offset)
    }
}

fn averages(runs: &[Run]) -> impl Iterator<Item = &Run> {
    runs.iter().filter(|run| matches!(run.kind, Leaf::RunningAverage { .. }))
}

fn copy_of(model: &Array, run: &Run) -> Array {
    let dims = Dims::new(&[run.len]);
    let mut values = model.zeros(dims, model.dtype);
    values.copy_from(model, dims, at(run, &dims), Strides::of(&dims));
    values
}

fn write(model: &mut Array, run: &Run, values: &Array) {
    let dims = values.dims;
    model.copy_from(values, dims, Strides::of(&dims), at(run, &dims));
}

fn at(run: &Run, dims: &Dims) -> Strides {
    Strides { start: run.offset / size_of::<f32>(), ..Strides::of(dims) }
}
