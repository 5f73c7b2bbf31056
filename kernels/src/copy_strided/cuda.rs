use super::Args;
use super::axes::{Axis, Plan};
use crate::DType;
use crate::launch::{Gpu, Pointer, Pointers, Source};
use crate::strides::{Space, Transpose};

const SOURCE: Source = Source::new("copy_strided", include_str!("copy_strided.cu"));

/// What is done with the elements.
#[derive(Clone, Copy)]
pub(crate) enum Elements {
    /// Those of so many bytes are copied.
    Copied(usize),
    /// Floats are multiplied, and added to what is there if `accumulate`.
    Scaled { factor: f32, accumulate: bool },
}

pub(super) fn copy_strided(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let Some(plan) = Plan::new(args) else { return };
    let axis = |axis: &Axis| (axis.len, [axis.from, axis.to as isize]);
    let (x, y) = (memory.at(0).skip(plan.from * args.size), memory.at(1).skip(plan.to * args.size));
    copy(gpu, Elements::Copied(args.size), Space::new(plan.as_slice().iter().rev().map(axis)), x, y);
}

/// y ← x, so many bytes.
pub(crate) fn copy_bytes(gpu: &Gpu<'_>, bytes: usize, x: Pointer, y: Pointer) {
    let fits =
        |size: usize| bytes.is_multiple_of(size) && x.is_aligned(size as u64) && y.is_aligned(size as u64);
    let size = [8, 4, 2].into_iter().find(|size| fits(*size)).unwrap_or(1);
    copy(gpu, Elements::Copied(size), Space::new([(bytes / size, [1, 1])]), x, y);
}

/// y ← x, whose strides are those of the space.
pub(crate) fn copy(gpu: &Gpu<'_>, elements: Elements, space: Space<2>, x: Pointer, y: Pointer) {
    let (sizes, factor, accumulate) = match elements {
        Elements::Copied(size) => ([size; 2], 1.0, false),
        Elements::Scaled { factor, accumulate } => {
            ([gpu.element(), gpu.output()].map(DType::size), factor, accumulate)
        }
    };
    let scaled = matches!(elements, Elements::Scaled { .. });
    let kernel = |name| gpu.kernel(&SOURCE, name).define("SIZE", sizes[0]).define("SCALED", scaled);
    let launch = match space.transpose() {
        Some(Transpose { rest, rows, columns }) => {
            let squares = rest.count() * rows.0.div_ceil(32) * columns.0.div_ceil(32);
            let launch = rest.launch(kernel("transpose")).grid([squares.min(1 << 20) as u32, 1, 1]);
            let launch = launch.block([32, 8, 1]).arg(rows.0).arg(rows.1 as i64);
            launch.arg(columns.0).arg(columns.1 as i64)
        }
        None => space.packed(16, [(x, sizes[0]), (y, sizes[1])]).launch(kernel("copy")),
    };
    launch.arg(factor).arg(accumulate).arg(x).arg(y).run();
}
