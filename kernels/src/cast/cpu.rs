use super::Args;
use crate::cpu::multiversion;
use crate::element::{BLOCK, Compute, Stored, dispatch, loaded};
use crate::op::Memory;
use crate::{Cpu, zeroed};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

pub(super) fn cast(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    dispatch!(args.from, T => from::<T>(cpu, args, memory));
}

/// By way of what x is computed in, which loses nothing, to keep the number of loops small.
fn from<T: Stored>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let (isa, x) = (cpu.isa(), memory.read::<T>(0));
    let blocks = |at: usize, len: usize, f: &mut dyn FnMut(&[T::Compute])| {
        let mut buffer: [T::Compute; BLOCK] = zeroed();
        x[at..][..len].chunks(BLOCK).for_each(|x| f(loaded(isa, x, &mut buffer)));
    };
    dispatch!(args.to, U => to::<T::Compute, U>(cpu, &blocks, memory.write(1)));
}

/// Calls a function with the elements from one on, so many, in blocks of [`BLOCK`].
type Blocks<'a, C> = dyn Fn(usize, usize, &mut dyn FnMut(&[C])) + Sync + 'a;

fn to<C: Compute, U: Stored>(cpu: &Cpu, x: &Blocks<'_, C>, y: &mut [U]) {
    let (isa, work) = (cpu.isa(), y.len());
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| {
        let (len, mut rest) = (y.len(), y);
        x(task * CHUNK, len, &mut |x| {
            let (y, after) = core::mem::take(&mut rest).split_at_mut(x.len());
            convert(isa, x, y);
            rest = after;
        });
    });
}

multiversion! {
    fn convert<C: Compute, U: Stored>(isa, x: &[C], y: &mut [U]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = U::convert(*x));
    }
}
