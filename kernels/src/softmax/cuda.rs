use super::Args;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source, pack};

const SOURCE: Source = Source::new("softmax", include_str!("softmax.cu"));

/// Elements that a block should have at least, before blocks share a row.
const LEAST: usize = 1 << 11;
/// The most blocks that share one.
const MOST_PARTS: usize = 256;

/// Blocks for each row: as many as give all multiprocessors work.
fn parts(gpu: &Gpu<'_>, args: &Args) -> usize {
    let wanted = (4 * gpu.properties().multiprocessors as usize).div_ceil(args.rows.max(1));
    wanted.min(args.len / LEAST).clamp(1, MOST_PARTS)
}

/// Memory for a number of 8 bytes, or two of 4, of each part; none if there is one part.
fn scratch(gpu: &Gpu<'_>, args: &Args, parts: usize) -> Pointer {
    if parts > 1 { gpu.scratch(8 * parts * args.rows) } else { Pointer::NULL }
}

/// Elements that are read and written at once.
fn width<const N: usize>(gpu: &Gpu<'_>, args: &Args, memory: [Pointer; N]) -> usize {
    let size = gpu.element().size();
    pack(args.len, 8, &memory.map(|pointer| (pointer, size)))
}

fn kernel<'a>(gpu: &Gpu<'a>, args: &Args, [parts, width]: [usize; 2], kernel: &'static str) -> Launch<'a> {
    let &Args { rows, len, log } = args;
    let launch = gpu.kernel(&SOURCE, kernel).define("LOG", log).define("WIDTH", width).over_rows(rows, len);
    let [blocks, ..] = launch.grid;
    launch.grid([blocks, parts as u32, 1]).arg(rows).arg(len / width)
}

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let parts = parts(gpu, args);
    let (x, y, norms) = (memory.at(0), memory.at(1), scratch(gpu, args, parts));
    let shape = [parts, width(gpu, args, [x, y])];
    if parts > 1 {
        kernel(gpu, args, shape, "norms_of_parts").arg(x).arg(norms).run();
    }
    kernel(gpu, args, shape, "softmax").arg(x).arg(norms).arg(y).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let parts = parts(gpu, args);
    let ([y, dy, dx], sums) = ([0, 1, 2].map(|i| memory.at(i)), scratch(gpu, args, parts));
    let shape = [parts, width(gpu, args, [y, dy, dx])];
    if parts > 1 {
        kernel(gpu, args, shape, "sums_of_parts").arg(y).arg(dy).arg(sums).run();
    }
    kernel(gpu, args, shape, "softmax_backward").arg(y).arg(dy).arg(sums).arg(dx).run();
}
