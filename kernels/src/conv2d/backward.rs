//! The gradients of a convolution, as products of matrices.

use super::Args;
use super::scatter::Scatter;
use super::totals::Totals;
use super::windows::{ByTap, Windows};
use crate::Cpu;
use crate::gemm::View;
use crate::gemm::blocked::{Size, product};
use crate::gemm::operand::Strided;
use crate::gemm::output::{Epilogue, Fold, Output};
use crate::sure::rest;
use crate::vector::run;

/// Parts that the input channels are cut into, for the sake of threads.
const PARTS: usize = 8;

/// Wᵀ·DY, whose columns are added to the windows of DX.
pub(super) fn backward_input(cpu: &Cpu, args: &Args, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
    let ([height, width], ins, outs) = (args.output(), args.in_per_group(), args.out_per_group());
    let parts =
        if args.groups > 1 { 1 } else { (1..=PARTS).rev().find(|n| ins.is_multiple_of(*n)).unwrap_or(1) };
    let (n, k, depth) = (height * width, outs, ins * args.kernel[0] * args.kernel[1]);
    let m = depth / parts;
    dx.fill(0.0);
    // Of a part of the channels, or of a group.
    let [next_weight, next_dy] = if parts > 1 { [m, 0] } else { [k * m, k * n] };
    let weight = Strided { data: weight, line: 1, depth, batch: [0, next_weight] };
    let dy = Strided { data: dy, line: 1, depth: n, batch: [args.out_channels * n, next_dy] };
    let args = Args { groups: args.groups * parts, ..*args };
    let size = Size { m, n, k, batch: [args.images, args.groups], sum: [1, 1] };
    product(cpu, size, &weight, &dy, &Scatter::new(&args, dx));
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
    /// Pixels that one task sums up, at least.
    const TASK: usize = 1 << 13;
    let [height, width] = args.output();
    let (isa, pixels) = (cpu.isa(), height * width);
    if dy.is_empty() {
        return;
    }
    let channels = TASK.div_ceil((args.images * pixels).max(1));
    cpu.parallel_chunks(dbias, channels, dy.len() / 8, |task, sums, _| {
        for image in 0..args.images {
            let dy = rest(dy, (image * args.out_channels + task * channels) * pixels);
            run(isa, Totals { dy, row: pixels, len: pixels, sums: &mut *sums });
        }
    });
}
