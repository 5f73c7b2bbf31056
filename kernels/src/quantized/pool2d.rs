//! Maxima and averages over windows of images of bytes.

use super::cuda;
use super::{Factor, Points, one};
use crate::Cpu;
use crate::launch::{Gpu, Pointers};
use crate::op::{Kernel, Memory, Op, Spec};
use crate::pool2d::{Args, max};

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
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        match args.halves() {
            Some(_) => |cpu, args, memory| max::halves_of_bytes(cpu, args, memory.read(0), memory.write(1)),
            None => |cpu, args, memory| max::of_bytes(cpu, args, memory.read(0), memory.write(1)),
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::max(gpu, args, memory);
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
        Self::kernel(args)(cpu, args, memory);
    }
    #[inline(always)]
    fn kernel(args: &Args) -> Kernel<Self> {
        if args.is_global() {
            |cpu, args, memory| average(cpu, args, memory, plane)
        } else {
            |cpu, args, memory| average(cpu, args, memory, windows)
        }
    }
    fn cuda(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
        cuda::average(gpu, args, memory);
    }
}

/// Computes averages, where `sums(args, x, zero, finish, y)` computes those of a plane.
#[inline(always)]
fn average(
    cpu: &Cpu,
    args: &Args,
    memory: &mut Memory<'_>,
    sums: impl Fn(&Args, &[u8], i32, &dyn Fn(i32) -> u8, &mut [u8]) + Sync,
) {
    let (factor, points) = (Factor::new(one(memory.read(0))), Points::new(memory.read(1)));
    let (x, [from, to]) = (memory.read::<u8>(2), args.areas());
    cpu.parallel_chunks(memory.write(3), to, args.work(), |plane, y, _| {
        let x = x.get(plane * from..(plane + 1) * from).unwrap_or(&[]);
        sums(args, x, points.x, &|sum| points.byte(factor.times(sum)), y);
    });
}

/// The only window is the plane.
fn plane(_: &Args, x: &[u8], zero: i32, finish: &dyn Fn(i32) -> u8, y: &mut [u8]) {
    // Several sums, for processors that add several numbers at once.
    let (fours, rest) = x.as_chunks::<4>();
    let mut sums = [0i32; 4];
    for four in fours {
        for (sum, x) in sums.iter_mut().zip(four) {
            *sum = sum.wrapping_add((*x).into());
        }
    }
    let sum = rest.iter().fold(sums.iter().sum(), |sum: i32, x| sum.wrapping_add((*x).into()));
    y.fill(finish(sum.wrapping_sub(zero.wrapping_mul(x.len() as i32))));
}

fn windows(args: &Args, x: &[u8], zero: i32, finish: &dyn Fn(i32) -> u8, y: &mut [u8]) {
    let ([down, across], [height, width]) = (args.axes(), args.kernel);
    for (i, y) in y.chunks_exact_mut(across.windows.max(1)).enumerate() {
        for (j, y) in y.iter_mut().enumerate() {
            let (columns, mut sum) = (across.window(j, width), 0i32);
            for line in down.window(i, height) {
                let line = line * across.input;
                let pixels = x.get(line + columns.start..line + columns.end).unwrap_or(&[]);
                sum = pixels.iter().fold(sum, |sum, x| sum.wrapping_add(i32::from(*x) - zero));
            }
            *y = finish(sum);
        }
    }
}
