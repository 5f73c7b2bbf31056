use super::{Args, Fold, FoldOp};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};
use crate::{DType, Fault, Op};

const SOURCE: Source = Source::new("fold", include_str!("fold.cu"));

/// Outputs of a block, where neighbours are not along the axis.
const COLUMNS: usize = 32;
/// A longer axis is worked on by whole blocks.
const LONG: usize = 1024;
/// Elements that a thread should have at least, before blocks share those of an output.
const LEAST: usize = 16;
/// The most blocks that share.
const MOST_PARTS: usize = 256;
/// The largest state of a fold: a number and its place.
const STATE: usize = 16;

impl FoldOp {
    fn source_name(self) -> &'static str {
        match self {
            FoldOp::Sum => "SUM",
            FoldOp::Prod => "PROD",
            FoldOp::Max => "MAX",
            FoldOp::Min => "MIN",
            FoldOp::ArgMax => "ARG_MAX",
            FoldOp::ArgMin => "ARG_MIN",
            FoldOp::Any => "ANY",
            FoldOp::All => "ALL",
        }
    }
}

pub(super) fn fold(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    if args.len == 0 && !args.op.of_nothing() {
        if args.outer * args.inner > 0 {
            gpu.report(Fault::Index { op: Fold::NAME, row: 0, got: 0, limit: 0 });
        }
        return;
    }
    run(gpu, args, args.op.output(args.dtype), [false, false], memory.at(0), memory.at(1));
}

/// To elements of another type, sums divided by the length, and added to what `y` holds, if that is wanted.
pub(crate) fn run(
    gpu: &Gpu<'_>,
    args: &Args,
    output: DType,
    [mean, accumulate]: [bool; 2],
    x: Pointer,
    y: Pointer,
) {
    let &Args { op, dtype, outer, len, inner } = args;
    let (outputs, block) = (outer * inner, Launch::BLOCK as usize);
    let (columns, team) = (inner > 1, if len > LONG { block } else { 32 });
    let (per_block, lanes) = if columns { (COLUMNS, block / COLUMNS) } else { (block / team, team) };
    let blocks = outputs.div_ceil(per_block);
    let wanted = (8 * gpu.properties().multiprocessors as usize).div_ceil(blocks.max(1));
    let shared = if len > LONG { len.div_ceil(lanes * LEAST).min(MOST_PARTS) } else { 1 };
    let parts = wanted.min(shared).max(1);

    let kernel = |kernel, parts: usize| {
        let launch = gpu.kernel(&SOURCE, kernel).define("FOLD", op.source_name()).define("IN", dtype);
        let launch = launch.define("OUT", output);
        let shape = if columns { [COLUMNS as u32, lanes as u32, 1] } else { [Launch::BLOCK, 1, 1] };
        let launch = launch.define("COLUMNS", columns).grid([blocks as u32, parts as u32, 1]).block(shape);
        let launch = if columns { launch } else { launch.define("TEAM", team) };
        launch.arg(outputs).arg(if mean { len } else { 1 }).arg(accumulate)
    };
    let states = if parts > 1 { gpu.scratch(parts * outputs * STATE) } else { Pointer::NULL };
    kernel("fold", parts).arg(len).arg(inner).arg(x).arg(y).arg(states).run();
    if parts > 1 {
        kernel("merge_parts", 1).arg(parts).arg(states).arg(y).run();
    }
}
