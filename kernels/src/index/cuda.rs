use super::Args;
use crate::DType;
use crate::launch::{Define, Gpu, Launch, Pointer, Pointers, Source, pack};

const SOURCE: Source = Source::new("index", include_str!("index.cu"));

/// The indices: where they are, and their type.
#[derive(Clone, Copy)]
pub(crate) struct Indices {
    pub(crate) at: Pointer,
    pub(crate) dtype: DType,
}

impl Indices {
    /// Those of the operations of this folder.
    pub(super) fn of(memory: &Pointers) -> Self {
        Indices { at: memory.at(1), dtype: DType::I64 }
    }
}

impl Args {
    /// A kernel over [outer, count, inner], as these are here.
    fn kernel<'a>(&self, gpu: &Gpu<'a>, kernel: &'static str, indices: Indices) -> Launch<'a> {
        // Positions, and counts of them, in 32 bits where that is enough.
        let position = if self.named() < u32::MAX as usize { "u32" } else { "u64" };
        let launch = gpu.kernel(&SOURCE, kernel).define("INDEX_TYPE", indices.dtype);
        launch.define("POSITION", Define::Text(position))
    }

    fn sizes<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        launch.over(self.named()).arg(self.named()).arg(self.len).arg(self.count).arg(self.inner)
    }
}

pub(crate) fn gather(gpu: &Gpu<'_>, args: &Args, x: Pointer, indices: Indices, y: Pointer) {
    let launch =
        args.kernel(gpu, "gather", indices).define("SIZE", args.dtype.size()).define("WIDTH", 1usize);
    args.sizes(launch).arg(x).arg(indices.at).arg(y).faults().run();
}

pub(crate) fn index_select(gpu: &Gpu<'_>, args: &Args, x: Pointer, indices: Indices, y: Pointer) {
    let size = args.dtype.size();
    let width = pack(args.inner, 16, &[(x, size), (y, size)]);
    let packs = Args { inner: args.inner / width, ..*args };
    let kernel = |name| packs.kernel(gpu, name, indices).define("SIZE", size).define("WIDTH", width);
    if args.named() == 0 {
        return kernel("check").over(args.count).arg(args.count).arg(args.len).arg(indices.at).faults().run();
    }
    packs.sizes(kernel("index_select")).arg(x).arg(indices.at).arg(y).faults().run();
}

pub(crate) fn scatter_add(gpu: &Gpu<'_>, args: &Args, x: Pointer, indices: Indices, y: Pointer) {
    let Some([first, times]) = note(gpu, args, indices) else { return };
    let launch = args.kernel(gpu, "scatter_add", indices).define("ELEMENT", args.dtype);
    args.sizes(launch).arg(x).arg(indices.at).arg(first).arg(times).arg(y).run();
}

pub(crate) fn index_add(gpu: &Gpu<'_>, args: &Args, x: Pointer, indices: Indices, y: Pointer) {
    let one = Args { outer: 1, inner: 1, ..*args };
    let Some([first, times]) = note(gpu, &one, indices) else { return };
    let grid = [args.count.min(i32::MAX as usize), args.outer.min(u16::MAX.into()), 1];
    let threads = args.inner.clamp(1, Launch::BLOCK as usize).next_multiple_of(32);
    let launch = one.kernel(gpu, "index_add", indices).define("ELEMENT", args.dtype);
    let launch = launch.grid(grid.map(|blocks| blocks as u32)).block([threads as u32, 1, 1]);
    let launch = launch.arg(args.outer).arg(args.len).arg(args.count).arg(args.inner);
    launch.arg(x).arg(indices.at).arg(first).arg(times).arg(y).run();
}

/// For each place that indices name which position among them is the first, and how many there are; none if there
/// are no indices.
fn note(gpu: &Gpu<'_>, args: &Args, indices: Indices) -> Option<[Pointer; 2]> {
    let position = if args.named() < u32::MAX as usize { size_of::<u32>() } else { size_of::<u64>() };
    let bytes = args.whole() * position;
    let first = gpu.scratch(2 * bytes);
    let times = first.skip(bytes);
    let kernel = |name| args.sizes(args.kernel(gpu, name, indices).define("ELEMENT", args.dtype));
    kernel("forget").arg(indices.at).arg(first).arg(times).run();
    kernel("note").arg(indices.at).arg(first).arg(times).faults().run();
    (args.named() > 0).then_some([first, times])
}
