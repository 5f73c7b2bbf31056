use super::{Args, ExpandArgs, Kind, PackArgs, padded};
use crate::DType;
use crate::conv2d::cuda::{area, index};
use crate::gemm::cuda::{Cut, with_tiles};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source =
    Source::new("blocked", concat!(include_str!("../conv2d/shape.cuh"), with_tiles!("blocked.cu")));
const PACK: Source = Source::new("pack", include_str!("pack.cu"));

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let operands = [0, 2, 1, 4, 3].map(|i| memory.at(i));
    convolve(gpu, args, operands);
}

/// What lies between the two is scratch memory.
pub(super) fn expand(gpu: &Gpu<'_>, args: &ExpandArgs, memory: &Pointers) {
    let of = |kind, conv| Args { kind, conv, weight: args.weight };
    let (first, then) = (of(Kind::Pointwise, args.expand), of(Kind::Depthwise, args.each));
    let [_, between, ..] = first.sizes();
    let between = gpu.scratch(between * size_of::<f32>());
    let [weight, bias, each, each_bias, x, y] = [0, 1, 2, 3, 4, 5].map(|i| memory.at(i));
    convolve(gpu, &first, [weight, x, bias, Pointer::NULL, between]);
    convolve(gpu, &then, [each, between, each_bias, Pointer::NULL, y]);
}

/// `operands` are weight, x, bias, residual and y.
fn convolve(gpu: &Gpu<'_>, args: &Args, operands: [Pointer; 5]) {
    let &Args { kind, conv, weight } = args;
    let (rows, columns) = (conv.images * area(conv.output()), padded(conv.out_channels));
    if rows == 0 || columns == 0 {
        return;
    }
    let aligned = operands[0].is_aligned(4 * weight.size() as u64) && operands[1].is_aligned(16);
    let pack = if aligned { 4 } else { 1 };
    let cut = match kind {
        Kind::Depthwise => Cut::NONE,
        _ => Cut::new(&gpu.properties(), (DType::F32, pack), [rows, columns, args.depth()], 1),
    };
    let launch = |kernel| {
        let launch = cut.define(gpu.kernel(&SOURCE, kernel)).define("WEIGHT", weight).define("PACK", pack);
        operands.into_iter().fold(shape(launch, args), |launch, operand| launch.arg(operand))
    };
    let tiles = cut.grid(rows, columns, 1)[0];
    let launch = match kind {
        Kind::First => launch("blocked_first").grid([tiles, 1, 1]),
        Kind::Pointwise => launch("blocked_pointwise").grid([tiles, 1, 1]),
        Kind::Depthwise => launch("blocked_depthwise").over(rows * columns),
    };
    launch.arg(conv.activation.code().0).run();
}

/// What `shape.cuh` is compiled for, and its parameters.
fn shape<'a>(launch: Launch<'a>, args: &Args) -> Launch<'a> {
    let conv = args.conv;
    let launch = launch.define("INDEX", index(args.sizes()));
    let launch = launch.define("KERNEL_H", conv.kernel[0].max(1)).define("KERNEL_W", conv.kernel[1].max(1));
    let launch = launch.arg(conv.images as u32).arg(1u32).arg(conv.in_channels as u32);
    let launch = launch.arg(conv.out_channels as u32).array(conv.input).array(conv.output());
    launch.array(conv.stride).array(conv.padding).array(conv.dilation)
}

pub(super) fn pack(gpu: &Gpu<'_>, args: &PackArgs, memory: &Pointers) {
    let &PackArgs { outputs, inputs, kernel: [height, width], eps, .. } = args;
    // The bias is written where there are no weights too.
    let launch = gpu
        .kernel(&PACK, "pack_conv2d")
        .define("WEIGHT", args.weight)
        .over(padded(outputs) * args.depth().max(1));
    let launch = launch.arg(outputs).arg(inputs).arg(height).arg(width).arg(eps);
    launch.memory(memory, [0, 1, 2, 3, 4, 5, 6, 7]).run();
}
