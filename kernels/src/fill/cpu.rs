use super::{FillArgs, Value};
use crate::element::{Element, Number, dispatch};
use crate::op::Memory;
use crate::{Bool, Cpu, DType};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

pub(super) fn fill(cpu: &Cpu, args: &FillArgs, memory: &mut Memory<'_>) {
    if args.dtype == DType::Bool {
        // Not by way of a byte, which 0.5 and 256 would leave at zero.
        let value = match args.value {
            Value::Float(value) => value != 0.0,
            Value::Int(value) => value != 0,
        };
        return all(cpu, Bool::from(value), memory.write(0));
    }
    dispatch!(args.dtype, T => all(cpu, convert::<T>(args.value), memory.write(0)));
}

fn convert<T: Element>(value: Value) -> T {
    T::narrow(match value {
        Value::Float(value) => T::Wide::from_f64(value),
        Value::Int(value) => T::Wide::from_i64(value),
    })
}

fn all<T: Element>(cpu: &Cpu, value: T, y: &mut [T]) {
    let work = y.len();
    cpu.parallel_chunks(y, CHUNK, work, |_, y, _| y.fill(value));
}
