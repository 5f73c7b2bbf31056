//! Weights and windows as the kernels of products read them.

use crate::cpu::{Beyond, multiversion};
use crate::product::{BYTES, Kernel};
use crate::{Cpu, Isa};

/// A kernel, and what packs for it.
pub(in crate::quantized) struct Choice {
    pub(in crate::quantized) kernel: &'static Kernel<u32>,
    /// Some weights of an output channel into words; zeros beyond the last.
    pub(in crate::quantized) weights: fn(Isa, &[i8], &mut [u32]),
    pub(super) windows: Windows,
    /// The same of lines side by side, each of which is a column: `(isa, bytes, length of a line, words, to)`.
    pub(in crate::quantized) columns: fn(Isa, &[u8], usize, usize, &mut [u32]),
}

/// Packs positions from one on: `(isa, bytes, position, offsets, words, to)`. Of each strip of columns, so many words.
type Windows = fn(Isa, &[u8], usize, &[u32], usize, &mut [u32]);

const TILES: &Choice = &Choice {
    kernel: BYTES[0],
    weights: weights_by_four,
    windows: windows_by_four,
    columns: columns_by_four,
};
const VNNI: &Choice = &Choice {
    kernel: BYTES[1],
    weights: weights_by_four,
    windows: windows_by_four,
    columns: columns_by_four,
};
const AVX2: &Choice =
    &Choice { kernel: BYTES[2], weights: weights_by_two, windows: windows_by_two, columns: columns_by_two };

/// The best kernel for products with so many rows and such a depth.
pub(in crate::quantized) fn choose(cpu: &Cpu, rows: usize, depth: usize) -> Option<&'static Choice> {
    match (cpu.beyond(), cpu.isa()) {
        (Beyond::Tiles, _) if rows > 16 && depth > 32 => Some(TILES),
        (Beyond::Tiles | Beyond::Vnni, _) => Some(VNNI),
        (_, Isa::Avx512 | Isa::Avx2) => Some(AVX2),
        _ => None,
    }
}

multiversion! {
    fn weights_by_four(isa, from: &[i8], to: &mut [u32]) {
        let (whole, rest) = from.as_chunks::<4>();
        let (to, end) = to.split_at_mut(whole.len().min(to.len()));
        to.iter_mut().zip(whole).for_each(|(to, w)| *to = u32::from_le_bytes(w.map(|w| w as u8)));
        if let Some((first, end)) = end.split_first_mut() {
            *first = (0..).zip(rest).fold(0, |word, (i, w)| word | u32::from(*w as u8) << (8 * i));
            end.fill(0);
        }
    }
}

multiversion! {
    fn weights_by_two(isa, from: &[i8], to: &mut [u32]) {
        let wide = |w: i8| u32::from(w as i16 as u16);
        let (whole, rest) = from.as_chunks::<2>();
        let (to, end) = to.split_at_mut(whole.len().min(to.len()));
        to.iter_mut().zip(whole).for_each(|(to, [a, b])| *to = wide(*a) | wide(*b) << 16);
        if let Some((first, end)) = end.split_first_mut() {
            *first = rest.first().map_or(0, |w| wide(*w));
            end.fill(0);
        }
    }
}

multiversion! {
    fn windows_by_four(isa, from: &[u8], position: usize, offsets: &[u32], words: usize, to: &mut [u32]) {
        strips::<32, 4>(from, position, offsets, words, to, |rows, i| {
            u32::from_le_bytes([rows[0][i], rows[1][i], rows[2][i], rows[3][i]])
        });
    }
}

multiversion! {
    fn windows_by_two(isa, from: &[u8], position: usize, offsets: &[u32], words: usize, to: &mut [u32]) {
        strips::<16, 2>(from, position, offsets, words, to, |rows, i| {
            u32::from(rows[0][i]) | u32::from(rows[1][i]) << 16
        });
    }
}

/// Strips of `C` columns, whose words are `word` of `G` rows of bytes.
#[inline(always)]
fn strips<const C: usize, const G: usize>(
    from: &[u8],
    position: usize,
    offsets: &[u32],
    words: usize,
    to: &mut [u32],
    word: impl Fn(&[&[u8; C]; G], usize) -> u32,
) {
    for (strip, to) in to.chunks_exact_mut(words * C).enumerate() {
        let position = position + strip * C;
        let (used, unused) = to.as_chunks_mut::<C>().0.split_at_mut(offsets.len() / G);
        for (to, offsets) in used.iter_mut().zip(offsets.as_chunks::<G>().0) {
            let mut ends = [[0; C]; G];
            let mut rows = [&[0; C]; G];
            for ((row, end), offset) in rows.iter_mut().zip(&mut ends).zip(offsets) {
                let bytes = from.get(*offset as usize + position..).unwrap_or(&[]);
                *row = match bytes.first_chunk() {
                    Some(row) => row,
                    None => {
                        end[..bytes.len()].copy_from_slice(bytes);
                        end
                    }
                };
            }
            for (i, to) in to.iter_mut().enumerate() {
                *to = word(&rows, i);
            }
        }
        // `memset` takes long for nothing.
        if !unused.is_empty() {
            unused.as_flattened_mut().fill(0);
        }
    }
}

multiversion! {
    fn columns_by_four(isa, from: &[u8], len: usize, words: usize, to: &mut [u32]) {
        columns::<32, 4>(from, len, words, to, u32::from_le_bytes);
    }
}

multiversion! {
    fn columns_by_two(isa, from: &[u8], len: usize, words: usize, to: &mut [u32]) {
        columns::<16, 2>(from, len, words, to, |[a, b]| u32::from(a) | u32::from(b) << 16);
    }
}

/// Strips of `C` lines, whose words are `word` of `G` bytes; zeros beyond the last of each, and in lines that are not
/// there.
#[inline(always)]
fn columns<const C: usize, const G: usize>(
    from: &[u8],
    len: usize,
    words: usize,
    to: &mut [u32],
    word: impl Fn([u8; G]) -> u32,
) {
    let mut lines = from.chunks_exact(len.max(1));
    for to in to.chunks_exact_mut(words * C) {
        let to = to.as_chunks_mut::<C>().0;
        for column in 0..C {
            let (whole, rest) = lines.next().unwrap_or(&[]).as_chunks::<G>();
            let (inside, end) = to.split_at_mut(whole.len().min(to.len()));
            inside.iter_mut().zip(whole).for_each(|(to, bytes)| to[column] = word(*bytes));
            end.iter_mut().for_each(|to| to[column] = 0);
            if let Some(to) = end.first_mut() {
                let mut bytes = [0; G];
                bytes[..rest.len()].copy_from_slice(rest);
                to[column] = word(bytes);
            }
        }
    }
}

/// to\[j\] ← line\[j·step + phase − padding\], or `zero` outside the line.
pub(super) fn every(line: &[u8], padding: usize, phase: usize, step: usize, zero: u8, to: &mut [u8]) {
    let before = padding.saturating_sub(phase).div_ceil(step).min(to.len());
    let (outside, to) = to.split_at_mut(before);
    outside.fill(zero);
    let line = line.get(before * step + phase - padding..).unwrap_or(&[]);
    let count = line.len().div_ceil(step).min(to.len());
    let (inside, outside) = to.split_at_mut(count);
    outside.fill(zero);
    match step {
        1 => inside.copy_from_slice(&line[..count]),
        2 => {
            let (pairs, rest) = line.as_chunks::<2>();
            inside.iter_mut().zip(pairs).for_each(|(to, pair)| *to = u16::from_le_bytes(*pair) as u8);
            if let (Some(to), Some(byte)) = (inside.get_mut(pairs.len()), rest.first()) {
                *to = *byte;
            }
        }
        _ => inside.iter_mut().zip(line.iter().step_by(step)).for_each(|(to, byte)| *to = *byte),
    }
}
