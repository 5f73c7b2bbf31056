use super::Args;
use crate::Cpu;
use crate::element::{Element, Number, dispatch};
use crate::op::Memory;

/// Elements handed to one task, roughly.
const CHUNK: usize = 1 << 13;

/// Neighbouring columns that are run along together.
const TILE: usize = 64;

/// How what came before and the next element become one.
pub(super) trait Combine: 'static {
    fn start<T: Number>() -> T;
    fn combine<T: Number>(a: T, b: T) -> T;
}
pub(super) struct Sum;
impl Combine for Sum {
    #[inline(always)]
    fn start<T: Number>() -> T {
        T::ZERO
    }
    #[inline(always)]
    fn combine<T: Number>(a: T, b: T) -> T {
        a.add(b)
    }
}
pub(super) struct Product;
impl Combine for Product {
    #[inline(always)]
    fn start<T: Number>() -> T {
        T::ONE
    }
    #[inline(always)]
    fn combine<T: Number>(a: T, b: T) -> T {
        a.mul(b)
    }
}

pub(super) fn scan<F: Combine>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    dispatch!(args.dtype, T => {
        let x = memory.read::<T>(0);
        if args.dtype.is_float() {
            run::<F, T, T, f64>(cpu, args, x, memory.write(1), |x| x.widen().to_f64(), |y| {
                T::narrow(<T as Element>::Wide::from_f64(y))
            });
        } else {
            run::<F, T, i64, i64>(cpu, args, x, memory.write(1), |x| x.widen().to_i64(), |y| y);
        }
    });
}

fn run<F: Combine, T: Element, O: Element, A: Number>(
    cpu: &Cpu,
    args: &Args,
    x: &[T],
    y: &mut [O],
    load: impl Fn(T) -> A + Sync,
    store: impl Fn(A) -> O + Sync,
) {
    let &Args { len, inner, reverse, .. } = args;
    let slab = (len * inner).max(1);
    let slabs = CHUNK.div_ceil(slab);
    cpu.parallel_chunks(y, slabs * slab, x.len(), |i, y, _| {
        for (x, y) in x[i * slabs * slab..].chunks_exact(slab).zip(y.chunks_exact_mut(slab)) {
            if inner == 1 {
                let mut total = F::start::<A>();
                let step = |(x, y): (&T, &mut O)| {
                    total = F::combine(total, load(*x));
                    *y = store(total);
                };
                let pairs = x.iter().zip(y);
                if reverse {
                    pairs.rev().for_each(step)
                } else {
                    pairs.for_each(step)
                }
                continue;
            }
            for column in (0..inner).step_by(TILE) {
                let width = TILE.min(inner - column);
                let mut totals = [F::start::<A>(); TILE];
                for l in 0..len {
                    let at = if reverse { len - 1 - l } else { l } * inner + column;
                    let row = x[at..][..width].iter().zip(&mut y[at..][..width]);
                    for ((x, y), total) in row.zip(&mut totals) {
                        *total = F::combine(*total, load(*x));
                        *y = store(*total);
                    }
                }
            }
        }
    });
}
