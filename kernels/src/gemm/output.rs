//! Where C goes, and what happens to a tile on its way there.

use super::micro::Corner;
use super::{Bias, View, span_distinct};
use crate::Isa;
use crate::activation::{self, Activation, relu};
use crate::cpu::SendPtr;
use crate::sure::{cut, cut_mut, divide, get, holds, rest, rest_mut};

/// What a product does with its tiles.
pub(crate) trait Sink: Sync {
    /// Whether all tiles of a matrix must be put by the same task, because they meet in memory.
    const WHOLE: bool;

    /// The sizes that the sink was made for: rows, columns, and the two batch dimensions.
    fn sizes(&self) -> [usize; 4];

    /// Takes a rectangle of sums, `stride` floats per row, which are changed on the way. The sums of
    /// later parts of k are added to those before: `first` and `last` say which this is.
    ///
    /// # Safety
    /// The rectangle lies within [`Sink::sizes`], and no other thread puts
    /// elements of it (elements of the same matrix, where `WHOLE`) meanwhile.
    unsafe fn put(&self, isa: Isa, to: Rectangle, sums: &mut [f32], stride: usize, first: bool, last: bool);

    /// Where a register tile may be written from registers in place of [`Sink::put`], if its elements
    /// are in memory just so. The place is as long valid, and nobody else's, as `put` may be called.
    fn place(&self, _: Rectangle, _first: bool, _last: bool) -> Option<Place<'_>> {
        None
    }
}

/// A rectangle of C in memory with contiguous rows, and what happens to sums on their way there.
pub(crate) struct Place<'a> {
    pub(super) corner: Corner,
    /// Whether the sums start from what is there.
    pub(super) continues: bool,
    /// Whether they become what is there as they are: nothing of what follows happens.
    pub(super) plain: bool,
    pub(super) scale: f32,
    /// Whether what is there is added.
    pub(super) add: bool,
    /// A value for each row.
    pub(super) row_bias: Option<&'a [f32]>,
    /// A value for each column.
    pub(super) column_bias: Option<&'a [f32]>,
    /// Laid out as C is.
    pub(super) residual: Option<*const f32>,
    /// Only the identity and what clamps.
    pub(super) activation: Activation,
}

/// C and its epilogue: C = activation(scale·sum + bias + residual), or C += scale·sum.
pub(crate) struct Output<'a> {
    c: SendPtr<f32>,
    z: Option<SendPtr<f32>>,
    sizes: [usize; 4],
    view: View,
    fold: Fold,
    epilogue: Epilogue<'a>,
}

/// How the columns of C are laid out when they are the pixels of several planes: column j is pixel
/// x = j mod `width` of line y = ⌊j / `width`⌋ mod `height` of plane ⌊j / (`width`·`height`)⌋. Only
/// the first `used` pixels of a line exist; other columns are dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fold {
    pub(crate) width: usize,
    pub(crate) used: usize,
    pub(crate) height: usize,
    /// From one line to the next.
    pub(crate) line: usize,
    /// From one plane to the next.
    pub(crate) plane: usize,
}

impl Fold {
    /// All columns are in one line.
    pub(crate) const NONE: Self = Fold { width: usize::MAX, used: usize::MAX, height: 1, line: 0, plane: 0 };
}

/// What happens to a sum before it becomes an element of C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epilogue<'a> {
    pub(crate) scale: f32,
    pub(crate) accumulate: bool,
    pub(crate) bias: Bias,
    pub(crate) bias_values: &'a [f32],
    /// From the bias of one batch to the next.
    pub(crate) bias_batch: [usize; 2],
    /// Laid out as C is; empty where there is none.
    pub(crate) residual: &'a [f32],
    pub(crate) activation: Activation,
}

impl Epilogue<'_> {
    /// C = sum, or C += sum.
    pub(crate) const fn plain(accumulate: bool) -> Self {
        Epilogue {
            scale: 1.0,
            accumulate,
            bias: Bias::None,
            bias_values: &[],
            bias_batch: [0; 2],
            residual: &[],
            activation: Activation::Identity,
        }
    }
}

/// A rectangle of C.
#[derive(Clone, Copy)]
pub(crate) struct Rectangle {
    pub(crate) batch: [usize; 2],
    pub(crate) row: usize,
    pub(crate) column: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl<'a> Output<'a> {
    /// `sizes` are rows, columns, and the two batch dimensions. An empty `z` is none.
    ///
    /// # Panics
    /// If `view` gives two elements one place, or one that `c`, `z` or the residual does not have.
    pub(crate) fn new(
        c: &'a mut [f32],
        z: &'a mut [f32],
        sizes: [usize; 4],
        view: View,
        fold: Fold,
        epilogue: Epilogue<'a>,
    ) -> Self {
        let [rows, columns, b0, b1] = sizes;
        let lines = columns.div_ceil(fold.width.max(1));
        let span = if fold.width == usize::MAX {
            view.span_distinct(sizes)
        } else {
            span_distinct(&mut [
                (view.row, rows),
                (view.batch[0], b0),
                (view.batch[1], b1),
                (view.column, columns.min(fold.used)),
                (fold.line, lines.min(fold.height)),
                (fold.plane, lines.div_ceil(fold.height.max(1))),
            ])
        };
        let is_there = |len: usize| len == 0 || span <= len;
        let fits = span <= c.len() && is_there(z.len()) && is_there(epilogue.residual.len());
        // Made for nothing, it is given nothing.
        let sizes = if holds(fits) { sizes } else { [0; 4] };
        let z = if z.is_empty() { None } else { Some(SendPtr(z.as_mut_ptr())) };
        Output { c: SendPtr(c.as_mut_ptr()), z, sizes, view, fold, epilogue }
    }

    /// Where the first column of a rectangle is in its row, if all its columns are in one line.
    #[inline(always)]
    fn at_once(&self, to: Rectangle) -> Option<usize> {
        let Fold { width, used, height, line, plane } = self.fold;
        if width == usize::MAX {
            return Some(to.column);
        }
        let (y, x) = divide(to.column, width);
        let (planes, y) = divide(y, height);
        (x + to.columns <= used).then(|| x + y * line + planes * plane)
    }

    /// Where the first row of a rectangle starts whose first column is at `at`.
    #[inline(always)]
    fn start(&self, to: Rectangle, at: usize) -> usize {
        let View { row, batch, .. } = self.view;
        at + to.row * row + to.batch[0] * batch[0] + to.batch[1] * batch[1]
    }

    /// [`Sink::put`] for columns of one line, the first of which is at `at`.
    ///
    /// # Safety
    /// As for `put`.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    unsafe fn put_line(
        &self,
        isa: Isa,
        to: Rectangle,
        at: usize,
        sums: &mut [f32],
        stride: usize,
        first: bool,
        last: bool,
    ) {
        let Epilogue { scale, accumulate, bias, bias_values, bias_batch, residual, activation } =
            self.epilogue;
        let view = &self.view;
        let bias_base = to.batch[0] * bias_batch[0] + to.batch[1] * bias_batch[1];
        for i in 0..to.rows {
            let sums = cut_mut(sums, i * stride, to.columns);
            let start = self.start(Rectangle { row: to.row + i, ..to }, at);
            if scale != 1.0 {
                sums.iter_mut().for_each(|sum| *sum *= scale);
            }
            if !first || accumulate {
                // SAFETY: these elements are within C (checked in `new`), and ours.
                unsafe { each(self.c.get().add(start), view.column, sums, |c, sum| *sum += *c) };
            }
            // What most layers need, in a pass over the sums: rows are short, and every pass has its price.
            let simple = view.column == 1 && residual.is_empty() && self.z.is_none();
            if let (Bias::PerRow, true, true, false) = (bias, simple, last, accumulate) {
                let bias = get(bias_values, bias_base + to.row + i);
                // SAFETY: these elements are within C (checked in `new`), and ours.
                let row = unsafe { core::slice::from_raw_parts_mut(self.c.get().add(start), sums.len()) };
                let pairs = row.iter_mut().zip(&*sums);
                match activation {
                    Activation::Identity => {
                        pairs.for_each(|(c, sum)| *c = sum + bias);
                        continue;
                    }
                    Activation::Relu => {
                        pairs.for_each(|(c, sum)| *c = relu(sum + bias));
                        continue;
                    }
                    _ => {}
                }
            }
            if last && !accumulate {
                match bias {
                    Bias::None => {}
                    Bias::PerRow => {
                        let bias = get(bias_values, bias_base + to.row + i);
                        sums.iter_mut().for_each(|sum| *sum += bias);
                    }
                    Bias::PerColumn => {
                        let bias = cut(bias_values, bias_base + to.column, to.columns);
                        sums.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
                    }
                }
                if !residual.is_empty() {
                    add(sums, rest(residual, start), view.column);
                }
                if let Some(z) = &self.z {
                    // SAFETY: as above; Z is laid out as C is.
                    unsafe { each(z.get().add(start), view.column, sums, |z, sum| *z = *sum) };
                }
                match activation {
                    Activation::Identity => {}
                    Activation::Relu => sums.iter_mut().for_each(|sum| *sum = relu(*sum)),
                    _ => activation::apply_in_place(isa, activation, sums),
                }
            }
            // SAFETY: as above.
            unsafe { each(self.c.get().add(start), view.column, sums, |c, sum| *c = *sum) };
        }
    }
}

impl Sink for Output<'_> {
    const WHOLE: bool = false;

    #[inline(always)]
    fn place(&self, to: Rectangle, first: bool, last: bool) -> Option<Place<'_>> {
        let Epilogue { scale, accumulate, bias, bias_values, bias_batch, residual, activation } =
            self.epilogue;
        let end = last && !accumulate;
        // The same for all parts of k: what is left in C between them is not what `put` leaves.
        let clamps = matches!(activation, Activation::Identity | Activation::Relu | Activation::Relu6);
        if self.view.column != 1 || !(accumulate || clamps && self.z.is_none()) {
            return None;
        }
        let start = self.start(to, self.at_once(to)?);
        // Within C, which `new` checked, where the rectangle is within the sizes.
        let at = self.c.get().wrapping_add(start);
        let add = accumulate && scale != 1.0;
        let simple =
            scale == 1.0 && (bias == Bias::None && residual.is_empty() && activation == Activation::Identity);
        let mut place = Place {
            corner: Corner { at, row: self.view.row, columns: to.columns },
            continues: (accumulate || !first) && !add,
            plain: if end { simple } else { !add },
            scale,
            add,
            row_bias: None,
            column_bias: None,
            residual: None,
            activation: if end { activation } else { Activation::Identity },
        };
        if end {
            match bias {
                Bias::None => {}
                Bias::PerRow => {
                    let base = to.batch[0] * bias_batch[0] + to.batch[1] * bias_batch[1];
                    place.row_bias = Some(cut(bias_values, base + to.row, to.rows));
                }
                Bias::PerColumn => {
                    let base = to.batch[0] * bias_batch[0] + to.batch[1] * bias_batch[1];
                    let bias = cut(bias_values, base + to.column, to.columns);
                    if !holds(bias.len() == to.columns) {
                        return None;
                    }
                    place.column_bias = Some(bias);
                }
            }
            if !residual.is_empty() {
                place.residual = Some(rest(residual, start).as_ptr());
            }
        }
        Some(place)
    }

    fn sizes(&self) -> [usize; 4] {
        self.sizes
    }

    #[inline(always)]
    unsafe fn put(&self, isa: Isa, to: Rectangle, sums: &mut [f32], stride: usize, first: bool, last: bool) {
        let Fold { width, used, height, line, plane } = self.fold;
        let mut done = 0;
        while done < to.columns {
            let column = to.column + done;
            let (y, x) = divide(column, width);
            let (planes, y) = divide(y, height);
            let columns = used.saturating_sub(x).min(to.columns - done);
            let at = x * self.view.column + y * line + planes * plane;
            // Columns that are dropped have no place.
            if columns > 0 {
                let (to, sums) = (Rectangle { column, columns, ..to }, rest_mut(sums, done));
                // SAFETY: part of the rectangle, and in one line.
                unsafe { self.put_line(isa, to, at, sums, stride, first, last) };
            }
            // What is left of the line is dropped; the line may be longer than what is left.
            done = (done + (width - x)).min(to.columns);
        }
    }
}

/// Adds the elements of `row` at every `step` to `sums`.
#[inline(always)]
fn add(sums: &mut [f32], row: &[f32], step: usize) {
    if step == 1 {
        sums.iter_mut().zip(row).for_each(|(sum, r)| *sum += r);
    } else {
        // A single column may have any step, zero too.
        sums.iter_mut().zip(row.iter().step_by(step.max(1))).for_each(|(sum, r)| *sum += r);
    }
}

/// Calls `f` with every element of a row in memory and its counterpart in `sums`.
///
/// # Safety
/// `row` and the elements at every `step` after it, as many as `sums` has, are valid and nobody
/// else's.
#[inline(always)]
unsafe fn each(row: *mut f32, step: usize, sums: &mut [f32], f: impl Fn(&mut f32, &mut f32)) {
    if step == 1 {
        // SAFETY: contiguous elements, which the caller gives us.
        let row = unsafe { core::slice::from_raw_parts_mut(row, sums.len()) };
        row.iter_mut().zip(sums).for_each(|(c, sum)| f(c, sum));
    } else {
        for (j, sum) in sums.iter_mut().enumerate() {
            // SAFETY: one of the elements that the caller gives us.
            f(unsafe { &mut *row.add(j * step) }, sum);
        }
    }
}
