use super::{AdamArgs, Args, ClipNormArgs, RmsPropArgs, RoundArgs, SgdArgs, UnscaleArgs};
use crate::StepRates;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source};

const SOURCE: Source = Source::new("update", include_str!("update.cu"));

/// Floats that a block takes at once.
const CHUNK: usize = 1024;

/// Blocks that run at the same time on a multiprocessor; they take chunks until there are no more.
const RESIDENT: usize = 8;

/// How many blocks the memory of a model is worth; at least one.
fn blocks(gpu: &Gpu<'_>, rows: usize, bytes: usize) -> u32 {
    let most = RESIDENT * gpu.properties().multiprocessors as usize;
    // Each row may end in a chunk that is not full.
    (bytes / size_of::<f32>() / CHUNK).saturating_add(rows).clamp(1, most.max(1)) as u32
}

/// A pass over the rows of a table.
fn pass<'a>(gpu: &Gpu<'a>, kernel: &'static str, rows: usize, bytes: usize, table: Pointer) -> Launch<'a> {
    let launch = gpu.kernel(&SOURCE, kernel).grid([blocks(gpu, rows, bytes), 1, 1]);
    launch.arg(table).arg(rows).arg(bytes).faults()
}

pub(super) fn sgd(gpu: &Gpu<'_>, args: &SgdArgs, memory: &Pointers) {
    let launch = pass(gpu, "sgd", args.rows, args.bytes, memory.at(0));
    let launch = (1..=4).fold(launch, |launch, i| launch.arg(memory.at(i)));
    launch.arg(args.momentum).arg(args.dampening).arg(args.nesterov).arg(args.clip_value).run();
}

pub(super) fn adam(gpu: &Gpu<'_>, args: &AdamArgs, memory: &Pointers) {
    let launch = pass(gpu, "adam", args.rows, args.bytes, memory.at(0));
    let launch = (1..=5).fold(launch, |launch, i| launch.arg(memory.at(i)));
    let launch = launch.arg(args.beta1).arg(args.beta2).arg(args.eps);
    launch.arg(args.decoupled).arg(args.clip_value).run();
}

pub(super) fn rms_prop(gpu: &Gpu<'_>, args: &RmsPropArgs, memory: &Pointers) {
    let launch = pass(gpu, "rms_prop", args.rows, args.bytes, memory.at(0));
    let launch = (1..=6).fold(launch, |launch, i| launch.arg(memory.at(i)));
    launch.arg(args.alpha).arg(args.eps).arg(args.momentum).arg(args.clip_value).run();
}

pub(super) fn merge_averages(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let launch = pass(gpu, "merge_averages", args.rows, args.bytes, memory.at(0));
    launch.arg(memory.at(1)).arg(memory.at(2)).run();
}

pub(super) fn zero_gradients(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    pass(gpu, "zero_gradients", args.rows, args.bytes, memory.at(0)).arg(memory.at(1)).run();
}

pub(super) fn clip_norm(gpu: &Gpu<'_>, args: &ClipNormArgs, memory: &Pointers) {
    let blocks = blocks(gpu, args.rows, args.bytes);
    let sums = gpu.scratch(blocks as usize * size_of::<f64>());
    pass(gpu, "squares", args.rows, args.bytes, memory.at(0)).arg(memory.at(1)).arg(sums).run();
    let launch = gpu.kernel(&SOURCE, "clip_norm").arg(blocks).arg(sums).arg(args.max_norm);
    launch.arg(memory.at(2)).arg(memory.at(3)).run();
}

pub(super) fn begin_scaled_step(gpu: &Gpu<'_>, memory: &Pointers) {
    let launch = gpu.kernel(&SOURCE, "begin_scaled_step").block([1, 1, 1]).memory(memory, [0, 1, 2]);
    launch.arg(StepRates::KEPT).run();
}

pub(super) fn unscale(gpu: &Gpu<'_>, args: &UnscaleArgs, memory: &Pointers) {
    let blocks = blocks(gpu, args.rows, args.bytes);
    let counts = gpu.scratch(blocks as usize * size_of::<u32>());
    pass(gpu, "not_finite", args.rows, args.bytes, memory.at(0)).arg(memory.at(1)).arg(counts).run();
    let launch = gpu.kernel(&SOURCE, "unscale").arg(blocks).arg(counts).faults();
    launch.arg(args.growth).arg(args.backoff).arg(args.interval).memory(memory, [2, 3]).run();
}

pub(super) fn round_parameters(gpu: &Gpu<'_>, args: &RoundArgs, memory: &Pointers) {
    /// The most blocks in the direction y of a grid.
    const MOST: usize = 65_535;
    let &RoundArgs { rows, from, to } = args;
    let blocks = (from / CHUNK).clamp(1, gpu.properties().multiprocessors.max(1) as usize);
    let launch = gpu.kernel(&SOURCE, "round_parameters").grid([blocks as u32, rows.min(MOST) as u32, 1]);
    launch.arg(memory.at(0)).arg(rows).arg(from).arg(to).faults().memory(memory, [1, 2]).run();
}
