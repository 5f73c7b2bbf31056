use super::Args;
use super::scatter::Scatter;
use super::windows::{ByTap, ByWindow, Taps, Windows};
use crate::Cpu;
use crate::cpu::multiversion;
use crate::gemm::View;
use crate::gemm::blocked::{Size, product};
use crate::gemm::operand::Strided;
use crate::gemm::output::{Epilogue, Fold, Output};

/// With fewer input channels than this, adding the columns of a product to overlapping windows costs
/// less than packing windows for it.
const SCATTER: usize = 32;

/// Wᵀ·DY, whose columns are added to the windows of DX.
fn scatter_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let [height, width] = args.output();
    let (n, k) = (height * width, args.out_per_group());
    let m = args.in_per_group() * args.kernel[0] * args.kernel[1];
    dx.fill(0.0);
    let weight = Strided { data: weight, line: 1, depth: m, batch: [0, k * m] };
    let dy = Strided { data: dy, line: 1, depth: n, batch: [args.out_channels * n, k * n] };
    let size = Size { m, n, k, batch: [args.images, args.groups], sum: [1, 1] };
    product(cpu, size, &weight, &dy, &Scatter::new(args, dx));
}

/// DX = Wᵀ·DY, where a column of DY is the window of those output pixels that an input pixel went
/// into. With a stride, input pixels fall into phases that meet different pixels of the kernel; each
/// phase is a product of its own, so nothing is multiplied with the zeros between.
pub(super) fn backward_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (output, [height, width]) = (args.output(), args.input);
    let (m, area) = (args.in_per_group(), height * width);
    if dx.is_empty() {
        return;
    }
    if m < SCATTER && m <= 2 * args.out_per_group() {
        return scatter_input(cpu, args, weight, dy, dx);
    }
    for phase in (0..args.stride[0]).flat_map(|y| (0..args.stride[1]).map(move |x| [y, x])) {
        let (mut kernel, mut first, mut step, mut count) = ([0; 2], [0; 2], [1; 2], [0; 2]);
        let (mut origin, mut back) = ([0; 2], [0; 2]);
        for d in 0..2 {
            let Args { stride, padding, dilation, .. } = *args;
            count[d] = args.input[d].saturating_sub(phase[d]).div_ceil(stride[d]);
            // Kernel pixel u meets the phase where stride divides reach − u·dilation.
            let reach = phase[d] + padding[d];
            let meets =
                |u: usize| (reach + u * (stride[d] - dilation[d] % stride[d])).is_multiple_of(stride[d]);
            if let Some(u) = (0..args.kernel[d]).find(|&u| meets(u)) {
                first[d] = u;
                step[d] = (u + 1..=u + stride[d]).find(|&u| meets(u)).map_or(1, |next| next - u);
                kernel[d] = (args.kernel[d] - u).div_ceil(step[d]);
                origin[d] = (reach as isize - (u * dilation[d]) as isize) / stride[d] as isize;
                back[d] = -((step[d] * dilation[d] / stride[d]) as isize);
            }
        }
        if count.contains(&0) {
            continue;
        }
        let out_per_group = args.out_per_group();
        let windows = Windows {
            data: dy,
            channels: out_per_group,
            size: output,
            windows: count,
            kernel,
            stride: [1, 1],
            step: back,
            origin,
            image: args.out_channels * output[0] * output[1],
        };
        let in_per_group = m;
        let taps = Taps { weight, size: args.kernel, in_per_group, out_per_group, kernel, first, step };
        // The pixels of a phase lie `stride` apart; without a stride they are one line.
        let dense = args.stride == [1, 1];
        let fold = Fold {
            width: if dense { area } else { count[1] },
            used: if dense { area } else { count[1] },
            height: if dense { 1 } else { count[0] },
            line: args.stride[0] * width,
            plane: args.in_channels * area,
        };
        let (n, k) = (args.images * count[0] * count[1], out_per_group * kernel[0] * kernel[1]);
        let view = View { row: area, column: args.stride[1], batch: [0, m * area] };
        let (size, batch) = ([m, n, 1, args.groups], [1, args.groups]);
        let dx = &mut dx[phase[0] * width + phase[1]..];
        let output = Output::new(dx, &mut [], size, view, fold, Epilogue::plain(false));
        product(cpu, Size { m, n, k, batch, sum: [1, 1] }, &taps, &ByWindow(windows), &output);
    }
}

/// DW = DW + DY·Xᵀ, summed over the images: a row for each output channel, a column for each pixel
/// of a window.
pub(super) fn backward_weight(cpu: &Cpu, args: &Args, x: &[f32], dy: &[f32], dweight: &mut [f32]) {
    let windows = Windows::of(args, x);
    let (m, k) = (args.out_per_group(), windows.windows[0] * windows.windows[1]);
    let n = args.in_per_group() * args.kernel[0] * args.kernel[1];
    if dweight.is_empty() || dy.is_empty() {
        return;
    }
    let dy = Strided { data: dy, line: k, depth: 1, batch: [args.out_channels * k, m * k] };
    let view = View { row: n, column: 1, batch: [0, m * n] };
    let size = Size { m, n, k, batch: [1, args.groups], sum: [args.images, 1] };
    let output =
        Output::new(dweight, &mut [], [m, n, 1, args.groups], view, Fold::NONE, Epilogue::plain(true));
    product(cpu, size, &dy, &ByTap(windows), &output);
}

/// dbias = dbias + dy summed over images and pixels.
pub(super) fn backward_bias(cpu: &Cpu, args: &Args, dy: &[f32], dbias: &mut [f32]) {
    let [height, width] = args.output();
    let (isa, pixels) = (cpu.isa(), height * width);
    if dy.is_empty() {
        return;
    }
    cpu.parallel_chunks(dbias, 1, dy.len() / 8, |channel, dbias, _| {
        for image in 0..args.images {
            dbias[0] += total(isa, &dy[(image * args.out_channels + channel) * pixels..][..pixels]);
        }
    });
}

multiversion! {
    fn total(isa, x: &[f32]) -> f32 {
        let mut lanes = [0.0; 32];
        let chunks = x.chunks_exact(32);
        let rest: f32 = chunks.remainder().iter().sum();
        for chunk in chunks {
            lanes.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += x);
        }
        lanes.iter().sum::<f32>() + rest
    }
}
