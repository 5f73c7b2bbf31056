//! Operations on one tensor: parts of it, and other orders of it.

use super::{Operation, count, list};
use crate::graph::{Dims, What};
use crate::parse::number::Number;
use crate::sample::Sample;

impl Operation<'_> {
    /// Positions `start..end` of an axis.
    pub(super) fn narrow(&self, axis: &mut Number, start: &Number, end: &Number) -> Option<Sample> {
        let x = self.only()?;
        let axis = self.axis(axis, x)?;
        let (size, from, to) = (x.shape.dims[axis], start.value, end.value);
        if from >= to {
            let message = format!("nothing is left of {x}: {from}..{to} of axis {axis} is empty");
            self.place.wrong(&start.at, message);
            return None;
        }
        if to > size {
            let at = if from < size { &end.at } else { &start.at };
            self.place.wrong(at, format!("{from}..{to} is out of range: axis {axis} of {x} is {size}"));
        }
        Some(x.resized(axis, to - from))
    }

    /// One of equal parts, and the [`What::Narrow`] that it is.
    pub(super) fn chunk(&self, axis: &mut Number, index: usize, of: &Number) -> Option<(Sample, What)> {
        let x = self.only()?;
        let along = self.axis(axis, x)?;
        let size = x.shape.dims[along];
        if of.value == 0 || !size.is_multiple_of(of.value) {
            let parts = count(of.value, "equal part");
            let message = format!("axis {along} of {x} is {size}, which cannot be divided into {parts}");
            self.place.wrong(&of.at, message);
            return None;
        }
        let each = size / of.value;
        let end = (index + 1).checked_mul(each).filter(|end| *end <= size)?;
        Some((x.resized(along, each), narrow(axis, [end - each, end], &of.at)))
    }

    /// One of parts of these sizes, and the [`What::Narrow`] that it is.
    pub(super) fn split(&self, axis: &mut Number, index: usize, sizes: &[Number]) -> Option<(Sample, What)> {
        let x = self.only()?;
        let along = self.axis(axis, x)?;
        let sum = |sizes: &[Number]| sizes.iter().fold(0, |sum: usize, size| sum.saturating_add(size.value));
        let (size, all) = (x.shape.dims[along], sum(sizes));
        let part = sizes.get(index)?;
        if all != size {
            let written = list(sizes.iter().map(Number::signed));
            let message = format!("{written} is {all} together, but axis {along} of {x} is {size}");
            self.place.wrong(self.place.at, message);
        }
        let start = sum(&sizes[..index]);
        let end = start.saturating_add(part.value);
        Some((x.resized(along, part.value), narrow(axis, [start, end], &part.at)))
    }

    /// The same numbers as other dimensions.
    pub(super) fn reshape(&self, dims: &Dims) -> Option<Sample> {
        let x = self.only()?;
        let product = |dims: &mut dyn Iterator<Item = usize>| dims.fold(1, usize::saturating_mul);
        let count = product(&mut x.shape.dims.iter().copied());
        let Dims::Given(dims) = dims else { return Some(x.with(vec![count])) };
        let given = |dim: &Option<Number>| dim.as_ref().map(|dim| dim.value);
        let known = product(&mut dims.iter().filter_map(given));
        let written = list(dims.iter().map(|dim| dim.as_ref().map_or(-1, Number::signed)));
        let wrong = |why: String| {
            self.place.errors.at(self.place.at, format!("cannot reshape {x} to {written}: {why}"));
        };
        match dims.iter().filter(|dim| dim.is_none()).count() {
            0 => {
                let sizes: Vec<usize> = dims.iter().filter_map(given).collect();
                if known != count {
                    let hint = fitting(&sizes, count);
                    wrong(format!("it has {count} numbers, not {known}{hint}"));
                }
                Some(x.with(sizes))
            }
            1 if known > 0 && count.is_multiple_of(known) => {
                Some(x.with(dims.iter().map(|dim| given(dim).unwrap_or(count / known)).collect()))
            }
            1 => {
                wrong(format!("its {count} numbers cannot be divided by {known}"));
                None
            }
            _ => {
                wrong("only one dimension can be left to infer".to_string());
                None
            }
        }
    }

    /// Output axis i is input axis `axes[i]`.
    pub(super) fn permute(&self, axes: &mut [Number]) -> Option<Sample> {
        let x = self.only()?;
        let order: Vec<_> = axes.iter().filter_map(|axis| axis.axis(x.rank())).collect();
        if axes.len() != x.rank() || (0..x.rank()).any(|axis| !order.contains(&axis)) {
            let written = list(axes.iter().map(Number::signed));
            let each = (0..x.rank()).map(|axis| axis.to_string()).collect::<Vec<_>>().join(", ");
            let message = format!("{written} is no order of the axes {each} of {x}: name each of them once");
            self.place.wrong(self.place.at, message);
            return None;
        }
        for (axis, found) in axes.iter_mut().zip(&order) {
            axis.value = *found;
        }
        Some(x.with(order.iter().map(|axis| x.shape.dims[*axis]).collect()))
    }

    /// The last two axes swapped, and the [`What::Permute`] that it is.
    pub(super) fn transpose(&self) -> Option<(Sample, What)> {
        let x = self.only()?;
        let Some(last) = x.rank().checked_sub(2) else {
            let message = format!("{x} has {}, and it swaps the last two", super::axes(x.rank()));
            self.place.wrong(self.place.at, message);
            return None;
        };
        let mut axes: Vec<_> =
            (0..x.rank()).map(|value| Number { value, at: self.place.at.clone() }).collect();
        axes.swap(last, last + 1);
        Some((self.permute(&mut axes)?, What::Permute { axes }))
    }
}

fn narrow(axis: &Number, range: [usize; 2], at: &proc_macro2::TokenStream) -> What {
    let [start, end] = range.map(|value| Number { value, at: at.clone() });
    What::Narrow { axis: axis.clone(), start, end }
}

/// ": [16, 25] fits", if one other size makes it so.
fn fitting(sizes: &[usize], count: usize) -> String {
    for changed in (0..sizes.len()).rev() {
        let others = (0..sizes.len()).filter(|i| *i != changed);
        let rest = others.fold(1, |product: usize, i| product.saturating_mul(sizes[i]));
        if rest > 0 && count.is_multiple_of(rest) {
            let mut sizes = sizes.to_vec();
            sizes[changed] = count / rest;
            return format!(": {sizes:?} fits");
        }
    }
    String::new()
}
