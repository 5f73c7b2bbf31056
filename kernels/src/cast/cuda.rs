use super::Args;
use crate::launch::{Gpu, Pointers, Source, pack};

const SOURCE: Source = Source::new("cast", include_str!("cast.cu"));

pub(super) fn cast(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { from, to, len } = args;
    let (x, y) = (memory.at(0), memory.at(1));
    let width = pack(len, 16, &[(x, from.size()), (y, to.size())]);
    let launch = gpu.kernel(&SOURCE, "cast").define("FROM", from).define("TO", to).define("WIDTH", width);
    launch.over(len / width).arg(len / width).arg(x).arg(y).run();
}
