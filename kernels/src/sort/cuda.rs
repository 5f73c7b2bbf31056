use super::Args;
use crate::launch::{Gpu, Pointers, Source};

const SOURCE: Source = Source::new("sort", include_str!("sort.cu"));

/// Items that a block sorts by itself, where rows have more than the few of a small block.
const TILE: usize = 1024;
const SMALL_TILE: usize = 64;
/// The most blocks of a launch.
const MOST_BLOCKS: usize = 1 << 30;

pub(super) fn sort(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { dtype, rows, len, keep, descending } = args;
    if rows == 0 || len == 0 {
        return;
    }
    let [x, scratch, values, indices] = [0, 1, 2, 3].map(|i| memory.at(i));
    let long = dtype.size() == 8;
    // Keys of 32 bits go with their index into one number, for which the scratch of the call has room.
    let items = if long { gpu.scratch(rows * len * 16) } else { scratch };
    if items.is_null() {
        return;
    }
    let tile = if len <= SMALL_TILE { SMALL_TILE } else { TILE };
    let blocks = rows * len.div_ceil(tile);
    let kernel = |kernel| {
        gpu.kernel(&SOURCE, kernel).define("ELEMENT", dtype).define("TILE", tile).define("LONG", long)
    };
    let by_tiles = |name| {
        let launch = kernel(name).grid([blocks.min(MOST_BLOCKS) as u32, 1, 1]).block([tile as u32 / 2, 1, 1]);
        launch.arg(blocks).arg(len)
    };
    let pairs = len.next_power_of_two() / 2;
    let step = |half: usize, mirror: bool| {
        let launch = kernel("merge_step").over(rows * pairs).arg(rows).arg(len).arg(pairs.trailing_zeros());
        launch.arg(half).arg(mirror).arg(items).run();
    };

    by_tiles("sort_tiles").arg(descending).arg(x).arg(items).run();
    let mut half = tile;
    while half < len {
        step(half, true);
        let mut distance = half / 2;
        while distance >= tile {
            step(distance, false);
            distance /= 2;
        }
        by_tiles("merge_tiles").arg(items).run();
        half *= 2;
    }
    let launch = kernel("keep").over(rows * len).arg(rows).arg(len).arg(keep);
    launch.arg(x).arg(items).arg(scratch).arg(values).arg(indices).run();
}
