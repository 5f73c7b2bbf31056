use super::Args;
use crate::launch::{Gpu, Launch, Pointers, Source};

const SOURCE: Source = Source::new("pool2d", concat!(include_str!("windows.cuh"), include_str!("pool2d.cu")));
const HALVE: Source = Source::new("halve", include_str!("halve.cu"));

pub(super) fn max(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [_, y] = args.sizes();
    let launch = match halves(gpu, args, memory) {
        Some(columns) => halve(gpu, "max_halves", y, columns).memory(memory, [0, 1]),
        None => kernel(gpu, &SOURCE, args, "max_pool", y).memory(memory, [0, 1]),
    };
    launch.run();
}

pub(super) fn max_backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [x, y] = args.sizes();
    let launch = match halves(gpu, args, memory) {
        Some(columns) => halve(gpu, "max_halves_backward", y, columns).memory(memory, [0, 1, 2]),
        None => kernel(gpu, &SOURCE, args, "max_pool_backward", x).memory(memory, [0, 1, 2]),
    };
    launch.run();
}

pub(super) fn average(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [_, y] = args.sizes();
    if args.is_global() {
        let area = args.areas()[0];
        let launch = define(gpu.kernel(&SOURCE, "plane_means"), args).over_rows(y, area);
        return launch.arg(y).arg(area).memory(memory, [0, 1]).run();
    }
    let launch = match halves(gpu, args, memory) {
        Some(columns) => halve(gpu, "average_halves", y, columns).memory(memory, [0, 1]),
        None => kernel(gpu, &SOURCE, args, "average_pool", y).arg(scale(args)).memory(memory, [0, 1]),
    };
    launch.run();
}

pub(super) fn average_backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [x, y] = args.sizes();
    let launch = match halves(gpu, args, memory) {
        Some(columns) => halve(gpu, "average_halves_backward", y, columns).memory(memory, [0, 1]),
        None => {
            kernel(gpu, &SOURCE, args, "average_pool_backward", x).arg(scale(args)).memory(memory, [0, 1])
        }
    };
    launch.run();
}

fn scale(args: &Args) -> f32 {
    1.0 / (args.kernel[0] * args.kernel[1]) as f32
}

/// Windows in a line, where windows of two by two pixels fill the planes, and pairs of pixels can be read at once.
fn halves(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) -> Option<usize> {
    let size = gpu.element().size() as u64;
    let fill = args.kernel == [2, 2] && args.stride == [2, 2] && args.padding == [0, 0];
    let even = args.input.iter().all(|size| size % 2 == 0) && args.sizes()[0] < 1 << 31;
    (fill && even && (0..3).all(|i| memory.at(i).is_aligned(2 * size))).then_some(args.input[1] / 2)
}

/// A thread for each window.
fn halve<'a>(gpu: &Gpu<'a>, kernel: &'static str, windows: usize, columns: usize) -> Launch<'a> {
    gpu.kernel(&HALVE, kernel).over(windows).arg(windows).arg(columns as u32)
}

/// A thread for each of `len` pixels of the result: what `windows.cuh` takes.
pub(crate) fn kernel<'a>(
    gpu: &Gpu<'a>,
    source: &Source,
    args: &Args,
    kernel: &'static str,
    len: usize,
) -> Launch<'a> {
    let &Args { input: [h, w], kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], .. } = args;
    let [rows, columns] = args.output();
    let launch = define(gpu.kernel(source, kernel), args).over(len).arg(len);
    launch.array([h, w, rows, columns, kh, kw, sh, sw, ph, pw])
}

/// What `windows.cuh` is compiled for.
pub(crate) fn define<'a>(launch: Launch<'a>, args: &Args) -> Launch<'a> {
    let &Args { input, kernel, stride, padding, .. } = args;
    // The windows of common networks are unrolled.
    let common = [[2, 2], [3, 2]].into_iter().find(|[k, s]| kernel == [*k; 2] && stride == [*s; 2]);
    let [kernel_size, stride_size] = common.unwrap_or([0, 0]);
    let padded = [0, 1].map(|d| input[d].saturating_add(padding[d].saturating_mul(2)));
    let short = [args.sizes(), padded, kernel, stride].iter().flatten().all(|size| *size < 1 << 30);
    let launch = launch.define("INDEX", if short { "int" } else { "long long" });
    launch.define("KERNEL", kernel_size).define("STRIDE", stride_size)
}
