use super::Args;
use crate::broadcast::Operand;
use crate::cpu::multiversion;
use crate::element::BLOCK;
use crate::op::Memory;
use crate::{Bool, Cpu, Plain, zeroed};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

/// Only the size of the elements matters.
pub(super) fn select(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    if memory.is_empty(3) {
        return;
    }
    match args.dtype.size() {
        1 => choose::<u8>(cpu, args, memory),
        2 => choose::<u16>(cpu, args, memory),
        4 => choose::<u32>(cpu, args, memory),
        _ => choose::<u64>(cpu, args, memory),
    }
}

fn choose<T: Plain + Copy>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let mask = Operand::<Bool>::new(&args.dims, &args.mask, memory.read(0));
    let a = Operand::<T>::new(&args.dims, &args.a, memory.read(1));
    let b = Operand::<T>::new(&args.dims, &args.b, memory.read(2));
    let y = memory.write::<T>(3);
    let (isa, work) = (cpu.isa(), y.len());
    let whole = mask.contiguous().is_some() && a.contiguous().is_some() && b.contiguous().is_some();
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| {
        let (mut at, len) = (task * CHUNK, y.len());
        if whole {
            let mask = mask.block(at, len, &mut []);
            return blend(isa, mask, a.block(at, len, &mut []), b.block(at, len, &mut []), y);
        }
        let (mut masks, mut elements): ([Bool; BLOCK], [[T; BLOCK]; 2]) = (zeroed(), zeroed());
        let [buffer_a, buffer_b] = &mut elements;
        for y in y.chunks_mut(BLOCK) {
            let len = y.len();
            let mask = mask.block(at, len, &mut masks);
            blend(isa, mask, a.block(at, len, buffer_a), b.block(at, len, buffer_b), y);
            at += len;
        }
    });
}

multiversion! {
    fn blend<T: Copy>(isa, mask: &[Bool], a: &[T], b: &[T], y: &mut [T]) {
        for (((y, mask), a), b) in y.iter_mut().zip(mask).zip(a).zip(b) {
            *y = if mask.get() { *a } else { *b };
        }
    }
}
