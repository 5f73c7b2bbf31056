use super::curves::Curves;
use super::{Args, Function, Kept, derivative, integer};
use crate::cpu::{map, multiversion, part};
use crate::element::{BLOCK, Compute, Float, Stored, load, loaded, store};
use crate::op::Memory;
use crate::{Bool, Cpu, DType, Isa, zeroed};

/// Elements handed to one task.
const CHUNK: usize = 1 << 13;

/// What a call does to some elements: y ← f(a), or y ← a·f′. `a` is x, or dy; empty where y holds it.
type Loop<'l, C> = dyn Fn(Isa, &[C], &[C], &mut [C]) + Sync + 'l;

pub(super) fn forward(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    match args.dtype {
        DType::F32 => floats::<f32>(cpu, args, memory),
        DType::F64 => floats::<f64>(cpu, args, memory),
        DType::Bf16 => floats::<half::bf16>(cpu, args, memory),
        DType::F16 => floats::<half::f16>(cpu, args, memory),
        DType::I8 => integers::<i8>(cpu, args, memory),
        DType::U8 => integers::<u8>(cpu, args, memory),
        DType::I32 => integers::<i32>(cpu, args, memory),
        DType::I64 => integers::<i64>(cpu, args, memory),
        DType::Bool => {
            let (x, y) = (memory.read(0), memory.write(1));
            let work = y.len();
            cpu.parallel_chunks(y, CHUNK, work, |task, y, _| {
                map(part(x, task * CHUNK, y.len()), y, |x: Bool| Bool::from(!x.get()));
            });
        }
    }
}

pub(super) fn backward(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    match args.dtype {
        DType::F32 => derivatives::<f32>(cpu, args, memory),
        DType::F64 => derivatives::<f64>(cpu, args, memory),
        DType::Bf16 => derivatives::<half::bf16>(cpu, args, memory),
        DType::F16 => derivatives::<half::f16>(cpu, args, memory),
        _ => {}
    }
}

fn floats<T: Stored<Compute: Curves>>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let function = args.function;
    elements::<T>(cpu, function, memory.read(0), &[], memory.write(1), &|isa, x, _, y| {
        apply(isa, function, x, y)
    });
}

fn integers<T: Stored>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let function = integer::with_numbers_of::<T>(args.function);
    elements::<T>(cpu, function, memory.read(0), &[], memory.write(1), &|isa, x, _, y| {
        integer::apply(isa, function, x, y);
    });
}

fn derivatives<T: Stored<Compute: Curves>>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let function = args.function;
    let kept = match function.kept() {
        Kept::Nothing => &[],
        Kept::Input => memory.read(0),
        Kept::Output => memory.read(1),
    };
    elements::<T>(cpu, function, memory.read(2), kept, memory.write(3), &|isa, dy, kept, dx| {
        derivative::chain(isa, function, kept, dy, dx);
    });
}

/// Elementary operations per element, roughly.
fn cost(function: Function) -> usize {
    if is_quick(function) { 1 } else { 4 }
}

/// Calls `each` for pieces of the operands, which may be absent, in the type that is computed in.
fn elements<T: Stored>(
    cpu: &Cpu,
    function: Function,
    a: &[T],
    kept: &[T],
    y: &mut [T],
    each: &Loop<'_, T::Compute>,
) {
    let (isa, work) = (cpu.isa(), y.len() * cost(function));
    cpu.parallel_chunks(y, CHUNK, work, |task, y, _| {
        let at = task * CHUNK;
        let (a, kept) = (part(a, at, y.len()), part(kept, at, y.len()));
        if let (Some(a), Some(kept), Some(y)) = (T::as_compute(a), T::as_compute(kept), T::as_compute_mut(y))
        {
            return each(isa, a, kept, y);
        }
        let mut buffers: [[T::Compute; BLOCK]; 2] = zeroed();
        let [wide_y, wide_kept] = &mut buffers;
        for (i, y) in y.chunks_mut(BLOCK).enumerate() {
            let (at, wide_y) = (i * BLOCK, &mut wide_y[..y.len()]);
            load(isa, if a.is_empty() { y } else { &a[at..][..y.len()] }, wide_y);
            each(isa, &[], loaded(isa, part(kept, at, y.len()), wide_kept), wide_y);
            store(isa, wide_y, y);
        }
    });
}

/// y ← f(x), or y ← f(y) where x is empty.
fn apply<F: Curves>(isa: Isa, function: Function, x: &[F], y: &mut [F]) {
    if is_quick(function) { quick(isa, function, x, y) } else { F::curve(isa, function, x, y) }
}

/// Whether there are vector instructions for it.
const fn is_quick(function: Function) -> bool {
    use Function::*;
    match function {
        Neg | Abs | Sign | Floor | Ceil | Round | Trunc | Frac | Sqrt | Rsqrt | Recip | Square => true,
        Relu | Relu6 | LeakyRelu(_) | Clamp { .. } | Hardsigmoid | Hardswish => true,
        AddScalar(_) | MulScalar(_) | DivScalar(_) | RsubScalar(_) | RdivScalar(_) => true,
        AddInt(_) | MulInt(_) | RsubInt(_) | ClampInt { .. } | LogicalNot => true,
        PowScalar(s) => s == 2.0 || s == 3.0 || s == 0.5 || s == -0.5 || s == -1.0 || s == -2.0,
        _ => false,
    }
}

multiversion! {
    fn quick<F: Float>(isa, function: Function, x: &[F], y: &mut [F]) {
        let number = F::from_f64;
        match function {
            Function::Neg => map(x, y, |x| x.neg()),
            Function::Abs => map(x, y, |x| x.abs()),
            Function::Sign => map(x, y, |x| x.sign()),
            Function::Floor => map(x, y, |x| x.floor()),
            Function::Ceil => map(x, y, |x| x.ceil()),
            Function::Round => map(x, y, |x| x.round()),
            Function::Trunc => map(x, y, |x| x.trunc()),
            Function::Frac => map(x, y, |x| x.sub(x.trunc())),
            Function::Sqrt => map(x, y, |x| x.sqrt()),
            Function::Rsqrt => map(x, y, |x| F::ONE.div(x.sqrt())),
            Function::Recip => map(x, y, |x| F::ONE.div(x)),
            Function::Square => map(x, y, |x| x.mul(x)),
            Function::Relu => map(x, y, |x| x.at_least(F::ZERO)),
            Function::Relu6 => map(x, y, |x| x.at_least(F::ZERO).at_most(number(6.0))),
            Function::LeakyRelu(slope) => {
                let slope = number(slope);
                map(x, y, |x| if x > F::ZERO { x } else { slope.mul(x) })
            }
            Function::Hardsigmoid => map(x, y, hardsigmoid),
            Function::Hardswish => map(x, y, |x| x.mul(hardsigmoid(x))),
            Function::Clamp { min, max } => {
                let (min, max) = (number(min), number(max));
                map(x, y, |x| x.at_least(min).at_most(max))
            }
            Function::AddScalar(s) => {
                let s = number(s);
                map(x, y, |x| x.add(s))
            }
            Function::MulScalar(s) => {
                let s = number(s);
                map(x, y, |x| x.mul(s))
            }
            Function::DivScalar(s) => {
                let s = number(s);
                map(x, y, |x| x.div(s))
            }
            Function::RsubScalar(s) => {
                let s = number(s);
                map(x, y, |x| s.sub(x))
            }
            Function::RdivScalar(s) => {
                let s = number(s);
                map(x, y, |x| s.div(x))
            }
            Function::PowScalar(2.0) => map(x, y, |x| x.mul(x)),
            Function::PowScalar(3.0) => map(x, y, |x| x.mul(x).mul(x)),
            Function::PowScalar(0.5) => map(x, y, |x| x.sqrt()),
            Function::PowScalar(-0.5) => map(x, y, |x| F::ONE.div(x.sqrt())),
            Function::PowScalar(-1.0) => map(x, y, |x| F::ONE.div(x)),
            Function::PowScalar(_) => map(x, y, |x| F::ONE.div(x.mul(x))),
            _ => {}
        }
    }
}

/// What both floats and integers have, beyond [`Compute`].
pub(super) trait Bounds: Compute {
    /// −1, 0 or 1; 0 for NaN.
    #[inline(always)]
    fn sign(self) -> Self {
        let (above, below) = ((self > Self::ZERO) as i64, (self < Self::ZERO) as i64);
        Self::from_i64(above - below)
    }
    /// The greater, of which the first may be NaN.
    #[inline(always)]
    fn at_least(self, min: Self) -> Self {
        if self < min { min } else { self }
    }
    /// The lesser, of which the first may be NaN.
    #[inline(always)]
    fn at_most(self, max: Self) -> Self {
        if self > max { max } else { self }
    }
}
impl<C: Compute> Bounds for C {}

/// min(max((x + 3) / 6, 0), 1)
#[inline(always)]
fn hardsigmoid<F: Float>(x: F) -> F {
    let (three, six) = (F::from_f64(3.0), F::from_f64(6.0));
    x.add(three).at_least(F::ZERO).at_most(six).div(six)
}
