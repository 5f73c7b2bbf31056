use super::lines::{MARGINS, PIXELS, Part, Phases, WINDOWS, parts, reduce};
use super::{Args, halve};
use crate::Cpu;
use crate::cpu::multiversion;

/// Where windows are two by two pixels.
pub(super) fn halves(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, half) = (cpu.isa(), args.output()[1]);
    args.forward(cpu, x, y, |x, y| halve::max(isa, half, x, y));
}

pub(super) fn forward(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    args.forward(cpu, x, y, |x, y| planes(isa, args, x, y));
}

pub(super) fn backward(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    let area = args.input[0] * args.input[1];
    args.backward(cpu, dy, dx, |first, dy, dx| {
        let x = &x[first * area..][..dx.len()];
        match args.halves() {
            Some(half) => halve::max_backward(isa, half, x, dy, dx),
            None => planes_backward(isa, args, x, dy, dx),
        }
    });
}

/// Whether `x` takes the place of the maximum before it: an equal one does not, a NaN does.
#[inline(always)]
pub(super) fn replaces(x: f32, max: f32) -> bool {
    (x > max) | x.is_nan()
}

#[inline(always)]
pub(super) fn greater(max: f32, x: f32) -> f32 {
    if replaces(x, max) { x } else { max }
}

multiversion! {
    fn planes(isa, args: Args, x: &[f32], y: &mut [f32]) {
        let [from, to] = args.areas();
        for (n, y) in y.chunks_exact_mut(to).enumerate() {
            let x = &x[n * from..][..from];
            reduce(&args, x, y, f32::NEG_INFINITY, greater, |max| max);
        }
    }
}

multiversion! {
    fn planes_backward(isa, args: Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        let [from, to] = args.areas();
        for ((x, dx), dy) in x.chunks_exact(from).zip(dx.chunks_exact_mut(from)).zip(dy.chunks_exact(to)) {
            dx.fill(0.0);
            let Some(parts) = parts(&args) else {
                spread_slowly(&args, x, dy, dx);
                continue;
            };
            for part in parts {
                spread(&args, part, x, dy, dx);
            }
        }
    }
}

/// Adds the gradient of a part of each line of windows. Which pixel is the maximum is found out for all of
/// them at a time, as a number, since branches would be mispredicted.
#[inline(always)]
fn spread(args: &Args, part: Part, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let ([down, across], [height, width]) = (args.axes(), args.kernel);
    let (mut pixels, mut gradients) = (Phases::new(across.stride), Phases::new(across.stride));
    let (mut line, mut sums) = ([f32::NEG_INFINITY; PIXELS], [0.0; PIXELS]);
    // What a pixel gets is gathered from the windows that it is in: `margin` windows to both sides have no
    // gradient.
    let margin = (width - 1) / across.stride;
    let (mut at, mut given) = ([0; MARGINS], [0.0; MARGINS]);
    let inner = margin..margin + part.padded;
    for i in 0..down.windows {
        let lines = down.window(i, height);
        let top = (lines.start + down.padding).saturating_sub(i * down.stride);
        // A window of −∞ has its first pixel as maximum.
        let (mut max, at_inner) = ([f32::NEG_INFINITY; WINDOWS], &mut at[inner.clone()]);
        for (j, at) in at_inner.iter_mut().enumerate() {
            let left = across.padding.saturating_sub((part.first + j) * across.stride);
            *at = (top * width + left) as u32;
        }
        for (u, y) in (top..).zip(lines.clone()) {
            let start = y * across.input + part.from;
            line[part.to..][..part.pixels].copy_from_slice(&x[start..][..part.pixels]);
            pixels.split(&line[..part.reach]);
            for v in 0..width {
                let (tap, windows) = ((u * width + v) as u32, max.iter_mut().zip(at_inner.iter_mut()));
                for ((max, at), x) in windows.zip(pixels.pixel(v, part.padded)) {
                    *at = if replaces(*x, *max) { tap } else { *at };
                    *max = greater(*max, *x);
                }
            }
        }
        given[margin..][..part.count].copy_from_slice(&dy[i * across.windows + part.first..][..part.count]);
        for (u, y) in (top..).zip(lines) {
            gradients.clear(part.reach);
            for v in 0..width {
                let (tap, shift) = ((u * width + v) as u32, margin - v / across.stride);
                let windows = at[shift..].iter().zip(&given[shift..]);
                let phase = gradients.pixel_mut(v % across.stride, part.reach.div_ceil(across.stride));
                for (sum, (at, dy)) in phase.iter_mut().zip(windows) {
                    *sum += if *at == tap { *dy } else { 0.0 };
                }
            }
            gradients.merge(&mut sums[..part.reach]);
            let dx = &mut dx[y * across.input + part.from..][..part.pixels];
            dx.iter_mut().zip(&sums[part.to..]).for_each(|(dx, sum)| *dx += sum);
        }
    }
}

/// Window by window, where there are no parts.
fn spread_slowly(args: &Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let [down, across] = args.axes();
    for i in 0..down.windows {
        for j in 0..across.windows {
            let mut max = (f32::NEG_INFINITY, None);
            for y in down.window(i, args.kernel[0]) {
                for x_at in across.window(j, args.kernel[1]) {
                    let at = y * across.input + x_at;
                    if replaces(x[at], max.0) || max.1.is_none() {
                        max = (x[at], Some(at));
                    }
                }
            }
            if let Some(at) = max.1 {
                dx[at] += dy[i * across.windows + j];
            }
        }
    }
}
