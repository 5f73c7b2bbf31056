use super::{Args, BackwardArgs, FoldArgs};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("batch_norm", include_str!("batch_norm.cu"));
const FOLD: Source = Source::new("fold_batch_norm", include_str!("fold.cu"));

/// Channels of a block for plain features.
const COLUMNS: usize = 32;
/// Elements of a channel that a thread should have at least, before the channel is cut into parts.
const LEAST: usize = 16;
/// The most parts of a channel.
const MOST_PARTS: usize = 256;

/// How the work is cut.
#[derive(Clone, Copy)]
struct Grid {
    sizes: [usize; 3],
    columns: bool,
    blocks: usize,
    parts: usize,
}

impl Grid {
    /// With so many parts of each channel that all multiprocessors have work.
    fn new(gpu: &Gpu<'_>, images: usize, channels: usize, pixels: usize) -> Self {
        let columns = pixels == 1;
        let (blocks, lanes) = if columns {
            (channels.div_ceil(COLUMNS), Launch::BLOCK as usize / COLUMNS)
        } else {
            (channels, Launch::BLOCK as usize)
        };
        let wanted = (8 * gpu.properties().multiprocessors as usize).div_ceil(blocks.max(1));
        let possible = images.saturating_mul(pixels).div_ceil(lanes * LEAST);
        let parts = wanted.min(possible).clamp(1, MOST_PARTS);
        Grid { sizes: [images, channels, pixels], columns, blocks, parts }
    }

    fn launch<'a>(&self, gpu: &Gpu<'a>, kernel: &'static str) -> Launch<'a> {
        let columns = COLUMNS as u32;
        let block = if self.columns { [columns, Launch::BLOCK / columns, 1] } else { [Launch::BLOCK, 1, 1] };
        let launch = gpu.kernel(&SOURCE, kernel).define("COLUMNS", self.columns);
        let short = self.sizes.iter().product::<usize>() < 1 << 31;
        let launch = launch.define("INDEX", if short { "u32" } else { "i64" });
        launch.grid([self.blocks as u32, self.parts as u32, 1]).block(block).array(self.sizes)
    }

    /// Memory for two sums of each part of each channel; none if there is one part.
    fn scratch(&self, gpu: &Gpu<'_>) -> Pointer {
        let sums = 2 * size_of::<f64>() * self.parts * self.sizes[1];
        if self.parts > 1 { gpu.scratch(sums) } else { Pointer::NULL }
    }
}

pub(super) fn train(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [weight, bias, x, residual, y, mean, variance] = [0, 1, 2, 3, 4, 5, 6].map(|i| memory.at(i));
    let grid = Grid::new(gpu, args.images, args.channels, args.pixels);
    let parts = grid.scratch(gpu);
    if !parts.is_null() {
        grid.launch(gpu, "moments_of_parts").arg(x).arg(parts).run();
    }
    let (code, slope) = args.activation.code();
    let launch = grid.launch(gpu, "train").arg(args.eps).arg(code).arg(slope).arg(parts);
    launch.arg(weight).arg(bias).arg(x).arg(residual).arg(y).arg(mean).arg(variance).run();
}

pub(super) fn infer(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [weight, bias, mean, variance, x, residual, y] = [0, 1, 2, 3, 4, 5, 6].map(|i| memory.at(i));
    let x = if args.in_place { y } else { x };
    let (code, slope) = args.activation.code();
    let grid = Grid::new(gpu, args.images, args.channels, args.pixels);
    let launch = grid.launch(gpu, "infer").arg(args.eps).arg(code).arg(slope);
    launch.arg(weight).arg(bias).arg(mean).arg(variance).arg(x).arg(residual).arg(y).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers) {
    gradients(gpu, args, memory, [memory.at(8), memory.at(9)]);
}

pub(super) fn frozen_backward(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers) {
    gradients(gpu, args, memory, [Pointer::NULL; 2]);
}

fn gradients(gpu: &Gpu<'_>, args: &BackwardArgs, memory: &Pointers, batch: [Pointer; 2]) {
    let [weight, x, dy, mean, variance, dx, dweight, dbias] = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| memory.at(i));
    let dy = if args.is_in_place() { dx } else { dy };
    let grid = Grid::new(gpu, args.images, args.channels, args.pixels);
    let parts = grid.scratch(gpu);
    if !parts.is_null() && !dweight.is_null() {
        grid.launch(gpu, "sums_of_parts").arg(x).arg(dy).arg(mean).arg(parts).run();
    }
    let launch = grid.launch(gpu, "backward").arg(args.eps).arg(parts).arg(weight).arg(x).arg(dy);
    let launch = launch.arg(mean).arg(variance).arg(dx).arg(dweight).arg(dbias);
    launch.arg(batch[0]).arg(batch[1]).run();
}

pub(super) fn fold(gpu: &Gpu<'_>, args: &FoldArgs, memory: &Pointers) {
    let launch = gpu.kernel(&FOLD, "fold").define("WEIGHT", args.to).over_rows(args.outputs, args.per_output);
    let launch = launch.arg(args.outputs).arg(args.per_output).arg(args.eps);
    launch.memory(memory, [0, 1, 2, 3, 4, 5, 6, 7]).run();
}
