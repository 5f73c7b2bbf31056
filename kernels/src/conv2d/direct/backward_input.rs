//! The gradient of the input, for a stride of one.
//!
//! For each column v of the kernel, the lines of dy are summed with weights into a line of dx, as if
//! the kernel had just this column; then the columns are added, each shifted by its place.

use super::layout::{Fill, Layout};
use super::product::{Product, Rows, Segments, Tap, Weights};
use super::{TAPS, TASK, band};
use crate::Cpu;
use crate::activation::Activation;
use crate::conv2d::Args;
use crate::cpu::SendPtr;
use crate::vector::{Kernel, Vector, run};

/// Most columns of a kernel.
pub(super) const COLUMNS: usize = 16;

pub(in crate::conv2d) fn backward_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (isa, [height, width]) = (cpu.isa(), args.input);
    let (ins, outs, [down, across]) = (args.in_per_group(), args.out_per_group(), args.kernel);
    let (area, plane) = (height * width, args.output()[0] * args.output()[1]);
    let planes = args.images * args.groups;
    if dx.is_empty() {
        return;
    }
    assert!(dx.len() == planes * ins * area);
    let windows = args.output()[1];
    let columns = |height: usize| ins * across * height * windows;
    let band = band(height, |height| Layout::outputs(args, height).size() + columns(height));
    let layout = &Layout::outputs(args, band);
    let mut buffer = [Tap::default(); TAPS];
    let taps = layout.lines(args, &mut buffer);

    let jobs = planes * height.div_ceil(band);
    let multiplications = ins * across * taps.len() * band * windows;
    let per_task = (TASK / multiplications).max(1);
    let dx = SendPtr(dx.as_mut_ptr());
    cpu.parallel(jobs.div_ceil(per_task), jobs * (multiplications / 16 + 1), |task, scratch| {
        let (copies, sums) = scratch.split_at_mut(layout.size());
        for job in task * per_task..jobs.min((task + 1) * per_task) {
            let (image, line) = (job / (jobs / planes), job % (jobs / planes) * band);
            let (group, lines) = (image % args.groups, band.min(height - line));
            let reach = ((down - 1) * args.dilation[0]) as isize;
            let first = (line + args.padding[0]) as isize - reach;
            run(isa, Fill { layout, from: &dy[image * outs * plane..][..outs * plane], first, to: copies });
            let pixels = Segments { count: 1, len: lines * windows, step: 0 };
            let sums = &mut sums[..ins * across * pixels.len];
            let product = Product {
                taps,
                weight: Weights {
                    data: &weight[group * outs * ins * down * across..],
                    row: 1,
                    block: across,
                    step: down * across,
                },
                rows: ins * across,
                bias: &[],
                activation: Activation::Identity,
                image: copies,
                pixels,
                y: Rows::of(sums, pixels.len),
            };
            run(isa, product);
            for (c, sums) in sums.chunks_exact(across * pixels.len).enumerate() {
                let at = (image * ins + c) * area + line * width;
                // SAFETY: these lines of this channel are this job's alone, and within dx.
                let dx = unsafe { core::slice::from_raw_parts_mut(dx.get().add(at), lines * width) };
                let (count, padding, dilation) = (across, args.padding[1], args.dilation[1]);
                run(isa, Columns { sums, windows, count, dilation, padding, width, dx });
            }
        }
    });
}

/// dx\[i\]\[j\] ← Σᵥ sums\[v\]\[i\]\[j + `padding` − v·`dilation`\], where a line of the sums has that
/// pixel.
struct Columns<'a> {
    sums: &'a [f32],
    /// Pixels of a line of the sums.
    windows: usize,
    /// How many v.
    count: usize,
    dilation: usize,
    padding: usize,
    /// Pixels of a line of dx.
    width: usize,
    dx: &'a mut [f32],
}

impl Kernel for Columns<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Columns { sums, windows, count, dilation, padding, width, dx } = self;
        let (lines, len) = (dx.len() / width, sums.len() / count);
        assert!(count <= COLUMNS && len >= lines * windows);
        for j in (0..width).step_by(V::N) {
            let start = |v: usize| (j + padding) as isize - (v * dilation) as isize;
            // SAFETY: the masks leave only pixels of the lines.
            unsafe {
                let mut masks = [V::mask(0..0); COLUMNS];
                let masks = &mut masks[..count];
                for (v, mask) in masks.iter_mut().enumerate() {
                    *mask = V::mask(-start(v)..windows as isize - start(v));
                }
                let inside = V::mask(0..(width - j) as isize);
                for i in 0..lines {
                    let mut sum = V::splat(0.0);
                    for (v, mask) in masks.iter().enumerate() {
                        let at = (v * len + i * windows) as isize + start(v);
                        sum = sum.add(V::load_masked(sums.as_ptr().wrapping_offset(at), *mask));
                    }
                    sum.store_masked(dx.as_mut_ptr().add(i * width + j), inside);
                }
            }
        }
    }
}
