use half::{bf16, f16};

use super::{FillArgs, Value};
use crate::element::{Element, Stored, dispatch};
use crate::op::Memory;
use crate::{Bool, Cpu, DType};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

pub(super) fn fill(cpu: &Cpu, args: &FillArgs, memory: &mut Memory<'_>) {
    dispatch!(args.dtype, T => all(cpu, convert::<T>(args.value), memory.write(0)));
}

/// The value as the element type has it, by its bits: the low ones.
pub(super) fn bits(args: &FillArgs) -> u64 {
    match args.dtype {
        DType::F32 => convert::<f32>(args.value).to_bits().into(),
        DType::F64 => convert::<f64>(args.value).to_bits(),
        DType::Bf16 => convert::<bf16>(args.value).to_bits().into(),
        DType::F16 => convert::<f16>(args.value).to_bits().into(),
        DType::I8 => convert::<i8>(args.value) as u64,
        DType::U8 => convert::<u8>(args.value).into(),
        DType::I32 => convert::<i32>(args.value) as u64,
        DType::I64 => convert::<i64>(args.value) as u64,
        DType::Bool => convert::<Bool>(args.value).get().into(),
    }
}

fn convert<T: Stored>(value: Value) -> T {
    match value {
        Value::Float(value) => T::convert(value),
        Value::Int(value) => T::convert(value),
    }
}

fn all<T: Element>(cpu: &Cpu, value: T, y: &mut [T]) {
    let work = y.len();
    cpu.parallel_chunks(y, CHUNK, work, |_, y, _| y.fill(value));
}
