use crate::DType;
use crate::conv2d::Args;
use crate::conv2d::cuda::{are_few, area, shape};
use crate::gemm::cuda::Cut;
use crate::launch::{Gpu, Pointers};
use crate::quantized::cuda::{CONV2D, multiply, read};

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let (m, pixels) = (args.out_per_group(), area(args.output()));
    let (n, k) = (args.images * pixels, args.in_per_group() * area(args.kernel));
    if n == 0 || m == 0 {
        return;
    }
    let launch = |kernel, cut: Cut, read: usize, pointwise: bool| {
        let launch = shape(cut.define(gpu.kernel(&CONV2D, kernel)), args);
        launch.define("READ", read).define("POINTWISE", pointwise).memory(memory, [0, 4, 1, 2, 3, 5])
    };
    if are_few(args, m) {
        return launch("conv2d_few", Cut::NONE, 1, false).over(args.groups * m * n).run();
    }
    let pixels_alone = args.kernel == [1, 1] && args.stride == [1, 1] && args.padding == [0, 0];
    let pointwise = pixels_alone && pixels.is_multiple_of(4) && memory.at(4).is_aligned(4);
    let cut = Cut::new(&gpu.properties(), (DType::I32, 1), [m, n, k / 4], args.groups);
    let cut = cut.by(multiply(gpu, "mma_m16n8k32_s8u8"));
    let [tiles, ..] = cut.grid(m, n, 1);
    let launch = launch("conv2d", cut, read(k, &[memory.at(0)]), pointwise);
    launch.grid([tiles, 1, args.groups as u32]).run();
}
