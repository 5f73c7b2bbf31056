use super::{AffineArgs, BinaryArgs, BinaryOp, CopyRowsArgs, ReciprocalArgs};
use crate::copy_strided::cuda::{self, Elements};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source, pack};
use crate::strides::Space;

const SOURCE: Source = Source::new("arithmetic", include_str!("arithmetic.cu"));
const FLOAT: usize = size_of::<f32>();

/// A kernel over packs of all `memories`; how many packs there are.
fn packed<'a>(
    gpu: &Gpu<'a>,
    kernel: &'static str,
    len: usize,
    memories: &[(Pointer, usize)],
) -> (Launch<'a>, usize) {
    let width = pack(len, 4, memories);
    (gpu.kernel(&SOURCE, kernel).define("WIDTH", width).over(len / width), len / width)
}

pub(super) fn binary(gpu: &Gpu<'_>, args: &BinaryArgs, memory: &Pointers) {
    let (b, y) = (memory.at(1), memory.at(2));
    combine(gpu, args.op, args.len, if args.in_place { y } else { memory.at(0) }, b, y);
}

pub(super) fn add_assign(gpu: &Gpu<'_>, len: usize, memory: &Pointers) {
    combine(gpu, BinaryOp::Add, len, memory.at(1), memory.at(0), memory.at(1));
}

fn combine(gpu: &Gpu<'_>, op: BinaryOp, len: usize, a: Pointer, b: Pointer, y: Pointer) {
    let (launch, count) = packed(gpu, "binary", len, &[(a, FLOAT), (b, FLOAT), (y, FLOAT)]);
    launch.arg(op as u32).arg(count).arg(a).arg(b).arg(y).run();
}

pub(super) fn affine(gpu: &Gpu<'_>, args: &AffineArgs, memory: &Pointers) {
    let y = memory.at(1);
    let x = if args.in_place { y } else { memory.at(0) };
    let (launch, count) = packed(gpu, "affine", args.len, &[(x, FLOAT), (y, FLOAT)]);
    launch.arg(args.scale).arg(args.shift).arg(count).arg(x).arg(y).run();
}

pub(super) fn reciprocal(gpu: &Gpu<'_>, args: &ReciprocalArgs, memory: &Pointers) {
    let y = memory.at(1);
    let x = if args.in_place { y } else { memory.at(0) };
    let (launch, count) = packed(gpu, "reciprocal", args.len, &[(x, FLOAT), (y, FLOAT)]);
    launch.arg(args.numerator).arg(count).arg(x).arg(y).run();
}

pub(super) fn copy_rows(gpu: &Gpu<'_>, args: &CopyRowsArgs, memory: &Pointers) {
    let &CopyRowsArgs { rows, width, from_stride, to_stride } = args;
    let space = Space::new([(width, [1, 1]), (rows, [from_stride as isize, to_stride as isize])]);
    cuda::copy(gpu, Elements::Copied(FLOAT), space, memory.at(0), memory.at(1));
}
