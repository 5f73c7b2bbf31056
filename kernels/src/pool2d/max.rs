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

pub(super) fn backward(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    args.backward(cpu, dx, |i, dx| {
        let (x, dy) = (&x[i * dx.len()..][..dx.len()], args.plane(dy, i));
        if args.is_halving() {
            halve_backward(isa, args, x, dy, dx)
        } else {
            plane_backward(&args, x, dy, dx)
        }
    });
}

/// Whether `x` takes the place of the maximum before it: an equal one does not, a NaN does.
#[inline(always)]
fn replaces(x: f32, max: f32) -> bool {
    x > max || x.is_nan()
}

#[inline(always)]
fn greater(max: f32, x: f32) -> f32 {
    if replaces(x, max) { x } else { max }
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
                *y = greater(greater(greater(t[0], t[1]), b[0]), b[1]);
            }
        }
    }
}

multiversion! {
    fn halve_backward(isa, args: Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        let ([_, width], [_, half]) = (args.input, args.output());
        if half == 0 {
            return;
        }
        let lines = x.chunks_exact(2 * width).zip(dx.chunks_exact_mut(2 * width));
        for ((x, dx), dy) in lines.zip(dy.chunks_exact(half)) {
            let ((top, bottom), (dx_top, dx_bottom)) = (x.split_at(width), dx.split_at_mut(width));
            let pixels = top.chunks_exact(2).zip(bottom.chunks_exact(2));
            let dx = dx_top.chunks_exact_mut(2).zip(dx_bottom.chunks_exact_mut(2));
            for (((t, b), (dt, db)), &dy) in pixels.zip(dx).zip(dy) {
                // Which pixel it is, as a number: branches would be mispredicted, pixels are random.
                let (max, at) = if replaces(t[1], t[0]) { (t[1], 1) } else { (t[0], 0u32) };
                let (max, at) = if replaces(b[0], max) { (b[0], 2) } else { (max, at) };
                let at = if replaces(b[1], max) { 3 } else { at };
                dt[0] = if at == 0 { dy } else { 0.0 };
                dt[1] = if at == 1 { dy } else { 0.0 };
                db[0] = if at == 2 { dy } else { 0.0 };
                db[1] = if at == 3 { dy } else { 0.0 };
            }
        }
    }
}

multiversion! {
    /// One pixel of all windows of a line at a time.
    fn plane(isa, args: Args, x: &[f32], y: &mut [f32]) {
        let [down, across] = args.axes();
        y.fill(f32::NEG_INFINITY);
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
                        y.iter_mut().zip(x).for_each(|(y, x)| *y = greater(*y, *x));
                    } else {
                        y.iter_mut().zip(x.iter().step_by(args.stride[1])).for_each(|(y, x)| *y = greater(*y, *x));
                    }
                }
            }
        }
    }
}

fn plane_backward(args: &Args, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let [down, across] = args.axes();
    for i in 0..down.windows {
        for j in 0..across.windows {
            let mut max = (f32::NEG_INFINITY, None);
            for y in down.window(i, args.kernel[0]) {
                for x_at in across.window(j, args.kernel[1]) {
                    let at = y * across.input + x_at;
                    // A window of −∞ has its first pixel as maximum.
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
