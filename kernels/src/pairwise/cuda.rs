use super::{Args, PairOp};
use crate::launch::{Gpu, Pointers, Source};
use crate::strides::Space;

const SOURCE: Source = Source::new("pairwise", include_str!("pairwise.cu"));

pub(super) fn pairwise(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { op, dtype, ref dims, in_place, .. } = args;
    let (b, y) = (memory.at(1), memory.at(2));
    let a = if in_place { y } else { memory.at(0) };
    // y, which a may be, lies as the indices follow each other.
    let mut following = [1usize; super::AXES];
    for i in (1..super::AXES).rev() {
        following[i - 1] = following[i].saturating_mul(dims[i]);
    }
    let space = Space::of_operands(dims, [if in_place { &following } else { &args.a }, &args.b]);
    let (size, slow) = (dtype.size(), is_slow(op));
    // The result has to be aligned as well.
    let most = if slow || !y.is_aligned(16) { 1 } else { 4 };
    let space = space.packed(most, [(a, size), (b, size)]);
    let kernel = if op.compares() { "pairwise_compare" } else { "pairwise" };
    let launch = gpu.kernel(&SOURCE, kernel).define("ELEMENT", dtype).define("SLOW", slow);
    let launch = space.launch(launch).arg(op as u32).arg(a).arg(b).arg(y);
    if op.compares() { launch.run() } else { launch.faults().run() }
}

/// Whether it takes many instructions, so that a thread has one element.
fn is_slow(op: PairOp) -> bool {
    use PairOp::*;
    matches!(op, Pow | Rem | Fmod | DivFloor | Atan2)
}
