use super::{Args, nhwc};
use crate::gemm::cuda::{Cut, MOST, with_tiles};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source = Source::new(
    "conv2d",
    concat!(include_str!("shape.cuh"), include_str!("epilogue.cuh"), with_tiles!("conv2d.cu")),
);

/// Channels of a group up to which each result is summed up by itself: a tile would be mostly empty.
const FEW: usize = 8;

/// Whether each result is summed up by itself: also where there are more groups than a grid is deep.
pub(crate) fn are_few(args: &Args, channels: usize) -> bool {
    channels <= FEW || args.groups > MOST
}

/// A launch with the constants that kernels are compiled for.
fn plain<'a>(gpu: &Gpu<'a>, args: &Args, kernel: &'static str, cut: Cut) -> Launch<'a> {
    constants(cut.define(gpu.kernel(&SOURCE, kernel)), args)
}

/// A launch that is told the shape.
fn launch<'a>(gpu: &Gpu<'a>, args: &Args, kernel: &'static str, cut: Cut) -> Launch<'a> {
    shape(cut.define(gpu.kernel(&SOURCE, kernel)), args)
}

/// What `shape.cuh` is compiled for.
fn constants<'a>(launch: Launch<'a>, args: &Args) -> Launch<'a> {
    let launch = launch.define("INDEX", index(args.sizes()));
    // Without a pixel in the kernel there is no output: the constants only have to compile.
    launch.define("KERNEL_H", args.kernel[0].max(1)).define("KERNEL_W", args.kernel[1].max(1))
}

/// That, and the parameters `SHAPE`.
pub(crate) fn shape<'a>(launch: Launch<'a>, args: &Args) -> Launch<'a> {
    let launch = constants(launch, args).arg(args.images as u32).arg(args.groups as u32);
    let launch = launch.arg(args.in_per_group() as u32).arg(args.out_per_group() as u32);
    let launch = launch.array(args.input).array(args.output());
    launch.array(args.stride).array(args.padding).array(args.dilation)
}

/// The type that all places fit, with room for what tiles and padding have beyond the ends.
pub(crate) fn index<const N: usize>(sizes: [usize; N]) -> &'static str {
    if sizes.into_iter().max() < Some(1 << 30) { "int" } else { "i64" }
}

pub(crate) fn area([height, width]: [usize; 2]) -> usize {
    height * width
}

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let (m, pixels) = (args.out_per_group(), area(args.output()));
    let (n, k) = (args.images * pixels, args.in_per_group() * area(args.kernel));
    if n == 0 || m == 0 {
        return;
    }
    let (code, slope) = args.activation.code();
    let run = |launch: Launch<'_>| launch.memory(memory, [0, 2, 1, 5, 3, 4]).arg(slope).arg(code).run();
    if are_few(args, m) {
        return run(launch(gpu, args, "conv2d_few", Cut::NONE).over(args.groups * m * n));
    }
    if nhwc::forward(gpu, args, memory) {
        return;
    }
    let cut = Cut::new(&gpu.properties(), (gpu.element(), 1), [m, n, k], args.groups);
    let [tiles, ..] = cut.grid(m, n, 1);
    run(launch(gpu, args, "conv2d", cut).grid([tiles, 1, args.groups as u32]));
}

pub(super) fn backward_input(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let (m, pixels) = (args.in_per_group(), area(args.input));
    let (n, k) = (args.images * pixels, args.out_per_group() * area(args.kernel));
    if n == 0 || m == 0 {
        return;
    }
    let run = |launch: Launch<'_>| launch.memory(memory, [0, 1, 2]).run();
    if are_few(args, m) {
        return run(launch(gpu, args, "conv2d_backward_input_few", Cut::NONE).over(args.groups * m * n));
    }
    if nhwc::backward_input(gpu, args, memory) {
        return;
    }
    let cut = Cut::new(&gpu.properties(), (gpu.element(), 1), [m, n, k], args.groups);
    let [tiles, ..] = cut.grid(m, n, 1);
    run(launch(gpu, args, "conv2d_backward_input", cut).grid([tiles, 1, args.groups as u32]));
}

pub(super) fn backward_weight(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let pixels = area(args.output());
    let (m, n, k) = (args.out_per_group(), args.in_per_group() * area(args.kernel), args.images * pixels);
    if k == 0 {
        return;
    }
    if m * n > 0 {
        weight(gpu, args, [m, n, k], memory);
    }
    if args.bias {
        let launch = plain(gpu, args, "conv2d_backward_bias", Cut::NONE);
        let launch = launch.grid([args.out_channels as u32, 1, 1]);
        launch.arg(args.images).arg(args.out_channels).arg(pixels).arg(memory.at(1)).arg(memory.at(3)).run();
    }
}

fn weight(gpu: &Gpu<'_>, args: &Args, [m, n, k]: [usize; 3], memory: &Pointers) {
    let len = args.groups * m * n;
    if are_few(args, m.max(args.in_per_group())) {
        let blocks = len.min(1 << 16) as u32;
        let launch = launch(gpu, args, "conv2d_backward_weight_few", Cut::NONE).grid([blocks, 1, 1]);
        return launch.memory(memory, [0, 1, 2]).run();
    }
    if nhwc::backward_weight(gpu, args, memory) {
        return;
    }
    let cut = Cut::new(&gpu.properties(), (gpu.element(), 1), [m, n, k], args.groups);
    let parts = match cut.parts {
        1 => Pointer::NULL,
        parts => gpu.scratch(parts * len * size_of::<f32>()),
    };
    let [tiles, count, _] = cut.grid(m, n, 1);
    let tile = launch(gpu, args, "conv2d_backward_weight", cut).grid([tiles, count, args.groups as u32]);
    tile.memory(memory, [0, 1, 2]).arg(cut.part).arg(parts).run();
    if cut.parts > 1 {
        let add = plain(gpu, args, "conv2d_add_parts", cut);
        add.over(len).arg(len).arg(count).arg(parts).arg(memory.at(2)).run();
    }
}
