use super::lines::{PIXELS, Part, Phases, parts, reduce};
use super::{Args, halve};
use crate::Cpu;
use crate::cpu::{multiversion, sum_by};

pub(super) fn forward(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    args.forward(cpu, x, y, |x, y| match args.halves() {
        Some(half) => halve::average(isa, half, x, y),
        None if args.is_global() => means(isa, x, y),
        None => planes(isa, args, x, y),
    });
}

pub(super) fn backward(cpu: &Cpu, args: &Args, dy: &[f32], dx: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    args.backward(cpu, dy, dx, |_, dy, dx| match args.halves() {
        Some(half) => halve::average_backward(isa, half, dy, dx),
        None => planes_backward(isa, args, dy, dx),
    });
}

multiversion! {
    fn planes(isa, args: Args, x: &[f32], y: &mut [f32]) {
        let ([from, to], scale) = (args.areas(), scale(&args));
        for (n, y) in y.chunks_exact_mut(to).enumerate() {
            let x = &x[n * from..][..from];
            reduce(&args, x, y, 0.0, |sum, x| sum + x, |sum| sum * scale);
        }
    }
}

multiversion! {
    /// Whole planes.
    fn means(isa, x: &[f32], y: &mut [f32]) {
        let area = x.len() / y.len();
        for (x, y) in x.chunks_exact(area).zip(y) {
            *y = (sum_by(x, x, |x, _| x) / area as f64) as f32;
        }
    }
}

multiversion! {
    fn planes_backward(isa, args: Args, dy: &[f32], dx: &mut [f32]) {
        let [from, to] = args.areas();
        for (dx, dy) in dx.chunks_exact_mut(from).zip(dy.chunks_exact(to)) {
            if args.is_global() {
                dx.fill(dy[0] * scale(&args));
                continue;
            }
            dx.fill(0.0);
            let Some(parts) = parts(&args) else {
                spread_slowly(&args, dy, dx);
                continue;
            };
            for part in parts {
                spread(&args, part, dy, dx);
            }
        }
    }
}

fn scale(args: &Args) -> f32 {
    1.0 / (args.kernel[0] * args.kernel[1]) as f32
}

/// Adds the gradient of a part of each line of windows.
#[inline(always)]
fn spread(args: &Args, part: Part, dy: &[f32], dx: &mut [f32]) {
    let ([down, across], scale) = (args.axes(), scale(args));
    let (mut gradients, mut sums) = (Phases::new(args.stride[1]), [0.0; PIXELS]);
    for i in 0..down.windows {
        gradients.clear(part.reach);
        let dy = &dy[i * across.windows + part.first..][..part.count];
        for v in 0..args.kernel[1] {
            let pixels = gradients.pixel_mut(v, part.count);
            pixels.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += scale * dy);
        }
        gradients.merge(&mut sums[..part.reach]);
        for y in down.window(i, args.kernel[0]) {
            let dx = &mut dx[y * across.input + part.from..][..part.pixels];
            dx.iter_mut().zip(&sums[part.to..]).for_each(|(dx, sum)| *dx += sum);
        }
    }
}

/// Window by window, where there are no parts.
fn spread_slowly(args: &Args, dy: &[f32], dx: &mut [f32]) {
    let ([down, across], scale) = (args.axes(), scale(args));
    for i in 0..down.windows {
        for j in 0..across.windows {
            for y in down.window(i, args.kernel[0]) {
                let dx = &mut dx[y * across.input..][across.window(j, args.kernel[1])];
                dx.iter_mut().for_each(|dx| *dx += scale * dy[i * across.windows + j]);
            }
        }
    }
}
