use core::ops::Range;

use super::Args;
use super::channels::{TILE, channel_sums, map_channels};
use crate::activation::{Activation, apply_in_place};
use crate::cpu::{SendPtr, multiversion, sum_by};
use crate::math::{self, F32s};
use crate::vector::{Kernel, Vector, Wide, run};
use crate::{Cpu, Isa};

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 13;

impl Args {
    /// Channels of one task that sums over the batch.
    fn tile(&self) -> usize {
        if self.pixels == 1 { TILE } else { CHUNK.div_ceil((self.images * self.pixels).max(1)).min(TILE) }
    }

    /// Elements of one task that goes over all of the data: for plain features whole images.
    fn piece(&self) -> usize {
        if self.pixels == 1 { CHUNK.div_ceil(self.channels.max(1)) * self.channels } else { CHUNK }
    }
}

#[inline(always)]
pub(super) fn inverse_deviation(variance: f32, eps: f32) -> f32 {
    1.0 / math::sqrt(variance + eps)
}

/// Registers whose sum is added up in single precision.
const REGISTERS: usize = 64;

/// The channels of one task, and where their planes lie.
#[derive(Clone, Copy)]
struct Tile {
    first: usize,
    count: usize,
    images: usize,
    channels: usize,
    pixels: usize,
}

impl Tile {
    fn new(args: &Args, first: usize, count: usize) -> Self {
        let &Args { images, channels, pixels, .. } = args;
        Tile { first, count, images, channels, pixels }
    }

    /// The planes of each image, one after the other.
    fn planes(self) -> impl Iterator<Item = Range<usize>> {
        let start = move |image: usize| (image * self.channels + self.first) * self.pixels;
        (0..self.images).map(move |image| start(image)..start(image) + self.count * self.pixels)
    }
}

/// The statistics of the batch, and y from them.
#[allow(clippy::too_many_arguments)]
pub(super) fn train(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    bias: &[f32],
    x: &[f32],
    residual: &[f32],
    y: &mut [f32],
    mean: &mut [f32],
    variance: &mut [f32],
) {
    let (isa, tile, work) = (cpu.isa(), args.tile(), x.len() * 5);
    if args.pixels == 1 {
        cpu.parallel_zip([&mut *mean, &mut *variance], [tile; 2], work, |task, [mean, variance], _| {
            moments(isa, args, task * tile, x, mean, variance);
        });
        return normalize(cpu, args, weight, bias, mean, variance, x, residual, y);
    }
    assert_eq!(y.len(), args.elements());
    let (y, n) = (SendPtr(y.as_mut_ptr()), args.images as f64 * args.pixels as f64);
    // Each channel from its statistics to its results, since it is in the cache.
    cpu.parallel_zip([mean, variance], [tile; 2], work, |task, [mean, variance], _| {
        let first = task * tile;
        let tile = Tile::new(args, first, mean.len());
        let (mut sums, mut squares) = ([0.0; TILE], [0.0; TILE]);
        tile.planes().for_each(|planes| add(isa, args.pixels, &x[planes], &mut sums));
        mean.iter_mut().zip(sums).for_each(|(mean, sum)| *mean = (sum / n) as f32);
        tile.planes().for_each(|planes| add_squares(isa, args.pixels, mean, &x[planes], &mut squares));
        variance.iter_mut().zip(squares).for_each(|(variance, sum)| *variance = (sum / n) as f32);
        for planes in tile.planes() {
            // SAFETY: y has all planes, and these are of the channels of this task alone.
            let y = unsafe { core::slice::from_raw_parts_mut(y.get().add(planes.start), planes.len()) };
            normalized(isa, args, planes.start, first, weight, bias, mean, variance, x, residual, y);
            apply(isa, args.activation, y);
        }
    });
}

fn apply(isa: Isa, activation: Activation, y: &mut [f32]) {
    if activation != Activation::Identity {
        apply_in_place(isa, activation, y);
    }
}

/// Without `x`, y holds it.
#[allow(clippy::too_many_arguments)]
pub(super) fn normalize(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    bias: &[f32],
    mean: &[f32],
    variance: &[f32],
    x: &[f32],
    residual: &[f32],
    y: &mut [f32],
) {
    let (isa, piece, work) = (cpu.isa(), args.piece(), y.len() * 2);
    cpu.parallel_chunks(y, piece, work, |i, y, _| {
        normalized(isa, args, i * piece, 0, weight, bias, mean, variance, x, residual, y);
        // While it is in the cache.
        apply(isa, args.activation, y);
    });
}

/// Σ dy and Σ dy·(x − mean) of each channel, and dx from them. Without `dy`, dx holds it.
#[allow(clippy::too_many_arguments)]
pub(super) fn backward(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    mean: &[f32],
    variance: &[f32],
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    sum: &mut [f32],
    product: &mut [f32],
) {
    let (isa, tile, work) = (cpu.isa(), args.tile(), x.len() * 5);
    if args.pixels == 1 {
        let gradient = if dy.is_empty() { &*dx } else { dy };
        cpu.parallel_zip([&mut *sum, &mut *product], [tile; 2], work, |task, [sum, product], _| {
            sums_of_tile(isa, args, task * tile, mean, x, gradient, sum, product);
        });
        let (piece, work) = (args.piece(), dx.len() * 2);
        return cpu.parallel_chunks(dx, piece, work, |i, dx, _| {
            chain(isa, args, i * piece, weight, mean, variance, sum, product, x, dy, dx);
        });
    }
    assert!([0, args.elements()].contains(&dx.len()));
    assert_eq!([x.len(), if dy.is_empty() { dx.len() } else { dy.len() }], [args.elements(); 2]);
    let (wanted, dx) = (!dx.is_empty(), SendPtr(dx.as_mut_ptr()));
    cpu.parallel_zip([sum, product], [tile; 2], work, |task, [sum, product], _| {
        let first = task * tile;
        let part = first..first + sum.len();
        // Of dx only the planes of the channels of this task are read and written.
        let gradients = Gradients {
            tile: Tile::new(args, first, sum.len()),
            eps: args.eps,
            weight: &weight[part.clone()],
            mean: &mean[part.clone()],
            variance: &variance[part],
            x,
            dy: if dy.is_empty() { dx.get().cast_const() } else { dy.as_ptr() },
            dx: wanted.then_some(dx.get()),
            sum,
            product,
        };
        run(isa, gradients);
    });
}

#[allow(clippy::too_many_arguments)]
pub(super) fn frozen_sums(
    cpu: &Cpu,
    args: &Args,
    mean: &[f32],
    variance: &[f32],
    x: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dbias: &mut [f32],
) {
    let (isa, tile) = (cpu.isa(), args.tile());
    cpu.parallel_zip([dweight, dbias], [tile; 2], x.len() * 3, |task, [dweight, dbias], _| {
        let (mut sum, mut product) = ([0.0; TILE], [0.0; TILE]);
        let (sum, product) = (&mut sum[..dbias.len()], &mut product[..dbias.len()]);
        sums_of_tile(isa, args, task * tile, mean, x, dy, sum, product);
        for c in 0..dbias.len() {
            dbias[c] += sum[c];
            dweight[c] += product[c] * inverse_deviation(variance[task * tile + c], args.eps);
        }
    });
}

/// Without `dy`, dx holds it.
pub(super) fn frozen_input_gradient(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    variance: &[f32],
    dy: &[f32],
    dx: &mut [f32],
) {
    let (isa, piece, work) = (cpu.isa(), args.piece(), dx.len());
    cpu.parallel_chunks(dx, piece, work, |i, dx, _| {
        frozen_chain(isa, args, i * piece, weight, variance, dy, dx);
    });
}

multiversion! {
    /// Adds the sums of planes that follow each other.
    fn add(isa, pixels: usize, x: &[f32], sums: &mut [f64]) {
        for (x, sum) in x.chunks_exact(pixels.max(1)).zip(sums) {
            *sum += sum_by(x, x, |x, _| x);
        }
    }
}

multiversion! {
    fn add_squares(isa, pixels: usize, mean: &[f32], x: &[f32], sums: &mut [f64]) {
        for ((x, mean), sum) in x.chunks_exact(pixels.max(1)).zip(mean).zip(sums) {
            *sum += sum_by(x, x, |x, _| (x - mean) * (x - mean));
        }
    }
}

/// Σ dy and Σ dy·(x − mean) of the channels of a tile, and dx from them, since a channel is in the cache.
struct Gradients<'a> {
    tile: Tile,
    eps: f32,
    weight: &'a [f32],
    mean: &'a [f32],
    variance: &'a [f32],
    x: &'a [f32],
    /// As many as x, of which those of the tile may be read.
    dy: *const f32,
    /// As many, of which those of the tile may be written, or none.
    dx: Option<*mut f32>,
    sum: &'a mut [f32],
    product: &'a mut [f32],
}
impl Kernel for Gradients<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        for c in 0..self.sum.len() {
            // SAFETY: within `run`.
            unsafe {
                self.add::<V>(c);
                self.chain::<V>(c);
            }
        }
    }
}
impl Gradients<'_> {
    /// Where the planes of a channel start.
    #[inline(always)]
    fn starts(&self, c: usize) -> impl Iterator<Item = usize> + use<> {
        let Tile { first, images, channels, pixels, .. } = self.tile;
        (0..images).map(move |image| (image * channels + first + c) * pixels)
    }

    /// # Safety
    /// Within [`Kernel::run`].
    #[inline(always)]
    unsafe fn add<V: Vector>(&mut self, c: usize) {
        let pixels = self.tile.pixels;
        let mut totals = [0.0f64; 2];
        // SAFETY: within `run`.
        let (zero, mean) = unsafe { (Wide::<V>::splat(0.0), Wide::splat(self.mean[c])) };
        let (mut sums, mut added) = ([zero; 2], 0);
        for start in self.starts(c) {
            let plane = &self.x[start..][..pixels];
            for at in (0..pixels).step_by(V::N) {
                let lanes = 0..(pixels - at) as isize;
                // SAFETY: within `run`, and x and dy have the plane. What is beside it has no gradient.
                unsafe {
                    let x = Wide::<V>::load_lanes(plane.as_ptr().add(at), lanes.clone(), 0.0);
                    let dy = Wide::load_lanes(self.dy.add(start + at), lanes, 0.0);
                    sums = [sums[0] + dy, dy.mul_add(x - mean, sums[1])];
                }
                added += 1;
                if added == REGISTERS {
                    totals = [0, 1].map(|i| totals[i] + sums[i].sum() as f64);
                    (sums, added) = ([zero; 2], 0);
                }
            }
        }
        [self.sum[c], self.product[c]] = [0, 1].map(|i| (totals[i] + sums[i].sum() as f64) as f32);
    }

    /// # Safety
    /// Within [`Kernel::run`].
    #[inline(always)]
    unsafe fn chain<V: Vector>(&self, c: usize) {
        let (Tile { images, pixels, .. }, Some(dx)) = (self.tile, self.dx) else { return };
        let n = images as f32 * pixels as f32;
        let inverse = inverse_deviation(self.variance[c], self.eps);
        // SAFETY: within `run`.
        let scale = unsafe { Wide::<V>::splat(self.weight[c] * inverse) };
        let (even, mean) = (scale.of(self.sum[c] / n), scale.of(self.mean[c]));
        let slope = scale.of(self.product[c] / n * inverse * inverse);
        for start in self.starts(c) {
            let plane = &self.x[start..][..pixels];
            for at in (0..pixels).step_by(V::N) {
                let lanes = 0..(pixels - at) as isize;
                // SAFETY: within `run`, and all have the plane, which is this task's.
                unsafe {
                    let x = Wide::load_lanes(plane.as_ptr().add(at), lanes.clone(), 0.0);
                    let dy = Wide::load_lanes(self.dy.add(start + at), lanes.clone(), 0.0);
                    (scale * (dy - even - (x - mean) * slope)).store_lanes(dx.add(start + at), lanes);
                }
            }
        }
    }
}

multiversion! {
    fn moments(isa, args: &Args, from: usize, x: &[f32], mean: &mut [f32], variance: &mut [f32]) {
        let n = args.images as f64 * args.pixels as f64;
        let sum = channel_sums(args, from, &[0.0; TILE][..mean.len()], x, x, |_, x, _| x);
        for (mean, sum) in mean.iter_mut().zip(sum) {
            *mean = (sum / n) as f32;
        }
        let squares = channel_sums(args, from, mean, x, x, |mean, x, _| (x - mean) * (x - mean));
        for (variance, sum) in variance.iter_mut().zip(squares) {
            *variance = (sum / n) as f32;
        }
    }
}

multiversion! {
    fn sums_of_tile(
        isa, args: &Args, from: usize, mean: &[f32], x: &[f32], dy: &[f32], sum: &mut [f32], product: &mut [f32],
    ) {
        let mean = &mean[from..from + sum.len()];
        let sums = channel_sums(args, from, mean, dy, dy, |_, dy, _| dy);
        let products = channel_sums(args, from, mean, x, dy, |mean, x, dy| dy * (x - mean));
        for (to, value) in sum.iter_mut().zip(sums).chain(product.iter_mut().zip(products)) {
            *to = value as f32;
        }
    }
}

multiversion! {
    /// `first` is the channel of the first mean and variance.
    fn normalized(
        isa, args: &Args, at: usize, first: usize, weight: &[f32], bias: &[f32], mean: &[f32], variance: &[f32], x: &[f32],
        residual: &[f32], y: &mut [f32],
    ) {
        let constants = |c: usize| {
            let inverse = inverse_deviation(variance[c - first], args.eps);
            [weight[c] * inverse, mean[c - first], bias[c]]
        };
        let f = |[scale, mean, bias]: [f32; 3], x: f32, residual: f32| (x - mean) * scale + bias + residual;
        map_channels(args, at, x, residual, y, constants, f);
    }
}

multiversion! {
    fn chain(
        isa, args: &Args, at: usize, weight: &[f32], mean: &[f32], variance: &[f32], sum: &[f32],
        product: &[f32], x: &[f32], dy: &[f32], dx: &mut [f32],
    ) {
        let n = args.images as f32 * args.pixels as f32;
        let constants = |c: usize| {
            let inverse = inverse_deviation(variance[c], args.eps);
            [weight[c] * inverse, sum[c] / n, product[c] / n * inverse * inverse, mean[c]]
        };
        let f = |[scale, even, slope, mean]: [f32; 4], dy: f32, x: f32| scale * (dy - even - (x - mean) * slope);
        map_channels(args, at, dy, x, dx, constants, f);
    }
}

multiversion! {
    fn frozen_chain(isa, args: &Args, at: usize, weight: &[f32], variance: &[f32], dy: &[f32], dx: &mut [f32]) {
        let constants = |c: usize| [weight[c] * inverse_deviation(variance[c], args.eps)];
        map_channels(args, at, dy, &[], dx, constants, |[scale], dy, _| dy * scale);
    }
}
