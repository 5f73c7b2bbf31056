//! Batch norm of images, a channel at a time: its planes are in the cache from the sums over them to what is computed
//! from these.

use core::ops::Range;

use super::Args;
use super::cpu::inverse_deviation;
use crate::math::F32s;
use crate::vector::{Kernel, Vector, Wide};

/// Registers whose sum is added up in single precision.
const REGISTERS: usize = 64;

/// Sums that are added up side by side, so that none waits for its last addition.
const SUMS: usize = 4;

/// The channels of one task, and where their planes lie.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    first: usize,
    count: usize,
    images: usize,
    channels: usize,
    pixels: usize,
}

impl Tile {
    pub(super) fn new(args: &Args, first: usize, count: usize) -> Self {
        let &Args { images, channels, pixels, .. } = args;
        Tile { first, count, images, channels, pixels }
    }

    /// The planes of each image, one after the other.
    pub(super) fn planes(self) -> impl Iterator<Item = Range<usize>> {
        let start = move |image: usize| (image * self.channels + self.first) * self.pixels;
        (0..self.images).map(move |image| start(image)..start(image) + self.count * self.pixels)
    }

    /// Where the planes of one of the channels start.
    #[inline(always)]
    fn starts(self, c: usize) -> impl Iterator<Item = usize> {
        let Tile { first, images, channels, pixels, .. } = self;
        (0..images).map(move |image| (image * channels + first + c) * pixels)
    }
}

/// The statistics of the channels of a tile, and what is normalised by them.
pub(super) struct Normal<'a> {
    pub(super) tile: Tile,
    pub(super) eps: f32,
    pub(super) weight: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) x: &'a [f32],
    /// Empty where there is none.
    pub(super) residual: &'a [f32],
    /// As many as x, of which those of the tile may be written.
    pub(super) y: *mut f32,
    pub(super) mean: &'a mut [f32],
    pub(super) variance: &'a mut [f32],
}
impl Kernel for Normal<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let n = self.tile.images as f64 * self.tile.pixels as f64;
        for c in 0..self.mean.len() {
            // SAFETY: within `run`.
            unsafe {
                self.mean[c] = (self.sum::<V, false>(c, 0.0) / n) as f32;
                self.variance[c] = (self.sum::<V, true>(c, self.mean[c]) / n) as f32;
                self.normalize::<V>(c);
            }
        }
    }
}
impl Normal<'_> {
    /// Σ (x − centre), or of the squares.
    ///
    /// # Safety
    /// Within [`Kernel::run`].
    #[inline(always)]
    unsafe fn sum<V: Vector, const SQUARES: bool>(&self, c: usize, centre: f32) -> f64 {
        let pixels = self.tile.pixels;
        // SAFETY: within `run`.
        let (zero, mean) = unsafe { (Wide::<V>::splat(0.0), Wide::splat(centre)) };
        let (mut total, mut sums, mut added) = (0.0, [zero; SUMS], 0);
        for start in self.tile.starts(c) {
            let plane = &self.x[start..][..pixels];
            for at in (0..pixels).step_by(SUMS * V::N) {
                let mut i = 0;
                while i < SUMS {
                    let at = at + i * V::N;
                    let lanes = 0..pixels as isize - at as isize;
                    // SAFETY: within `run`, and x has the plane. What is beside it is the centre.
                    let x =
                        unsafe { Wide::load_lanes(plane.as_ptr().wrapping_add(at), lanes, centre) - mean };
                    sums[i] = if SQUARES { x.mul_add(x, sums[i]) } else { sums[i] + x };
                    i += 1;
                }
                added += 1;
                if added == REGISTERS {
                    for sum in sums {
                        total += sum.sum() as f64;
                    }
                    (sums, added) = ([zero; SUMS], 0);
                }
            }
        }
        for sum in sums {
            total += sum.sum() as f64;
        }
        total
    }

    /// # Safety
    /// Within [`Kernel::run`].
    #[inline(always)]
    unsafe fn normalize<V: Vector>(&self, c: usize) {
        let pixels = self.tile.pixels;
        let scale = self.weight[c] * inverse_deviation(self.variance[c], self.eps);
        // SAFETY: within `run`.
        let scale = unsafe { Wide::<V>::splat(scale) };
        let (mean, bias) = (scale.of(self.mean[c]), scale.of(self.bias[c]));
        for start in self.tile.starts(c) {
            let plane = &self.x[start..][..pixels];
            for at in (0..pixels).step_by(V::N) {
                let lanes = 0..(pixels - at) as isize;
                // SAFETY: within `run`, and all have the plane, which is this task's.
                unsafe {
                    let x = Wide::load_lanes(plane.as_ptr().add(at), lanes.clone(), 0.0);
                    let mut y = (x - mean) * scale + bias;
                    if !self.residual.is_empty() {
                        let residual = self.residual.as_ptr().add(start + at);
                        y = y + Wide::load_lanes(residual, lanes.clone(), 0.0);
                    }
                    y.store_lanes(self.y.add(start + at), lanes);
                }
            }
        }
    }
}

/// Σ dy and Σ dy·(x − mean) of the channels of a tile, and dx from them, since a channel is in the cache.
pub(super) struct Gradients<'a> {
    pub(super) tile: Tile,
    pub(super) eps: f32,
    pub(super) weight: &'a [f32],
    pub(super) mean: &'a [f32],
    pub(super) variance: &'a [f32],
    pub(super) x: &'a [f32],
    /// As many as x, of which those of the tile may be read.
    pub(super) dy: *const f32,
    /// As many, of which those of the tile may be written, or none.
    pub(super) dx: Option<*mut f32>,
    pub(super) sum: &'a mut [f32],
    pub(super) product: &'a mut [f32],
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
    /// # Safety
    /// Within [`Kernel::run`].
    #[inline(always)]
    unsafe fn add<V: Vector>(&mut self, c: usize) {
        let pixels = self.tile.pixels;
        let mut totals = [0.0f64; 2];
        // SAFETY: within `run`.
        let (zero, mean) = unsafe { (Wide::<V>::splat(0.0), Wide::splat(self.mean[c])) };
        let (mut sums, mut added) = ([zero; 2], 0);
        for start in self.tile.starts(c) {
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
        for start in self.tile.starts(c) {
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
