use super::Args;
use crate::DType;
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source, pack};

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
    /// The type of a position among the indices, and its size: 32 bits where that is enough.
    fn position(&self) -> (&'static str, usize) {
        if self.named() < u32::MAX as usize { ("u32", 4) } else { ("u64", 8) }
    }

    fn kernel<'a>(&self, gpu: &Gpu<'a>, kernel: &'static str, indices: Indices) -> Launch<'a> {
        let launch = gpu.kernel(&SOURCE, kernel).define("INDEX_TYPE", indices.dtype);
        launch.define("POSITION", self.position().0)
    }

    /// Elements of which the bits are moved, `width` at once.
    fn mover<'a>(&self, gpu: &Gpu<'a>, kernel: &'static str, indices: Indices, width: usize) -> Launch<'a> {
        self.kernel(gpu, kernel, indices).define("SIZE", self.dtype.size()).define("WIDTH", width)
    }

    /// Elements that are added to those of another type, or of the same.
    fn adder<'a>(&self, gpu: &Gpu<'a>, kernel: &'static str, indices: Indices, to: DType) -> Launch<'a> {
        self.kernel(gpu, kernel, indices).define("ELEMENT", self.dtype).define("OUTPUT", to)
    }

    /// A thread for each of \[outer, count, inner\].
    fn sizes<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        launch.over(self.named()).arg(self.named()).arg(self.len).arg(self.count).arg(self.inner)
    }

    /// Where there is one index for each slice.
    fn slices(&self) -> Self {
        Args { outer: 1, inner: 1, ..*self }
    }
}

pub(crate) fn gather(gpu: &Gpu<'_>, args: &Args, x: Pointer, indices: Indices, y: Pointer) {
    args.sizes(args.mover(gpu, "gather", indices, 1)).arg(x).arg(indices.at).arg(y).faults().run();
}

pub(crate) fn index_select(gpu: &Gpu<'_>, args: &Args, x: Pointer, indices: Indices, y: Pointer) {
    if args.named() == 0 {
        return check(gpu, &args.slices(), indices);
    }
    let size = args.dtype.size();
    let width = pack(args.inner, 16, &[(x, size), (y, size)]);
    let packs = Args { inner: args.inner / width, ..*args };
    let launch = packs.sizes(args.mover(gpu, "index_select", indices, width));
    launch.arg(x).arg(indices.at).arg(y).faults().run();
}

pub(crate) fn scatter_add(gpu: &Gpu<'_>, args: &Args, x: Pointer, indices: Indices, y: Pointer) {
    if args.whole() == 0 {
        return check(gpu, args, indices);
    }
    let [first, times] = note(gpu, args, indices);
    let launch = args.sizes(args.adder(gpu, "scatter_add", indices, args.dtype));
    launch.arg(x).arg(indices.at).arg(first).arg(times).arg(y).run();
}

/// To elements of type `to`.
pub(crate) fn index_add(gpu: &Gpu<'_>, args: &Args, to: DType, x: Pointer, indices: Indices, y: Pointer) {
    let slices = args.slices();
    if args.whole() == 0 {
        return check(gpu, &slices, indices);
    }
    let [first, times] = note(gpu, &slices, indices);
    let grid = [args.count.min(i32::MAX as usize), args.outer.min(u16::MAX.into()), 1];
    let threads = args.inner.clamp(1, Launch::BLOCK as usize).next_multiple_of(32);
    let launch = slices.adder(gpu, "index_add", indices, to);
    let launch = launch.grid(grid.map(|blocks| blocks as u32)).block([threads as u32, 1, 1]);
    let launch = launch.arg(args.outer).arg(args.len).arg(args.count).arg(args.inner);
    launch.arg(x).arg(indices.at).arg(first).arg(times).arg(y).run();
}

/// Reports the first index that is out of range, where there is nothing else to do.
fn check(gpu: &Gpu<'_>, args: &Args, indices: Indices) {
    let launch = args.mover(gpu, "check", indices, 1).over(args.named());
    launch.arg(args.named()).arg(args.len).arg(indices.at).faults().run();
}

/// For each place that indices name which position among them is the first, and how many there are.
fn note(gpu: &Gpu<'_>, args: &Args, indices: Indices) -> [Pointer; 2] {
    let bytes = args.whole() * args.position().1;
    let first = gpu.scratch(2 * bytes);
    let times = first.skip(bytes);
    let launch =
        |name| args.sizes(args.adder(gpu, name, indices, args.dtype)).arg(indices.at).arg(first).arg(times);
    launch("forget").run();
    launch("note").faults().run();
    [first, times]
}
