//! Maxima and averages over windows of images of bytes.

use super::{Factor, Points, one};
use crate::Cpu;
use crate::op::{Memory, Op, Spec};
use crate::pool2d::Args;

/// y ← the maximum of each window, in the scale of x. Padding counts as 0, the least byte.
///
/// Memory: x (planes × input), y (planes × output). PyTorch: `torch.nn.functional.max_pool2d` of a quantized tensor.
#[derive(Debug)]
pub struct QuantizedMaxPool2d;
impl Op for QuantizedMaxPool2d {
    const NAME: &'static str = "quantized max pool2d";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y] = args.sizes();
        spec.read::<u8>(x).write::<u8>(y);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        windows(cpu, args, memory.read(0), memory.write(1), 0u8, |max, x| max.max(x), |max| max);
    }
}

/// y ← clamp(z_y + ⌊M·Σ(x − z_x) + ½⌋, low, high) over each window: the average, where M is the scale of x divided by
/// that of y and by the number of pixels of a window. Padding counts as zero, and counts among the pixels.
///
/// Memory: M (f32: a [`Factor`]); the bytes z_x, z_y, low and high; x (planes × input), y (planes × output). PyTorch:
/// `torch.nn.functional.avg_pool2d` of a quantized tensor, with `count_include_pad=True`.
#[derive(Debug)]
pub struct QuantizedAvgPool2d;
impl Op for QuantizedAvgPool2d {
    const NAME: &'static str = "quantized avg pool2d";
    type Args = Args;
    fn memory(args: &Args, spec: &mut Spec) {
        let [x, y] = args.sizes();
        spec.read::<f32>(1).read::<u8>(Points::LEN).read::<u8>(x).write::<u8>(y);
    }
    fn cpu(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
        let (factor, points) = (Factor::new(one(memory.read(0))), Points::new(memory.read(1)));
        let add = |sum: i32, x: u8| sum.wrapping_add(i32::from(x) - points.x);
        windows(cpu, args, memory.read(2), memory.write(3), 0, add, |sum| points.byte(factor.times(sum)));
    }
}

/// y ← finish(reduce(.. reduce(start, x) .., x)) over the pixels of each window.
fn windows<S: Copy + Sync>(
    cpu: &Cpu,
    args: &Args,
    x: &[u8],
    y: &mut [u8],
    start: S,
    reduce: impl Fn(S, u8) -> S + Sync,
    finish: impl Fn(S) -> u8 + Sync,
) {
    let ([from, to], [down, across], [height, width]) = (args.areas(), args.axes(), args.kernel);
    cpu.parallel_chunks(y, to, args.work(), |plane, y, _| {
        let x = &x[plane * from..][..from];
        for (i, y) in y.chunks_exact_mut(across.windows).enumerate() {
            for (j, y) in y.iter_mut().enumerate() {
                let columns = across.window(j, width);
                let lines =
                    down.window(i, height).flat_map(|line| &x[line * across.input..][columns.clone()]);
                *y = finish(lines.fold(start, |state, x| reduce(state, *x)));
            }
        }
    });
}
