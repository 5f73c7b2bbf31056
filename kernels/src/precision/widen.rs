//! An operation on `f32` over memory of 16-bit floats: all of that is widened, and what is written rounded.

use ::half::{bf16, f16};

use crate::element::{Stored, load, store};
use crate::op::{Access, MAX_MEMORY, Memory, Mode, Raw, Spec};
use crate::{Cpu, DType, Fault};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

/// Calls `run` with arguments as the second of `specs` says, made of those in `memory`, which are as the first says.
pub(super) fn widened(
    cpu: &Cpu,
    op: &'static str,
    [narrow, wide]: [Spec; 2],
    memory: &mut Memory<'_>,
    run: &dyn Fn(&mut Memory<'_>),
) {
    let pairs = || narrow.items().iter().zip(wide.items()).enumerate();
    let len = pairs().map(|(_, (narrow, wide))| room(narrow, wide)).sum();
    if !cfg!(feature = "std") && len > Cpu::STACK {
        return cpu.report(Fault::NoKernel { op });
    }
    cpu.with_buffer(len, |buffer| {
        let mut raws = [const { Raw::none() }; MAX_MEMORY];
        let mut rest = &mut *buffer;
        for (i, (narrow, wide)) in pairs() {
            if room(narrow, wide) == 0 {
                raws[i] = memory.take(i);
                continue;
            }
            let (own, after) = rest.split_at_mut(room(narrow, wide));
            let own = &mut own[..wide.bytes / size_of::<f32>()];
            match narrow.float {
                _ if wide.mode == Mode::Write => {}
                Some(DType::Bf16) => widen::<bf16>(cpu, memory.peek(i), own),
                _ => widen::<f16>(cpu, memory.peek(i), own),
            }
            raws[i] = if wide.mode == Mode::Read { Raw::read_slice(own) } else { Raw::write_slice(own) };
            rest = after;
        }
        run(&mut Memory::of(&mut raws[..narrow.items().len()]));
        let mut rest = &*buffer;
        for (i, (narrow, wide)) in pairs() {
            let (own, after) = rest.split_at(room(narrow, wide));
            match narrow.float {
                _ if own.is_empty() || wide.mode == Mode::Read => {}
                Some(DType::Bf16) => round::<bf16>(cpu, own, memory.write(i)),
                _ => round::<f16>(cpu, own, memory.write(i)),
            }
            rest = after;
        }
    });
}

/// Floats in the buffer for an argument: whole lines of memory, if it is widened.
fn room(narrow: &Access, wide: &Access) -> usize {
    if narrow.float == wide.float { 0 } else { (wide.bytes / size_of::<f32>()).next_multiple_of(16) }
}

fn widen<T: Stored<Compute = f32>>(cpu: &Cpu, x: &[T], y: &mut [f32]) {
    let (isa, work) = (cpu.isa(), x.len());
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| load(isa, &x[task * CHUNK..][..y.len()], y));
}

fn round<T: Stored<Compute = f32> + Send>(cpu: &Cpu, x: &[f32], y: &mut [T]) {
    let (isa, work) = (cpu.isa(), y.len());
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| store(isa, &x[task * CHUNK..][..y.len()], y));
}
