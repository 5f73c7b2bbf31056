use half::{bf16, f16};

use super::{AffineArgs, BinaryArgs, BinaryOp, CopyRowsArgs, FillArgs, ReciprocalArgs};
use crate::copy_strided::cuda::{self, Elements};
use crate::launch::{Gpu, Launch, Pointer, Pointers, Source, pack};
use crate::strides::Space;
use crate::{DType, fill};

const SOURCE: Source = Source::new("arithmetic", include_str!("arithmetic.cu"));

/// A kernel over packs of all `memories`; how many packs there are.
fn packed<'a, const N: usize>(
    gpu: &Gpu<'a>,
    kernel: &'static str,
    len: usize,
    memories: [Pointer; N],
) -> (Launch<'a>, usize) {
    let size = gpu.element().size();
    let width = pack(len, 8, &memories.map(|memory| (memory, size)));
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
    let (launch, count) = packed(gpu, "binary", len, [a, b, y]);
    launch.arg(op as u32).arg(count).arg(a).arg(b).arg(y).run();
}

pub(super) fn affine(gpu: &Gpu<'_>, args: &AffineArgs, memory: &Pointers) {
    let y = memory.at(1);
    let x = if args.in_place { y } else { memory.at(0) };
    let (launch, count) = packed(gpu, "affine", args.len, [x, y]);
    launch.arg(args.scale).arg(args.shift).arg(count).arg(x).arg(y).run();
}

pub(super) fn reciprocal(gpu: &Gpu<'_>, args: &ReciprocalArgs, memory: &Pointers) {
    let y = memory.at(1);
    let x = if args.in_place { y } else { memory.at(0) };
    let (launch, count) = packed(gpu, "reciprocal", args.len, [x, y]);
    launch.arg(args.numerator).arg(count).arg(x).arg(y).run();
}

pub(super) fn copy_rows(gpu: &Gpu<'_>, args: &CopyRowsArgs, memory: &Pointers) {
    let &CopyRowsArgs { rows, width, from_stride, to_stride } = args;
    let space = Space::new([(width, [1, 1]), (rows, [from_stride as isize, to_stride as isize])]);
    cuda::copy(gpu, Elements::Copied(gpu.element().size()), space, memory.at(0), memory.at(1));
}

pub(super) fn fill(gpu: &Gpu<'_>, args: &FillArgs, memory: &Pointers) {
    let bits = match gpu.element() {
        DType::Bf16 => bf16::from_f32(args.value).to_bits().into(),
        DType::F16 => f16::from_f32(args.value).to_bits().into(),
        _ => args.value.to_bits().into(),
    };
    fill::cuda::fill(gpu, bits, gpu.element().size(), args.len, memory.at(0));
}
