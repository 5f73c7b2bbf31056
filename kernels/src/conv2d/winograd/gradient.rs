//! The gradient of the weights by F(3×3, 4×4): tiles of 6×6 pixels of x and of 4×4 of dy are transformed, multiplied
//! point by point, summed over all tiles, and transformed back to 3×3 weights.

use super::lines::Lines;
use super::transform::{Input, Pixels, Taps, square};
use super::{GAP, LANES, POINTS, SCRATCH, TILES, multiply};
use crate::Cpu;
#[cfg(target_arch = "x86_64")]
use crate::Isa;
use crate::conv2d::Args;
use crate::conv2d::tile::{self, ANY, From, Tile, Tiles};
use crate::cpu::SendPtr;
use crate::gemm::lanes::Lanes;
use crate::gemm::operand::transpose;

/// Input channels, and output channels, whose weights a task computes.
const BLOCK: usize = super::OUT;
/// Floats that stay in a part of the second-level cache.
const CACHE: usize = 1 << 17;

struct Gradient<'a> {
    args: &'a Args,
    x: &'a [f32],
    dy: &'a [f32],
    /// Tiles of an image.
    tiles: [usize; 2],
    /// Lines of tiles that are transformed at a time.
    lines: usize,
}

/// Floats of a plane of transformed pixels and of sums, and of lines that are transposed.
fn sizes(tiles: usize, lines: usize) -> [usize; 3] {
    [lines * tiles * BLOCK + GAP, BLOCK * BLOCK + GAP, 6 * (4 * tiles + 2) * LANES]
}

fn floats(tiles: usize, lines: usize) -> usize {
    let [pixels, sums, buffer] = sizes(tiles, lines);
    POINTS * (2 * pixels + sums) + buffer
}

/// Whether the gradient of the weights is computed here.
pub(in crate::conv2d) fn applies(args: &Args) -> bool {
    let plain = args.groups == 1 && args.kernel == [3, 3] && args.stride == [1, 1] && args.dilation == [1, 1];
    let channels = [args.in_channels, args.out_channels].iter().all(|n| *n > 0 && n.is_multiple_of(BLOCK));
    let tiles = args.output().map(|size| size.div_ceil(4));
    plain && channels && args.images * tiles[0] * tiles[1] >= TILES && floats(tiles[1], 1) <= SCRATCH
}

pub(in crate::conv2d) fn backward_weight(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dweight: &mut [f32]) {
    let tiles = args.output().map(|size| size.div_ceil(4));
    let all = args.images * tiles[0];
    let most =
        (1..=all).take_while(|lines| floats(tiles[1], *lines) <= CACHE.min(SCRATCH)).last().unwrap_or(1);
    let job = Gradient { args, x, dy, tiles, lines: all.div_ceil(all.div_ceil(most)) };
    assert!(dweight.len() == args.in_channels * args.out_channels * 9);
    let (isa, dweight) = (cpu.isa(), SendPtr(dweight.as_mut_ptr()));
    let across = args.in_channels / BLOCK;
    cpu.parallel(args.out_channels / BLOCK * across, usize::MAX, |task, scratch| {
        let block = [task / across * BLOCK, task % across * BLOCK];
        match isa {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::detect` found AVX-512.
            Isa::Avx512 => unsafe { avx512(&job, block, &dweight, scratch) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::detect` found AVX2 and FMA.
            Isa::Avx2 => unsafe { avx2(&job, block, &dweight, scratch) },
            _ => job.block::<tile::Portable>(block, &dweight, scratch),
        }
    });
}

impl Gradient<'_> {
    /// The weights from 32 input channels to 32 output channels, of which `out` and `first` are the first.
    #[inline(always)]
    fn block<T: Tiles>(&self, [out, first]: [usize; 2], dweight: &SendPtr<f32>, scratch: &mut [f32]) {
        let (args, [down, across]) = (self.args, self.tiles);
        let [plane, sums_plane, _] = sizes(across, self.lines);
        let (pixels, rest) = scratch.split_at_mut(POINTS * plane);
        let (gradients, rest) = rest.split_at_mut(POINTS * plane);
        let (sums, buffer) = rest.split_at_mut(POINTS * sums_plane);
        let all = args.images * down;
        for line in (0..all).step_by(self.lines) {
            let lines = self.lines.min(all - line);
            for i in 0..lines {
                let (image, y) = ((line + i) / down, 4 * ((line + i) % down));
                for channel in (0..BLOCK).step_by(LANES) {
                    let to = i * across * BLOCK + channel;
                    let source = (image * args.in_channels + first + channel) * args.input[0] * args.input[1];
                    let x = Lines {
                        channels: &self.x[source..],
                        size: args.input,
                        first: y.wrapping_sub(args.padding[0]),
                        padding: args.padding[1],
                        tiles: across,
                    };
                    x.transform::<T::Lanes, Input, 6>(buffer, &mut pixels[to..], [BLOCK, plane]);
                    let size = args.output();
                    let source = (image * args.out_channels + out + channel) * size[0] * size[1];
                    let channels = &self.dy[source..];
                    let dy = Lines { channels, size, first: y, padding: 0, tiles: across };
                    dy.transform::<T::Lanes, Pixels, 4>(buffer, &mut gradients[to..], [BLOCK, plane]);
                }
            }
            for point in 0..POINTS {
                let t = Tile {
                    a: &gradients[point * plane..],
                    a_row: 1,
                    a_step: BLOCK,
                    depth: lines * across,
                    from: if line == 0 { From::Zero } else { From::C },
                    bias: &[],
                    limits: ANY,
                    c_row: BLOCK,
                };
                multiply::<T>(BLOCK, t, &pixels[point * plane..], &mut sums[point * sums_plane..]);
            }
        }
        for o in 0..BLOCK {
            for channel in (0..BLOCK).step_by(LANES) {
                let at = ((out + o) * args.in_channels + first + channel) * 9;
                // SAFETY: the weights of one output and 16 input channels, which are this task's alone.
                let to = unsafe { core::slice::from_raw_parts_mut(dweight.get().add(at), 9 * LANES) };
                put::<T::Lanes>(&sums[o * BLOCK + channel..], sums_plane, to);
            }
        }
    }
}

/// Transforms the sums of 16 channels back, and adds them to the weights.
#[inline(always)]
fn put<V: Lanes>(sums: &[f32], plane: usize, to: &mut [f32]) {
    let (mut taps, mut channels) = ([0.0; 9 * LANES], [0.0; LANES * LANES]);
    for l in (0..LANES).step_by(V::N) {
        square::<V, Taps, _, _>(&sums[l..], [6 * plane, plane], &mut taps[l..], [3 * LANES, LANES]);
    }
    transpose::<V, LANES>(&taps, LANES, 9, LANES, &mut channels);
    for (to, channel) in to.chunks_exact_mut(9).zip(channels.chunks_exact(LANES)) {
        to.iter_mut().zip(channel).for_each(|(to, sum)| *to += sum);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512(job: &Gradient<'_>, block: [usize; 2], dweight: &SendPtr<f32>, scratch: &mut [f32]) {
    job.block::<tile::Avx512>(block, dweight, scratch);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(job: &Gradient<'_>, block: [usize; 2], dweight: &SendPtr<f32>, scratch: &mut [f32]) {
    job.block::<tile::Avx2>(block, dweight, scratch);
}
