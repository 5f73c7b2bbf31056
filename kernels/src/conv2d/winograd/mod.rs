//! Convolutions by 3×3 without a stride, by Winograd's algorithm F(4×4, 3×3): tiles of 6×6 pixels and
//! the kernels are transformed, multiplied point by point, summed over the channels (a product of
//! matrices for each of the 36 points), and transformed back to 4×4 pixels: a quarter of the
//! multiplications. Rounding errors are two to three times those of a plain sum.
//!
//! Vector registers lie along channels throughout.

mod gradient;
mod lines;
mod transform;

use core::ops::Range;

pub(super) use self::gradient::{applies as applies_to_weight, backward_weight};
use self::lines::Lines;
use self::transform::{Input, Output, Weights, square};
use super::Args;
use super::tile::{self, ANY, From, Tile, Tiles};
use crate::Cpu;
#[cfg(target_arch = "x86_64")]
use crate::Isa;
use crate::activation::Activation;
use crate::cpu::SendPtr;
use crate::gemm::lanes::Lanes;
use crate::gemm::operand::transpose;

/// Points that polynomials of degree 5 are evaluated at, in two dimensions.
const POINTS: usize = 36;
/// Channels that are transformed together.
const LANES: usize = 16;
/// Output channels whose weights are transformed at a time.
const OUT: usize = 32;
/// Input channels whose weights are transformed at a time, at most.
const INS: usize = 128;
/// Floats of scratch memory that a task may use.
#[cfg(feature = "std")]
const SCRATCH: usize = crate::cpu::LANE;
/// There is none: nothing fits.
#[cfg(not(feature = "std"))]
const SCRATCH: usize = 1;
/// Fewer tiles are not worth transforming the weights for. The gradient has no better alternative.
const TILES: usize = 12;
const TILES_OF_GRADIENT: usize = 4;
/// Floats between the planes of the points beyond their size, so that they do not fall into the same
/// few sets of the cache.
const GAP: usize = 16;

/// A convolution by 3×3.
#[derive(Clone, Copy)]
struct Winograd<'a> {
    weight: &'a [f32],
    /// Whether weights are stored with the input channels outermost, and are turned around.
    turned: bool,
    bias: &'a [f32],
    residual: &'a [f32],
    x: &'a [f32],
    limits: [f32; 2],
    sizes: Sizes,
}

/// The sizes of a convolution and of the pieces that it is cut into.
#[derive(Clone, Copy)]
struct Sizes {
    ins: usize,
    outs: usize,
    input: [usize; 2],
    output: [usize; 2],
    padding: [usize; 2],
    /// Tiles of an image.
    tiles: [usize; 2],
    /// Lines of tiles of all images.
    all: usize,
    /// Lines of tiles that a task computes.
    lines: usize,
}

impl Sizes {
    fn new(args: &Args) -> Self {
        let (output, ins, outs) = (args.output(), args.in_channels, args.out_channels);
        let tiles = output.map(|size| size.div_ceil(4));
        let (input, padding, all) = (args.input, args.padding, args.images * tiles[0]);
        let mut sizes = Sizes { ins, outs, input, output, padding, tiles, all, lines: 1 };
        while sizes.lines < all && (Sizes { lines: sizes.lines + 1, ..sizes }).floats() <= SCRATCH {
            sizes.lines += 1;
        }
        sizes.lines = all.div_ceil(all.div_ceil(sizes.lines).max(1)).max(1);
        sizes
    }
    /// Tiles of a task.
    fn count(&self) -> usize {
        self.lines * self.tiles[1]
    }
    /// Floats of a plane of the transformed input, weights and products.
    fn planes(&self) -> [usize; 3] {
        [self.count() * self.ins + GAP, self.ins.min(INS) * OUT + GAP, self.count() * OUT + GAP]
    }
    /// Pixels in a line that tiles reach.
    fn reach(&self) -> usize {
        4 * self.tiles[1] + 2
    }
    /// Floats of scratch memory for transposing: input lines, weights, or output lines twice.
    fn transposed(&self) -> usize {
        (2 * 4 * (self.reach() + 8) * LANES).max(LANES * 9 * LANES)
    }
    fn floats(&self) -> usize {
        self.planes().iter().sum::<usize>() * POINTS + self.transposed()
    }
}

/// Whether a convolution of enough images would be computed here.
#[inline(always)]
pub(crate) fn may_apply(args: &Args) -> bool {
    let plain = args.groups == 1 && args.kernel == [3, 3] && args.stride == [1, 1] && args.dilation == [1, 1];
    let channels = args.in_channels.is_multiple_of(LANES) && args.out_channels.is_multiple_of(OUT);
    let limits = !args.keep_pre && args.activation.limits().is_some();
    cfg!(feature = "std") && plain && channels && limits && args.in_channels >= 2 * LANES
}

/// Whether a convolution is computed here.
pub(super) fn applies(args: &Args) -> bool {
    pays(args, TILES)
}

fn pays(args: &Args, tiles: usize) -> bool {
    if !may_apply(args) {
        return false;
    }
    let sizes = Sizes::new(args);
    sizes.all * sizes.tiles[1] >= tiles && sizes.floats() <= SCRATCH
}

/// Whether gradients may be computed here.
#[inline(always)]
pub(super) fn may_apply_to_gradients(args: &Args) -> bool {
    cfg!(feature = "std") && args.groups == 1 && args.kernel == [3, 3]
}

/// The convolution that [`super::Conv2dBackwardInput`] is: of dy, with each kernel turned around.
pub(super) fn of_gradient(args: &Args) -> Option<Args> {
    let padding = [2usize.checked_sub(args.padding[0])?, 2usize.checked_sub(args.padding[1])?];
    let (in_channels, out_channels, input) = (args.out_channels, args.in_channels, args.output());
    let (activation, wanted) = (Activation::Identity, args.input);
    let args = Args {
        in_channels,
        out_channels,
        input,
        padding,
        activation,
        bias: false,
        residual: false,
        keep_pre: false,
        ..*args
    };
    (args.output() == wanted && pays(&args, TILES_OF_GRADIENT)).then_some(args)
}

/// `args` are those of [`of_gradient`].
pub(super) fn backward_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (bias, residual) = (&[], &[]);
    let job = Winograd { weight, turned: true, bias, residual, x: dy, limits: ANY, sizes: Sizes::new(args) };
    job.run(cpu, dx);
}

/// [`forward`], or the product where that is faster: it depends on the number of images, which is no constant.
#[inline(always)]
pub(crate) fn forward_if_it_pays(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    added: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    z: &mut [f32],
) {
    let by = if applies(args) { forward } else { super::forward::limited };
    by(cpu, args, weight, added, x, y, z);
}

/// `added` are the bias and the residual, each empty where there is none.
fn forward(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    [bias, residual]: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    _: &mut [f32],
) {
    let limits = args.activation.limits().unwrap_or(ANY);
    let job = Winograd { weight, turned: false, bias, residual, x, limits, sizes: Sizes::new(args) };
    job.run(cpu, y);
}

/// What one task computes.
struct Part {
    /// Lines of tiles of all images.
    lines: Range<usize>,
    outs: Range<usize>,
}

impl Winograd<'_> {
    fn run(&self, cpu: &Cpu, y: &mut [f32]) {
        let s = &self.sizes;
        let (down, across) = (s.all.div_ceil(s.lines), s.outs / OUT);
        assert!(y.len() >= s.all / s.tiles[0] * s.outs * s.output[0] * s.output[1]);
        let (isa, y) = (cpu.isa(), SendPtr(y.as_mut_ptr()));
        // Tasks of the same lines are joined, so that these are transformed once: each sum remains the same.
        cpu.parallel_runs(down * across, 1, usize::MAX, &|run, scratch| {
            let mut at = run.start;
            while at < run.end {
                let (line, out) = (at / across * s.lines, at % across);
                let end = across.min(out + run.end - at);
                at += end - out;
                let part = Part { lines: line..(line + s.lines).min(s.all), outs: out * OUT..end * OUT };
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: `Isa::detect` found AVX-512.
                    Isa::Avx512 => unsafe { avx512(self, part, &y, scratch) },
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: `Isa::detect` found AVX2 and FMA.
                    Isa::Avx2 => unsafe { avx2(self, part, &y, scratch) },
                    _ => self.part::<tile::Portable>(part, &y, scratch),
                }
            }
        });
    }

    #[inline(always)]
    fn part<T: Tiles>(&self, part: Part, y: &SendPtr<f32>, scratch: &mut [f32]) {
        let s = &self.sizes;
        let [v_plane, u_plane, m_plane] = s.planes();
        let (v, rest) = scratch.split_at_mut(POINTS * v_plane);
        let (u, rest) = rest.split_at_mut(POINTS * u_plane);
        let (m, buffer) = rest.split_at_mut(POINTS * m_plane);
        for (i, line) in part.lines.clone().enumerate() {
            for channel in (0..s.ins).step_by(LANES) {
                let (image, line) = (line / s.tiles[0], line % s.tiles[0]);
                let lines = Lines {
                    channels: &self.x[(image * s.ins + channel) * s.input[0] * s.input[1]..],
                    size: s.input,
                    first: (4 * line).wrapping_sub(s.padding[0]),
                    padding: s.padding[1],
                    tiles: s.tiles[1],
                };
                let v = &mut v[i * s.tiles[1] * s.ins + channel..];
                lines.transform::<T::Lanes, Input, 6>(buffer, v, [s.ins, v_plane]);
            }
        }
        let count = part.lines.len() * s.tiles[1];
        for out in part.outs.clone().step_by(OUT) {
            for first in (0..s.ins).step_by(INS) {
                let ins = first..s.ins.min(first + INS);
                self.weights::<T::Lanes>(out, ins.clone(), buffer, u);
                for point in 0..POINTS {
                    let t = Tile {
                        a: &v[point * v_plane + first..],
                        a_row: s.ins,
                        a_step: 1,
                        depth: ins.len(),
                        from: if first == 0 { From::Zero } else { From::C },
                        bias: &[],
                        limits: ANY,
                        c_row: OUT,
                    };
                    multiply::<T>(count, t, &u[point * u_plane..], &mut m[point * m_plane..]);
                }
            }
            for (i, line) in part.lines.clone().enumerate() {
                for half in (0..OUT).step_by(LANES) {
                    let m = &m[i * s.tiles[1] * OUT + half..];
                    self.output::<T::Lanes>(line, out + half, m, buffer, y);
                }
            }
        }
    }

    /// Transforms the weights of 32 output channels: u\[point\]\[input channel\]\[output channel\].
    #[inline(always)]
    fn weights<V: Lanes>(&self, out: usize, ins: Range<usize>, buffer: &mut [f32], u: &mut [f32]) {
        let (s, plane) = (&self.sizes, self.sizes.planes()[1]);
        for (half, channel) in
            (0..OUT).step_by(LANES).flat_map(|h| ins.clone().step_by(LANES).map(move |c| (h, c)))
        {
            let kernels = &mut buffer[..LANES * 9 * LANES];
            if self.turned {
                for (c, to) in kernels.chunks_exact_mut(9 * LANES).enumerate() {
                    let weight = &self.weight[((channel + c) * s.outs + out + half) * 9..];
                    transpose::<V, LANES>(weight, 9, LANES, 9, to);
                    let (first, last) = to.split_at_mut(5 * LANES);
                    first
                        .chunks_exact_mut(LANES)
                        .zip(last.chunks_exact_mut(LANES).rev())
                        .for_each(|(a, b)| a.swap_with_slice(b));
                }
            } else {
                let weight = &self.weight[((out + half) * s.ins + channel) * 9..];
                transpose::<V, LANES>(weight, s.ins * 9, LANES, LANES * 9, kernels);
            }
            for (c, kernel) in kernels.chunks_exact(9 * LANES).enumerate() {
                for l in (0..LANES).step_by(V::N) {
                    let to = &mut u[(channel - ins.start + c) * OUT + half + l..];
                    square::<V, Weights, _, _>(&kernel[l..], [3 * LANES, LANES], to, [6 * plane, plane]);
                }
            }
        }
    }

    /// Transforms a line of tiles of 16 output channels back, and writes it.
    #[inline(always)]
    fn output<V: Lanes>(&self, line: usize, out: usize, m: &[f32], buffer: &mut [f32], y: &SendPtr<f32>) {
        let s = &self.sizes;
        let ([height, width], image, line) = (s.output, line / s.tiles[0], line % s.tiles[0]);
        let (plane, pitch) = (s.planes()[2], s.reach() + 6);
        let (pixels, rows) = buffer.split_at_mut(4 * pitch * LANES);
        for tile in 0..s.tiles[1] {
            for l in (0..LANES).step_by(V::N) {
                let (from, to) = (&m[tile * OUT + l..], &mut pixels[4 * tile * LANES + l..]);
                square::<V, Output, _, _>(from, [6 * plane, plane], to, [pitch * LANES, LANES]);
            }
        }
        let side = V::SIDE;
        for i in 0..(height - 4 * line).min(4) {
            for j in (0..width).step_by(side) {
                for l in (0..LANES).step_by(side) {
                    let lines = core::array::from_fn(|p| p * LANES);
                    V::transpose(
                        &pixels[(i * pitch + j) * LANES + l..],
                        &lines,
                        &mut rows[l * pitch + j..],
                        pitch,
                    );
                }
            }
            for (l, row) in rows.chunks_exact(pitch).take(LANES).enumerate() {
                let at = ((image * s.outs + out + l) * height + 4 * line + i) * width;
                let bias = self.bias.get(out + l).unwrap_or(&0.0);
                // SAFETY: a line of an output channel; no other task has this channel and this line.
                let y = unsafe { core::slice::from_raw_parts_mut(y.get().add(at), width) };
                let [low, high] = self.limits;
                if self.residual.is_empty() {
                    y.iter_mut().zip(row).for_each(|(y, sum)| *y = limit(sum + bias, low, high));
                } else {
                    let residual = &self.residual[at..][..width];
                    y.iter_mut()
                        .zip(row)
                        .zip(residual)
                        .for_each(|((y, sum), residual)| *y = limit(sum + bias + residual, low, high));
                }
            }
        }
    }
}

/// NaN stays NaN.
#[inline(always)]
fn limit(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// c ← a product of `rows` rows with b, which has 32 columns as c has.
#[inline(always)]
fn multiply<T: Tiles>(rows: usize, t: Tile<'_>, b: &[f32], c: &mut [f32]) {
    let across = 2.min(OUT / T::Lanes::N);
    assert!(c.len() >= rows * OUT && t.c_row == OUT);
    for column in (0..OUT).step_by(across * T::Lanes::N) {
        let mut row = 0;
        while row < rows {
            let c = c[row * OUT + column..].as_mut_ptr();
            // SAFETY: rows of c, whose size was asserted.
            row += unsafe { T::vectors(rows - row, across, &t.at(row, 0), &b[column..], OUT, c) };
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512(job: &Winograd<'_>, part: Part, y: &SendPtr<f32>, scratch: &mut [f32]) {
    job.part::<tile::Avx512>(part, y, scratch);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(job: &Winograd<'_>, part: Part, y: &SendPtr<f32>, scratch: &mut [f32]) {
    job.part::<tile::Avx2>(part, y, scratch);
}
