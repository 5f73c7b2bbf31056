use super::Args;
use crate::launch::{Gpu, Pointers, Source, pack};

const SOURCE: Source = Source::new("dropout", include_str!("dropout.cu"));

pub(super) fn drop(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { len, probability, path, in_place } = args;
    let (step, y) = (memory.at(0), memory.at(2));
    let x = if in_place { y } else { memory.at(1) };
    let size = gpu.element().size();
    let whole = pack(len, 4, &[(x, size), (y, size)]) == 4;
    let launch = gpu.kernel(&SOURCE, "dropout").define("WHOLE", whole).over(len.div_ceil(4));
    launch
        .arg(step)
        .arg(path)
        .arg(args.threshold())
        .arg(1.0 / (1.0 - probability))
        .arg(len)
        .arg(x)
        .arg(y)
        .run();
}
