use super::{AddArgs, DequantizeArgs, LookupArgs};
use crate::gemm::cuda::with_tiles;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source, pack};
use crate::pool2d::{self, cuda as pools};
use crate::strided;
use crate::strided::axes::{Axis, Plan};
use crate::strides::Space;

/// A source behind what all on bytes have.
macro_rules! bytes {
    ($($part:expr),+) => { concat!(include_str!("bytes.cuh"), $($part),+) };
}
const ELEMENTS: Source = Source::new("quantized elements", bytes!(include_str!("elements.cu")));
const REQUANTIZE: Source = Source::new("requantize", bytes!(include_str!("requantize.cu")));
const POOL2D: Source =
    Source::new("quantized pool2d", bytes!(include_str!("../pool2d/windows.cuh"), include_str!("pool2d.cu")));
pub(super) const LINEAR: Source =
    Source::new("quantized linear", bytes!(include_str!("dots.cuh"), with_tiles!("linear/linear.cu")));
pub(super) const CONV2D: Source = Source::new(
    "quantized conv2d",
    bytes!(include_str!("dots.cuh"), include_str!("../conv2d/shape.cuh"), with_tiles!("conv2d/conv2d.cu")),
);

/// The instruction of tensor cores for bytes, where there is one.
pub(super) fn multiply(gpu: &Gpu<'_>, instruction: &'static str) -> Option<&'static str> {
    (gpu.properties().capability >= [8, 0]).then_some(instruction)
}

/// How many bytes of lines of `len` bytes, in these memories, can be read at once: the define `READ` of `dots.cuh`.
pub(super) fn read(len: usize, memories: &[Pointer]) -> usize {
    let fits = |bytes: &usize| {
        len.is_multiple_of(*bytes) && memories.iter().all(|memory| memory.is_aligned(*bytes as u64))
    };
    [16, 4].into_iter().find(fits).unwrap_or(1)
}

/// Threads for `len` elements of these memories, which come with their elements' size.
fn elements<'a>(
    gpu: &Gpu<'a>,
    kernel: &'static str,
    len: usize,
    memories: &[(Pointer, usize)],
    wide: bool,
) -> Launch<'a> {
    let width = pack(len, 16, memories);
    let launch = gpu.kernel(&ELEMENTS, kernel).define("WIDTH", width).define("WIDE", wide);
    launch.over(len / width).arg(len / width)
}

pub(super) fn quantize(gpu: &Gpu<'_>, len: usize, memory: &Pointers) {
    let memories = [(memory.at(2), size_of::<f32>()), (memory.at(3), 1)];
    elements(gpu, "quantize", len, &memories, false).memory(memory, [0, 1, 2, 3]).run();
}

pub(super) fn dequantize(gpu: &Gpu<'_>, args: &DequantizeArgs, memory: &Pointers) {
    let size = if args.wide { size_of::<i32>() } else { 1 };
    let memories = [(memory.at(2), size), (memory.at(3), size_of::<f32>())];
    elements(gpu, "dequantize", args.len, &memories, args.wide).memory(memory, [0, 1, 2, 3]).run();
}

pub(super) fn look_up(gpu: &Gpu<'_>, args: &LookupArgs, memory: &Pointers) {
    let memories = [1, 2].map(|i| (memory.at(i), 1));
    elements(gpu, "look_up", args.len, &memories, false).memory(memory, [0, 1, 2]).run();
}

pub(super) fn add(gpu: &Gpu<'_>, args: &AddArgs, memory: &Pointers) {
    let memories = [2, 3, 4].map(|i| (memory.at(i), 1));
    elements(gpu, "add", args.len, &memories, false).memory(memory, [0, 1, 2, 3, 4]).run();
}

/// `args` is not a sum.
pub(super) fn requantize(gpu: &Gpu<'_>, args: &strided::Args, memory: &Pointers) {
    let Some(plan) = Plan::new(args) else { return };
    let (x, y) = (memory.at(2).skip(args.from_start), memory.at(3).skip(args.to_start));
    let axis = |axis: &Axis| (axis.len, [axis.from as isize, axis.to as isize]);
    let space = Space::new(plan.kept.as_slice().iter().rev().map(axis)).packed(16, [(x, 1), (y, 1)]);
    let launch = space.launch(gpu.kernel(&REQUANTIZE, "requantize"));
    launch.memory(memory, [0, 1]).arg(x).arg(y).run();
}

pub(super) fn max(gpu: &Gpu<'_>, args: &pool2d::Args, memory: &Pointers) {
    let [_, y] = args.sizes();
    pools::kernel(gpu, &POOL2D, args, "max_pool", y).memory(memory, [0, 1]).run();
}

pub(super) fn average(gpu: &Gpu<'_>, args: &pool2d::Args, memory: &Pointers) {
    let [_, y] = args.sizes();
    let launch = match args.is_global() {
        true => {
            let area = args.areas()[0];
            let launch = pools::define(gpu.kernel(&POOL2D, "plane_averages"), args);
            launch.over_rows(y, area).arg(y).arg(area)
        }
        false => pools::kernel(gpu, &POOL2D, args, "average_pool", y),
    };
    launch.memory(memory, [0, 1, 2, 3]).run();
}
