//! Elementwise loops, for use within `multiversion!`. The first operand may be the output itself: an operation
//! that works in place gets that operand as an empty slice.
//!
//! Elements are taken a block at a time, by value; what is left over is copied to a block that is filled up. So
//! each function is compiled once, and is as fast in place, and at the end of a slice, as anywhere. (The loops are
//! no `for_each`: that is not inlined if the function is long, and then not vectorised.)

use core::slice::from_mut;

use crate::sure::cut;

/// Elements of a block: two of the longest vectors.
const BLOCK: usize = 32;

/// y ← f(x), or y ← f(y) where x is empty.
#[inline(always)]
pub(crate) fn map<T: Copy + Default>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    let ((y, y_end), (x, x_end)) = (y.as_chunks_mut(), x.as_chunks());
    let mut end = filled_up(if x_end.is_empty() { y_end } else { x_end });
    let mut passes = [(x, y), (&[], from_mut(&mut end))];
    for (x, y) in &mut passes[..1 + usize::from(!y_end.is_empty())] {
        for (i, y) in y.iter_mut().enumerate() {
            let mut block: [T; BLOCK] = *x.get(i).unwrap_or(y);
            for x in &mut block {
                *x = f(*x);
            }
            *y = block;
        }
    }
    y_end.copy_from_slice(&end[..y_end.len()]);
}

/// y ← f(a, b), or y ← f(y, b) where a is empty.
#[inline(always)]
pub(crate) fn map_pairs<T: Copy + Default>(a: &[T], b: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    let ((y, y_end), (a, a_end), (b, b_end)) = (y.as_chunks_mut(), a.as_chunks(), b.as_chunks());
    let mut end = filled_up(if a_end.is_empty() { y_end } else { a_end });
    let b_filled = filled_up(b_end);
    let mut passes = [(a, b, y), (&[], core::slice::from_ref(&b_filled), from_mut(&mut end))];
    for (a, b, y) in &mut passes[..1 + usize::from(!y_end.is_empty())] {
        for (i, (y, b)) in y.iter_mut().zip(*b).enumerate() {
            let mut block: [T; BLOCK] = *a.get(i).unwrap_or(y);
            for (a, b) in block.iter_mut().zip(b) {
                *a = f(*a, *b);
            }
            *y = block;
        }
    }
    y_end.copy_from_slice(&end[..y_end.len()]);
}

/// A block that begins with `x`, which is shorter.
#[inline(always)]
fn filled_up<T: Copy + Default>(x: &[T]) -> [T; BLOCK] {
    let mut block = [T::default(); BLOCK];
    block[..x.len()].copy_from_slice(x);
    block
}

/// Elements `at..at + len` of an operand, or nothing of one that is absent.
#[inline(always)]
pub(crate) fn part<T>(x: &[T], at: usize, len: usize) -> &[T] {
    if x.is_empty() { x } else { cut(x, at, len) }
}
