use super::Args;
use super::axes::Plan;
use crate::launch::{Gpu, Pointer, Pointers, Source};
use crate::strides::Space;

const SOURCE: Source = Source::new("copy_strided", include_str!("copy_strided.cu"));

pub(super) fn copy_strided(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let Some(plan) = Plan::new(args) else { return };
    let axis = |axis: &super::axes::Axis| (axis.len, [axis.from, axis.to as isize]);
    let (x, y) = (memory.at(0).skip(plan.from * args.size), memory.at(1).skip(plan.to * args.size));
    copy(gpu, args.size, Space::new(plan.as_slice().iter().rev().map(axis)), x, y);
}

/// y ← x, so many bytes.
pub(crate) fn copy_bytes(gpu: &Gpu<'_>, bytes: usize, x: Pointer, y: Pointer) {
    let fits =
        |size: usize| bytes.is_multiple_of(size) && x.is_aligned(size as u64) && y.is_aligned(size as u64);
    let size = [8, 4, 2].into_iter().find(|size| fits(*size)).unwrap_or(1);
    copy(gpu, size, Space::new([(bytes / size, [1, 1])]), x, y);
}

/// y ← x, elements of `size` bytes, whose strides are those of x and y.
pub(crate) fn copy(gpu: &Gpu<'_>, size: usize, space: Space<2>, x: Pointer, y: Pointer) {
    let space = space.packed(16, [(x, size), (y, size)]);
    space.launch(gpu.kernel(&SOURCE, "copy").define("SIZE", size)).arg(x).arg(y).run();
}
