//! Lines of pixels, cut into tiles and transformed.

use super::LANES;
use super::transform::{Transform, square};
use crate::gemm::lanes::Lanes;
use crate::gemm::operand::transpose;

/// Lines of 16 channels that tiles are cut from.
pub(super) struct Lines<'a> {
    /// From the first of the channels on.
    pub(super) channels: &'a [f32],
    /// Of a channel.
    pub(super) size: [usize; 2],
    /// The first line, which may be before the first that there is.
    pub(super) first: usize,
    /// Zeros before the first pixel.
    pub(super) padding: usize,
    /// How many tiles.
    pub(super) tiles: usize,
}

impl Lines<'_> {
    /// Transforms a line of tiles, of N×N pixels, 4 pixels apart. Channels are put side by side, tiles and the planes of
    /// the points so far apart.
    #[inline(always)]
    pub(super) fn transform<V: Lanes, T: Transform<N, 6>, const N: usize>(
        self,
        buffer: &mut [f32],
        to: &mut [f32],
        [tile, plane]: [usize; 2],
    ) {
        let Lines { channels, size: [height, width], first, padding, tiles } = self;
        let reach = 4 * tiles + N - 4;
        for (i, to) in buffer.chunks_exact_mut(reach * LANES).take(N).enumerate() {
            let y = first.wrapping_add(i);
            if y >= height {
                to.fill(0.0);
                continue;
            }
            let end = (padding + width).min(reach);
            to[..padding * LANES].fill(0.0);
            to[end * LANES..].fill(0.0);
            let (from, to) = (&channels[y * width..], &mut to[padding * LANES..end * LANES]);
            transpose::<V, LANES>(from, height * width, LANES, end - padding, to);
        }
        for n in 0..tiles {
            for l in (0..LANES).step_by(V::N) {
                let (from, to) = (&buffer[4 * n * LANES + l..], &mut to[n * tile + l..]);
                square::<V, T, _, _>(from, [reach * LANES, LANES], to, [6 * plane, plane]);
            }
        }
    }
}
