use crate::DType;
use crate::conv2d::Args;
use crate::conv2d::cuda::{FEW, area, shape};
use crate::gemm::cuda::Cut;
use crate::launch::{Gpu, Launch, Pointers};
use crate::quantized::cuda::{CONV2D, multiply, read};

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let (m, pixels) = (args.out_per_group(), area(args.output()));
    let (n, k) = (args.images * pixels, args.in_per_group() * area(args.kernel));
    if n == 0 || m == 0 {
        return;
    }
    let [weight, x] = [0, 4].map(|i| memory.at(i));
    let lines = args.kernel == [1, 1] && args.stride == [1, 1] && args.padding == [0, 0];
    let pointwise = lines && pixels.is_multiple_of(4) && x.is_aligned(4);
    let launch = |kernel, cut: Cut| {
        let launch = shape(cut.define(gpu.kernel(&CONV2D, kernel)), args);
        launch.define("READ", read(k, &[weight])).define("POINTWISE", pointwise)
    };
    let run = |launch: Launch<'_>| launch.memory(memory, [0, 4, 1, 2, 3, 5]).run();
    if m <= FEW {
        return run(launch("conv2d_few", Cut::NONE).over(args.groups * m * n));
    }
    let cut = Cut::new(&gpu.properties(), (DType::I32, 1), [m, n, k / 4], args.groups);
    let cut = cut.by(multiply(gpu, "mma_m16n8k32_s8u8"));
    let [tiles, ..] = cut.grid(m, n, 1);
    run(launch("conv2d", cut).grid([tiles, 1, args.groups as u32]));
}
