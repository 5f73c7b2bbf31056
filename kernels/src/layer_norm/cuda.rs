use super::Args;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("layer_norm", include_str!("layer_norm.cu"));

/// Channels of a block that sums columns.
const COLUMNS: usize = 32;
/// Rows that a thread should have at least, before blocks share a column.
const LEAST: usize = 16;
/// The most blocks that share one.
const MOST_PARTS: usize = 64;

fn kernel<'a>(gpu: &Gpu<'a>, args: &Args, kernel: &'static str) -> Launch<'a> {
    let launch =
        gpu.kernel(&SOURCE, kernel).define("CENTRED", args.centred).define("PLANES", args.pixels != 1);
    let short = args.elements() < 1 << 31;
    launch.define("INDEX", if short { "u32" } else { "i64" })
}

fn sizes(args: &Args) -> [usize; 4] {
    [args.samples, args.groups, args.channels, args.pixels]
}

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let launch = kernel(gpu, args, "layer_norm").over_rows(args.rows(), args.len());
    launch.array(sizes(args)).arg(args.eps).memory(memory, [0, 1, 2, 3]).run();
}

pub(super) fn backward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [weight, x, dy, dx, dweight, dbias] = [0, 1, 2, 3, 4, 5].map(|i| memory.at(i));
    let trained = !(dweight.is_null() && dbias.is_null());
    let channels = args.groups * args.channels;
    let parts = if args.pixels == 1 { parts(gpu, args.samples, channels) } else { args.samples };
    // The statistics of each row, and two sums for each part of each channel.
    let (norms, sums) = match trained {
        true => {
            let norms =
                gpu.scratch(2 * size_of::<f32>() * args.rows() + 2 * size_of::<f64>() * parts * channels);
            (norms, norms.skip(2 * size_of::<f32>() * args.rows()))
        }
        false => (Pointer::NULL, Pointer::NULL),
    };
    let launch = kernel(gpu, args, "layer_norm_backward").over_rows(args.rows(), args.len());
    launch.array(sizes(args)).arg(args.eps).arg(weight).arg(x).arg(dy).arg(dx).arg(norms).run();
    if !trained {
        return;
    }
    let [columns, lanes] = [COLUMNS as u32, Launch::BLOCK / COLUMNS as u32];
    let blocks = channels.div_ceil(COLUMNS) as u32;
    let launch = match args.pixels {
        1 => kernel(gpu, args, "sums_of_columns").grid([blocks, parts as u32, 1]).block([columns, lanes, 1]),
        pixels => kernel(gpu, args, "sums_of_planes").over_rows(args.samples * channels, pixels),
    };
    launch.array(sizes(args)).arg(x).arg(dy).arg(norms).arg(sums).run();
    let launch = kernel(gpu, args, "add_parts").grid([blocks, 1, 1]).block([columns, lanes, 1]);
    launch.arg(parts).arg(channels).arg(sums).arg(dweight).arg(dbias).run();
}

/// Blocks for each column: as many as give all multiprocessors work.
fn parts(gpu: &Gpu<'_>, samples: usize, channels: usize) -> usize {
    let wanted = (8 * gpu.properties().multiprocessors as usize).div_ceil(channels.div_ceil(COLUMNS).max(1));
    let lanes = Launch::BLOCK as usize / COLUMNS;
    wanted.min(samples.div_ceil(lanes * LEAST)).clamp(1, MOST_PARTS)
}
