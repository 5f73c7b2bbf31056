//! Where the elements of A and B come from, and how they are packed.

use core::ops::Range;

use super::View;
use super::lanes::Lanes;
use super::micro::Strip;
use crate::sure::{copy, cut, cut_mut, get, holds, rest, rest_mut};

/// A factor of a product: `lines` (the rows of A, the columns of B) along which it is cut into
/// strips, and the depth k over which the product sums.
///
/// Convolutions implement this for windows of images, so that no matrix of windows is ever stored.
pub(crate) trait Operand: Sync {
    /// Packs a strip: `to[d * W + l]` ← element (first + l, depth.start + d) for l < count. What the
    /// rest of a strip holds does not matter.
    fn pack<V: Lanes, const W: usize>(
        &self,
        batch: [usize; 2],
        first: usize,
        count: usize,
        depth: Range<usize>,
        to: &mut [f32],
    );

    /// The matrix of a batch, if it is in memory with strides: then its elements may be read in place.
    fn in_place(&self, _batch: [usize; 2]) -> Option<Strip<'_>> {
        None
    }

    /// The strip of so many lines from one on, if it was packed before: then it is read as it lies.
    fn strip(&self, _first: usize, _count: usize) -> Option<Strip<'_>> {
        None
    }
}

/// A matrix with any strides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strided<'a> {
    pub(crate) data: &'a [f32],
    /// From one line to the next.
    pub(crate) line: usize,
    /// From one k to the next.
    pub(crate) depth: usize,
    pub(crate) batch: [usize; 2],
}

impl<'a> Strided<'a> {
    pub(crate) fn rows(data: &'a [f32], view: View) -> Self {
        Strided { data, line: view.row, depth: view.column, batch: view.batch }
    }
    pub(crate) fn columns(data: &'a [f32], view: View) -> Self {
        Strided { data, line: view.column, depth: view.row, batch: view.batch }
    }
    #[inline(always)]
    pub(super) fn offset(&self, batch: [usize; 2], line: usize, depth: usize) -> usize {
        batch[0] * self.batch[0] + batch[1] * self.batch[1] + line * self.line + depth * self.depth
    }
}

impl Operand for Strided<'_> {
    #[inline(always)]
    fn in_place(&self, batch: [usize; 2]) -> Option<Strip<'_>> {
        let data = self.data.get(self.offset(batch, 0, 0)..)?;
        Some(Strip { data, line: self.line, depth: self.depth })
    }

    #[inline(always)]
    fn pack<V: Lanes, const W: usize>(
        &self,
        batch: [usize; 2],
        first: usize,
        count: usize,
        depth: Range<usize>,
        to: &mut [f32],
    ) {
        let (start, len) = (self.offset(batch, first, depth.start), depth.len());
        if len == 0 {
            return;
        }
        let data = rest(self.data, start);
        if self.line == 1 {
            for (d, to) in to.chunks_exact_mut(W).enumerate() {
                let from = rest(data, d * self.depth);
                // A fixed number is copied faster than the right one, where there is so much.
                match from.first_chunk::<W>() {
                    Some(from) => to.copy_from_slice(from),
                    None => copy(cut(from, 0, count), cut_mut(to, 0, count)),
                }
            }
        } else if self.depth == 1 {
            transpose::<V, W>(data, self.line, count, len, to);
        } else {
            for (d, to) in to.chunks_exact_mut(W).enumerate() {
                for (l, to) in cut_mut(to, 0, count).iter_mut().enumerate() {
                    *to = get(data, l * self.line + d * self.depth);
                }
            }
        }
    }
}

/// Packs `count` lines that are contiguous in k, `line` apart.
#[inline(always)]
pub(crate) fn transpose<V: Lanes, const W: usize>(
    from: &[f32],
    line: usize,
    count: usize,
    len: usize,
    to: &mut [f32],
) {
    let side = V::SIDE;
    if len >= side && count >= side {
        let read = (count - 1).saturating_mul(line).saturating_add(len);
        if !holds(from.len() >= read && to.len() >= (len - 1) * W + count) {
            return;
        }
        // Two squares side by side, so that whole lines of the cache are read before others take their place.
        // The last squares overlap those before: what they write twice is the same.
        for d in (0..len).step_by(2 * side) {
            for l in (0..count).step_by(side).map(|l| l.min(count - side)) {
                for d in (d..len.min(d + 2 * side)).step_by(side).map(|d| d.min(len - side)) {
                    let lines = core::array::from_fn(|i| from.as_ptr().wrapping_add((l + i) * line + d));
                    // SAFETY: l + `side` ≤ count and d + `side` ≤ len, up to which the slices reach.
                    unsafe { V::square(lines, to.as_mut_ptr().add(d * W + l), W) };
                }
            }
        }
        return;
    }
    if len >= side {
        // Of fewer lines than a square has, the last is packed several times.
        for d in (0..len).step_by(side).map(|d| d.min(len - side)) {
            let lines = core::array::from_fn(|i| i.min(count - 1) * line);
            V::transpose(rest(from, d), &lines, rest_mut(to, d * W), W);
        }
        return;
    }
    for l in 0..count {
        let from = cut(from, l * line, len);
        rest_mut(to, l).iter_mut().step_by(W).zip(from).for_each(|(to, x)| *to = *x);
    }
}
