//! Convolutions of planes in memory as it is: lines are multiplied by one weight at a time.

use core::ops::Range;

use crate::conv2d::Args;
use crate::cpu::multiversion;
use crate::window::Axis;

/// Calls `f(tap, window line, windows, image line, pixel)` for every line and kernel pixel that meet.
#[inline(always)]
fn lines(args: &Args, mut f: impl FnMut(usize, usize, Range<usize>, usize, usize)) {
    let windows = args.output();
    let [vertical, horizontal] = [0, 1].map(|d| Axis {
        input: args.input[d],
        windows: windows[d],
        stride: args.stride[d],
        padding: args.padding[d],
    });
    for u in 0..args.kernel[0] {
        let (down, top) = vertical.overlap(u * args.dilation[0]);
        for v in 0..args.kernel[1] {
            let (across, left) = horizontal.overlap(v * args.dilation[1]);
            if across.is_empty() {
                continue;
            }
            for (n, i) in down.clone().enumerate() {
                f(u * args.kernel[1] + v, i, across.clone(), top + n * args.stride[0], left);
            }
        }
    }
}

multiversion! {
    /// y ← y + w ∗ x, for one plane.
    pub(super) fn correlate(isa, args: Args, weight: &[f32], x: &[f32], y: &mut [f32]) {
        let (width, input) = (args.output()[1], args.input[1]);
        lines(&args, |tap, i, across, line, pixel| {
            let (w, x) = (weight[tap], &x[line * input..][pixel..input]);
            let y = &mut y[i * width..][across];
            if args.stride[1] == 1 {
                y.iter_mut().zip(x).for_each(|(y, x)| *y += w * x);
            } else {
                y.iter_mut().zip(x.iter().step_by(args.stride[1])).for_each(|(y, x)| *y += w * x);
            }
        });
    }
}

multiversion! {
    /// Adds the gradient of one plane of x.
    pub(super) fn spread(isa, args: Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
        let (width, input) = (args.output()[1], args.input[1]);
        lines(&args, |tap, i, across, line, pixel| {
            let (w, dx) = (weight[tap], &mut dx[line * input..][pixel..input]);
            let dy = &dy[i * width..][across];
            if args.stride[1] == 1 {
                dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += w * dy);
            } else {
                dx.iter_mut().step_by(args.stride[1]).zip(dy).for_each(|(dx, dy)| *dx += w * dy);
            }
        });
    }
}

multiversion! {
    /// Adds the gradient of one kernel.
    pub(super) fn correlation(isa, args: Args, x: &[f32], dy: &[f32], dweight: &mut [f32]) {
        let (width, input) = (args.output()[1], args.input[1]);
        lines(&args, |tap, i, across, line, pixel| {
            let (x, dy) = (&x[line * input..][pixel..input], &dy[i * width..][across]);
            let mut lanes = [0.0; 16];
            let mut rest = 0.0;
            if args.stride[1] == 1 {
                let (x, dy) = (x[..dy.len()].chunks_exact(16), dy.chunks_exact(16));
                rest = x.remainder().iter().zip(dy.remainder()).map(|(x, dy)| x * dy).sum();
                for (x, dy) in x.zip(dy) {
                    lanes.iter_mut().zip(x.iter().zip(dy)).for_each(|(sum, (x, dy))| *sum += x * dy);
                }
            } else {
                x.iter().step_by(args.stride[1]).zip(dy).for_each(|(x, dy)| rest += x * dy);
            }
            dweight[tap] += lanes.iter().sum::<f32>() + rest;
        });
    }
}
