//! Convolutions with one input channel per group: too little to multiply for a product of matrices.
//!
//! Lines of a plane are copied with the zeros around them into scratch memory that stays in the first cache;
//! from there all taps of a window are summed in registers. What does not fit there is left to `direct`. The common
//! kernels of 3×3 need no copies (`rows`).

mod backward;
mod correlation;
mod direct;
mod gradient;
mod lines;
mod padded;
mod rows;
mod taps;
#[cfg(test)]
mod tests;

pub(super) use backward::{backward_input, backward_weight};
use correlation::{Correlation, Windows};
use padded::Padded;
use rows::Plane;
use taps::{Columns, Taps};

use super::Args;
use super::tile::ANY;
use crate::activation::{Activation, apply_in_place};
use crate::vector::run;
use crate::{Cpu, Isa};

/// Whether a convolution is computed here.
#[inline(always)]
pub(crate) fn applies(args: &Args) -> bool {
    args.is_modest() && args.in_per_group() == 1 && (args.groups > 1 && args.out_per_group() <= 2)
}

/// Floats of a padded copy: two of them stay in the first cache, with what is read and written beside them.
const COPY: usize = 1 << 12;

/// Elements of the planes that one task computes, roughly.
const TASK: usize = 1 << 12;

/// Planes that one task computes.
fn planes_per_task(area: usize) -> usize {
    TASK.div_ceil(area.max(1))
}

/// How planes are computed: band after band of lines, each from a padded copy of what its windows look at.
struct Plan {
    padded: Padded,
    /// Those of a band.
    windows: Windows,
    /// Lines of windows in all.
    lines: usize,
}

impl Plan {
    /// `reach` are the positions that the last tap is away from the first. None if not even a line fits.
    fn new(
        isa: Isa,
        size: [usize; 2],
        stride: [usize; 2],
        before: [usize; 2],
        windows: [usize; 2],
        reach: [usize; 2],
    ) -> Option<Self> {
        let [lines, width] = windows;
        let plan = |band: usize| {
            let padded = Padded::new(size, stride, before, windows, reach, band);
            Plan { padded, windows: Windows::new(isa, band, width, padded.pitch), lines }
        };
        let (fixed, line) = (plan(0).len(), plan(1).len() - plan(0).len());
        let most = COPY.checked_sub(fixed)?.checked_div(line)?;
        // Bands of one size, as nearly as can be.
        (most > 0 && lines > 0).then(|| plan(lines.div_ceil(lines.div_ceil(most))))
    }

    /// Floats of the copy, and of what is read beyond it.
    fn len(&self) -> usize {
        self.padded.len().saturating_add(self.windows.overhang())
    }

    /// Two copies in the scratch memory, with zeros where these stay; and the rest of it.
    fn copies<'a>(&self, scratch: &'a mut [f32]) -> Option<([&'a mut [f32]; 2], &'a mut [f32])> {
        let (copies, rest) = scratch.split_at_mut_checked(2 * self.len())?;
        copies.fill(0.0);
        let (one, other) = copies.split_at_mut(self.len());
        Some(([one, other], rest))
    }

    /// Calls `f(plane, first line, windows, copy)` for all bands of planes. The next band is copied before
    /// one is computed: loads of what was just stored would have to wait.
    fn run<'a>(
        &self,
        isa: Isa,
        planes: usize,
        source: impl Fn(usize) -> &'a [f32],
        copies: &mut [&mut [f32]; 2],
        mut f: impl FnMut(usize, usize, Windows, &[f32]),
    ) {
        let [mut now, mut next] = copies.each_mut();
        let mut last = None;
        for plane in 0..planes {
            for line in (0..self.lines).step_by(self.windows.lines) {
                self.padded.fill(isa, source(plane), line, next);
                if let Some((plane, line)) = last.replace((plane, line)) {
                    f(plane, line, self.band(line), now);
                }
                core::mem::swap(&mut now, &mut next);
            }
        }
        if let Some((plane, line)) = last {
            f(plane, line, self.band(line), now);
        }
    }

    fn band(&self, line: usize) -> Windows {
        Windows { lines: self.windows.lines.min(self.lines - line), ..self.windows }
    }
}

/// The plan of the forward pass, which is that of the gradient of the weights too.
fn forward_plan(isa: Isa, args: &Args) -> Option<(Plan, Columns)> {
    let Args { kernel, dilation, stride, .. } = *args;
    let reach = [0, 1].map(|d| kernel[d].saturating_sub(1) * dilation[d] / stride[d]);
    let plan = Plan::new(isa, args.input, stride, args.padding, args.output(), reach)?;
    let [vertical, horizontal] = [0, 1].map(|d| Taps {
        count: kernel[d],
        first: 0,
        step: dilation[d] as isize,
        stride: stride[d],
        phases: true,
    });
    let columns = Columns::new(vertical, horizontal, |at| plan.padded.place(at))?;
    Some((plan, columns))
}

/// The taps of a kernel of 3×3; the other way around if it is `turned`.
fn nine(weight: &[f32], turned: bool) -> [f32; 9] {
    core::array::from_fn(|t| weight[if turned { 8 - t } else { t }])
}

/// `added` are the bias and the residual, each empty where there is none.
pub(crate) fn forward(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    [bias, residual]: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    z: &mut [f32],
) {
    let (isa, args) = (cpu.isa(), *args);
    let [from, to, taps] = [args.input, args.output(), args.kernel].map(|[h, w]| h * w);
    let (planes, width) = (planes_per_task(to), args.output()[1]);
    let (outs, work) = (args.out_per_group(), y.len() * (taps / 4 + 1));
    let by_rows = rows::applies(isa, &args);
    let plan = if by_rows { None } else { forward_plan(isa, &args) };
    let bounds = if args.residual || args.keep_pre { None } else { args.activation.limits() };
    cpu.parallel_zip([y, z], [planes * to; 2], work, |task, [y, z], scratch| {
        let channel = |n: usize| (task * planes + n) % args.out_channels;
        let source = |n: usize| &x[(task * planes + n) / outs * from..][..from];
        let weight = |channel: usize| &weight[channel * taps..][..taps];
        let bias = |channel: usize| if args.bias { bias[channel] } else { 0.0 };
        let mut finish = |at: usize, y: &mut [f32]| {
            if args.residual {
                let residual = &residual[task * planes * to + at..][..y.len()];
                y.iter_mut().zip(residual).for_each(|(y, r)| *y += r);
            }
            if args.keep_pre {
                z[at..][..y.len()].copy_from_slice(y);
            }
            if args.activation != Activation::Identity {
                apply_in_place(isa, args.activation, y);
            }
        };
        let planes = y.len() / to.max(1);
        if by_rows {
            for (n, y) in y.chunks_exact_mut(to).enumerate() {
                let (weight, bias) = (nine(weight(channel(n)), false), bias(channel(n)));
                let plane = Plane { size: args.input, stride: args.stride[0], x: source(n) };
                run(isa, rows::Correlation { plane, weight, bias, bounds: bounds.unwrap_or(ANY), y });
                if bounds.is_none() {
                    finish(n * to, y);
                }
            }
        } else if let Some((plan, columns)) = &plan
            && let Some((mut copies, _)) = plan.copies(scratch)
        {
            plan.run(isa, planes, source, &mut copies, |n, line, windows, copy| {
                let at = n * to + line * width;
                let y = &mut y[at..][..windows.lines * width];
                let (weight, bias) = (weight(channel(n)), bias(channel(n)));
                let within = bounds.unwrap_or(ANY);
                run(isa, Correlation { windows, columns, weight, bias, bounds: within, x: copy, y });
                if bounds.is_none() {
                    finish(at, y);
                }
            });
        } else {
            for (n, y) in y.chunks_exact_mut(to.max(1)).enumerate() {
                y.fill(bias(channel(n)));
                direct::correlate(isa, args, weight(channel(n)), source(n), y);
                finish(n * to, y);
            }
        }
    });
}
