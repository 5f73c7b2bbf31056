//! The inner loops: a block of elements, converted to one of three types, to one number or to one per column.

use crate::cpu::{multiversion, sum_by};
use crate::element::{Element, Number};

/// Columns that are folded at once.
pub(super) const TILE: usize = 64;

/// Lanes of a row. With fewer, LLVM unrolls the loop over them before it could vectorise it.
const LANES: usize = 64;

/// How two numbers become one. Truth values are 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Sum,
    Prod,
    Max,
    Min,
    Any,
    All,
}

impl Step {
    /// What a fold begins with.
    #[inline(always)]
    pub(super) fn start<T: Number>(self) -> T {
        match self {
            Step::Sum | Step::Any => T::ZERO,
            Step::Prod | Step::All => T::ONE,
            Step::Max => T::LOWEST,
            Step::Min => T::HIGHEST,
        }
    }

    /// The results of two parts, together.
    #[inline(always)]
    pub(super) fn merge<T: Number>(self, a: T, b: T) -> T {
        match self {
            Step::Sum => a.add(b),
            Step::Prod => a.mul(b),
            Step::Max | Step::Any => a.maximum(b),
            Step::Min | Step::All => a.minimum(b),
        }
    }
}

/// What blocks are folded in.
pub(super) trait Class: Number {
    /// What the results of blocks are folded in.
    type Total: Number;
    /// The conversion of an element, exact.
    fn load<T: Element>(x: T) -> Self;
    /// Exact.
    fn total(self) -> Self::Total;
    /// The inverse of [`Class::total`].
    fn of_total(total: Self::Total) -> Self;
    /// The sum of a block.
    fn sum(x: &[Self]) -> Self::Total;
}
impl Class for f32 {
    type Total = f64;
    #[inline(always)]
    fn load<T: Element>(x: T) -> f32 {
        x.widen().to_f64() as f32
    }
    #[inline(always)]
    fn total(self) -> f64 {
        self.into()
    }
    #[inline(always)]
    fn of_total(total: f64) -> f32 {
        total as f32
    }
    #[inline(always)]
    fn sum(x: &[f32]) -> f64 {
        sum_by(x, x, |x, _| x)
    }
}
impl Class for f64 {
    type Total = f64;
    #[inline(always)]
    fn load<T: Element>(x: T) -> f64 {
        x.widen().to_f64()
    }
    #[inline(always)]
    fn total(self) -> f64 {
        self
    }
    #[inline(always)]
    fn of_total(total: f64) -> f64 {
        total
    }
    #[inline(always)]
    fn sum(x: &[f64]) -> f64 {
        lanes(x, 0.0, |a, b| a + b)
    }
}
impl Class for i64 {
    type Total = i64;
    #[inline(always)]
    fn load<T: Element>(x: T) -> i64 {
        x.widen().to_i64()
    }
    #[inline(always)]
    fn total(self) -> i64 {
        self
    }
    #[inline(always)]
    fn of_total(total: i64) -> i64 {
        total
    }
    #[inline(always)]
    fn sum(x: &[i64]) -> i64 {
        lanes(x, 0, i64::wrapping_add)
    }
}

#[inline(always)]
fn truth<T: Number>(x: T) -> T {
    if x == T::ZERO { T::ZERO } else { T::ONE }
}

/// Folds `x` by f.
#[inline(always)]
fn lanes<T: Number>(x: &[T], start: T, f: impl Fn(T, T) -> T) -> T {
    let (whole, rest) = x.as_chunks::<LANES>();
    let mut total = start;
    if !whole.is_empty() {
        let mut lanes = [start; LANES];
        for x in whole {
            for (lane, x) in lanes.iter_mut().zip(x) {
                *lane = f(*lane, *x);
            }
        }
        let mut width = LANES / 2;
        while width > 0 {
            for l in 0..width {
                lanes[l] = f(lanes[l], lanes[l + width]);
            }
            width /= 2;
        }
        total = lanes[0];
    }
    rest.iter().fold(total, |total, x| f(total, *x))
}

multiversion! {
    pub(super) fn convert<T: Element, C: Class>(isa, x: &[T], to: &mut [C]) {
        to.iter_mut().zip(x).for_each(|(to, x)| *to = C::load(*x));
    }
}

multiversion! {
    /// A block of a row.
    pub(super) fn row<C: Class>(isa, step: Step, x: &[C]) -> C::Total {
        let start = step.start::<C>();
        match step {
            Step::Sum => return C::sum(x),
            Step::Prod => lanes(x, start, C::mul),
            Step::Max => lanes(x, start, C::maximum),
            Step::Min => lanes(x, start, C::minimum),
            Step::Any => lanes(x, start, |a, b| a.maximum(truth(b))),
            Step::All => lanes(x, start, |a, b| a.minimum(truth(b))),
        }
        .total()
    }
}

multiversion! {
    /// Folds `rows` rows of as many columns as there are totals into these.
    pub(super) fn columns<C: Class>(isa, step: Step, x: &[C], stride: usize, rows: usize, totals: &mut [C::Total]) {
        match step {
            Step::Sum => tile(step, x, stride, rows, totals, C::add),
            Step::Prod => tile(step, x, stride, rows, totals, C::mul),
            Step::Max => tile(step, x, stride, rows, totals, C::maximum),
            Step::Min => tile(step, x, stride, rows, totals, C::minimum),
            Step::Any => tile(step, x, stride, rows, totals, |a, b| a.maximum(truth(b))),
            Step::All => tile(step, x, stride, rows, totals, |a, b| a.minimum(truth(b))),
        }
    }
}

#[inline(always)]
fn tile<C: Class>(
    step: Step,
    x: &[C],
    stride: usize,
    rows: usize,
    totals: &mut [C::Total],
    f: impl Fn(C, C) -> C,
) {
    let width = totals.len();
    let mut tile = [step.start::<C>(); TILE];
    for l in 0..rows {
        let x = &x[l * stride..];
        // A full tile has a loop of constant length, whose results stay in registers.
        match x.first_chunk::<TILE>() {
            Some(x) if width == TILE => tile.iter_mut().zip(x).for_each(|(a, b)| *a = f(*a, *b)),
            _ => tile.iter_mut().zip(&x[..width]).for_each(|(a, b)| *a = f(*a, *b)),
        }
    }
    for (total, a) in totals.iter_mut().zip(tile) {
        *total = step.merge(*total, a.total());
    }
}

#[inline(always)]
fn same<T: Number>(a: T, b: T) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

multiversion! {
    /// Where a number is first found in a block of a row.
    pub(super) fn find<C: Class>(isa, x: &[C], target: C::Total) -> Option<usize> {
        let target = C::of_total(target);
        x.chunks(LANES).enumerate().find_map(|(i, x)| {
            let found = x.iter().fold(false, |found, x| found | same(*x, target));
            let at = x.iter().position(|x| found && same(*x, target))?;
            Some(i * LANES + at)
        })
    }
}

multiversion! {
    /// Where the target of each column is first found among `rows` rows that begin at row `first`; places of
    /// those that are not found stay.
    pub(super) fn find_columns<C: Class>(
        isa, x: &[C], stride: usize, rows: usize, first: usize, targets: &[C::Total], places: &mut [i64],
    ) {
        for l in (0..rows).rev() {
            for ((x, target), place) in x[l * stride..].iter().zip(targets).zip(&mut *places) {
                let found = same(*x, C::of_total(*target));
                *place = if found { (first + l) as i64 } else { *place };
            }
        }
    }
}
