//! Factors into packed words.

use super::word::Words;
use crate::cpu::multiversion;
use crate::{Isa, Plain};

/// A factor as lines: the rows of A, the columns of B. Strides are in elements.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    /// The memory argument.
    pub(super) bytes: &'a [u8],
    /// Its first element.
    pub(super) start: usize,
    /// From one line to the next.
    pub(super) line: usize,
    /// From one k to the next.
    pub(super) depth: usize,
}

/// A part of the lines.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// The first line, and how many.
    pub(super) lines: [usize; 2],
    /// The first k, and how many.
    pub(super) ks: [usize; 2],
}

/// Where word w of line l goes: to `l / width * strip + l % width * line + w * word`.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) strip: usize,
    pub(super) line: usize,
    pub(super) word: usize,
}

/// Packs words. What it does not write may hold anything.
pub(super) type Pack<W> = fn(Isa, Lines<'_>, Part, Layout, &mut [W]);

/// Elements and words that are handled at once: a constant, so that they become vector registers and not calls of
/// `memcpy`.
const CHUNK: usize = 16;

multiversion! {
    pub(super) fn pack<F: Words>(isa, x: Lines<'_>, part: Part, layout: Layout, to: &mut [F::Word]) {
        let (Part { lines: [first, count], ks: [from, len] }, Layout { width, strip, line, word }) = (part, layout);
        let data = &elements::<F::Element>(x.bytes)[x.start + first * x.line + from * x.depth..];
        let whole = len / F::GROUP;
        // Those k of all lines that make up a word, where lines lie side by side. No group has more than four elements;
        // where it has fewer, the others are not used.
        let group = |w: usize| {
            let row = |g: usize| &data[(w * F::GROUP + g % F::GROUP) * x.depth..][..count];
            [row(0), row(1), row(2), row(3)]
        };
        if x.line == 1 && line == 1 {
            // All strips at once, so that memory is read in long pieces.
            for w in 0..whole {
                let rows = group(w);
                for first in (0..count).step_by(width) {
                    let to = &mut to[first / width * strip + w * word..][..width.min(count - first)];
                    side_by_side::<F>(rows, first, to);
                }
            }
        } else if x.depth == 1 && word == 1 {
            for l in 0..count {
                let to = &mut to[l / width * strip + l % width * line..][..whole];
                one_after_another::<F>(&data[l * x.line..][..whole * F::GROUP], to);
            }
        } else if x.line == 1 || x.depth == 1 {
            // Squares, which are transposed.
            for l in (0..count).step_by(CHUNK.min(width)) {
                let lines = CHUNK.min(width - l % width).min(count - l);
                let to = &mut to[l / width * strip + l % width * line..];
                for w in (0..whole).step_by(CHUNK) {
                    let words = CHUNK.min(whole - w);
                    let mut square = [[F::Word::default(); CHUNK]; CHUNK];
                    if x.line == 1 {
                        for (i, to) in square.iter_mut().enumerate().take(words) {
                            side_by_side::<F>(group(w + i), l, &mut to[..lines]);
                        }
                        transpose(&square, [words, lines], &mut to[w * word..], line);
                    } else {
                        for (i, to) in square.iter_mut().enumerate().take(lines) {
                            let from = &data[(l + i) * x.line + w * F::GROUP..][..words * F::GROUP];
                            one_after_another::<F>(from, &mut to[..words]);
                        }
                        transpose(&square, [lines, words], &mut to[w * word..], word);
                    }
                }
            }
        }
        let gaps = x.line != 1 && x.depth != 1;
        let one_by_one = if gaps { 0 } else { whole };
        for l in 0..count {
            let to = &mut to[l / width * strip + l % width * line..];
            // With gaps all words; else only one that elements do not fill.
            for w in one_by_one..len.div_ceil(F::GROUP) {
                let value = |g: usize| {
                    let k = w * F::GROUP + g;
                    if k < len { data[l * x.line + k * x.depth] } else { F::Element::default() }
                };
                to[w * word] = F::word(value);
            }
        }
    }
}

/// `to[l]` ← the elements `first + l` of the rows.
#[inline(always)]
fn side_by_side<F: Words>(rows: [&[F::Element]; 4], first: usize, to: &mut [F::Word]) {
    let len = to.len();
    let (chunks, rest) = to.as_chunks_mut::<CHUNK>();
    for (i, to) in chunks.iter_mut().enumerate() {
        let row = |g: usize| rows[g][first + i * CHUNK..].first_chunk::<CHUNK>();
        let [Some(r0), Some(r1), Some(r2), Some(r3)] = [row(0), row(1), row(2), row(3)] else { return };
        let rows = [r0, r1, r2, r3];
        // On the stack first: LLVM does not know that what is read and what is written are apart.
        let mut words = [F::Word::default(); CHUNK];
        for (l, word) in words.iter_mut().enumerate() {
            *word = F::word(|g| rows[g][l]);
        }
        *to = words;
    }
    let done = first + len - rest.len();
    for (l, to) in rest.iter_mut().enumerate() {
        *to = F::word(|g| rows[g][done + l]);
    }
}

/// `to[w]` ← the elements of group w.
#[inline(always)]
fn one_after_another<F: Words>(from: &[F::Element], to: &mut [F::Word]) {
    let from = from.chunks_exact(F::GROUP);
    to.iter_mut().zip(from).for_each(|(to, x)| *to = F::word(|g| x[g]));
}

/// `to[j * stride + i]` ← `square[i][j]` for i and j below the sizes.
#[inline(always)]
fn transpose<W: Copy + Default>(
    square: &[[W; CHUNK]; CHUNK],
    [rows, columns]: [usize; 2],
    to: &mut [W],
    stride: usize,
) {
    for j in 0..columns.min(CHUNK) {
        let mut column = [W::default(); CHUNK];
        for (to, row) in column.iter_mut().zip(square) {
            *to = row[j];
        }
        let to = &mut to[j * stride..];
        match to.first_chunk_mut::<CHUNK>() {
            Some(to) if rows == CHUNK => *to = column,
            _ => to[..rows].copy_from_slice(&column[..rows]),
        }
    }
}

/// A memory argument as its elements.
#[inline(always)]
fn elements<E: Plain>(bytes: &[u8]) -> &[E] {
    // SAFETY: every bit pattern is an element. (`Memory` has seen to the alignment, so there is no head.)
    let (head, elements, _) = unsafe { bytes.align_to() };
    debug_assert!(head.is_empty());
    elements
}
