use super::Args;
use crate::launch::{Gpu, Pointers, Source};
use crate::strides::Space;

const SOURCE: Source = Source::new("select", include_str!("select.cu"));

/// Only the size of the elements matters.
pub(super) fn select(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let [mask, a, b, y] = [0, 1, 2, 3].map(|i| memory.at(i));
    let size = args.dtype.size();
    let space = Space::of_operands(&args.dims, [&args.mask, &args.a, &args.b]);
    let space = space.packed(if y.is_aligned(16) { 16 } else { 1 }, [(mask, 1), (a, size), (b, size)]);
    let launch = space.launch(gpu.kernel(&SOURCE, "choose").define("SIZE", size));
    launch.arg(mask).arg(a).arg(b).arg(y).run();
}
