use crate::launch::{Gpu, Pointer, Source, pack};

const SOURCE: Source = Source::new("fill", include_str!("fill.cu"));

/// Fills y with elements of `size` bytes, which are the low ones of `bits`.
pub(crate) fn fill(gpu: &Gpu<'_>, bits: u64, size: usize, len: usize, y: Pointer) {
    let width = pack(len, 16, &[(y, size)]);
    let launch = gpu.kernel(&SOURCE, "fill").define("SIZE", size).define("WIDTH", width);
    launch.over(len / width).arg(bits).arg(len / width).arg(y).run();
}
