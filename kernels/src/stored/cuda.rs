use crate::conv2d::Args;
use crate::launch::{Gpu, Pointers, Source};

const SOURCE: Source = Source::new("stored", include_str!("stored.cu"));

pub(super) fn conv2d(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let ([height, width], (code, slope)) = (args.output(), args.activation.code());
    let launch = gpu.kernel(&SOURCE, "stored_conv2d");
    let launch = launch.over_rows(
        args.images * args.out_channels * height * width,
        args.in_per_group() * args.kernel[0] * args.kernel[1],
    );
    let launch = launch.arg(args.images).arg(args.in_channels).arg(args.out_channels).arg(args.groups);
    let launch = launch.array(args.input).array([height, width]).array(args.kernel).array(args.stride);
    let launch = launch.array(args.padding).array(args.dilation).arg(code).arg(slope);
    launch.memory(memory, [0, 1, 2, 3, 4]).run();
}
