//! Convolutions with one input channel per group: too little to multiply for a product of matrices.
//! Lines of images are multiplied by one weight at a time.

use core::ops::Range;

use super::Args;
use crate::Cpu;
use crate::activation::{Activation, apply_in_place};
use crate::cpu::multiversion;
use crate::window::Axis;

/// Whether a convolution is computed here.
pub(super) fn applies(args: &Args) -> bool {
    args.in_per_group() == 1 && (args.groups > 1 && args.out_per_group() <= 2)
}

/// `added` are the bias and the residual, each empty where there is none.
pub(super) fn forward(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    [bias, residual]: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    z: &mut [f32],
) {
    let (isa, args) = (cpu.isa(), *args);
    let [height, width] = args.output();
    let taps = args.kernel[0] * args.kernel[1];
    let work = y.len() * (taps / 4 + 1);
    let plane = |at: usize, y: &mut [f32]| {
        let channel = at % args.out_channels;
        let area = args.input[0] * args.input[1];
        let source = at / args.out_channels * args.in_channels + channel / args.out_per_group();
        // What is added comes first, and the products are summed onto it.
        let bias = if args.bias { bias[channel] } else { 0.0 };
        if args.residual {
            let residual = &residual[at * y.len()..][..y.len()];
            y.iter_mut().zip(residual).for_each(|(y, r)| *y = r + bias);
        } else {
            y.fill(bias);
        }
        correlate(isa, args, &weight[channel * taps..][..taps], &x[source * area..][..area], y);
    };
    if args.keep_pre {
        cpu.parallel_zip([y, z], [height * width; 2], work, |at, [y, z], _| {
            plane(at, z);
            y.copy_from_slice(z);
            apply_in_place(isa, args.activation, y);
        });
    } else {
        cpu.parallel_chunks(y, height * width, work, |at, y, _| {
            plane(at, y);
            if args.activation != Activation::Identity {
                apply_in_place(isa, args.activation, y);
            }
        });
    }
}

pub(super) fn backward_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    let (output, taps) = (args.output(), args.kernel[0] * args.kernel[1]);
    let area = output[0] * output[1];
    let work = dy.len() * (taps / 4 + 1);
    cpu.parallel_chunks(dx, args.input[0] * args.input[1], work, |at, dx, _| {
        let (image, source) = (at / args.in_channels, at % args.in_channels);
        dx.fill(0.0);
        for o in 0..args.out_per_group() {
            let channel = source * args.out_per_group() + o;
            let dy = &dy[(image * args.out_channels + channel) * area..][..area];
            spread(isa, args, &weight[channel * taps..][..taps], dy, dx);
        }
    });
}

pub(super) fn backward_weight(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dweight: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    let (output, taps) = (args.output(), args.kernel[0] * args.kernel[1]);
    let (from, to) = (args.input[0] * args.input[1], output[0] * output[1]);
    let work = dy.len() * (taps / 4 + 1);
    cpu.parallel_chunks(dweight, taps, work, |channel, dweight, _| {
        for image in 0..args.images {
            let source = image * args.in_channels + channel / args.out_per_group();
            let dy = &dy[(image * args.out_channels + channel) * to..][..to];
            correlation(isa, args, &x[source * from..][..from], dy, dweight);
        }
    });
}

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
    fn correlate(isa, args: Args, weight: &[f32], x: &[f32], y: &mut [f32]) {
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
    fn spread(isa, args: Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
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
    fn correlation(isa, args: Args, x: &[f32], dy: &[f32], dweight: &mut [f32]) {
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
