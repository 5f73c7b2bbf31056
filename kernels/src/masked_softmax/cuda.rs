use super::{Args, Padding};
use crate::launch::{Gpu, Pointers, Source};

const SOURCE: Source = Source::new("masked_softmax", include_str!("masked_softmax.cu"));

pub(super) fn forward(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let launch = gpu.kernel(&SOURCE, "masked_softmax").define("CAUSAL", args.causal);
    let launch = launch.define("MASK", args.padding == Padding::Mask);
    let launch = launch.define("LENGTHS", args.padding == Padding::Lengths).over_rows(args.rows(), args.keys);
    let sizes = [args.samples, args.heads, args.queries, args.keys];
    launch.array(sizes).memory(memory, [0, 1, 2]).run();
}
