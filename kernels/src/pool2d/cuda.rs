use super::Args;
use crate::launch::{Gpu, Launch, Pointers, Source};

const SOURCE: Source = Source::new("pool2d", include_str!("pool2d.cu"));

impl Args {
    /// A launch over `len` elements, with what all kernels begin with.
    fn kernel<'a>(&self, gpu: &Gpu<'a>, kernel: &'static str, len: usize) -> Launch<'a> {
        let Args { input, kernel: window, stride, padding, .. } = *self;
        let launch = self.defines(gpu.kernel(&SOURCE, kernel)).over(len).arg(len);
        let [[h, w], [rows, columns]] = [input, self.output()];
        launch.array([h, w, rows, columns, window[0], window[1], stride[0], stride[1], padding[0], padding[1]])
    }

    fn defines<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let Args { input, kernel, stride, padding, .. } = *self;
        // The windows of common networks are unrolled.
        let common = [[2, 2], [3, 2]].into_iter().find(|[k, s]| kernel == [*k; 2] && stride == [*s; 2]);
        let [kernel_size, stride_size] = common.unwrap_or([0, 0]);
        let padded = [0, 1].map(|d| input[d].saturating_add(padding[d].saturating_mul(2)));
        let largest = [self.sizes(), padded, kernel, stride].into_iter().flatten().max();
        let short = largest < Some(1 << 30);
        let launch = launch.define("INDEX", if short { "int" } else { "long long" });
        launch.define("KERNEL", kernel_size).define("STRIDE", stride_size)
    }

    fn scale(&self) -> f32 {
        1.0 / (self.kernel[0] * self.kernel[1]) as f32
    }
}

pub(super) fn max(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    args.kernel(gpu, "max_pool", args.sizes()[1]).arg(memory.at(0)).arg(memory.at(1)).run();
}

pub(super) fn max_backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let launch = args.kernel(gpu, "max_pool_backward", args.sizes()[0]);
    launch.arg(memory.at(0)).arg(memory.at(1)).arg(memory.at(2)).run();
}

pub(super) fn average(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let (x, y) = (memory.at(0), memory.at(1));
    if args.is_global() {
        let (planes, area) = (args.sizes()[1], args.areas()[0]);
        let launch = args.defines(gpu.kernel(&SOURCE, "plane_means")).over_rows(planes, area);
        return launch.arg(planes).arg(area).arg(x).arg(y).run();
    }
    args.kernel(gpu, "average_pool", args.sizes()[1]).arg(args.scale()).arg(x).arg(y).run();
}

pub(super) fn average_backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let launch = args.kernel(gpu, "average_pool_backward", args.sizes()[0]).arg(args.scale());
    launch.arg(memory.at(0)).arg(memory.at(1)).run();
}
