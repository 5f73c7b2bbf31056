//! Planes where x is contiguous along one axis and y along the other.

use super::axes::Axis;
use crate::Plain;

/// Rows and columns of a block: a cache line of the longer elements.
const BLOCK: usize = 16;

/// Rows and columns of a group of blocks, whose pages and cache lines are still there for the next blocks of it.
const GROUP: usize = 4 * BLOCK;

/// Where x is contiguous along `rows` and y along `inner`.
pub(super) fn transpose<T: Plain + Copy + Default>(rows: Axis, inner: Axis, x: &[T], y: &mut [T]) {
    let line = inner.from.unsigned_abs();
    for from_i in (0..rows.len).step_by(GROUP) {
        for from_j in (0..inner.len).step_by(GROUP) {
            for i in (from_i..rows.len.min(from_i + GROUP)).step_by(BLOCK) {
                for j in (from_j..inner.len.min(from_j + GROUP)).step_by(BLOCK) {
                    let (x, y) = (&x[i + j * line..], &mut y[i * rows.to + j..]);
                    block((rows.len - i).min(BLOCK), (inner.len - j).min(BLOCK), line, rows.to, x, y);
                }
            }
        }
    }
}

/// y\[i, j\] ← x\[j, i\] for a block, or what there is of it.
fn block<T: Plain + Copy + Default>(
    height: usize,
    width: usize,
    line: usize,
    stride: usize,
    x: &[T],
    y: &mut [T],
) {
    if height < BLOCK || width < BLOCK {
        for i in 0..height {
            let y = &mut y[i * stride..][..width];
            y.iter_mut().enumerate().for_each(|(j, y)| *y = x[i + j * line]);
        }
        return;
    }
    // Lines of x that are a power of two apart push each other out of the cache, so each is read at once.
    let mut columns = Block([[T::default(); BLOCK]; BLOCK]);
    for (j, column) in columns.0.iter_mut().enumerate() {
        column.copy_from_slice(&x[j * line..][..BLOCK]);
    }
    let (columns, side) = (columns.0.as_flattened(), TILE / size_of::<T>());
    for i in (0..BLOCK).step_by(side) {
        for j in (0..BLOCK).step_by(side) {
            tile(&columns[j * BLOCK + i..], &mut y[i * stride + j..], stride);
        }
    }
}

#[repr(align(64))]
struct Block<T>([[T; BLOCK]; BLOCK]);

/// Bytes of a row of a tile, which has as many rows as elements in one.
const TILE: usize = 16;

/// y\[i, j\] ← x\[j, i\] for a tile, where x is within a block.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn tile<T: Plain + Copy>(x: &[T], y: &mut [T], stride: usize) {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { tile_sse2(x, y, stride) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn tile_sse2<T: Plain + Copy>(x: &[T], y: &mut [T], stride: usize) {
    use core::arch::x86_64::*;
    let side = TILE / size_of::<T>();
    assert!(x.len() >= (side - 1) * BLOCK + side && y.len() >= (side - 1) * stride + side);
    let mut rows = [_mm_setzero_si128(); TILE];
    for (j, row) in rows[..side].iter_mut().enumerate() {
        // SAFETY: x has `side` elements, which are 16 bytes, from `j * BLOCK` on.
        *row = unsafe { _mm_loadu_si128(x.as_ptr().add(j * BLOCK).cast()) };
    }
    // Each time, rows are interleaved with those half a tile further down.
    for _ in 0..side.ilog2() {
        let old = rows;
        for i in 0..side / 2 {
            let (a, b) = (old[i], old[i + side / 2]);
            (rows[2 * i], rows[2 * i + 1]) = match size_of::<T>() {
                1 => (_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b)),
                2 => (_mm_unpacklo_epi16(a, b), _mm_unpackhi_epi16(a, b)),
                4 => (_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b)),
                _ => (_mm_unpacklo_epi64(a, b), _mm_unpackhi_epi64(a, b)),
            };
        }
    }
    for (i, row) in rows[..side].iter().enumerate() {
        // SAFETY: y has `side` elements, which are 16 bytes, from `i * stride` on.
        unsafe { _mm_storeu_si128(y.as_mut_ptr().add(i * stride).cast(), *row) };
    }
}

/// y\[i, j\] ← x\[j, i\] for a tile, where x is within a block.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn tile<T: Plain + Copy>(x: &[T], y: &mut [T], stride: usize) {
    let side = TILE / size_of::<T>();
    for i in 0..side {
        let y = &mut y[i * stride..][..side];
        y.iter_mut().enumerate().for_each(|(j, y)| *y = x[j * BLOCK + i]);
    }
}

/// [`transpose`] where `inner` is `W` long and y has no gaps.
pub(super) fn interleave<T: Plain + Copy, const W: usize>(rows: Axis, inner: Axis, x: &[T], y: &mut [T]) {
    let lines: [&[T]; W] = core::array::from_fn(|j| &x[j * inner.from.unsigned_abs()..][..rows.len]);
    for (i, y) in y.as_chunks_mut::<W>().0[..rows.len].iter_mut().enumerate() {
        *y = core::array::from_fn(|j| lines[j][i]);
    }
}

/// [`transpose`] where `rows` is `W` long and x has no gaps.
pub(super) fn deinterleave<T: Plain + Copy, const W: usize>(rows: Axis, inner: Axis, x: &[T], y: &mut [T]) {
    let x = &x.as_chunks::<W>().0[..inner.len];
    for (part, x) in x.chunks(GROUP).enumerate() {
        for i in 0..W {
            let y = &mut y[i * rows.to + part * GROUP..][..x.len()];
            y.iter_mut().zip(x).for_each(|(y, x)| *y = x[i]);
        }
    }
}
