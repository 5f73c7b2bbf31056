use super::Args;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("scan", include_str!("scan.cu"));

/// A longer row is run along by whole blocks.
const LONG: usize = 1024;
/// Elements that a thread should have at least, before blocks share those of a line.
const LEAST: usize = 16;
/// The most blocks that share.
const MOST_PARTS: usize = 1024;

pub(super) fn scan(gpu: &Gpu<'_>, args: &Args, product: bool, memory: &Pointers) {
    let &Args { dtype, outer, len, inner, reverse } = args;
    let (lines, block) = (outer * inner, Launch::BLOCK as usize);
    let (rows, team) = (inner == 1, if len > LONG { block } else { 32 });
    let lanes = if rows { team } else { 1 };
    let blocks = lines.div_ceil(block / lanes);
    let wanted = (8 * gpu.properties().multiprocessors as usize).div_ceil(blocks.max(1));
    let shared = if len > LONG { len.div_ceil(lanes * LEAST).min(MOST_PARTS) } else { 1 };
    let parts = wanted.min(shared).max(1);

    let kernel = |kernel| {
        let launch = gpu.kernel(&SOURCE, kernel).define("IN", dtype).define("OUT", args.output());
        let launch = launch.define("FLOAT", dtype.is_float()).define("PRODUCT", product);
        let launch = launch.grid([blocks as u32, parts as u32, 1]);
        let launch = if rows { launch.define("TEAM", team) } else { launch };
        launch.arg(lines).arg(len).arg(inner).arg(reverse).arg(memory.at(0))
    };
    // Nothing runs along an axis without elements.
    if len == 0 {
        return;
    }
    let totals = if parts > 1 { gpu.scratch(parts * lines * size_of::<f64>()) } else { Pointer::NULL };
    if parts > 1 {
        kernel("totals").arg(totals).run();
    }
    kernel("scan").arg(memory.at(1)).arg(totals).run();
}
