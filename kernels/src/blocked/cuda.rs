use super::{Args, BLOCK, ExpandArgs, Kind, PackArgs, padded};
use crate::launch::{Gpu, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("blocked", include_str!("blocked.cu"));

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let operands = [0, 1, 2, 4, 3].map(|i| memory.at(i));
    convolve(gpu, args, operands);
}

/// What lies between the two is scratch memory.
pub(super) fn expand(gpu: &Gpu<'_>, args: &ExpandArgs, memory: &Pointers) {
    let of = |kind, conv| Args { kind, conv, weight: args.weight };
    let (first, then) = (of(Kind::Pointwise, args.expand), of(Kind::Depthwise, args.each));
    let [_, between, ..] = first.sizes();
    let between = gpu.scratch(between * size_of::<f32>());
    let [weight, bias, each, each_bias, x, y] = [0, 1, 2, 3, 4, 5].map(|i| memory.at(i));
    convolve(gpu, &first, [weight, bias, x, Pointer::NULL, between]);
    convolve(gpu, &then, [each, each_bias, between, Pointer::NULL, y]);
}

/// `operands` are weight, bias, x, residual and y.
fn convolve(gpu: &Gpu<'_>, args: &Args, operands: [Pointer; 5]) {
    let &Args { kind, conv, weight } = args;
    let [height, width] = conv.output();
    let outs = padded(conv.out_channels);
    let (code, _) = conv.activation.code();
    let launch = gpu
        .kernel(&SOURCE, "blocked_conv2d")
        .define("WEIGHT", weight)
        .over(conv.images * outs * height * width);
    let launch = launch.arg(kind as u32).arg(conv.images).arg(conv.in_channels).arg(outs / BLOCK);
    let launch = launch.array(conv.input).array([height, width]).array(conv.kernel);
    let launch = launch.array(conv.stride).array(conv.padding).array(conv.dilation).arg(code);
    operands.into_iter().fold(launch, |launch, operand| launch.arg(operand)).run();
}

pub(super) fn pack(gpu: &Gpu<'_>, args: &PackArgs, memory: &Pointers) {
    let &PackArgs { outputs, inputs, kernel: [height, width], eps, .. } = args;
    // The bias is written where there are no weights too.
    let launch = gpu
        .kernel(&SOURCE, "pack_conv2d")
        .define("WEIGHT", args.weight)
        .over(padded(outputs) * args.depth().max(1));
    let launch = launch.arg(outputs).arg(inputs).arg(height).arg(width).arg(eps);
    launch.memory(memory, [0, 1, 2, 3, 4, 5, 6, 7]).run();
}
