//! Loops over NCHW data that know which channel an element belongs to. For use within `multiversion!`.

use core::array::from_fn;

use super::Args;
use crate::cpu::{map, map_pairs, part, sum_by};

/// Channels that are worked on together.
pub(super) const TILE: usize = 64;

/// Images after which the sums of plain features are added up in double precision.
const BLOCK: usize = 256;

/// Σ f(centre, x, dy) over the batch, for the channels from `from` on, one for each centre. Where one
/// input is enough, give it twice.
#[inline(always)]
pub(super) fn channel_sums(
    args: &Args,
    from: usize,
    centres: &[f32],
    x: &[f32],
    dy: &[f32],
    f: impl Fn(f32, f32, f32) -> f32,
) -> [f64; TILE] {
    let &Args { images, channels, pixels, .. } = args;
    let mut total = [0.0f64; TILE];
    if pixels != 1 {
        for image in 0..images {
            for (c, &centre) in centres.iter().enumerate() {
                let start = (image * channels + from + c) * pixels;
                let (x, dy) = (&x[start..][..pixels], &dy[start..][..pixels]);
                total[c] += sum_by(x, dy, |x, dy| f(centre, x, dy));
            }
        }
        return total;
    }
    let centres_tile = tile(centres);
    let mut image = 0;
    while image < images {
        let end = images.min(image + BLOCK);
        let mut sums = [0.0f32; TILE];
        while image < end {
            let start = image * channels + from;
            let (x, dy) = (tile(&x[start..][..centres.len()]), tile(&dy[start..][..centres.len()]));
            for c in 0..TILE {
                sums[c] += f(centres_tile[c], x[c], dy[c]);
            }
            image += 1;
        }
        for (total, sum) in total.iter_mut().zip(sums) {
            *total += sum as f64;
        }
    }
    total
}

/// out ← f(constants of the channel, a, b), element by element, where `out` starts with element `at` of
/// the whole; for plain features it is whole images. Without `a` it is what `out` held before, without `b`
/// it is −0, which changes nothing that it is added to.
#[inline(always)]
pub(super) fn map_channels<const K: usize>(
    args: &Args,
    at: usize,
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    constants: impl Fn(usize) -> [f32; K],
    f: impl Fn([f32; K], f32, f32) -> f32,
) {
    let &Args { channels, pixels, .. } = args;
    let (a, b) = (part(a, at, out.len()), part(b, at, out.len()));
    if pixels != 1 {
        let mut from = 0;
        while from < out.len() {
            let place = at + from;
            let len = (pixels - place % pixels).min(out.len() - from);
            let constants = constants(place / pixels % channels);
            let (a, out) = (part(a, from, len), &mut out[from..from + len]);
            if b.is_empty() {
                map(a, out, |a| f(constants, a, -0.0));
            } else {
                map_pairs(a, part(b, from, len), out, |a, b| f(constants, a, b));
            }
            from += len;
        }
        return;
    }
    for from in (0..channels).step_by(TILE) {
        let part = from..channels.min(from + TILE);
        let mut columns = [[0.0f32; TILE]; K];
        for (c, constants) in part.clone().map(&constants).enumerate() {
            for (column, constant) in columns.iter_mut().zip(constants) {
                column[c] = constant;
            }
        }
        for (i, out) in out.chunks_exact_mut(channels).enumerate() {
            let row = |x: &[f32]| tile(&x[i * channels..][part.clone()]);
            let out = &mut out[part.clone()];
            let a = if a.is_empty() { tile(out) } else { row(a) };
            let b = if b.is_empty() { [-0.0; TILE] } else { row(b) };
            let values: [f32; TILE] = from_fn(|c| f(from_fn(|k| columns[k][c]), a[c], b[c]));
            out.copy_from_slice(&values[..out.len()]);
        }
    }
}

/// A row of at most a tile, filled up with zeros, so that loops over it have a constant length.
#[inline(always)]
fn tile(row: &[f32]) -> [f32; TILE] {
    row.first_chunk().copied().unwrap_or_else(|| {
        let mut tile = [0.0; TILE];
        tile[..row.len()].copy_from_slice(row);
        tile
    })
}
