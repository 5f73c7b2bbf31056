use super::Args;
use crate::Cpu;
use crate::cpu::multiversion;

pub(super) fn forward(cpu: &Cpu, args: &Args, x: &[f32], y: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    if args.is_halving() {
        args.forward(cpu, x, y, |x, y| halve(isa, args, x, y));
    } else {
        args.forward(cpu, x, y, |x, y| plane(isa, args, x, y));
    }
}

pub(super) fn backward(cpu: &Cpu, args: &Args, dy: &[f32], dx: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    args.backward(cpu, dx, |i, dx| {
        let dy = args.plane(dy, i);
        if args.is_halving() { halve_backward(isa, args, dy, dx) } else { plane_backward(isa, args, dy, dx) }
    });
}

multiversion! {
    fn halve(isa, args: Args, x: &[f32], y: &mut [f32]) {
        let ([_, width], [_, half]) = (args.input, args.output());
        if half == 0 {
            return;
        }
        for (x, y) in x.chunks_exact(2 * width).zip(y.chunks_exact_mut(half)) {
            let (top, bottom) = x.split_at(width);
            for (y, (t, b)) in y.iter_mut().zip(top.chunks_exact(2).zip(bottom.chunks_exact(2))) {
                *y = 0.25 * ((t[0] + t[1]) + (b[0] + b[1]));
            }
        }
    }
}

multiversion! {
    fn halve_backward(isa, args: Args, dy: &[f32], dx: &mut [f32]) {
        let ([_, width], [_, half]) = (args.input, args.output());
        if half == 0 {
            return;
        }
        for (lines, dy) in dx.chunks_exact_mut(2 * width).zip(dy.chunks_exact(half)) {
            for line in lines.chunks_exact_mut(width) {
                for (dx, dy) in line.chunks_exact_mut(2).zip(dy) {
                    dx[0] = 0.25 * dy;
                    dx[1] = 0.25 * dy;
                }
            }
        }
    }
}

multiversion! {
    /// One pixel of all windows of a line at a time.
    fn plane(isa, args: Args, x: &[f32], y: &mut [f32]) {
        let [down, across] = args.axes();
        y.fill(0.0);
        for u in 0..args.kernel[0] {
            let (lines, top) = down.overlap(u);
            for (n, i) in lines.enumerate() {
                let line = &x[(top + n * args.stride[0]) * across.input..][..across.input];
                for v in 0..args.kernel[1] {
                    let (windows, left) = across.overlap(v);
                    if windows.is_empty() {
                        continue;
                    }
                    let y = &mut y[i * across.windows..][windows];
                    let x = &line[left..];
                    if args.stride[1] == 1 {
                        y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
                    } else {
                        y.iter_mut().zip(x.iter().step_by(args.stride[1])).for_each(|(y, x)| *y += x);
                    }
                }
            }
        }
        let scale = 1.0 / (args.kernel[0] * args.kernel[1]) as f32;
        y.iter_mut().for_each(|y| *y *= scale);
    }
}

multiversion! {
    /// One pixel of all windows of a line at a time.
    fn plane_backward(isa, args: Args, dy: &[f32], dx: &mut [f32]) {
        let [down, across] = args.axes();
        let scale = 1.0 / (args.kernel[0] * args.kernel[1]) as f32;
        for u in 0..args.kernel[0] {
            let (lines, top) = down.overlap(u);
            for (n, i) in lines.enumerate() {
                let line = &mut dx[(top + n * args.stride[0]) * across.input..][..across.input];
                for v in 0..args.kernel[1] {
                    let (windows, left) = across.overlap(v);
                    if windows.is_empty() {
                        continue;
                    }
                    let dy = &dy[i * across.windows..][windows];
                    let dx = &mut line[left..];
                    if args.stride[1] == 1 {
                        dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += scale * dy);
                    } else {
                        dx.iter_mut().step_by(args.stride[1]).zip(dy).for_each(|(dx, dy)| *dx += scale * dy);
                    }
                }
            }
        }
    }
}
