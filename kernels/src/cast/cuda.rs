use super::Args;
use crate::DType;
use crate::launch::{Gpu, Pointers, Source, pack};

const SOURCE: Source = Source::new("cast", include_str!("cast.cu"));

pub(super) fn cast(gpu: &Gpu<'_>, args: &Args, memory: &Pointers) {
    let &Args { from, to, len } = args;
    let (x, y) = (memory.at(0), memory.at(1));
    let width = pack(len, 4, &[(x, from.size()), (y, to.size())]);
    let launch = gpu.kernel(&SOURCE, kernel(to)).define("FROM", from).define("WIDTH", width);
    launch.over(len / width).arg(len / width).arg(x).arg(y).run();
}

/// One source for each type that is read has the kernels for all that are written.
fn kernel(to: DType) -> &'static str {
    match to {
        DType::F32 => "cast_to_f32",
        DType::F64 => "cast_to_f64",
        DType::Bf16 => "cast_to_bf16",
        DType::F16 => "cast_to_f16",
        DType::I8 => "cast_to_i8",
        DType::U8 => "cast_to_u8",
        DType::I32 => "cast_to_i32",
        DType::I64 => "cast_to_i64",
        DType::Bool => "cast_to_bool",
    }
}
