//! The gradients, from padded copies too: that of x is a correlation of dy, that of the weights one of x and
//! dy.

use super::correlation::{Correlation, Windows};
use super::gradient::{Gradient, LANES};
use super::lines::Interleave;
use super::rows::Plane;
use super::taps::{Columns, Taps};
use super::{Plan, direct, forward_plan, nine, planes_per_task, rows};
use crate::conv2d::Args;
use crate::conv2d::tile::ANY;
use crate::vector::run;
use crate::{Cpu, Isa};

/// Pixels of dx fall into phases that meet different taps; each is a correlation of its own.
struct Phases {
    isa: Isa,
    args: Args,
    plan: Plan,
    columns: [Option<Columns>; 4],
}

impl Phases {
    fn new(isa: Isa, args: &Args) -> Option<Self> {
        let Args { input, kernel, dilation, stride, padding, .. } = *args;
        if args.out_per_group() > 1 || stride[0] > 2 || stride[1] > 2 {
            return None;
        }
        // Zeros before dy, such that the last tap of the first pixel finds one.
        let before = [0, 1].map(|d| {
            let last = kernel[d].saturating_sub(1) * dilation[d];
            last.saturating_sub(padding[d]).div_ceil(stride[d])
        });
        let first = |phase: usize, d: usize| phase + padding[d] + before[d] * stride[d];
        let reach = [0, 1].map(|d| first(stride[d] - 1, d) / stride[d]);
        let pixels = [0, 1].map(|d| input[d].div_ceil(stride[d]));
        let plan = Plan::new(isa, args.output(), [1, 1], before, pixels, reach)?;
        let mut columns = [None, None, None, None];
        for y in 0..stride[0] {
            for x in 0..stride[1] {
                let [vertical, horizontal] = [(0, y), (1, x)].map(|(d, phase)| Taps {
                    count: kernel[d],
                    first: first(phase, d),
                    step: -(dilation[d] as isize),
                    stride: stride[d],
                    phases: false,
                });
                columns[y * stride[1] + x] =
                    Some(Columns::new(vertical, horizontal, |at| plan.padded.place(at))?);
            }
        }
        Some(Phases { isa, args: *args, plan, columns })
    }

    /// A band of lines of each phase of the plane dx, the first of them being the lines from `first`·stride
    /// on.
    fn band(
        &self,
        first: usize,
        band: Windows,
        weight: &[f32],
        copy: &[f32],
        rest: &mut [f32],
        dx: &mut [f32],
    ) {
        let Phases { isa, args: Args { input: [height, width], stride, .. }, .. } = *self;
        for y in 0..stride[0] {
            let lines = band.lines.min((height - y).div_ceil(stride[0]) - first);
            let mut rest = &mut *rest;
            let mut parts: [&[f32]; 2] = [&[], &[]];
            for (x, part) in parts.iter_mut().enumerate().take(stride[1]) {
                let Some(columns) = &self.columns[y * stride[1] + x] else { continue };
                let windows = Windows::new(isa, lines, (width - x).div_ceil(stride[1]), band.pitch);
                let len = windows.lines * windows.width;
                let sum = |y: &mut [f32]| {
                    run(isa, Correlation { windows, columns, weight, bias: 0.0, bounds: ANY, x: copy, y });
                };
                if stride == [1, 1] {
                    sum(&mut dx[first * width..][..len]);
                } else {
                    let (phase, others) = rest.split_at_mut(len);
                    rest = others;
                    sum(phase);
                    *part = phase;
                }
            }
            if stride != [1, 1] && lines > 0 {
                let dx = &mut dx[(first * stride[0] + y) * width..];
                run(isa, Interleave { phases: parts, lines, width, pitch: stride[0] * width, to: dx });
            }
        }
    }
}

pub(in crate::conv2d) fn backward_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    let [to, from, taps] = [args.input, args.output(), args.kernel].map(|[h, w]| h * w);
    let planes = planes_per_task(to);
    let work = dy.len() * (taps / 4 + 1);
    let by_rows = args.out_per_group() == 1 && rows::applies(isa, &args);
    let phases = if by_rows { None } else { Phases::new(isa, &args) };
    cpu.parallel_chunks(dx, planes * to, work, |task, dx, scratch| {
        let channels = args.in_channels;
        let place = |n: usize| [(task * planes + n) / channels, (task * planes + n) % channels];
        let weight = |channel: usize| &weight[channel * taps..][..taps];
        let dy = |image: usize, channel: usize| &dy[(image * args.out_channels + channel) * from..][..from];
        let planes = dx.len() / to.max(1);
        if by_rows {
            let (size, stride) = (args.input, args.stride[0]);
            for (n, dx) in dx.chunks_exact_mut(to).enumerate() {
                let [image, channel] = place(n);
                let (weight, dy) = (weight(channel), dy(image, channel));
                if stride == 1 {
                    let (plane, weight) = (Plane { size, stride, x: dy }, nine(weight, true));
                    run(isa, rows::Correlation { plane, weight, bias: 0.0, bounds: ANY, y: dx });
                } else {
                    run(isa, rows::Spread { size, weight: nine(weight, false), dy, dx });
                }
            }
        } else if let Some(phases) = &phases
            && let Some((mut copies, rest)) = phases.plan.copies(scratch)
        {
            let source = |n: usize| dy(place(n)[0], place(n)[1]);
            phases.plan.run(isa, planes, source, &mut copies, |n, line, windows, copy| {
                let dx = &mut dx[n * to..][..to];
                phases.band(line, windows, weight(place(n)[1]), copy, rest, dx);
            });
        } else {
            for (n, dx) in dx.chunks_exact_mut(to.max(1)).enumerate() {
                dx.fill(0.0);
                let [image, source] = place(n);
                for o in source * args.out_per_group()..(source + 1) * args.out_per_group() {
                    direct::spread(isa, args, weight(o), dy(image, o), dx);
                }
            }
        }
    });
}

pub(in crate::conv2d) fn backward_weight(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dweight: &mut [f32]) {
    let (isa, args) = (cpu.isa(), *args);
    let [from, to, taps] = [args.input, args.output(), args.kernel].map(|[h, w]| h * w);
    let (work, width) = (dy.len() * (taps / 4 + 1), args.output()[1]);
    if taps == 0 {
        return;
    }
    let by_rows = rows::applies(isa, &args);
    let plan = if by_rows { None } else { forward_plan(isa, &args) };
    let channels = planes_per_task(args.images * to);
    cpu.parallel_chunks(dweight, channels * taps, work, |task, dweights, scratch| {
        let planes = |channel: usize, image: usize| {
            let source = image * args.in_channels + channel / args.out_per_group();
            let dy = &dy[(image * args.out_channels + channel) * to..][..to];
            (&x[source * from..][..from], dy)
        };
        let mut memory = plan.as_ref().and_then(|(plan, columns)| {
            let (copies, rest) = plan.copies(scratch)?;
            Some((plan, columns, copies, rest.get_mut(..taps * LANES)?))
        });
        for (channel, dweight) in (task * channels..).zip(dweights.chunks_exact_mut(taps)) {
            let planes = |image: usize| planes(channel, image);
            if by_rows {
                for (x, dy) in (0..args.images).map(planes) {
                    let plane = Plane { size: args.input, stride: args.stride[0], x };
                    run(isa, rows::Gradient { plane, dy, dweight });
                }
            } else if let Some((plan, columns, copies, sums)) = &mut memory {
                sums.fill(0.0);
                let source = |image: usize| planes(image).0;
                plan.run(isa, args.images, source, copies, |image, line, windows, copy| {
                    let dy = &planes(image).1[line * width..][..windows.lines * width];
                    run(isa, Gradient { windows, columns, x: copy, dy, sums });
                });
                for (dweight, sums) in dweight.iter_mut().zip(sums.chunks_exact(LANES)) {
                    *dweight += sums.iter().sum::<f32>();
                }
            } else {
                (0..args.images)
                    .map(planes)
                    .for_each(|(x, dy)| direct::correlation(isa, args, x, dy, dweight));
            }
        }
    });
}
