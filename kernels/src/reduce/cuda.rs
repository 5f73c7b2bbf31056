use super::{Args, ExpandArgs};
use crate::fold::{self, FoldOp};
use crate::launch::{Gpu, Pointers, Source};

const EXPAND: Source = Source::new("expand", include_str!("expand.cu"));

pub(super) fn reduce(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { outer, len, inner, mean, accumulate } = args;
    let sum = fold::Args { op: FoldOp::Sum, dtype: gpu.element(), outer, len, inner };
    fold::run_on_gpu(gpu, &sum, gpu.output(), [mean, accumulate], memory.at(0), memory.at(1));
}

pub(super) fn expand(gpu: &Gpu<'_>, args: &ExpandArgs, memory: &Pointers) {
    let &ExpandArgs { outer, len, inner, factor } = args;
    let slab = len * inner;
    let elements = outer * slab;
    let index = if elements < 1 << 31 { "u32" } else { "i64" };
    let launch = gpu.kernel(&EXPAND, "expand").define("INDEX", index).over(elements);
    launch.arg(elements).arg(slab).arg(inner).arg(factor).memory(memory, [0, 1]).run();
}
