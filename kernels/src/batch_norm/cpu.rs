use super::Args;
use super::channels::{TILE, channel_sums, map_channels};
use super::planes::{Gradients, Normal, Tile};
use crate::activation::{Activation, apply_in_place};
use crate::cpu::{SendPtr, multiversion};
use crate::math;
use crate::vector::run;
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
    assert_eq!([x.len(), y.len()], [args.elements(); 2]);
    assert!([0, x.len()].contains(&residual.len()));
    let y = SendPtr(y.as_mut_ptr());
    // Each channel from its statistics to its results, since it is in the cache.
    cpu.parallel_zip([mean, variance], [tile; 2], work, |task, [mean, variance], _| {
        let first = task * tile;
        let part = first..first + mean.len();
        let tile = Tile::new(args, first, mean.len());
        let [weight, bias] = [&weight[part.clone()], &bias[part]];
        run(isa, Normal { tile, eps: args.eps, weight, bias, x, residual, y: y.get(), mean, variance });
        for planes in tile.planes() {
            // SAFETY: y has all planes, and these are of the channels of this task alone.
            let y = unsafe { core::slice::from_raw_parts_mut(y.get().add(planes.start), planes.len()) };
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
        normalized(isa, args, i * piece, weight, bias, mean, variance, x, residual, y);
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
    fn normalized(
        isa, args: &Args, at: usize, weight: &[f32], bias: &[f32], mean: &[f32], variance: &[f32], x: &[f32],
        residual: &[f32], y: &mut [f32],
    ) {
        let constants = |c: usize| {
            let inverse = inverse_deviation(variance[c], args.eps);
            [weight[c] * inverse, mean[c], bias[c]]
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
