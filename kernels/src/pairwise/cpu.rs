use core::sync::atomic::{AtomicBool, Ordering};

use super::loops::{Arithmetic, compare};
use super::{Args, PairOp};
use crate::broadcast::Operand;
use crate::cpu::part;
use crate::element::{BLOCK, Number, Stored, dispatch, load, loaded, store};
use crate::op::Memory;
use crate::{Bool, Cpu, Isa, zeroed};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

/// Whether integers were divided by zero.
pub(super) fn pairwise(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) -> bool {
    if memory.is_empty(2) {
        return false;
    }
    if args.op.compares() {
        dispatch!(args.dtype, T => comparison::<T>(cpu, args, memory.read(0), memory.read(1), memory.write(2)));
        return false;
    }
    dispatch!(args.dtype, T => arithmetic::<T>(cpu, args, memory.read(0), memory.read(1), memory.write(2)))
}

/// Elementary operations per element, roughly.
fn cost(op: PairOp) -> usize {
    match op {
        PairOp::Pow | PairOp::Rem | PairOp::Fmod | PairOp::DivFloor | PairOp::Atan2 => 32,
        _ => 1,
    }
}

/// All elements, where they are one after the other and of the type that is computed in.
fn whole_of<'a, T: Stored>(x: &Operand<'a, T>) -> Option<&'a [T::Compute]> {
    x.contiguous().and_then(T::as_compute)
}

fn arithmetic<T: Stored<Compute: Arithmetic>>(cpu: &Cpu, args: &Args, a: &[T], b: &[T], y: &mut [T]) -> bool {
    let (isa, op, work) = (cpu.isa(), args.op, y.len() * cost(args.op));
    let a = (!args.in_place).then(|| Operand::new(&args.dims, &args.a, a));
    let b = Operand::new(&args.dims, &args.b, b);
    // An absent a is an empty one: the loops take y for it.
    let whole_a = a.as_ref().map_or(Some(&[][..]), whole_of);
    let whole = whole_a.zip(whole_of(&b));
    let divides =
        !T::Compute::FLOAT && matches!(op, PairOp::Div | PairOp::Rem | PairOp::Fmod | PairOp::DivFloor);
    let by_zero = AtomicBool::new(false);
    let look = |b: &[T::Compute]| {
        if divides && b.contains(&T::Compute::ZERO) {
            by_zero.store(true, Ordering::Relaxed);
        }
    };
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| {
        let at = task * CHUNK;
        if let (Some((a, b)), Some(y)) = (whole, T::as_compute_mut(y)) {
            let b = part(b, at, y.len());
            look(b);
            T::Compute::combine(isa, op, part(a, at, y.len()), b, y);
        } else {
            blocks(isa, op, a.as_ref(), &b, at, y, &look);
        }
    });
    by_zero.into_inner()
}

/// y ← a ∘ b, or y ← y ∘ b without a, where y starts at element `at` of the result.
fn blocks<T: Stored<Compute: Arithmetic>>(
    isa: Isa,
    op: PairOp,
    a: Option<&Operand<'_, T>>,
    b: &Operand<'_, T>,
    mut at: usize,
    y: &mut [T],
    look: &dyn Fn(&[T::Compute]),
) {
    let mut stored: [[T; BLOCK]; 2] = zeroed();
    let mut wide: [[T::Compute; BLOCK]; 3] = zeroed();
    let ([stored_a, stored_b], [wide_a, wide_b, wide_y]) = (&mut stored, &mut wide);
    for y in y.chunks_mut(BLOCK) {
        let len = y.len();
        let a = match a {
            Some(a) => loaded(isa, a.block(at, len, stored_a), wide_a),
            None => {
                load(isa, y, &mut wide_a[..len]);
                &wide_a[..len]
            }
        };
        let b = loaded(isa, b.block(at, len, stored_b), wide_b);
        look(b);
        match T::as_compute_mut(y) {
            Some(y) => T::Compute::combine(isa, op, a, b, y),
            None => {
                T::Compute::combine(isa, op, a, b, &mut wide_y[..len]);
                store(isa, &wide_y[..len], y);
            }
        }
        at += len;
    }
}

fn comparison<T: Stored<Compute: Arithmetic>>(cpu: &Cpu, args: &Args, a: &[T], b: &[T], y: &mut [Bool]) {
    let (isa, op, work) = (cpu.isa(), args.op, y.len());
    let (a, b) = (Operand::new(&args.dims, &args.a, a), Operand::new(&args.dims, &args.b, b));
    let whole = whole_of(&a).zip(whole_of(&b));
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| {
        let mut at = task * CHUNK;
        if let Some((a, b)) = whole {
            return compare(isa, op, part(a, at, y.len()), part(b, at, y.len()), y);
        }
        let mut stored: [[T; BLOCK]; 2] = zeroed();
        let mut wide: [[T::Compute; BLOCK]; 2] = zeroed();
        let ([stored_a, stored_b], [wide_a, wide_b]) = (&mut stored, &mut wide);
        for y in y.chunks_mut(BLOCK) {
            let a = loaded(isa, a.block(at, y.len(), stored_a), wide_a);
            let b = loaded(isa, b.block(at, y.len(), stored_b), wide_b);
            compare(isa, op, a, b, y);
            at += y.len();
        }
    });
}
