//! Windows of two by two pixels side by side, as most networks have them. Neither windows nor pairs of lines
//! cross the planes, so several planes are one long list of lines.
//!
//! Pairs of pixels are reduced first, over all lines as if they were one. Then lines are, in whole
//! registers; what these have after the end of a line is overwritten by the next.

use super::max::{greater, replaces};
use crate::cpu::{multiversion, part};
use crate::sure::{copy, cut, cut_mut, divide};

/// Pairs that are worked on at a time: what comes of them stays in the first cache.
pub(super) const TILE: usize = 512;

const REGISTER: usize = 16;
type Pairs<T> = [T; TILE + REGISTER];

multiversion! {
    /// `half` is the width of a line of y.
    pub(super) fn max(isa, half: usize, x: &[f32], y: &mut [f32]) {
        reduce(half, x, y, greater);
    }
}

multiversion! {
    pub(super) fn max_of_bytes(isa, half: usize, x: &[u8], y: &mut [u8]) {
        reduce(half, x, y, u8::max);
    }
}

multiversion! {
    pub(super) fn average(isa, half: usize, x: &[f32], y: &mut [f32]) {
        reduce(half, x, y, |a, b| a + b);
        y.iter_mut().for_each(|y| *y *= 0.25);
    }
}

multiversion! {
    pub(super) fn max_backward(isa, half: usize, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        let give = |second, dy| if second { [0.0, dy] } else { [dy, 0.0] };
        spread(half, dy, dx, x, greater, |[a, b]| replaces(b, a), give);
    }
}

multiversion! {
    pub(super) fn average_backward(isa, half: usize, dy: &[f32], dx: &mut [f32]) {
        spread(half, dy, dx, &[], |_, _| 0.0, |_| false, |_, dy| [0.5 * dy; 2]);
    }
}

#[inline(always)]
fn reduce<T: Copy + Default>(half: usize, x: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    // As it is, which the compiler does not know.
    let half = half.max(1);
    let (lines, padded) = (divide(TILE / 2, half).0, half.next_multiple_of(REGISTER));
    let (mut pairs, mut sums): (Pairs<T>, Pairs<T>) = ([T::default(); _], [T::default(); _]);
    let tile = (lines * half).clamp(1, TILE);
    for (x, y) in x.chunks(4 * tile).zip(y.chunks_mut(tile)) {
        pairs.iter_mut().zip(x.as_chunks().0).for_each(|(pair, [a, b])| *pair = f(*a, *b));
        for i in 0..divide(y.len(), half).0 {
            let [top, bottom] = [0, 1].map(|n| cut(&pairs, (2 * i + n) * half, padded));
            let sums = cut_mut(&mut sums, i * half, padded);
            sums.iter_mut().zip(top.iter().zip(bottom)).for_each(|(sum, (t, b))| *sum = f(*t, *b));
        }
        copy(cut(&sums, 0, y.len()), y);
    }
}

/// dx ← what each dy gives to the pixels of its window: `give(second, dy)` to the two lines, and of that to
/// the two pixels of a line, where `second` says of what was reduced to one whether the second is chosen.
#[inline(always)]
fn spread(
    half: usize,
    dy: &[f32],
    dx: &mut [f32],
    x: &[f32],
    f: impl Fn(f32, f32) -> f32,
    choose: impl Fn([f32; 2]) -> bool,
    give: impl Fn(bool, f32) -> [f32; 2],
) {
    let half = half.max(1);
    let (lines, padded) = (divide(TILE / 2, half).0, half.next_multiple_of(REGISTER));
    let tile = (lines * half).clamp(1, TILE);
    let (mut pairs, mut sums, mut given): (Pairs<f32>, Pairs<f32>, Pairs<f32>) =
        ([0.0; _], [0.0; _], [0.0; _]);
    for (number, (dy, dx)) in dy.chunks(tile).zip(dx.chunks_mut(4 * tile)).enumerate() {
        let x = part(x, number * 4 * tile, dx.len());
        pairs.iter_mut().zip(x.as_chunks().0).for_each(|(pair, [a, b])| *pair = f(*a, *b));
        copy(dy, cut_mut(&mut sums, 0, dy.len()));
        for i in 0..divide(dy.len(), half).0 {
            for n in 0..2 {
                let [top, bottom] = [0, 1].map(|n| cut(&pairs, (2 * i + n) * half, padded));
                let lines = cut(&sums, i * half, padded).iter().zip(top.iter().zip(bottom));
                let given = cut_mut(&mut given, (2 * i + n) * half, padded);
                for (to, (dy, (t, b))) in given.iter_mut().zip(lines) {
                    *to = give(choose([*t, *b]), *dy)[n];
                }
            }
        }
        if x.is_empty() {
            dx.as_chunks_mut().0.iter_mut().zip(&given).for_each(|(dx, dy)| *dx = give(false, *dy));
        } else {
            let pixels = dx.as_chunks_mut().0.iter_mut().zip(x.as_chunks().0);
            pixels.zip(&given).for_each(|((dx, x), dy)| *dx = give(choose(*x), *dy));
        }
    }
}
