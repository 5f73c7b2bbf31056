//! The forward pass.

use super::layout::{Fill, Layout};
use super::product::{Product, Rows, Tap, Weights};
use super::{TAPS, TASK, band};
use crate::Cpu;
use crate::activation::{Activation, apply_in_place};
use crate::conv2d::Args;
use crate::cpu::SendPtr;
use crate::vector::run;

pub(crate) fn forward(
    cpu: &Cpu,
    args: &Args,
    weight: &[f32],
    [bias, residual]: [&[f32]; 2],
    x: &[f32],
    y: &mut [f32],
    z: &mut [f32],
) {
    let (isa, [height, width]) = (cpu.isa(), args.output());
    let (ins, outs) = (args.in_per_group(), args.out_per_group());
    let (area, plane) = (args.input[0] * args.input[1], height * width);
    let planes = args.images * args.groups;
    if y.is_empty() {
        return;
    }
    assert!(y.len() == planes * outs * plane && (!args.keep_pre || z.len() == y.len()));
    let band = band(height, |height| Layout::windows(args, height).size());
    let layout = &Layout::windows(args, band);
    let mut buffer = [Tap::default(); TAPS];
    let taps = layout.taps(args, &mut buffer);

    let jobs = planes * height.div_ceil(band);
    let per_task = (TASK / (outs * taps.len() * band * width)).max(1);
    let work = jobs * outs * band * width * (taps.len() / 16 + 1);
    let fused = args.activation.limits().is_some() && !args.residual && !args.keep_pre;
    let (y, z) = (SendPtr(y.as_mut_ptr()), SendPtr(z.as_mut_ptr()));
    cpu.parallel(jobs.div_ceil(per_task), work, |task, scratch| {
        for job in task * per_task..jobs.min((task + 1) * per_task) {
            let (image, line) = (job / (jobs / planes), job % (jobs / planes) * band);
            let (group, lines) = (image % args.groups, band.min(height - line));
            let first = (line * args.stride[0]) as isize - args.padding[0] as isize;
            run(isa, Fill { layout, from: &x[image * ins * area..][..ins * area], first, to: scratch });
            let at = image * outs * plane + line * width;
            // SAFETY: these lines of these channels are this job's alone, and within y, or z.
            let rows = |y: &SendPtr<f32>| unsafe { Rows::new(y.get().add(at), outs, lines * width, plane) };
            let product = Product {
                taps,
                weight: Weights {
                    data: &weight[group * outs * taps.len()..],
                    row: taps.len(),
                    block: outs,
                    step: 0,
                },
                rows: outs,
                bias: if args.bias { &bias[group * outs..][..outs] } else { &[] },
                activation: if fused { args.activation } else { Activation::Identity },
                image: scratch,
                pixels: layout.segments(args, lines),
                y: rows(&y),
            };
            run(isa, product);
            if fused {
                continue;
            }
            for r in 0..outs {
                let mut to = rows(&y);
                let y = to.row(r);
                if args.residual {
                    let residual = &residual[at + r * plane..][..y.len()];
                    y.iter_mut().zip(residual).for_each(|(y, residual)| *y += residual);
                }
                if args.keep_pre {
                    rows(&z).row(r).copy_from_slice(y);
                }
                apply_in_place(isa, args.activation, y);
            }
        }
    });
}
