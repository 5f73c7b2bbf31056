use super::Args;
use crate::Cpu;
use crate::Plain;
use crate::element::{Element, Number, dispatch};
use crate::op::Memory;

/// Elements written by one task, roughly.
const CHUNK: usize = 1 << 13;

/// Evaluates an expression with `$t` being an unsigned integer of the size of the elements.
macro_rules! by_size {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype.size() {
            1 => crate::element::with!($t = u8, $body),
            2 => crate::element::with!($t = u16, $body),
            4 => crate::element::with!($t = u32, $body),
            _ => crate::element::with!($t = u64, $body),
        }
    };
}

pub(super) fn gather(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let index = memory.read(1);
    by_size!(args.dtype, T => pick::<T>(cpu, args, memory.read(0), index, memory.write(2)));
}

fn pick<T: Plain + Copy + Default>(cpu: &Cpu, args: &Args, x: &[T], index: &[i64], y: &mut [T]) {
    let &Args { count, inner, len, .. } = args;
    // Whole rows of `inner`, so that a task knows its outer index without a division per element.
    let rows = CHUNK.div_ceil(inner.max(1));
    let work = y.len();
    cpu.parallel_chunks(y, rows * inner, work, |task, y, _| {
        let index = &index[task * rows * inner..];
        for (r, (y, index)) in y.chunks_exact_mut(inner).zip(index.chunks_exact(inner)).enumerate() {
            let x = &x[(task * rows + r) / count * len * inner..][..len * inner];
            for (i, (y, &index)) in y.iter_mut().zip(index).enumerate() {
                *y = args.place(index).map_or(T::default(), |place| x[place * inner + i]);
            }
        }
    });
}

pub(super) fn index_select(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let index = memory.read(1);
    by_size!(args.dtype, T => select::<T>(cpu, args, memory.read(0), index, memory.write(2)));
}

fn select<T: Plain + Copy + Default>(cpu: &Cpu, args: &Args, x: &[T], index: &[i64], y: &mut [T]) {
    let &Args { count, inner, len, .. } = args;
    let rows = CHUNK.div_ceil(inner.max(1));
    let work = y.len();
    cpu.parallel_chunks(y, rows * inner, work, |task, y, _| {
        let (mut outer, mut j) = (task * rows / count, task * rows % count);
        for y in y.chunks_exact_mut(inner) {
            match args.place(index[j]) {
                Some(place) if inner == 1 => y[0] = x[outer * len + place],
                Some(place) => y.copy_from_slice(&x[(outer * len + place) * inner..][..inner]),
                None => y.fill(T::default()),
            }
            j += 1;
            if j == count {
                (outer, j) = (outer + 1, 0);
            }
        }
    });
}

/// What is added: the numbers of the type, booleans as truth values.
#[inline(always)]
fn add<T: Element>(a: T, b: T) -> T {
    T::narrow(a.widen().add(b.widen()))
}

/// Cuts y so that each of its elements belongs to one task, which can so meet the indices in their order:
/// `f(outer, first, y)` gets the slices from `first` on of an outer index, some or all.
fn owners<T: Element>(cpu: &Cpu, args: &Args, y: &mut [T], f: impl Fn(usize, usize, &mut [T]) + Sync) {
    let &Args { count, inner, len, outer, .. } = args;
    let (slab, named) = (len * inner, count * inner);
    if slab == 0 || named == 0 {
        return;
    }
    // A part of the slices means looking at all indices, so there are as few as there are threads.
    let threads = cpu.threads();
    if outer >= threads {
        let slabs = CHUNK.div_ceil(slab + named);
        cpu.parallel_chunks(y, slabs * slab, outer * named, |task, y, _| {
            y.chunks_exact_mut(slab).enumerate().for_each(|(s, y)| f(task * slabs + s, 0, y));
        });
        return;
    }
    let rows = len.div_ceil(threads);
    for (o, y) in y.chunks_exact_mut(slab).enumerate() {
        cpu.parallel_chunks(y, rows * inner, named, |task, y, _| f(o, task * rows, y));
    }
}

pub(super) fn scatter_add(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let index = memory.read(1);
    dispatch!(args.dtype, T => {
        let (x, named) = (memory.read::<T>(0), args.count * args.inner);
        owners(cpu, args, memory.write(2), |outer, first, y| {
            scatter(args, first, &x[outer * named..][..named], &index[outer * named..][..named], y);
        });
    });
}

fn scatter<T: Element>(args: &Args, first: usize, x: &[T], index: &[i64], y: &mut [T]) {
    let inner = args.inner;
    for (x, index) in x.chunks_exact(inner).zip(index.chunks_exact(inner)) {
        for (i, (x, &index)) in x.iter().zip(index).enumerate() {
            let place = args.place(index).and_then(|place| place.checked_sub(first));
            if let Some(y) = place.and_then(|place| y.get_mut(place * inner + i)) {
                *y = add(*y, *x);
            }
        }
    }
}

pub(super) fn index_add(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let index = memory.read(1);
    dispatch!(args.dtype, T => {
        let (x, named) = (memory.read::<T>(0), args.count * args.inner);
        owners(cpu, args, memory.write(2), |outer, first, y| {
            add_slices(args, first, &x[outer * named..][..named], index, y);
        });
    });
}

fn add_slices<T: Element>(args: &Args, first: usize, x: &[T], index: &[i64], y: &mut [T]) {
    let inner = args.inner;
    for (x, &index) in x.chunks_exact(inner).zip(index) {
        let place = args.place(index).and_then(|place| place.checked_sub(first));
        if let Some(y) = place.and_then(|place| y.get_mut(place * inner..(place + 1) * inner)) {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = add(*y, *x));
        }
    }
}
