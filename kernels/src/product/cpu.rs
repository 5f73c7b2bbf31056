use super::Args;
#[cfg(target_arch = "x86_64")]
use super::kernel::{DoubleAvx2, DoubleAvx512, SingleAvx2, SingleAvx512};
use super::kernel::{DoublePortable, Int32, Int64, Kernel, SinglePortable, Sum};
use crate::cpu::multiversion;
use crate::element::{Element, Number};
use crate::op::Memory;
use crate::{Cpu, DType, Isa};

/// Rows, columns and depth of what is packed at a time. With the sums they fill the scratch memory of a thread,
/// in f64.
const BLOCK: [usize; 3] = [96, 192, 144];

/// Floats to pack into on the stack, where the device has no scratch memory.
const STACK: usize = if cfg!(feature = "std") { 0 } else { 2048 };

/// Elements of the largest register tile.
const REGISTERS: usize = 14 * 32;

pub(super) fn product(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    use half::{bf16, f16};
    match args.dtype {
        DType::F32 => single::<f32>(cpu, args, memory),
        DType::Bf16 => single::<bf16>(cpu, args, memory),
        DType::F16 => single::<f16>(cpu, args, memory),
        DType::F64 => match cpu.isa() {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => run::<f64, DoubleAvx512>(cpu, args, memory),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => run::<f64, DoubleAvx2>(cpu, args, memory),
            _ => run::<f64, DoublePortable>(cpu, args, memory),
        },
        DType::I8 => run::<i8, Int32>(cpu, args, memory),
        DType::U8 => run::<u8, Int32>(cpu, args, memory),
        DType::I32 => run::<i32, Int32>(cpu, args, memory),
        DType::I64 => run::<i64, Int64>(cpu, args, memory),
        // Reported by the operation.
        DType::Bool => {}
    }
}

fn single<E: Element>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    match cpu.isa() {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => run::<E, SingleAvx512>(cpu, args, memory),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => run::<E, SingleAvx2>(cpu, args, memory),
        _ => run::<E, SinglePortable>(cpu, args, memory),
    }
}

fn run<E: Element, K: Kernel>(cpu: &Cpu, args: &Args, memory: &mut Memory<'_>) {
    let (a, b, c) = (memory.read::<E>(0), memory.read::<E>(1), memory.write::<E>(2));
    let &Args { m, n, k, batch, .. } = args;
    if k == 0 {
        if !args.accumulate {
            c.fill(E::narrow(Number::ZERO));
        }
        return;
    }
    let (isa, total) = (cpu.isa(), m * batch[0] * batch[1]);
    // What an element of C is does not depend on how the rows are cut. Each task packs its own B, so they are cut
    // only as far as there are threads.
    let rows = BLOCK[0].min(total.div_ceil(cpu.threads())).max(K::ROWS);
    let work = total * n * (k / 8 + 1);
    cpu.parallel_chunks(c, rows * n, work, |task, c, scratch| {
        let mut stack = [0.0f32; STACK];
        let scratch = if STACK == 0 { scratch } else { &mut stack[..] };
        // SAFETY: every bit pattern of some floats is a number of the other type, and the other way round.
        let (_, scratch, _) = unsafe { scratch.align_to_mut::<K::T>() };
        let (mut first, mut c) = (task * rows, c);
        // A chunk may reach into the next matrices of the batch.
        while !c.is_empty() {
            let (matrix, row) = (first / m, first % m);
            let count = (m - row).min(c.len() / n);
            let (ours, rest) = c.split_at_mut(count * n);
            let [b0, b1] = [matrix / batch[1], matrix % batch[1]];
            let start = |batch: [usize; 2]| b0 * batch[0] + b1 * batch[1];
            let a = &a[start(args.a.batch) + row * args.a.row..];
            let b = &b[start(args.b.batch)..];
            let a = Lines { data: a, line: args.a.row, depth: args.a.column };
            let b = Lines { data: b, line: args.b.column, depth: args.b.row };
            matrix_rows::<E, K>(isa, args, a, b, ours, scratch);
            (first, c) = (first + count, rest);
        }
    });
}

/// A factor: the rows of A, the columns of B.
#[derive(Clone, Copy)]
struct Lines<'a, E> {
    data: &'a [E],
    /// From one line to the next.
    line: usize,
    /// From one k to the next.
    depth: usize,
}

/// Some whole rows of one matrix.
fn matrix_rows<E: Element, K: Kernel>(
    isa: Isa,
    args: &Args,
    a: Lines<'_, E>,
    b: Lines<'_, E>,
    c: &mut [E],
    scratch: &mut [K::T],
) {
    let &Args { n, k, .. } = args;
    // Strips of equal heights: a low last one would not fill the pipeline.
    let height = |rows: usize| rows.div_ceil(rows.div_ceil(K::ROWS));
    let strips = |rows: usize| rows.div_ceil(height(rows));
    let need = |[m, n, k]: [usize; 3]| m * n + (strips(m) * K::STRIDE + n) * k;
    let [rows, columns, depth] = if need(BLOCK) <= scratch.len() {
        BLOCK
    } else {
        let tile = K::ROWS * K::COLUMNS;
        [K::ROWS, K::COLUMNS, (scratch.len() - tile) / (K::STRIDE + K::COLUMNS)]
    };
    let mut out = [K::T::ZERO; REGISTERS];
    for i in (0..c.len() / n).step_by(rows) {
        let m = rows.min(c.len() / n - i);
        let (height, strips) = (height(m), strips(m));
        for j in (0..n).step_by(columns) {
            let width = columns.min(n - j);
            let (sums, packed) = scratch.split_at_mut(m * width);
            sums.fill(K::T::ZERO);
            for d in (0..k).step_by(depth) {
                let k = depth.min(k - d);
                let (a_strip, b_strip) = (K::STRIDE * k, K::COLUMNS * k);
                let (a_packed, b_packed) = packed.split_at_mut(strips * a_strip);
                for (s, to) in a_packed.chunks_exact_mut(a_strip).enumerate() {
                    let count = height.min(m - s * height);
                    pack(isa, a, [i + s * height, d], count, K::STRIDE, to);
                }
                for (at, to) in (0..width).step_by(K::COLUMNS).zip(b_packed.chunks_exact_mut(b_strip)) {
                    pack(isa, b, [j + at, d], K::COLUMNS.min(width - at), K::COLUMNS, to);
                }
                for (at, b) in (0..width).step_by(K::COLUMNS).zip(b_packed.chunks_exact(b_strip)) {
                    for (s, a) in a_packed.chunks_exact(a_strip).enumerate() {
                        let count = height.min(m - s * height);
                        K::run(count, a, b, &mut out);
                        for (r, out) in out.chunks_exact(K::COLUMNS).take(count).enumerate() {
                            let sums = &mut sums[(s * height + r) * width + at..];
                            let sums = &mut sums[..K::COLUMNS.min(width - at)];
                            sums.iter_mut().zip(out).for_each(|(sum, x)| *sum = sum.add(*x));
                        }
                    }
                }
            }
            for (sums, c) in sums.chunks_exact(width).zip(c[i * n..].chunks_exact_mut(n)) {
                put(isa, args.accumulate, sums, &mut c[j..][..width]);
            }
        }
    }
}

multiversion! {
    fn put<T: Sum, E: Element>(isa, accumulate: bool, sums: &[T], c: &mut [E]) {
        if accumulate {
            c.iter_mut().zip(sums).for_each(|(c, sum)| *c = T::load(*c).add(*sum).store());
        } else {
            c.iter_mut().zip(sums).for_each(|(c, sum)| *c = sum.store());
        }
    }
}

multiversion! {
    /// `to[d][l]` ← line first + l of x, at depth start + d, for l < count. What the rest of `to` holds does not
    /// matter. `at` are first and start.
    fn pack<T: Sum, E: Element>(
        isa, x: Lines<'_, E>, at: [usize; 2], count: usize, stride: usize, to: &mut [T],
    ) {
        let data = &x.data[at[0] * x.line + at[1] * x.depth..];
        if x.line == 1 {
            for (d, to) in to.chunks_exact_mut(stride).enumerate() {
                let from = &data[d * x.depth..][..count];
                to.iter_mut().zip(from).for_each(|(to, x)| *to = T::load(*x));
            }
        } else {
            for l in 0..count {
                let line = data[l * x.line..].iter().step_by(x.depth.max(1));
                to[l..].iter_mut().step_by(stride).zip(line).for_each(|(to, x)| *to = T::load(*x));
            }
        }
    }
}
